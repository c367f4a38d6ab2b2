"""What every cue and notice looks like: one table for all indicators.

Nothing is told by colour alone. A sign is known by its blink pattern and its two arrow lamps as well:
the pattern says which kind of move, the arrow lamp which way, and a blinking arrow lamp that the guests
move, not the camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from framecue.composition.cue import Cue, CueName, Detail
from framecue.indicators import NoticeName

Colour = Literal["red", "green", "blue", "yellow", "cyan", "magenta", "white"]


class Pattern(Enum):
    """How the main light blinks: seconds on, seconds off."""

    STEADY = (1.0, 0.0)
    WINK = (0.9, 0.15)
    SLOW = (0.6, 0.6)
    FAST = (0.12, 0.12)
    BLIP = (0.08, 0.92)
    TICK = (0.4, 0.6)


class Arrow(Enum):
    """A direction: its glyph, and which arrow lamps it lights.

    The "ahead" lamp stands for up, closer, right and clockwise, the "back" lamp for their opposites.
    """

    UP = ("↑", True, False)
    DOWN = ("↓", False, True)
    RAISE = ("⇑", True, False)
    LOWER = ("⇓", False, True)
    RIGHT = ("→", True, False)
    LEFT = ("←", False, True)
    CLOCKWISE = ("↻", True, False)
    ANTICLOCKWISE = ("↺", False, True)
    CLOSER = ("→←", True, False)
    APART = ("←→", False, True)
    NONE = ("·", False, False)
    BOTH = ("*", True, True)

    @property
    def glyph(self) -> str:
        """The arrow as text."""
        return self.value[0]

    @property
    def ahead(self) -> bool:
        """Whether the ahead lamp is lit."""
        return self.value[1]

    @property
    def back(self) -> bool:
        """Whether the back lamp is lit."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Sign:
    """How one cue or notice is shown.

    arrow_blinks: the arrow lamps blink. stays_s: seconds that a notice stays before a cue may replace it.
    """

    colour: Colour
    pattern: Pattern
    arrow: Arrow
    arrow_blinks: bool = False
    stays_s: float = 0.0

    @property
    def on_button(self) -> Pattern:
        """How the shutter button's lamp shows a cue: lit for a picture that is worth a press, else alive."""
        return self.pattern if self.colour == "green" else Pattern.BLIP

    @property
    def without_colour(self) -> tuple[Pattern, bool, bool, bool]:
        """All that someone who sees no colours sees of it on the lamps."""
        lit = self.arrow.ahead or self.arrow.back
        return self.pattern, self.arrow.ahead, self.arrow.back, self.arrow_blinks and lit


CUE_SIGNS: Final[Mapping[CueName, Sign]] = {
    "nobody": Sign("white", Pattern.BLIP, Arrow.NONE),
    "step_back": Sign("blue", Pattern.STEADY, Arrow.APART),
    "step_closer": Sign("blue", Pattern.STEADY, Arrow.CLOSER),
    "raise": Sign("cyan", Pattern.WINK, Arrow.RAISE),
    "lower": Sign("cyan", Pattern.WINK, Arrow.LOWER),
    "tilt_up": Sign("magenta", Pattern.SLOW, Arrow.UP),
    "tilt_down": Sign("magenta", Pattern.SLOW, Arrow.DOWN),
    "pan_left": Sign("magenta", Pattern.BLIP, Arrow.LEFT),
    "pan_right": Sign("magenta", Pattern.BLIP, Arrow.RIGHT),
    "roll_left": Sign("magenta", Pattern.FAST, Arrow.ANTICLOCKWISE),
    "roll_right": Sign("magenta", Pattern.FAST, Arrow.CLOCKWISE),
    "guests_back": Sign("blue", Pattern.STEADY, Arrow.APART, arrow_blinks=True),
    "guests_closer": Sign("blue", Pattern.STEADY, Arrow.CLOSER, arrow_blinks=True),
    "guests_left": Sign("blue", Pattern.BLIP, Arrow.LEFT, arrow_blinks=True),
    "guests_right": Sign("blue", Pattern.BLIP, Arrow.RIGHT, arrow_blinks=True),
    "feet_hidden": Sign("yellow", Pattern.SLOW, Arrow.DOWN, arrow_blinks=True),
    "head_hidden": Sign("yellow", Pattern.SLOW, Arrow.UP, arrow_blinks=True),
    "light": Sign("yellow", Pattern.SLOW, Arrow.NONE),
    "hold": Sign("yellow", Pattern.FAST, Arrow.NONE),
    "ready": Sign("green", Pattern.STEADY, Arrow.NONE),
    "best_possible": Sign("green", Pattern.WINK, Arrow.NONE),
}

# What a cue is about more exactly takes the place of its sign.
DETAIL_SIGNS: Final[Mapping[Detail, Sign]] = {
    "wait_head": CUE_SIGNS["head_hidden"],
    "wait_feet": CUE_SIGNS["feet_hidden"],
    "foot_outside": CUE_SIGNS["feet_hidden"],
    "face_left": Sign("yellow", Pattern.TICK, Arrow.LEFT, arrow_blinks=True),
    "face_middle": Sign("yellow", Pattern.TICK, Arrow.UP),
    "face_right": Sign("yellow", Pattern.TICK, Arrow.RIGHT, arrow_blinks=True),
    "together": Sign("blue", Pattern.WINK, Arrow.CLOSER, arrow_blinks=True),
    "apart": Sign("blue", Pattern.WINK, Arrow.APART, arrow_blinks=True),
    "uneven": Sign("yellow", Pattern.FAST, Arrow.DOWN, arrow_blinks=True),
}

NOTICE_SIGNS: Final[Mapping[NoticeName, Sign]] = {
    "starting": Sign("white", Pattern.SLOW, Arrow.BOTH, stays_s=0.5),
    "countdown": Sign("white", Pattern.TICK, Arrow.BOTH, stays_s=1.2),
    "shooting": Sign("white", Pattern.STEADY, Arrow.BOTH, stays_s=2.0),
    "saved": Sign("green", Pattern.WINK, Arrow.BOTH, stays_s=1.0),
    "not_saved": Sign("red", Pattern.FAST, Arrow.BOTH, arrow_blinks=True, stays_s=4.0),
    "fault": Sign("red", Pattern.SLOW, Arrow.BOTH, arrow_blinks=True, stays_s=3.0),
    "recovered": Sign("green", Pattern.STEADY, Arrow.BOTH, arrow_blinks=True, stays_s=1.0),
    "look": Sign("cyan", Pattern.WINK, Arrow.BOTH, arrow_blinks=True, stays_s=2.0),
    "copying": Sign("blue", Pattern.FAST, Arrow.BOTH, stays_s=1.0),
    "copied": Sign("green", Pattern.BLIP, Arrow.BOTH, arrow_blinks=True, stays_s=5.0),
    "stopping": Sign("white", Pattern.BLIP, Arrow.BOTH, stays_s=3.0),
}


def sign_of(cue: Cue) -> Sign:
    """How a cue is shown."""
    return CUE_SIGNS[cue.cue] if cue.detail is None else DETAIL_SIGNS[cue.detail]
