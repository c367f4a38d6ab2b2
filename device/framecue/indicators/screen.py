"""A small screen: OLED (SSD1306, SH1106) or LCD (ST7789, ILI9341), through luma; extra `screen`.

It shows the cue's arrow, how much and a word, beside it a silhouette of who is seen with the lines to
reach: dashed, and whole once they are reached. Notices and the countdown take all of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from PIL import Image
from pydantic import Field, model_validator

from framecue.composition.cue import Cue
from framecue.composition.words import Language
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.gpio import Pin
from framecue.indicators import Notice, Trial, View
from framecue.indicators.canvas import Canvas, Mode
from framecue.indicators.displays import OLEDS, SIZES, Chip, Display, LumaDisplay, TwinDisplay
from framecue.indicators.fonts import fonts_for
from framecue.indicators.latest import Latest

_LIMIT_S: Final = 5.0  # longer than any bus takes for one picture
_EVERY_S: Final = 0.1  # between two pictures of what is seen


class Settings(DriverSettings):
    """Which display, and how it is connected.

    An OLED hangs on I2C, or on SPI; an LCD on SPI with two more pins, and its backlight on a third.
    """

    kind: Literal["screen"] = "screen"
    chip: Chip = Field("ssd1306", description="controller of the display; simulated needs no hardware")
    width: int = Field(0, ge=0, le=480, description="pixels across before turning; 0 = as the chip is usual")
    height: int = Field(0, ge=0, le=480, description="pixels down before turning; 0 = as the chip is usual")
    rotate: int = Field(0, multiple_of=90, ge=0, le=270, description="degrees clockwise to turn the picture")
    bus: Literal["i2c", "spi"] = Field("i2c", description="how an OLED is connected; an LCD is always on spi")
    port: int = Field(-1, ge=-1, le=31, description="number of the bus; -1 = 1 for i2c, 0 for spi")
    address: int = Field(-1, ge=-1, le=127, description="I2C address or SPI device; -1 = 60 (0x3C) or 0")
    dc: Pin = Field(25, description="GPIO number of an SPI display's data/command pin")
    reset: Pin = Field(5, description="GPIO number of an SPI display's reset pin")
    backlight: Pin | None = Field(None, description="GPIO number of an LCD's backlight; none: always on")
    language: Language = Field("en", description="of the words; Korean needs a font, as fonts-nanum")
    font: Path | None = Field(None, description="TrueType or OpenType file of the words; none: one that fits")
    silhouette: bool = Field(True, description="whether to show who is seen and the lines to reach")
    file: Path | None = Field(None, description="PNG file that a simulated display writes its picture to")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, value: Any) -> Any:
        """What follows from the chip and the bus."""
        if not isinstance(value, dict):
            return value
        given = dict(value)
        chip = given.get("chip", "ssd1306")
        if chip in SIZES and chip not in OLEDS:
            given.setdefault("bus", "spi")
        return given

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.chip not in OLEDS and self.bus != "spi":
            raise ValueError(f"an {self.chip} is connected by spi")
        if bool(self.width) != bool(self.height):
            raise ValueError("width and height are given together")
        if self.backlight is not None and self.backlight in (self.dc, self.reset):
            raise ValueError(f"GPIO {self.backlight} is given twice; each line needs a pin of its own")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Pixels across and down, before turning."""
        return (self.width, self.height) if self.width else SIZES[self.chip]

    @property
    def port_used(self) -> int:
        """Number of the bus."""
        return self.port if self.port >= 0 else int(self.bus == "i2c")

    @property
    def address_used(self) -> int:
        """I2C address, or device on the SPI bus."""
        return self.address if self.address >= 0 else 0x3C * (self.bus == "i2c")

    @property
    def place(self) -> str:
        """Where the display is, for messages."""
        return f"{self.chip} on {self.bus}"


class Driver:
    """Draws on a thread of its own, the newest picture only; a display that was gone is opened again.

    open_display: makes the display from the settings; None for the real one, or the simulated.
    every_s: seconds between two cues' pictures at the least; a notice does not wait.
    """

    def __init__(
        self,
        settings: Settings,
        open_display: Callable[[Settings], Display] | None = None,
        every_s: float = _EVERY_S,
    ) -> None:
        self._settings = settings
        self._open = _opened if open_display is None else open_display
        self._display: Display | None = self._open(settings)
        fonts, language = fonts_for(settings.language, settings.font)
        mode = cast(Mode, self._display.mode)
        self._canvas = Canvas(self._display.width, self._display.height, mode, fonts, language)
        self._view: View | None = None
        self._shown: Image.Image | None = None
        self._painter = Latest[Callable[[], Image.Image]]("screen", self._paint, _LIMIT_S, every_s)

    def view(self, view: View) -> None:
        """As in Viewer."""
        if self._settings.silhouette:
            self._view = view

    def show(self, cue: Cue) -> None:
        """As in Indicator. Raises IndicatorError when the display failed the last time."""
        view = self._view
        self._painter.put(lambda: self._canvas.cue(cue, view))

    def notice(self, notice: Notice) -> None:
        """As in Indicator. Raises as `show` does."""
        self._painter.put(lambda: self._canvas.notice(notice), at_once=True)

    def settle(self, timeout_s: float) -> bool:
        """Wait until what was last told is shown; whether it is."""
        return self._painter.settle(timeout_s)

    def trials(self) -> list[Trial]:
        """As in Tryable."""
        return [("a line around, an arrow up, and fields", self._try_pattern)]

    def _try_pattern(self) -> None:
        self._painter.put(self._canvas.pattern, at_once=True)
        self._painter.settle(_LIMIT_S)
        self._painter.put(self._canvas.pattern)  # raises what went wrong

    def close(self) -> None:
        """Go dark and let the display go. May be called twice."""
        if self._painter.stop(timeout_s=1.0) and self._display is not None:
            display, self._display = self._display, None
            display.cleanup()

    def _paint(self, draw: Callable[[], Image.Image]) -> None:
        image = draw()
        if self._shown is not None and image.tobytes() == self._shown.tobytes():
            return
        self._shown = None
        try:
            if self._display is None:
                self._display = self._open(self._settings)
            self._display.display(image)
        except IndicatorError:
            raise
        except Exception as error:
            self._give_up()
            raise IndicatorError(
                f"screen: {self._settings.place} does not answer ({error}); check its cable"
            ) from error
        self._shown = image

    def _give_up(self) -> None:
        """Let a failed display go, to be opened anew for the next picture."""
        display, self._display = self._display, None
        try:
            if display is not None:
                display.cleanup()
        except Exception:  # noqa: BLE001, S110  it is being given up anyway
            pass


def _opened(settings: Settings) -> Display:
    if settings.chip != "simulated":
        return LumaDisplay(settings)
    width, height = settings.size if settings.rotate in (0, 180) else settings.size[::-1]
    file = None if settings.file is None else settings.file.expanduser()
    return TwinDisplay(width, height, file=file)
