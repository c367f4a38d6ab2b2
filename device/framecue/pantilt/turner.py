"""When a fixed camera is turned, how far and how fast: it looks, turns, waits, and looks again.

A turn is decided once people have stood still for a moment, and then made to its end, so the delay between
camera and cue cannot make it swing. Less than the deadband is left as it is.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from statistics import median
from typing import Final

from framecue.composition.cue import Way
from framecue.composition.turns import Reach
from framecue.errors import PanTiltError
from framecue.pantilt import PanTilt, PanTiltSettings

_log: Final = logging.getLogger(__name__)

WAYS: Final[tuple[Way, ...]] = ("pan", "tilt")
_LONGEST_STEP_S: Final = 0.2  # of one frame to the next: after a pause the camera does not jump
_CALM_DEG: Final = 3.0  # by which what is asked for may vary while people count as standing


class Turner:
    """Turns a head for a guide; feed it every frame in time order, from one thread.

    still: whether a photo is being taken or counted down to; nothing moves then.
    """

    def __init__(
        self, settings: PanTiltSettings, head: PanTilt, still: Callable[[], bool] = lambda: False
    ) -> None:
        self._settings, self._head, self._still = settings, head, still
        self.at: dict[Way, float] = dict.fromkeys(WAYS, 0.0)  # where the camera points, degrees
        self.fault: str | None = None
        self._going: dict[Way, float] | None = None  # where to, while a turn is under way
        self._asked: deque[tuple[float, Mapping[Way, float]]] = deque()  # since the last turn, with times
        self._seen_s: float | None = None  # when somebody was last there
        self._last_s: float | None = None

    @property
    def reach(self) -> Reach | None:
        """What it can still turn from here; None where it cannot turn at all."""
        if self.fault is not None:
            return None
        left = {way: (low - self.at[way], high - self.at[way])
                for way, (low, high) in self._settings.limits.items()}  # fmt: skip
        return Reach(left["pan"], left["tilt"], self._settings.deadband_deg)

    def see(self, wanted: Mapping[Way, float] | None, time_s: float) -> None:
        """A frame of that time wants the camera turned by so many degrees; None: nobody is there."""
        step_s = 0.0 if self._last_s is None else min(max(time_s - self._last_s, 0.0), _LONGEST_STEP_S)
        self._last_s = time_s
        if wanted is not None or self._seen_s is None:
            self._seen_s = time_s
        if self.fault is not None:
            return
        if self._still():
            self._rest()
        elif self._going is not None:
            self._go_on(self._going, step_s)
        elif wanted is None:
            self._asked.clear()
            if time_s - self._seen_s >= self._settings.home_after_s:
                self._set_out(dict.fromkeys(WAYS, 0.0))
        else:
            self._consider(wanted, time_s)

    def close(self) -> None:
        """Let the head go. May be called twice."""
        self._head.close()

    def _rest(self) -> None:
        """Stop where it is, and look afresh later."""
        self._going = None
        self._asked.clear()

    def _consider(self, wanted: Mapping[Way, float], time_s: float) -> None:
        """Set out once what is asked for has been much the same for long enough."""
        self._asked.append((time_s, wanted))
        settle_s, deadband = self._settings.settle_s, self._settings.deadband_deg
        while len(self._asked) > 1 and time_s - self._asked[1][0] >= settle_s:
            self._asked.popleft()
        if time_s - self._asked[0][0] < settle_s:
            return
        target = dict(self.at)
        for way in WAYS:
            asked = [each.get(way, 0.0) for _, each in self._asked]
            if max(asked) - min(asked) > _CALM_DEG:
                return
            sure = min(asked) > deadband / 2 or max(asked) < -deadband / 2  # noise falls on both sides
            if sure and abs(median(asked)) > deadband:
                low, high = self._settings.limits[way]
                target[way] = min(max(self.at[way] + median(asked), low), high)
        self._set_out(target)

    def _set_out(self, target: dict[Way, float]) -> None:
        if target != self.at:
            self._going = target
            self._asked.clear()

    def _go_on(self, target: dict[Way, float], step_s: float) -> None:
        most = self._settings.speed_dps * step_s
        there = {way: self.at[way] + min(max(target[way] - self.at[way], -most), most) for way in WAYS}
        try:
            self._head.point(there["pan"], there["tilt"])
        except PanTiltError as error:
            self.fault = str(error)
            _log.error("the camera is not turned any more: %s", error)
            return
        self.at = there
        if there == target:
            self._rest()
