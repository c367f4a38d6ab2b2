"""The lamp in the shutter button: steady when a press is worth it, a short flash a second otherwise.

For notices it shows the pattern of the one table: steady while shooting, two kinds of blinking for a shot
that was kept or lost.
"""

from typing import Any, Literal

from pydantic import Field

from framecue.composition.cue import Cue
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.gpio import Pin, board_pins, opening_pins
from framecue.indicators import Notice, Trial
from framecue.indicators.table import NOTICE_SIGNS, Pattern, sign_of


class Settings(DriverSettings):
    """The lamp's pin. A lamp that takes more than 16 mA hangs on a transistor."""

    kind: Literal["lamp"] = "lamp"
    pin: Pin = Field(16, description="GPIO number of the shutter button's lamp")
    active_high: bool = Field(True, description="whether a high pin lights the lamp")


class Driver:
    """One lamp; gpiozero's own thread blinks it. pin_factory: gpiozero's; None for the board's own."""

    def __init__(self, settings: Settings, pin_factory: Any = None) -> None:
        with opening_pins("lamp", IndicatorError):
            from gpiozero import LED

            self._lamp = LED(
                settings.pin, active_high=settings.active_high, pin_factory=board_pins(pin_factory)
            )
        self._shown: Pattern | None = None

    def show(self, cue: Cue) -> None:
        """As in Indicator."""
        self._light_up(sign_of(cue).on_button)

    def notice(self, notice: Notice) -> None:
        """As in Indicator."""
        self._light_up(NOTICE_SIGNS[notice.name].pattern)

    def trials(self) -> list[Trial]:
        """As in Tryable."""

        def light() -> None:
            self._shown = None
            self._lamp.on()

        return [("the button's lamp, lit", light)]

    def close(self) -> None:
        """Go dark and let the pin go. May be called twice."""
        if not self._lamp.closed:
            self._lamp.off()
        self._lamp.close()

    def _light_up(self, pattern: Pattern) -> None:
        if pattern is self._shown:  # or its blinking would begin anew with every frame
            return
        if pattern is Pattern.STEADY:
            self._lamp.on()
        else:
            self._lamp.blink(*pattern.value)
        self._shown = pattern
