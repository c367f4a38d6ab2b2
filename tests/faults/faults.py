"""What the fault tests share: how often, with what chance, and how the numbers are told.

`FRAMECUE_FAULTS=full pytest -s tests/faults` runs every fault as often as the README says; without it each
runs a few times, so that the suite stays fast.
"""

import os
import threading
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framecue.composition.look import load_look
from framecue.frame import Still
from framecue.indicators import Notice
from framecue.shots import Shots

FULL = os.environ.get("FRAMECUE_FAULTS") == "full"
PATIENCE_S = 60.0
LOOK = load_look("full-body", ())


def times(full: int) -> int:
    """How often a fault is staged."""
    return full if FULL else max(full // 10, 3)


def report(fault: str, **numbers: Any) -> None:
    """One line for the README."""
    print(f"\nfault {fault}: " + ", ".join(f"{name} {value}" for name, value in numbers.items()))


def jpeg(number: int) -> bytes:
    """A picture that tells by itself whether it is whole."""
    return b"\xff\xd8\xff" + number.to_bytes(4, "big") * 500 + b"\xff\xd9"


def is_whole(content: bytes) -> bool:
    """Whether a file is one of `jpeg`'s."""
    return content == jpeg(int.from_bytes(content[3:7], "big"))


class Lamp:
    """An indicator that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Notice] = []
        self._changed = threading.Condition()

    def show(self, cue: object) -> None:
        pass

    def notice(self, notice: Notice) -> None:
        with self._changed:
            self.told.append(notice)
            self._changed.notify_all()

    def close(self) -> None:
        pass

    def count(self, *names: str) -> int:
        return sum(notice.name in names for notice in self.told)

    def wait_for(self, count: int, *names: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(*names) >= count, PATIENCE_S), self.told[-3:]


class StillFeed:
    """A feed that has a picture at once, each another; or fails as it is told."""

    def __init__(self, size: tuple[int, int] = (2, 2)) -> None:
        self.taken = 0
        self.fault: BaseException | None = None
        self._pixels: NDArray[np.uint8] = np.zeros((*size, 3), np.uint8)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002
        if self.fault is not None:
            raise self.fault
        self.taken += 1
        return Still(self._pixels, float(self.taken), jpeg(self.taken))


def shots_of(feed: Any, album: Any, lamp: Lamp, now: Any = None, on_kept: Any = None) -> Shots:
    """The still path, as the booth makes it; not started."""
    return Shots(
        feed,
        album,
        lamp,
        newest=lambda: None,
        look=lambda: LOOK,
        camera="staged",
        still_limit_s=8.0,
        now=now or (lambda: datetime.now(UTC)),
        on_kept=on_kept or (lambda *_: None),
    )
