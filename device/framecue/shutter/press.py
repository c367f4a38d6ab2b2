"""From the edges of a contact to presses: one press one shot, and none without.

A contact counts as closed or open once it has been so, in all, for `min_press_s`; what it was otherwise in
between counts threefold against that. So bouncing only delays a press by what it takes, and hum and spikes
on the wire never make one. Letting go takes longer to count: recordings of worn buttons show contacts that
part again for up to 87 ms in the middle of a press (github.com/adamfk/bouncy-button), and bounce for up to
157 ms when they are let go (Ganssle, A Guide to Debouncing). New ones chatter a hundred times within 1 ms.
"""

from collections import deque
from typing import Final, Literal

from pydantic import Field

from framecue.drivers import DriverSettings

Event = Literal["heard", "shoot", "countdown_armed", "countdown", "stop_armed", "stop", "noisy", "stuck"]
_DOUBT: Final = 3.0  # how much more the other level counts
_RELEASE_S: Final = 0.1  # of an open contact that end a press
_NOISY_EDGES: Final = 40  # within _NOISY_S, no two of one moment: no finger and no contact does that
_NOISY_S: Final = 0.5
_MOMENT_S: Final = 0.001
_ROUNDING_S: Final = 1e-6  # of clocks, where a moment has come
_STUCK_S: Final = 15.0  # longer than anybody holds a button: it is jammed, or its wires touch


class PressSettings(DriverSettings):
    """What counts as a press, for every kind of button."""

    min_press_s: float = Field(
        0.03, ge=0, le=0.2, description="seconds of contact that make a press; shorter ones are interference"
    )
    min_interval_s: float = Field(
        0.5, ge=0, le=10, description="seconds after a shot was asked for in which presses are ignored"
    )
    countdown_hold_s: float = Field(
        0.0,
        ge=0,
        le=3,
        description="seconds to hold for a countdown; a shorter press then shoots when it is let go; "
        "0 = none, every press shoots at once",
    )
    hold_s: float = Field(
        5.0, ge=1, le=10, description="seconds to hold and then let go, to stop the booth safely"
    )
    hold_stops: bool = Field(True, description="whether holding stops the booth")


class Press:
    """One contact. Times are seconds on any one clock that never goes back.

    A contact that is closed from the beginning, or for longer than anybody would hold it, asks for nothing
    until it has been open again.
    """

    def __init__(self, settings: PressSettings, closed: bool, now_s: float) -> None:
        self._settings = settings
        self._closed = closed  # as the pin is
        self._pressed = closed  # as it counts
        self._lean_s = 0.0  # how long the pin has spoken against what counts
        self._now_s = now_s
        self._pressed_s = now_s
        self._said: set[Event] = set()  # of this press
        self._ignored = closed
        self._asked_s: float | None = None
        self._edges: deque[float] = deque(maxlen=_NOISY_EDGES)
        self._noisy = False

    def edge(self, closed: bool, now_s: float) -> list[Event]:
        """The contact closes or opens; returns what follows, in order."""
        events = self.look(self._closed, now_s)
        if closed != self._closed:
            self._closed = closed
            if not self._edges or now_s - self._edges[-1] > _MOMENT_S:
                self._edges.append(now_s)
            crowded = len(self._edges) == _NOISY_EDGES and now_s - self._edges[0] < _NOISY_S
            if crowded and not self._noisy:
                self._noisy, self._lean_s = True, 0.0
                self._ignored = True
                events.append("noisy")
        return events

    def look(self, closed: bool, now_s: float) -> list[Event]:
        """Time has passed, and the contact is seen closed or open; returns what follows, in order."""
        events: list[Event] = []
        if self._noisy:
            if self._edges and now_s - self._edges[-1] < _NOISY_S - _ROUNDING_S:
                self._now_s = now_s
                self._closed = closed
                return events
            self._noisy = False
            self._edges.clear()
            self._now_s = now_s
        self._lean(now_s, events)
        self._closed = closed  # an edge may have been missed
        if self._pressed:
            self._holding(now_s, events)
        return events

    def due(self) -> float | None:
        """When to look again at the latest; None: not before the next edge."""
        if self._noisy:
            return self._edges[-1] + _NOISY_S
        times = []
        if self._closed != self._pressed:
            times.append(self._now_s + self._needed_s - self._lean_s)
        if self._pressed and not self._ignored:
            times += [self._pressed_s + hold_s for hold_s, event in self._holds() if event not in self._said]
        return min(times, default=None)

    @property
    def _needed_s(self) -> float:
        """How long the pin has to speak against what counts to change it."""
        needed_s = self._settings.min_press_s
        if self._pressed and needed_s:  # without a minimum somebody else sees to bounces, as in a keyboard
            return max(needed_s, _RELEASE_S)
        return needed_s

    def _lean(self, now_s: float, events: list[Event]) -> None:
        """Count the time since the last look for or against what is so far."""
        passed_s, self._now_s = max(now_s - self._now_s, 0.0), max(now_s, self._now_s)
        if self._closed == self._pressed:
            self._lean_s = max(0.0, self._lean_s - _DOUBT * passed_s)
            return
        self._lean_s += passed_s
        late_s = self._lean_s - self._needed_s
        if late_s < -_ROUNDING_S:
            return
        self._lean_s = 0.0
        self._pressed = self._closed
        if self._pressed:
            self._begin(self._now_s - max(late_s, 0.0), events)
        else:
            self._end(self._now_s - max(late_s, 0.0), events)

    def _begin(self, at_s: float, events: list[Event]) -> None:
        self._pressed_s = at_s
        self._said = set()
        recent = self._asked_s is not None and at_s - self._asked_s < self._settings.min_interval_s
        self._ignored = recent
        if recent:
            return
        self._asked_s = at_s
        events.append("heard" if self._settings.countdown_hold_s else "shoot")

    def _holding(self, now_s: float, events: list[Event]) -> None:
        for hold_s, event in self._holds():
            if (
                now_s - self._pressed_s >= hold_s - _ROUNDING_S
                and event not in self._said
                and not self._ignored
            ):
                self._said.add(event)
                events.append(event)
        self._ignored = self._ignored or "stuck" in self._said

    def _holds(self) -> list[tuple[float, Event]]:
        """What holding leads to, and after how many seconds."""
        holds: list[tuple[float, Event]] = [(_STUCK_S, "stuck")]
        if self._settings.countdown_hold_s:
            holds.append((self._settings.countdown_hold_s, "countdown_armed"))
        if self._settings.hold_stops:
            holds.append((self._settings.hold_s, "stop_armed"))
        return sorted(holds)

    def _end(self, at_s: float, events: list[Event]) -> None:
        if not self._ignored:
            self._holding(at_s, events)
        if "stuck" in self._said or self._ignored:
            self._ignored = False
        elif "stop_armed" in self._said:
            events.append("stop")
        elif self._settings.countdown_hold_s:
            self._asked_s = at_s
            events.append("countdown" if "countdown_armed" in self._said else "shoot")
