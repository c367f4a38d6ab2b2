"""Pictures that explain: the view with the look's lines, the measured lines and the cue."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from framecue.composition.cue import Cue, CueName
from framecue.composition.framing import framing
from framecue.composition.look import Look, Measure
from framecue.composition.subject import Composition, Subject

TARGET: Final = (255, 214, 64)  # the look
MEASURED: Final = (64, 224, 255)  # what is seen
READY: Final = (90, 230, 120)
INK: Final = (16, 18, 22)
PAPER: Final = (245, 245, 245)

# Where the arrow of each cue points, degrees clockwise from up; depth moves point away and towards us.
_ARROWS: Final[dict[CueName, float]] = {
    "tilt_up": 0,
    "raise": 0,
    "step_closer": 0,
    "pan_right": 90,
    "guests_right": 90,
    "roll_right": 90,
    "tilt_down": 180,
    "lower": 180,
    "step_back": 180,
    "pan_left": 270,
    "guests_left": 270,
    "roll_left": 270,
}


def sketch(
    image: NDArray[np.uint8], composition: Composition, look: Look, cue: Cue, *, width: int = 360
) -> NDArray[np.uint8]:
    """The view, `width` pixels wide, with target lines, measured lines and the cue in a strip below.

    image: (h, w, 3) uint8 RGB of the composition's size. Returns (H, width, 3) uint8 RGB.
    """
    scale = width / image.shape[1]
    height = round(image.shape[0] * scale)
    strip = round(width * 0.2)
    view = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (width, height + strip), INK)
    page.paste(view, (0, 0))
    pen = ImageDraw.Draw(page)
    _target(pen, look, width, height)
    framed = framing(composition, look)
    subject = None if framed is None else framed.subject
    if subject is not None:
        _measured(pen, subject, scale, width)
    _strip(pen, cue, subject, (0, height, width, height + strip))
    return np.asarray(page)


def save_animation(path: Path, pages: Sequence[NDArray[np.uint8]], seconds: Sequence[float]) -> None:
    """Write pages of one size as an animated GIF that shows each for its seconds and starts over."""
    # One palette for all, from pages spread over the whole: colours stay, unchanged pixels cost nothing.
    sample = np.concatenate(pages[:: max(1, len(pages) // 8)])
    palette = Image.fromarray(sample).quantize(255, Image.Quantize.MAXCOVERAGE, kmeans=2)
    frames = [Image.fromarray(page).quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    milliseconds = [max(20, round(each * 1000)) for each in seconds]
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, optimize=True
    )


def _target(pen: ImageDraw.ImageDraw, look: Look, width: int, height: int) -> None:
    measures = look.measures
    for line in filter(None, (measures.head_top, measures.foot_line)):
        _dashes(pen, (0, line.value * height), (width, line.value * height))
    if measures.centre_x is not None:
        x = measures.centre_x.value * width
        top, foot = (
            _value(line, default) * height
            for line, default in ((measures.head_top, 0), (measures.foot_line, 1))
        )
        _dashes(pen, (x, top), (x, foot))


def _value(measure: Measure | None, default: float) -> float:
    return default if measure is None else measure.value


def _dashes(pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float]) -> None:
    length = math.dist(start, end)
    for at in np.arange(0, length, 14):
        ends = [
            tuple(a + (b - a) * min(step, length) / length for a, b in zip(start, end, strict=True))
            for step in (at, at + 8)
        ]
        pen.line([*ends[0], *ends[1]], fill=TARGET, width=2)


def _measured(pen: ImageDraw.ImageDraw, subject: Subject, scale: float, width: int) -> None:
    left, right = subject.left_x * scale, subject.right_x * scale
    reach = width * 0.06
    for line, name in ((subject.head_top_y, "head"), (subject.chin_y, "chin"), (subject.foot_y, "feet")):
        if line is None:
            continue
        y = line * scale
        pen.line([left - reach, y, right + reach, y], fill=MEASURED, width=2)
        pen.text(
            (right + reach + 4, y),
            name,
            fill=MEASURED,
            font=_font(width // 26),
            anchor="lm",
            stroke_width=2,
            stroke_fill=INK,
        )
    centre = subject.centre_x * scale
    for y in filter(None, (subject.head_top_y, subject.foot_y)):
        pen.line([centre, y * scale - 5, centre, y * scale + 5], fill=MEASURED, width=2)


def _strip(
    pen: ImageDraw.ImageDraw, cue: Cue, subject: Subject | None, box: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = box
    colour = READY if cue.ready else PAPER
    middle, side = (top + bottom) / 2, bottom - top
    asked = (each for each in (cue, cue.also) if each is not None and each.detail is None)
    moves = [each.cue for each in asked if each.cue in _ARROWS]
    direction = _ARROWS[moves[0]] if moves else None
    if direction is not None:
        _arrow(pen, (left + side / 2, middle), side * 0.34, direction, colour)
    elif cue.ready:
        pen.ellipse(
            [left + side * 0.25, top + side * 0.25, left + side * 0.75, top + side * 0.75], fill=READY
        )
    size = side // 3
    text_x, room = left + side * 0.95, right - left - side * 1.1
    lines = [cue.text]
    while max(pen.textlength(line, _font(size)) for line in lines) > room and size > 9:
        size -= 1
        if size < side // 4:
            lines = _in_two(cue.text)
    gap = size * 1.15
    for number, line in enumerate(lines):
        y = middle - side * 0.07 * (len(lines) + 0.2) + (number - (len(lines) - 1) / 2) * gap
        pen.text((text_x, y), line, fill=colour, font=_font(size), anchor="lm")
    if subject is not None and subject.heads is not None:
        pen.text(
            (text_x, middle + side * 0.28),
            f"{subject.heads:.1f} heads",
            fill=MEASURED,
            font=_font(side // 6),
            anchor="lm",
        )


def _in_two(text: str) -> list[str]:
    """A sentence in two lines of about one length."""
    words = text.split(" ")
    cut = min(range(1, len(words) + 1), key=lambda at: abs(len(" ".join(words[:at])) - len(text) / 2))
    return [line for line in (" ".join(words[:cut]), " ".join(words[cut:])) if line]


def _arrow(
    pen: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    size: float,
    clockwise_deg: float,
    colour: tuple[int, int, int],
) -> None:
    shape = [(0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 1), (-0.3, 1), (-0.3, -0.1), (-0.8, -0.1)]
    cos, sin = math.cos(math.radians(clockwise_deg)), math.sin(math.radians(clockwise_deg))
    pen.polygon(
        [(centre[0] + size * (x * cos - y * sin), centre[1] + size * (x * sin + y * cos)) for x, y in shape],
        fill=colour,
    )


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
