"""Pictures for small screens, from 128x64 in black and white to 320x240 in colour.

One layout for all: arrow and amount above, a word below, and where there is room for what the camera sees,
a silhouette with the lines to reach beside them.
"""

from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from framecue.composition.cue import Cue
from framecue.composition.words import Language, metres, say
from framecue.indicators import Notice, View
from framecue.indicators.arrows import CHECK, CROSS, MARK, draw_shapes, shapes_of
from framecue.indicators.fonts import Fonts
from framecue.indicators.sayings import LARGE
from framecue.indicators.table import NOTICE_SIGNS, Arrow, Colour, sign_of
from framecue.parts import PERSON_LEVEL

Mode = Literal["1", "RGB"]
Box = tuple[int, int, int, int]  # left, top, right, bottom, pixels, inclusive

_RGB: Final[dict[Colour, tuple[int, int, int]]] = {
    "red": (215, 25, 25),
    "green": (40, 205, 70),
    "blue": (90, 150, 255),
    "yellow": (255, 215, 0),
    "cyan": (0, 220, 230),
    "magenta": (255, 90, 240),
    "white": (255, 255, 255),
}
_FULL: Final[dict[Colour, tuple[int, int, int]]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
}
_PERSON: Final = (110, 130, 150)
_ICONS: Final[dict[str, Any]] = {
    "saved": CHECK,
    "recovered": CHECK,
    "not_saved": CROSS,
    "fault": MARK,
}
_SMALLEST: Final = 10  # pixels of a letter that can still be read
_REMEMBERED: Final = 500  # texts whose best size is kept


class Canvas:
    """Draws cues and notices for a screen of width x height pixels; mode "1" is black and white."""

    def __init__(self, width: int, height: int, mode: Mode, fonts: Fonts, language: Language = "en") -> None:
        self.width, self.height, self.mode = width, height, mode
        self._fonts, self._language = fonts, language
        self._margin = max(1, height // 40)
        self._fits: dict[tuple[str, int, int], tuple[str, int]] = {}

    def cue(self, cue: Cue, view: View | None = None) -> Image.Image:
        """A cue, with what the camera sees beside it."""
        sign = sign_of(cue)
        solid = cue.cue in ("ready", "best_possible")
        image, draw, ink = self._blank(sign.colour if solid else None)
        words = say(cue.cue, language=self._language, style="large", detail=cue.detail)
        room = (0, 0, self.width - 1, self.height - 1)
        if solid:
            self._icon_and_words(draw, CHECK, words, room, ink)
            return image
        if view is not None:
            room = self._with_view(draw, view, room)
        arrow = shapes_of(sign.arrow)
        colour = self._colour(sign.colour)
        if not arrow:
            self._text(draw, words, room, colour)
        elif cue.amount is None or cue.detail is not None:
            self._icon_and_words(draw, arrow, words, room, colour)
        else:
            self._move(draw, arrow, _amount(cue), words, room, colour)
        return image

    def notice(self, notice: Notice) -> Image.Image:
        """A notice: a countdown's number as large as it gets, others with a mark and a word."""
        sign = NOTICE_SIGNS[notice.name]
        bad = notice.name in ("not_saved", "fault")
        solid = bad or notice.name in ("shooting", "saved")
        image, draw, ink = self._blank(sign.colour if solid else None)
        room = (0, 0, self.width - 1, self.height - 1)
        word = LARGE[self._language][notice.name]
        if notice.name == "countdown":
            self._text(draw, notice.text, room, ink)
        elif notice.name in _ICONS:
            more = _reason(notice.text) if bad else ""
            self._icon_and_words(draw, _ICONS[notice.name], word, room, ink, more)
        elif notice.name == "look":
            self._lines(draw, [word, notice.text], room, self._colour(sign.colour))
        else:
            self._text(draw, word, room, ink)
        return image

    def pattern(self) -> Image.Image:
        """What tells a wrong chip, size, turn or order of colours at a look: a line along the very edge, the
        size in letters, an arrow up, and fields in red, green and blue, or of lines ever finer.
        """
        image, draw, ink = self._blank(None)
        right, bottom = self.width - 1, self.height - 1
        draw.rectangle((0, 0, right, bottom), outline=ink)
        gap, split = 2 * self._margin + 1, self.height * 55 // 100
        size = split - 2 * gap
        draw_shapes(draw, shapes_of(Arrow.UP), (gap, gap, gap + size, split - gap), ink)
        self._text(draw, f"{self.width}x{self.height}", (2 * gap + size, gap, right - gap, split - gap), ink)
        wide = (self.width - 4 * gap) // 3
        fields: tuple[Colour, ...] = ("red", "green", "blue")
        for number, colour in enumerate(fields):
            left = gap + number * (wide + gap)
            box = (left, split, left + wide - 1, bottom - gap)
            if self.mode == "1":
                for x in range(box[0], box[2] + 1, 2 ** (3 - number)):
                    draw.rectangle((x, box[1], x + 2 ** (2 - number) - 1, box[3]), fill=ink)
            else:
                draw.rectangle(box, fill=_FULL[colour])
                self._text(draw, colour[0].upper(), box, ink)
        return image

    def dark(self) -> Image.Image:
        """Nothing at all."""
        return self._blank(None)[0]

    def _blank(self, ground: Colour | None) -> tuple[Image.Image, ImageDraw.ImageDraw, Any]:
        """An empty picture and what to write on it in: dark on a coloured ground, else light on black."""
        fill: Any = 0 if ground is None else self._colour(ground)
        image = Image.new(self.mode, (self.width, self.height), fill)
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1" if self.mode == "1" else "L"
        if ground is None:
            return image, draw, self._colour("white")
        if self.mode == "1":
            return image, draw, 0
        return image, draw, (255, 255, 255) if ground == "red" else (0, 0, 0)

    def _colour(self, colour: Colour) -> Any:
        return 1 if self.mode == "1" else _RGB[colour]

    def _move(
        self, draw: ImageDraw.ImageDraw, arrow: Any, amount: str, words: str, room: Box, colour: Any
    ) -> None:
        """Arrow and amount side by side, or under each other in a tall room; the words below them."""
        left, top, right, bottom = room
        width, height, gap = right - left + 1, bottom - top + 1, 2 * self._margin
        white = self._colour("white")
        tall = height >= width
        split = top + height * (70 if tall else 62) // 100
        size = min(width - 2 * gap, height * 40 // 100) if tall else min(split - top, width * 45 // 100)
        if tall:
            at = (left + (width - size) // 2, top + gap)
            beside = (left, top + gap + size + gap, right, split - 1)
        else:
            at = (left + 1, top + (split - top - size) // 2)
            beside = (left + size + gap, top, right, split - 1)
        draw_shapes(draw, arrow, (*at, at[0] + size - 1, at[1] + size - 1), colour)
        self._text(draw, amount, beside, white)
        self._text(draw, words, (left, split + gap, right, bottom - 1), white)

    def _icon_and_words(
        self, draw: ImageDraw.ImageDraw, icon: Any, words: str, room: Box, colour: Any, more: str = ""
    ) -> None:
        left, top, right, bottom = room
        split = top + (bottom - top) * (42 if more else 55) // 100
        size = split - top - 2 * self._margin
        middle = (left + right) // 2
        if self.width > self.height and more:  # a wide screen: mark and word in one line
            draw_shapes(draw, icon, (left + 1, top + 1, left + size, top + size), colour)
            self._text(draw, words, (left + size + 4 * self._margin, top, right, split - 1), colour)
            self._text(draw, more, (left, split + self._margin, right, bottom), colour)
            return
        box = (middle - size // 2, top + self._margin, middle + size // 2, top + self._margin + size - 1)
        draw_shapes(draw, icon, box, colour)
        self._lines(draw, [words, more] if more else [words], (left, split + 1, right, bottom), colour)

    def _lines(self, draw: ImageDraw.ImageDraw, texts: list[str], room: Box, colour: Any) -> None:
        """Texts under each other, each in its share of the room."""
        left, top, right, bottom = room
        height = (bottom - top + 1) // len(texts)
        for number, text in enumerate(texts):
            upper = top + number * height
            self._text(draw, text, (left, upper, right, upper + height - 1), colour)

    def _text(self, draw: ImageDraw.ImageDraw, text: str, room: Box, colour: Any) -> None:
        """Text in the middle of its room, as large as fits, in as many lines as that takes."""
        left, top, right, bottom = room
        width, height = right - left + 1 - 2 * self._margin, bottom - top + 1
        lines, pixels = self._fitted(draw, text, width, height)
        style = self._style(pixels)
        # Placed by the ink, not by the font's own line, which leaves room for letters that are not there.
        x0, y0, x1, y1 = draw.multiline_textbbox((0, 0), lines, **style)
        at = (round((left + right + 1 - x0 - x1) / 2), round((top + bottom + 1 - y0 - y1) / 2))
        draw.multiline_text(at, lines, colour, **style)

    def _fitted(self, draw: ImageDraw.ImageDraw, text: str, width: int, height: int) -> tuple[str, int]:
        """Lines and letter height that fill the room; what is too long even so is cut."""
        key = text, width, height
        if key not in self._fits:
            if len(self._fits) >= _REMEMBERED:
                self._fits.clear()
            self._fits[key] = self._fit(draw, text, width, height)
        return self._fits[key]

    def _fit(self, draw: ImageDraw.ImageDraw, text: str, width: int, height: int) -> tuple[str, int]:
        """By halving: a larger letter never fits where a smaller one does not."""
        fitting = None
        low, high = _SMALLEST, max(int(height * 1.4), _SMALLEST)
        while low <= high:
            pixels = (low + high) // 2
            lines = self._in_room(draw, text, pixels, width, height)
            if lines is None:
                high = pixels - 1
            else:
                fitting, low = (lines, pixels), pixels + 1
        if fitting is not None:
            return fitting
        shorter = text[: len(text) * 4 // 5].rstrip(" …")
        return self._fit(draw, shorter + "…", width, height) if len(shorter) > 3 else (text, _SMALLEST)

    def _in_room(
        self, draw: ImageDraw.ImageDraw, text: str, pixels: int, width: int, height: int
    ) -> str | None:
        """The text in lines that fit; None where they do not."""
        lines = self._wrapped(draw, text, pixels, width)
        if lines is None:
            return None
        box = draw.multiline_textbbox((0, 0), lines, **self._style(pixels))
        return lines if box[3] - box[1] <= height and box[2] - box[0] <= width else None

    def _wrapped(self, draw: ImageDraw.ImageDraw, text: str, pixels: int, width: int) -> str | None:
        """The words in lines of this width; None where a single word is wider."""
        lines: list[str] = []
        style = self._style(pixels)
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if draw.textbbox((0, 0), longer, **style)[2] <= width:
                lines[-1:] = [longer]
            elif draw.textbbox((0, 0), word, **style)[2] <= width:
                lines.append(word)
            else:
                return None
        return "\n".join(lines)

    def _style(self, pixels: int) -> dict[str, Any]:
        return {
            "font": self._fonts.at(pixels),
            "spacing": pixels // 5,
            "align": "center",
            "stroke_width": self._fonts.stroke(pixels),
        }

    def _with_view(self, draw: ImageDraw.ImageDraw, view: View, room: Box) -> Box:
        """Draw the silhouette at the right edge; returns the room that is left."""
        left, top, right, bottom = room
        wide = (right - left + 1) * 29 // 100
        box = (right - wide + 1, top, right, bottom)
        self._silhouette(draw, view, box)
        return left, top, right - wide - 2 * self._margin, bottom

    def _silhouette(self, draw: ImageDraw.ImageDraw, view: View, box: Box) -> None:
        """People as a filled shape, the look's lines across it: reached ones whole, others dashed."""
        left, top, right, bottom = box
        width, height = right - left - 1, bottom - top - 1
        people = _cut_to_shape(view, width / height).astype(np.float32)
        mask = cv2.resize(people, (width, height), interpolation=cv2.INTER_AREA) >= 0.5
        shape = Image.fromarray(mask.astype(np.uint8) * 255)
        draw.rectangle(box, outline=self._colour("white"))
        draw.bitmap((left + 1, top + 1), shape, fill=1 if self.mode == "1" else _PERSON)
        for target, measured in (
            (view.head_top, view.found_head_top),
            (view.foot_line, view.found_foot_line),
        ):
            if target is None:
                continue
            y = top + 1 + round(target.value * (height - 1))
            reached = measured is not None and abs(measured - target.value) <= target.tolerance
            self._line(draw, left + 1, right - 1, y, reached)

    def _line(self, draw: ImageDraw.ImageDraw, left: int, right: int, y: int, reached: bool) -> None:
        """A line that is seen on the silhouette and beside it: light with a dark edge."""
        thick = max(1, self.height // 120)
        colour = self._colour("green" if reached else "yellow")
        draw.rectangle((left, y - thick, right, y + 2 * thick - 1), fill=0)
        dash = max(3, (right - left) // 8)
        for start in range(left, right + 1, 1 if reached else 2 * dash):
            end = right if reached else min(start + dash - 1, right)
            draw.rectangle((start, y, end, y + thick - 1), fill=colour)
            if reached:
                return


def _amount(cue: Cue) -> str:
    assert cue.amount is not None
    return metres(cue.amount).replace(" ", "") if cue.unit == "m" else f"{cue.amount:.0f}°"


def _reason(text: str) -> str:
    """What a bad notice says beyond its own word: "NOT SAVED: the disk is full" is cut at the colon."""
    head, colon, tail = text.partition(": ")
    return tail if colon and head.isupper() else text


def _cut_to_shape(view: View, shape: float) -> NDArray[np.bool_]:
    """Where people are, in the part of the frame around its look's centre that has this width to height."""
    people = view.person >= PERSON_LEVEL
    width = people.shape[1]
    wide = min(width, max(1, round(shape * view.height * width / view.width)))
    centre = 0.5 if view.centre_x is None else view.centre_x
    start = min(max(round(centre * width - wide / 2), 0), width - wide)
    return people[:, start : start + wide]
