"""Steadies what is measured over time: a Kalman filter for each line that follows when it is surprised."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SURPRISE: Final = 2.5  # innovations beyond so many deviations mean that something really moved
CALM: Final = 12.0  # of its noise per second squared: how a line drifts that nobody moves
MOVED: Final = 750.0  # the same for a line that somebody moves
BEGINS: Final = 25.0  # of its noise per second: how fast a line may be going when it is first seen
LOST_S: Final = 0.6  # a line that frames have not shown for so long begins afresh
WINDOW_S: Final = 0.3  # over which movement is told, from frame to frame where they come more slowly


@dataclass(slots=True)
class Track:
    """One value over time: position and velocity with their covariance.

    noise: deviation of one measurement. A constant-velocity model with white acceleration (Kalman 1960;
    the two strengths of acceleration are a small interacting-model filter): calm unless the innovation says
    otherwise.
    """

    noise: float
    value: float = 0.0
    speed: float = 0.0
    variance: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of value, of both, of speed
    time_s: float = -math.inf
    past: list[tuple[float, float]] = field(default_factory=list)  # (time, value) of the last moments
    new: bool = True  # seen once so far

    def update(self, value: float, time_s: float) -> float:
        """The steadied value at time_s, seconds, after measuring `value`."""
        elapsed = time_s - self.time_s
        self.new = math.isinf(elapsed)
        if self.new:
            self._begin(value, time_s)
            return self.value
        for strength in (CALM, MOVED):
            ahead = self.value + self.speed * elapsed
            spread = self._spread(elapsed, strength)
            innovation = value - ahead
            if abs(innovation) <= SURPRISE * math.sqrt(spread[0] + self.noise**2):
                break
        else:  # a jump: somebody cut to another scene
            self._begin(value, time_s)
            return self.value
        total = spread[0] + self.noise**2
        gain, gain_speed = spread[0] / total, spread[1] / total
        self.value = ahead + gain * innovation
        self.speed = self.speed + gain_speed * innovation
        if strength == CALM:
            self.speed *= math.exp(-elapsed / 0.3)  # what stands still stays
        self.variance = (
            (1 - gain) * spread[0], (1 - gain) * spread[1], spread[2] - gain_speed * spread[1]
        )  # fmt: skip
        self.time_s = time_s
        self._remember()
        return self.value

    @property
    def deviation(self) -> float:
        """Of the steadied value."""
        return math.sqrt(max(self.variance[0], 0.0))

    def change(self) -> float:
        """How far the value went within the last moments; infinite right after a jump."""
        if self.time_s - self.past[0][0] < 0.05:
            return math.inf
        values = [value for _, value in self.past]
        return max(values) - min(values)

    def _spread(self, elapsed: float, strength: float) -> tuple[float, float, float]:
        a, b, c = self.variance
        q = (strength * self.noise) ** 2
        return (
            a + 2 * elapsed * b + elapsed**2 * c + q * elapsed**4 / 4,
            b + elapsed * c + q * elapsed**3 / 2,
            c + q * elapsed**2,
        )

    def _begin(self, value: float, time_s: float) -> None:
        self.value, self.speed, self.time_s = value, 0.0, time_s
        self.variance = (self.noise**2, 0.0, (BEGINS * self.noise) ** 2)
        self.past.clear()
        self._remember()

    def _remember(self) -> None:
        self.past.append((self.time_s, self.value))
        while len(self.past) > 2 and self.time_s - self.past[0][0] > WINDOW_S + 1e-6:
            del self.past[0]


class Steady:
    """Tracks by name. noise: deviation of one measurement of each."""

    def __init__(self, noise: Mapping[str, float]) -> None:
        self._noise = noise
        self._tracks: dict[str, Track] = {}
        self._now_s = -math.inf

    def update(self, measured: Mapping[str, float | None], time_s: float) -> dict[str, float | None]:
        """Steadied values of what was measured; None stays None."""
        found: dict[str, float | None] = {}
        before_s, self._now_s = self._now_s, time_s
        for name, value in measured.items():
            if value is None:
                found[name] = None
                continue
            track = self._tracks.get(name)
            if track is None or (track.time_s < before_s and time_s - track.time_s > LOST_S):
                track = self._tracks[name] = Track(self._noise[name])
            found[name] = track.update(value, time_s)
        return found

    def change(self, *names: str) -> float:
        """The largest change of the named tracks within the last moments; infinite where all are new.

        Those not seen now say nothing; nor does a line that came into sight while others were there.
        """
        now = [track for name in names if (track := self._tracks.get(name)) and track.time_s == self._now_s]
        known = [track.change() for track in now if not track.new]
        return max(known, default=math.inf if now else 0.0)

    def forget(self) -> None:
        """Begin afresh: somebody else is there."""
        self._tracks.clear()
