"""One RGB LED and two arrow LEDs on GPIO pins.

    RGB LED    common cathode to ground, or common anode to 3.3 V with active_high = false; a resistor a leg
    ahead LED  up, closer, right, clockwise
    back LED   down, back, left, anticlockwise

What lights up for what is in `framecue.indicators.table`.
"""

from contextlib import ExitStack
from functools import partial
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from framecue.composition.cue import Cue
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.gpio import Pin, board_pins, opening_pins
from framecue.indicators import Notice, Trial
from framecue.indicators.table import NOTICE_SIGNS, Colour, Pattern, Sign, sign_of

_RGB: dict[Colour, tuple[int, int, int]] = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "white": (1, 1, 1),
}
_ARROW_BLINK = 0.25  # seconds on, seconds off


class Settings(DriverSettings):
    """GPIO numbers of the five legs."""

    kind: Literal["leds"] = "leds"
    red: Pin = Field(17, description="GPIO number of the RGB LED's red leg")
    green: Pin = Field(27, description="GPIO number of the RGB LED's green leg")
    blue: Pin = Field(22, description="GPIO number of the RGB LED's blue leg")
    ahead: Pin = Field(23, description="GPIO number of the LED for up, closer, right, clockwise")
    back: Pin = Field(24, description="GPIO number of the LED for down, back, left, anticlockwise")
    active_high: bool = Field(True, description="whether a high pin lights an LED; false for common anode")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        pins = [self.red, self.green, self.blue, self.ahead, self.back]
        twice = next((pin for pin in pins if pins.count(pin) > 1), None)
        if twice is not None:
            raise ValueError(f"GPIO {twice} is given to two LEDs; each needs a pin of its own")
        return self


class Driver:
    """Shows signs on the LEDs; gpiozero's own threads blink them.

    pin_factory: gpiozero's; None for the one it finds.
    """

    def __init__(self, settings: Settings, pin_factory: Any = None) -> None:
        with opening_pins("leds", IndicatorError), ExitStack() as opened:
            from gpiozero import LED, RGBLED

            rgb = (settings.red, settings.green, settings.blue)
            options = {"active_high": settings.active_high, "pin_factory": board_pins(pin_factory)}
            # The colours are all full on or off: no need for the CPU's time on software PWM.
            self._light = opened.enter_context(RGBLED(*rgb, pwm=False, **options))
            self._ahead = opened.enter_context(LED(settings.ahead, **options))
            self._back = opened.enter_context(LED(settings.back, **options))
            opened.callback(self._go_dark)  # before the pins float
            self._opened = opened.pop_all()
        self._shown: Sign | None = None

    def show(self, cue: Cue) -> None:
        """As in Indicator."""
        self._light_up(sign_of(cue))

    def notice(self, notice: Notice) -> None:
        """As in Indicator."""
        self._light_up(NOTICE_SIGNS[notice.name])

    def trials(self) -> list[Trial]:
        """As in Tryable: each LED alone."""

        def light(lit: str) -> None:
            self._go_dark()
            self._shown = None
            if lit in _RGB:
                self._light.value = _RGB[lit]
            else:
                (self._ahead if lit == "arrow ahead" else self._back).on()

        names = ("red", "green", "blue", "arrow ahead", "arrow back")
        return [(name, partial(light, name)) for name in names]

    def close(self) -> None:
        """Go dark and let the pins go. May be called twice."""
        self._opened.close()

    def _go_dark(self) -> None:
        for lamp in (self._light, self._ahead, self._back):
            lamp.off()

    def _light_up(self, sign: Sign) -> None:
        if sign is self._shown:  # starting a blink anew with every frame would never let it go dark
            return
        colour = _RGB[sign.colour]
        if sign.pattern is Pattern.STEADY:
            self._light.value = colour
        else:
            on_s, off_s = sign.pattern.value
            self._light.blink(on_s, off_s, on_color=colour)
        for lamp, lit in ((self._ahead, sign.arrow.ahead), (self._back, sign.arrow.back)):
            if not lit:
                lamp.off()
            elif sign.arrow_blinks:
                lamp.blink(_ARROW_BLINK, _ARROW_BLINK)
            else:
                lamp.on()
        self._shown = sign
