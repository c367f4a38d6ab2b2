"""Fonts for small screens: the one that comes with Pillow, or one of the system's that knows Korean."""

import logging
from pathlib import Path
from typing import Final

from PIL import ImageFont

from framecue.composition.words import Language
from framecue.errors import IndicatorError

_log: Final = logging.getLogger(__name__)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

KOREAN: Final = tuple(
    Path(name)
    for name in (
        "/usr/share/fonts/truetype/nanum/NanumGothicBold.ttf",  # fonts-nanum
        "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",  # fonts-noto-cjk
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/unfonts-core/UnDotumBold.ttf",  # fonts-unfonts-core
    )
)


class Fonts:
    """Text of one face in any size. file: a TrueType or OpenType file; None for Pillow's own, Latin only.

    Raises IndicatorError where the file is no font.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._made: dict[int, Font] = {}
        self.at(12)

    def at(self, pixels: int) -> Font:
        """The font so many pixels high."""
        if pixels not in self._made:
            self._made[pixels] = self._load(pixels)
        return self._made[pixels]

    def stroke(self, pixels: int) -> float:
        """How much wider to draw each line: Pillow's own face is thin for a screen of a few centimetres."""
        if self._file is not None or pixels < 18:  # in small letters it would fill the gaps
            return 0.0
        return 0.5 if pixels < 28 else pixels / 28

    def _load(self, pixels: int) -> Font:
        if self._file is None:
            return ImageFont.load_default(pixels)
        try:
            return ImageFont.truetype(self._file, pixels)
        except (OSError, ValueError) as error:
            raise IndicatorError(
                f"screen: {self._file} is no font that can be read ({error}); set the indicator's font"
            ) from error


def fonts_for(language: Language, file: Path | None) -> tuple[Fonts, Language]:
    """The fonts for a language, and the language there are letters for.

    file: what the settings name; None: for Korean one of the fonts Debian has, and with none of them
    English words, which is said once.
    """
    if file is not None:
        return Fonts(file.expanduser()), language
    if language != "ko":
        return Fonts(), language
    found = next((font for font in KOREAN if font.is_file()), None)
    if found is not None:
        return Fonts(found), language
    _log.warning(
        "screen: there is no Korean font, so the words are English; `apt install fonts-nanum`, "
        "or set the indicator's font"
    )
    return Fonts(), "en"
