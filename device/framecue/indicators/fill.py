"""A fill light: a white lamp on a PWM pin that comes on for people who stand against the light.

The lamp hangs on a transistor or LED driver; a pin alone gives 16 mA at most.
"""

from functools import partial
from typing import Any, Literal

from pydantic import Field

from framecue.composition.cue import Cue
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.gpio import Pin, board_pins, opening_pins
from framecue.indicators import Notice, Trial


class Settings(DriverSettings):
    """The lamp's pin and how bright it is."""

    kind: Literal["fill"] = "fill"
    pin: Pin = Field(
        18, description="GPIO number that switches the lamp; 12, 13, 18 and 19 dim without flicker"
    )
    brightness: float = Field(0.8, gt=0, le=1, description="share of full power")
    active_high: bool = Field(True, description="whether a high pin lights the lamp")


class Driver:
    """On from the first cue about the light until nobody is there: a lamp that went out when it helps would
    blink. pin_factory: gpiozero's; None for the one it finds.
    """

    def __init__(self, settings: Settings, pin_factory: Any = None) -> None:
        self._brightness = settings.brightness
        with opening_pins("fill", IndicatorError):
            from gpiozero import PWMLED

            self._lamp = PWMLED(
                settings.pin, active_high=settings.active_high, pin_factory=board_pins(pin_factory)
            )

    def show(self, cue: Cue) -> None:
        """As in Indicator."""
        if "light" in (cue.cue, cue.also.cue if cue.also is not None else None):
            self._lamp.value = self._brightness
        elif cue.cue == "nobody":
            self._lamp.off()

    def notice(self, notice: Notice) -> None:
        """As in Indicator."""
        if notice.name == "stopping":
            self._lamp.off()

    def trials(self) -> list[Trial]:
        """As in Tryable."""
        levels = ("half", self._brightness / 2), ("full", self._brightness)
        return [
            (f"the fill light, {name}", partial(setattr, self._lamp, "value", level))
            for name, level in levels
        ]

    def close(self) -> None:
        """Go dark and let the pin go. May be called twice."""
        if not self._lamp.closed:
            self._lamp.off()
        self._lamp.close()
