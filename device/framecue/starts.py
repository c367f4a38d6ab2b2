"""Starts that came to nothing, counted: each waits longer than the one before, and then less is started."""

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from framecue.durable import write_durably

log = logging.getLogger(__name__)

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
PROVEN_S: Final = 120.0  # of work, after which a start has not failed whatever comes
LONGEST_S: Final = 60.0
LONGEST_SAFE_S: Final = 7200.0  # an evening is longer than that
AGAIN: Final = 75  # exit status that asks to be started again at once; EX_TEMPFAIL of sysexits.h


@dataclass(frozen=True, slots=True)
class Start:
    """What came before a start.

    failed: starts that failed in a row. tries: how often, since, all was tried again out of safe mode.
    full: whether this start is such a try.
    """

    failed: int = 0
    tries: int = 0
    full: bool = False


class Starts:
    """The starts of this boot, remembered in a folder; a folder that cannot be written is only logged.

    boot: what tells this boot from others. A booth that is unplugged has not failed.
    """

    def __init__(self, state: Path, boot: str | None = None) -> None:
        self._file = state / "starts.json"
        self._boot = _boot_id() if boot is None else boot
        self._start = Start()

    def begin(self) -> Start:
        """Note a start that may fail; returns what came before it. A try that fails counts as a try alone."""
        self._start = start = self._read()
        self._write(Start(start.failed if start.full else start.failed + 1, start.tries))
        return start

    def proven(self) -> None:
        """The start has worked, or was ended on purpose."""
        self._write(Start())

    def try_full(self) -> None:
        """Safe mode has lasted long enough: the next start is to try everything again."""
        self._write(Start(self._start.failed, self._start.tries + 1, full=True))

    def _read(self) -> Start:
        try:
            kept = json.loads(self._file.read_bytes())
            if kept["boot"] != self._boot:
                return Start()
            tries, full = int(kept.get("tries", 0)), kept.get("full") is True
            return Start(max(int(kept["failed"]), 0), max(tries, 0), full)
        except FileNotFoundError:
            return Start()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: not read (%s); counting starts from none", self._file, error)
            return Start()

    def _write(self, start: Start) -> None:
        kept = {"boot": self._boot, "failed": start.failed, "tries": start.tries, "full": start.full}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._file, json.dumps(kept).encode())
        except OSError as error:
            log.warning("%s: not written (%s)", self._file, error.strerror)


def delay_s(start: Start) -> float:
    """Seconds to wait before a start: 0, 2, 4 ... 60 by how many failed in a row; none before a try."""
    return 0.0 if start.failed <= 0 or start.full else min(2.0 ** min(start.failed, 10), LONGEST_S)


def safe_s(start: Start, first_s: float) -> float:
    """Seconds of safe mode before everything is tried again: twice as long after each try that failed.

    first_s: how long the first time; 0 = for ever, which is given as infinity.
    """
    if not first_s:
        return math.inf
    return min(first_s * 2.0 ** min(start.tries, 10), max(LONGEST_SAFE_S, first_s))


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
