"""Cards that pick a look: two square marks that a camera reads from across a room, and the look's name.

The marks are ArUco's, 5 by 5 cells. A QR code holding the same name must fill four times as much of the
picture to be read. Which two marks stand for a look follows from its name, so that a card printed for one
booth picks the look of that name at any other. Nothing about a person is on it, or kept.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from framecue.composition.look import Look
from framecue.durable import write_durably
from framecue.errors import LookError

MARKS: Final = 1000  # different marks there are
PITCH: Final = 1.25  # from one mark's middle to the other's, in marks
_DICTIONARY: Final = cv2.aruco.DICT_5X5_1000
_CELLS: Final = 7  # of a mark's side, its black frame included
_DPI: Final = 300
_A6: Final = (1748, 1240)  # pixels, lying
_MARK_PX: Final = _CELLS * 92
_GREY: Final = (110, 110, 110)
# Sought on the machine for names that the built-in font has no letters for.
_FONTS: Final = ("NotoSansCJK-Regular.ttc", "NotoSansKR-Regular.otf", "NanumGothic.ttf", "DejaVuSans.ttf")


@dataclass(frozen=True, slots=True)
class Marks:
    """The left and the right mark of a card."""

    left: int
    right: int


def marks_of(name: str) -> Marks:
    """The two marks that stand for a look's name; never the same one twice."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    left, right = number % MARKS, number // MARKS % (MARKS - 1)
    return Marks(left, right + (right >= left))


def dictionary() -> Any:
    """The marks themselves, as OpenCV has them."""
    return cv2.aruco.getPredefinedDictionary(_DICTIONARY)


def draw_card(look: Look) -> NDArray[np.uint8]:
    """A card, (1240, 1748, 3) uint8 RGB: A6 at 300 dots an inch, two marks above the look's name."""
    page = Image.new("RGB", _A6, "white")
    pen = ImageDraw.Draw(page)
    middle, top = _A6[0] / 2, 120
    marks = marks_of(look.name)
    for mark, side in ((marks.left, -0.5), (marks.right, 0.5)):
        cells = cv2.aruco.generateImageMarker(dictionary(), mark, _CELLS)
        square = Image.fromarray(cells).resize((_MARK_PX, _MARK_PX), Image.Resampling.NEAREST)
        page.paste(square, (round(middle + side * PITCH * _MARK_PX - _MARK_PX / 2), top))
    size = 150
    while pen.textlength(look.name, _font(look.name, size)) > 0.9 * _A6[0]:
        size -= 4
    below = top + _MARK_PX
    pen.text((middle, below + 190), look.name, fill="black", font=_font(look.name, size), anchor="mm")
    told = look.about or look.kind.replace("_", " ")
    size = 54
    while size > 24 and pen.textlength(told, _font(told, size)) > 0.9 * _A6[0]:
        size -= 2
    pen.text((middle, below + 320), told, fill=_GREY, font=_font(told, size), anchor="mm")
    hint = "Hold this card flat to the camera until it says the name."
    pen.text((middle, _A6[1] - 60), hint, fill=_GREY, font=_font(hint, 38), anchor="mm")
    return np.asarray(page)


def print_card(look: Look, out: Path) -> None:
    """Write a look's card as PNG or PDF, A6. LookError for another ending, or where it cannot be written."""
    kind = {".png": "PNG", ".pdf": "PDF"}.get(out.suffix.lower())
    if kind is None:
        raise LookError(f"{out}: a card is a PNG or a PDF; name it so")
    content = BytesIO()
    options: dict[str, Any] = {"dpi": (_DPI, _DPI)} if kind == "PNG" else {"resolution": float(_DPI)}
    Image.fromarray(draw_card(look)).save(content, kind, **options)
    try:
        write_durably(out, content.getvalue())
    except OSError as error:
        raise LookError(f"{out} cannot be written ({error.strerror}); choose another place") from None


def _font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font that has the text's letters, as far as the machine has one."""
    if not text.isascii():
        for name in _FONTS:
            try:
                return ImageFont.truetype(name, size)
            except OSError:
                continue
    return ImageFont.load_default(size=size)
