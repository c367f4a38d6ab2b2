"""A look drawn over a photo: its lines and how far off they may be, and where the person in it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from framecue.composition.framing import Framing, framing, measured
from framecue.composition.look import Look, Measure
from framecue.composition.subject import Composition
from framecue.looks.learn import WORDS

LONG_SIDE: Final = (1000, 1600)  # pixels of the photo's in the drawing, at least and at most
TARGET: Final = (255, 214, 64)  # the look
MEASURED: Final = (64, 224, 255)  # what is seen
RIGHT: Final = (90, 230, 120)  # what is seen, within the look
WRONG: Final = (255, 110, 90)  # what is seen, outside it
INK: Final = (16, 18, 22)
_BAND: Final = 60  # opacity of tolerances, of 255
_THIRDS: Final = 90


def draw_look(image: NDArray[np.uint8], composition: Composition, look: Look) -> NDArray[np.uint8]:
    """The look over a photo, with what was measured in it, and a legend of numbers below.

    image: (h, w, 3) uint8 RGB of the composition's size. Returns (H, W, 3) uint8 RGB: the photo,
        its long side 1000 to 1600 pixels, and the legend.
    """
    longest = max(image.shape[:2])
    scale = min(max(longest, LONG_SIDE[0]), LONG_SIDE[1]) / longest
    width, height = round(image.shape[1] * scale), round(image.shape[0] * scale)
    composition = composition.scaled(width, height)
    found = framing(composition, look)
    page = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS).convert("RGBA")
    glass = Image.new("RGBA", page.size)
    pen = _Pen(ImageDraw.Draw(glass), width, height)
    pen.thirds()
    pen.target(look)
    if found is not None:
        pen.people(found)
    page = Image.alpha_composite(page, glass)
    legend = _legend(look, composition, found, width)
    whole = Image.new("RGB", (width, height + legend.height), INK)
    whole.paste(page.convert("RGB"), (0, 0))
    whole.paste(legend, (0, height))
    return np.asarray(whole)


class _Pen:
    """Draws on a sheet of glass over the photo."""

    def __init__(self, pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
        self._pen, self._width, self._height = pen, width, height
        self._stroke = max(2, round(min(width, height) / 300))
        self._font = ImageFont.load_default(size=max(12, round(min(width, height) / 34)))

    def thirds(self) -> None:
        """The four lines of the thirds, faint."""
        for share in (1 / 3, 2 / 3):
            x, y = share * self._width, share * self._height
            self._pen.line([x, 0, x, self._height], fill=(255, 255, 255, _THIRDS), width=1)
            self._pen.line([0, y, self._width, y], fill=(255, 255, 255, _THIRDS), width=1)

    def target(self, look: Look) -> None:
        """Head top, foot line and centre with their tolerances."""
        want = look.measures
        if want.centre_x is not None:
            self._centre(want.centre_x, want.head_top, want.foot_line)
        for line, name in ((want.head_top, "head top"), (want.foot_line, "foot line")):
            if line is not None:
                self._line(line, name)

    def people(self, found: Framing) -> None:
        """Everybody's box, with a tick at the chin and a dot in the middle of the feet."""
        for subject in found.members:
            top = 0.0 if subject.head_top_y is None else subject.head_top_y
            foot = self._height - 1.0 if subject.foot_y is None else subject.foot_y
            box = [subject.left_x, top, subject.right_x, foot]
            self._pen.rectangle(box, outline=(*MEASURED, 255), width=self._stroke)
            reach = (subject.right_x - subject.left_x) / 5
            if subject.chin_y is not None:
                middle = subject.centre_x
                ends = [middle - reach, subject.chin_y, middle + reach, subject.chin_y]
                self._pen.line(ends, fill=(*MEASURED, 255), width=self._stroke)
        centre, half = found.subject.centre_x, 3 * self._stroke
        for y in (found.subject.head_top_y, found.subject.foot_y):
            if y is not None:
                dot = [centre - half, y - half, centre + half, y + half]
                self._pen.ellipse(dot, fill=(*MEASURED, 255), outline=(*INK, 255))

    def _line(self, line: Measure, name: str) -> None:
        y, off = line.value * self._height, line.tolerance * self._height
        self._pen.rectangle([0, y - off, self._width, y + off], fill=(*TARGET, _BAND))
        self._pen.line([0, y, self._width, y], fill=(*TARGET, 255), width=self._stroke)
        above = y > self._height / 2
        self._pen.text(
            (2 * self._stroke, y - self._stroke if above else y + self._stroke),
            name,
            fill=(*TARGET, 255),
            font=self._font,
            anchor="ld" if above else "la",
            stroke_width=2,
            stroke_fill=(*INK, 255),
        )

    def _centre(self, centre: Measure, top: Measure | None, foot: Measure | None) -> None:
        x, off = centre.value * self._width, centre.tolerance * self._width
        upper = 0 if top is None else top.value * self._height
        lower = self._height if foot is None else foot.value * self._height
        self._pen.rectangle([x - off, upper, x + off, lower], fill=(*TARGET, _BAND // 2))
        for y in np.arange(upper, lower, 8 * self._stroke):
            end = min(y + 5 * self._stroke, lower)
            self._pen.line([x, y, x, end], fill=(*TARGET, 255), width=self._stroke)


def _legend(look: Look, composition: Composition, found: Framing | None, width: int) -> Image.Image:
    """Numbers below the photo: each measure's wish and what it is, green within the look and red outside."""
    size = max(13, width // 42)
    font, bold = ImageFont.load_default(size=size), ImageFont.load_default(size=round(size * 1.4))
    seen = (
        {}
        if found is None
        else measured(found, look, composition.roll_deg, composition.width, composition.height)
    )
    wanted = [(name, getattr(look.measures, name)) for name in type(look.measures).model_fields]
    rows = [(name, measure) for name, measure in wanted if measure is not None]
    line = round(size * 1.6)
    page = Image.new("RGB", (width, round(line * (len(rows) + 2.2))), INK)
    pen = ImageDraw.Draw(page)
    pen.text((size, line), f"{look.name}", fill=TARGET, font=bold, anchor="lm")
    pen.text((width - size, line), look.kind.replace("_", " "), fill=(190, 190, 190), font=font, anchor="rm")
    for row, (name, measure) in enumerate(rows):
        y = line * (row + 2.2)
        pen.text((size, y), WORDS[name], fill=(190, 190, 190), font=font, anchor="lm")
        wish = f"{_figure(name, measure.value)} ± {_figure(name, measure.tolerance)}"
        pen.text((width * 0.55, y), wish, fill=TARGET, font=font, anchor="rm")
        value = seen.get(name)
        right = value is not None and abs(value - measure.value) <= measure.tolerance
        told = "not seen" if value is None else _figure(name, value)
        colour = (150, 150, 150) if value is None else RIGHT if right else WRONG
        pen.text((width - size, y), told, fill=colour, font=font, anchor="rm")
    return page


def _figure(name: str, value: float) -> str:
    if name == "heads":
        return f"{value:.1f}"
    return f"{value:.1f}°" if name == "roll_deg" else f"{value * 100:.1f} %"
