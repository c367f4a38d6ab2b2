"""The least time between two asks: one press must be one shot, whatever the contacts or the wiring do."""

from collections.abc import Callable


class Pace:
    """Lets an ask pass when at least `interval_s` went by since the last that passed."""

    def __init__(self, interval_s: float, clock: Callable[[], float]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._last_s: float | None = None

    def passes(self) -> bool:
        """Whether this ask counts."""
        now = self._clock()
        if self._last_s is not None and now - self._last_s < self._interval_s:
            return False
        self._last_s = now
        return True
