"""A cue: one instruction to the photographer."""

from dataclasses import dataclass
from typing import Any, Literal

CueName = Literal[
    "nobody",
    "step_back",
    "step_closer",
    "raise",
    "lower",
    "tilt_up",
    "tilt_down",
    "pan_left",
    "pan_right",
    "roll_left",
    "roll_right",
    "guests_back",
    "guests_closer",
    "guests_left",
    "guests_right",
    "feet_hidden",
    "head_hidden",
    "light",
    "hold",
    "ready",
    "best_possible",
]
Unit = Literal["m", "deg"]
Mount = Literal["handheld", "tripod", "fixed"]  # what may move: all by hand, height and tilt, the guests
# What a cue says more exactly than its name: which words, lamps and clips it takes.
Detail = Literal[
    "wait_head",
    "wait_feet",
    "foot_outside",
    "face_left",
    "face_middle",
    "face_right",
    "together",
    "apart",
    "uneven",
]
Way = Literal["pan", "tilt"]  # what a pan-tilt head turns


@dataclass(frozen=True, slots=True)
class Cue:
    """What to do, how much, and in words.

    amount is positive, in `unit`; both are None for cues that have no amount.
    `also` is a second small move that belongs with the first. detail: what it is about, where the name alone
    does not tell; it changes nothing of what is to be done.
    Directions are the camera's own, seen from behind it.
    """

    cue: CueName
    text: str
    amount: float | None = None
    unit: Unit | None = None
    also: "Cue | None" = None
    detail: Detail | None = None

    @property
    def ready(self) -> bool:
        """Whether the picture should be taken now."""
        return self.cue == "ready"

    def as_json(self) -> dict[str, Any]:
        """The cue as `framecue guide` prints it."""
        return {
            **self._move(),
            "also": None if self.also is None else self.also._move(),
            "ready": self.ready,
            "text": self.text,
        }

    def _move(self) -> dict[str, Any]:
        amount = None if self.amount is None else round(self.amount, 2)
        return {"cue": self.cue, "amount": amount, "unit": self.unit}
