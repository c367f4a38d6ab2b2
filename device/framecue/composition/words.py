"""What each cue says."""

from typing import Final

from framecue.composition.cue import CueName

ENGLISH: Final[dict[CueName, str]] = {
    "nobody": "Nobody in the picture",
    "step_back": "Step back",
    "step_closer": "Step closer",
    "raise": "Raise the camera",
    "lower": "Lower the camera",
    "tilt_up": "Tilt up",
    "tilt_down": "Tilt down",
    "pan_left": "Turn left",
    "pan_right": "Turn right",
    "roll_left": "Level: turn anticlockwise",
    "roll_right": "Level: turn clockwise",
    "guests_back": "Please step back",
    "guests_closer": "Please come closer",
    "guests_left": "Please move left",
    "guests_right": "Please move right",
    "feet_hidden": "The feet are cut off",
    "head_hidden": "The head is cut off",
    "light": "Turn the light behind you",
    "hold": "Hold still",
    "ready": "Ready: shoot",
    "best_possible": "As good as it gets: shoot",
}


def say(cue: CueName, amount: float | None = None, unit: str | None = None) -> str:
    """The cue in English, with its amount: "Step back 0.4 m", "Tilt up 3°"."""
    if amount is None:
        return ENGLISH[cue]
    return f"{ENGLISH[cue]} {amount:.1f} m" if unit == "m" else f"{ENGLISH[cue]} {amount:.0f}°"
