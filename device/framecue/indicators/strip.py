"""A strip of WS2812 ("NeoPixel") lights on an SPI bus's data line; extra `strip`.

The middle of the strip is the main light of the one table; its two ends are the arrow lamps. SPI makes the
signal on every Pi and on a Jetson alike: the PWM and DMA that other libraries use are not on a Pi 5.
The strip's data line hangs on MOSI (GPIO 10), through a level shifter where the strip runs on 5 V.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal

from pydantic import Field

from framecue.composition.cue import Cue
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.indicators import Notice, Trial
from framecue.indicators.pixels import SPI_HZ, Colours, TwinStrip, Wire, encoded, pixels_of
from framecue.indicators.table import NOTICE_SIGNS, Pattern, Sign, sign_of

_TICK_S: Final = 0.04


class Settings(DriverSettings):
    """The strip and its bus. On a Pi: dtparam=spi=on, and on a Pi 4 core_freq_min=500, or colours flicker."""

    kind: Literal["strip"] = "strip"
    count: int = Field(12, ge=3, le=144, description="lights on the strip")
    brightness: float = Field(0.3, gt=0, le=1, description="share of full power; 1 takes 60 mA a light")
    order: Literal["GRB", "RGB"] = Field("GRB", description="order in which the lights take their colours")
    turned: bool = Field(False, description="whether the last light is the one on the left or at the bottom")
    port: int = Field(0, ge=0, le=7, description="SPI bus")
    device: int = Field(0, ge=0, le=3, description="device on the SPI bus; the strip ignores it")
    simulated: bool = Field(False, description="true: a strip that needs no hardware")


class Driver:
    """Lights the strip from a thread of its own, which rests while nothing blinks.

    wire: an open SPI device to use instead of the settings' own. clock: seconds, monotonic.
    wait: waits for an event at most so many seconds; tests pass their own.
    """

    def __init__(
        self,
        settings: Settings,
        wire: Wire | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float | None], bool] = threading.Event.wait,
    ) -> None:
        self._settings, self._clock, self._wait = settings, clock, wait
        self._wire: Wire = _opened(settings) if wire is None else wire
        self._sign: Sign | None = None
        self._lit: int | None = None
        self._since_s = 0.0
        self._sent: Colours | None = None
        self._fault: OSError | None = None
        self._changed, self._ended = threading.Event(), False
        self._turn = threading.Lock()  # one write at a time
        self._send([(0, 0, 0)] * settings.count)
        self._raise_fault()
        self._thread = threading.Thread(target=self._run, name="strip", daemon=True)
        self._thread.start()

    def show(self, cue: Cue) -> None:
        """As in Indicator. Raises IndicatorError when the bus failed the last time."""
        self._light_up(sign_of(cue), None)

    def notice(self, notice: Notice) -> None:
        """As in Indicator; of a countdown, as many lights as seconds are left. Raises as `show` does."""
        seconds = int(notice.text) if notice.name == "countdown" and notice.text.isdigit() else None
        self._light_up(NOTICE_SIGNS[notice.name], seconds)

    def refresh(self) -> None:
        """Send what is to be seen now, where that has changed; the strip's own thread does it by itself."""
        with self._turn:
            if self._sign is None:
                return
            settings, age_s = self._settings, self._clock() - self._since_s
            pixels = pixels_of(self._sign, age_s, settings.count, settings.brightness, self._lit)
            self._send(pixels[::-1] if settings.turned else pixels)

    def trials(self) -> list[Trial]:
        """As in Tryable: colours, which tell a wrong `order`, then the first light, which tells `turned`."""
        level = round(255 * self._settings.brightness)
        count = self._settings.count
        shown: dict[str, Colours] = {
            "all red": [(level, 0, 0)] * count,
            "all green": [(0, level, 0)] * count,
            "all blue": [(0, 0, level)] * count,
            "the first light, left or below": [(level, level, level), *[(0, 0, 0)] * (count - 1)],
        }
        return [(name, partial(self._try, pixels)) for name, pixels in shown.items()]

    def _try(self, pixels: Colours) -> None:
        with self._turn:
            self._sign = None
            self._send(pixels[::-1] if self._settings.turned else pixels)
        self._raise_fault()

    def close(self) -> None:
        """Go dark and let the bus go. May be called twice."""
        if self._ended:
            return
        self._ended = True
        self._changed.set()
        self._thread.join(1.0)
        with self._turn:
            self._send([(0, 0, 0)] * self._settings.count)
            self._wire.close()

    def _light_up(self, sign: Sign, lit: int | None) -> None:
        if sign is not self._sign or lit != self._lit:
            self._sign, self._lit, self._since_s = sign, lit, self._clock()
            self._changed.set()
        elif self._fault is not None:
            self._changed.set()  # try again
        self._raise_fault()

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            raise IndicatorError(
                f"strip: SPI device {self._settings.port}.{self._settings.device} fails ({fault}); check it"
            ) from fault

    def _run(self) -> None:
        while not self._ended:
            sign = self._sign
            rests = sign is None or (sign.pattern is Pattern.STEADY and not sign.arrow_blinks)
            self._wait(self._changed, None if rests else _TICK_S)
            self._changed.clear()
            self.refresh()

    def _send(self, pixels: Colours) -> None:
        if pixels == self._sent:
            return
        try:
            self._wire.writebytes2(encoded(pixels, self._settings.order))
            self._sent = pixels
        except OSError as error:
            self._sent, self._fault = None, error


def _opened(settings: Settings) -> Any:
    if settings.simulated:
        return TwinStrip(settings.order)
    try:
        from spidev import SpiDev
    except ImportError as error:
        raise IndicatorError("strip: spidev is not installed; pip install 'framecue[strip]'") from error
    place = f"/dev/spidev{settings.port}.{settings.device}"
    wire = SpiDev()
    try:
        wire.open(settings.port, settings.device)
        wire.max_speed_hz, wire.mode = SPI_HZ, 0
    except PermissionError as error:
        raise IndicatorError(f"strip: {place} may not be used by this user; add it to group spi") from error
    except OSError as error:
        raise IndicatorError(f"strip: there is no {place}; switch SPI on with raspi-config") from error
    return wire
