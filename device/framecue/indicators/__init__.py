"""Indicators: whatever shows a cue to the photographer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from framecue.composition.cue import Cue
from framecue.composition.look import Measure
from framecue.drivers import Room

INDICATORS = Room("framecue.indicators")

NoticeName = Literal[
    "starting",
    "countdown",
    "shooting",
    "saved",
    "not_saved",
    "fault",
    "recovered",
    "look",
    "copying",
    "copied",
    "stopping",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the booth has to say that is no cue: a shot kept or lost, a fault, another look, its end.

    A countdown's text is the seconds that are left.
    """

    name: NoticeName
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the camera sees, for indicators that draw it, and where its look wants the person.

    person: (any h, any w) float32 person probability of the whole frame, which is width x height pixels.
    head_top, foot_line, centre_x: what the look asks for, in shares of the frame; None: it does not care.
    found_head_top, found_foot_line: what was measured of the main person, in the same shares, or None.
    """

    person: NDArray[np.float32]
    width: int
    height: int
    head_top: Measure | None = None
    foot_line: Measure | None = None
    centre_x: float | None = None
    found_head_top: float | None = None
    found_foot_line: float | None = None


class Indicator(Protocol):
    """Shows cues and notices. Calls come from one thread at a time and must return within milliseconds.

    Making it raises IndicatorError where its hardware cannot be used.
    """

    def show(self, cue: Cue) -> None:
        """Show a cue until the next; called for every frame, so the same cue comes again and again."""

    def notice(self, notice: Notice) -> None:
        """Show a notice; the next cue may replace it after a moment."""

    def close(self) -> None:
        """Go dark and let the hardware go."""


@runtime_checkable
class Viewer(Protocol):
    """An Indicator that also draws what the camera sees."""

    def view(self, view: View) -> None:
        """What is seen now, for every frame; within milliseconds. The next `show` may draw it."""


Trial = tuple[str, Callable[[], None]]  # what somebody is to see or hear, and what makes it so


@runtime_checkable
class Tryable(Protocol):
    """An Indicator whose parts can be tried one by one, more plainly than cues would show them."""

    def trials(self) -> Sequence[Trial]:
        """What to do in turn. Each may raise IndicatorError, also of the one before it."""
