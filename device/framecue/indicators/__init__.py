"""Indicators: whatever shows a cue to the photographer."""

from dataclasses import dataclass
from typing import Literal, Protocol

from framecue.composition.cue import Cue
from framecue.drivers import Room

INDICATORS = Room("framecue.indicators")

NoticeName = Literal[
    "starting",
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
    """Something the booth has to say that is no cue: a shot kept or lost, a fault, another look, its end."""

    name: NoticeName
    text: str


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
