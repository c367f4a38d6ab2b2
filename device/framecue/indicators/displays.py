"""The displays a screen indicator can drive: real ones through luma, and their simulated twin."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from PIL import Image

from framecue.errors import IndicatorError
from framecue.gpio import board_pins, opening_pins

Chip = Literal["ssd1306", "sh1106", "st7789", "ili9341", "simulated"]
SIZES: Final[dict[str, tuple[int, int]]] = {
    "ssd1306": (128, 64),
    "sh1106": (128, 64),
    "st7789": (240, 240),
    "ili9341": (320, 240),
    "simulated": (240, 240),
}
OLEDS: Final = frozenset({"ssd1306", "sh1106"})


class Display(Protocol):
    """What is used of a luma device. mode: "1" or "RGB"; width, height: pixels, after turning."""

    width: int
    height: int
    mode: str

    def display(self, image: Image.Image) -> None:
        """Show a picture of that mode and size; raises whatever its library raises."""

    def cleanup(self) -> None:
        """Go dark and let the hardware go."""


class TwinDisplay:
    """A display without hardware: keeps the newest picture, and writes it to a PNG file where one is given.

    While `broken` is set, showing raises OSError as an unplugged display's bus does.
    """

    def __init__(self, width: int, height: int, mode: str = "RGB", file: Path | None = None) -> None:
        self.width, self.height, self.mode, self._file = width, height, mode, file
        self.image: Image.Image | None = None
        self.shown = 0
        self.broken = self.closed = False

    def display(self, image: Image.Image) -> None:
        """As luma's."""
        if self.broken or self.closed:
            raise OSError(121, "Remote I/O error")
        if (image.size, image.mode) != ((self.width, self.height), self.mode):
            raise ValueError(f"a {self.mode} picture of {self.width}x{self.height} is needed")
        self.image, self.shown = image.copy(), self.shown + 1
        if self._file is not None:
            aside = self._file.with_suffix(".part")
            image.save(aside, "PNG")
            aside.replace(self._file)

    def cleanup(self) -> None:
        """As luma's."""
        self.closed = True


class Pins:
    """What luma asks of RPi.GPIO, on gpiozero's pins, which every board has. pin_factory: as gpiozero's."""

    OUT, HIGH, LOW = 0, 1, 0

    def __init__(self, pin_factory: Any = None) -> None:
        self._factory = pin_factory
        self._opened: dict[int, Any] = {}

    def setup(self, pin: int, _mode: int) -> None:
        """Claim a pin as an output."""
        from gpiozero import DigitalOutputDevice

        if pin not in self._opened:
            self._opened[pin] = DigitalOutputDevice(pin, pin_factory=board_pins(self._factory))

    def output(self, pin: int, value: int) -> None:
        """Set a pin high or low."""
        self._opened[pin].value = bool(value)

    def cleanup(self, _pins: object = None) -> None:
        """Let all pins go. May be called twice."""
        while self._opened:
            self._opened.popitem()[1].close()


class LumaDisplay:
    """A real display, with the pins beside its bus.

    Raises IndicatorError where luma is not installed, or the display or its pins cannot be used.
    serial: luma's interface to use instead of the one of the settings.
    """

    def __init__(self, settings: Any, serial: Any = None, pin_factory: Any = None) -> None:
        with ExitStack() as opened:
            self._pins = Pins(pin_factory)
            opened.callback(self._pins.cleanup)
            light = (
                self._backlight(settings.backlight) if settings.backlight is not None else lambda _on: None
            )
            self._device = _luma_device(settings, serial, self._pins, light)
            opened.pop_all()
        self.width, self.height = self._device.width, self._device.height
        self.mode: str = self._device.mode

    def display(self, image: Image.Image) -> None:
        """Show a picture."""
        self._device.display(image)

    def cleanup(self) -> None:
        """Go dark and let the hardware go; a display that is gone cannot go dark."""
        try:
            self._device.cleanup()
        finally:
            self._pins.cleanup()

    def _backlight(self, pin: int) -> Any:
        with opening_pins("screen", IndicatorError):
            self._pins.setup(pin, Pins.OUT)
        return lambda on: self._pins.output(pin, bool(on))


def _luma_device(settings: Any, serial: Any, pins: Pins, light: Any) -> Any:
    try:
        import luma.core.error
        from luma.core.interface import serial as buses

        if settings.chip in OLEDS:
            from luma.oled import device as kinds
        else:
            from luma.lcd import device as kinds
    except ImportError as error:
        raise IndicatorError(
            f"screen: {error.name} is not installed; pip install 'framecue[screen]'"
        ) from error
    try:
        bus = _bus(settings, buses, pins) if serial is None else serial
        width, height = settings.size
        kind = getattr(kinds, settings.chip)
        return kind(bus, width=width, height=height, rotate=settings.rotate // 90, backlight=light)
    except (luma.core.error.Error, OSError, ValueError, AssertionError) as error:
        raise IndicatorError(f"screen: {settings.place} cannot be used ({error}); check its cable") from error


def _bus(settings: Any, buses: Any, pins: Pins) -> Any:
    if settings.bus == "i2c":
        return buses.i2c(port=settings.port_used, address=settings.address_used)
    with opening_pins("screen", IndicatorError):
        pins.setup(settings.dc, Pins.OUT)
        pins.setup(settings.reset, Pins.OUT)
    return buses.spi(
        gpio=pins,
        port=settings.port_used,
        device=settings.address_used,
        bus_speed_hz=8_000_000 if settings.chip in OLEDS else 40_000_000,
        gpio_DC=settings.dc,
        gpio_RST=settings.reset,
    )
