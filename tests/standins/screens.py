"""What the reference pictures of small screens show; `python tests/standins/screens.py` draws them anew."""

from pathlib import Path

import numpy as np
from PIL import Image

from framecue.composition.cue import Cue
from framecue.composition.look import Measure
from framecue.indicators import Notice, View
from framecue.indicators.canvas import Canvas, Mode
from framecue.indicators.fonts import Fonts

FOLDER = Path(__file__).parents[1] / "references" / "screen"
SCREENS: dict[str, tuple[int, int, Mode]] = {"oled": (128, 64, "1"), "lcd": (240, 240, "RGB")}
CUES = {
    "tilt-up": Cue("tilt_up", "", 4.2, "deg"),
    "step-back": Cue("step_back", "", 0.42, "m"),
    "raise": Cue("raise", "", 0.3, "m"),
    "pan-right": Cue("pan_right", "", 8, "deg"),
    "roll-left": Cue("roll_left", "", 12, "deg"),
    "guests-closer": Cue("guests_closer", "", 0.5, "m"),
    "feet": Cue("feet_hidden", ""),
    "hold": Cue("hold", ""),
    "ready": Cue("ready", ""),
}
NOTICES = {
    "countdown": Notice("countdown", "3"),
    "saved": Notice("saved", "Saved 20261121-141203-0007-full-body.jpg"),
    "not-saved": Notice("not_saved", "NOT SAVED: the disk is full; empty it"),
    "fault": Notice("fault", "No picture: there is no camera at /dev/video0; plug it in"),
}


def somebody() -> View:
    """A person in an upright frame whose head is where it should be, and whose feet are too high."""
    down, across = np.mgrid[0:96, 0:72]
    head = (across - 36) ** 2 / 36 + (down - 17) ** 2 / 49 < 1
    body = (abs(across - 36) < 11) & (down > 25) & (down < 55)
    legs = (abs(abs(across - 36) - 6) < 4) & (down > 50) & (down < 86)
    return View(
        (head | body | legs).astype(np.float32),
        480,
        640,
        head_top=Measure(value=0.12, tolerance=0.03),
        foot_line=Measure(value=0.95, tolerance=0.03),
        centre_x=0.5,
        found_head_top=0.11,
        found_foot_line=0.88,
    )


def pictures() -> dict[str, Image.Image]:
    """Every reference picture, by its file's name."""
    drawn = {}
    for screen, (width, height, mode) in SCREENS.items():
        canvas = Canvas(width, height, mode, Fonts())
        for name, cue in CUES.items():
            drawn[f"{screen}-{name}"] = canvas.cue(cue, somebody())
        drawn[f"{screen}-alone"] = canvas.cue(CUES["tilt-up"])
        drawn[f"{screen}-pattern"] = canvas.pattern()
        for name, notice in NOTICES.items():
            drawn[f"{screen}-{name}"] = canvas.notice(notice)
    return drawn


if __name__ == "__main__":
    for name, picture in pictures().items():
        picture.save(FOLDER / f"{name}.png", optimize=True)
