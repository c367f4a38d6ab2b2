"""A push button on a GPIO pin.

It shoots the moment it is pressed, not when it is let go: the face that made someone press is gone a
moment later. So a long hold, which asks the booth to stop, has taken a shot first; that shot is kept.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Literal

from pydantic import Field

from framecue.drivers import DriverSettings
from framecue.errors import ShutterError
from framecue.gpio import Pin, opening_pins
from framecue.shutter import Ask
from framecue.shutter.pace import Pace


class Settings(DriverSettings):
    """Where the button is, and what counts as a press."""

    kind: Literal["button"] = "button"
    pin: Pin = Field(26, description="GPIO number of the button")
    pull_up: bool = Field(True, description="true: the button connects the pin to ground; false: to 3.3 V")
    debounce_s: float = Field(
        0.03, ge=0.001, le=0.5, description="seconds the contact must be stable; shorter spikes are ignored"
    )
    min_interval_s: float = Field(
        0.5, ge=0, le=10, description="seconds after a shot was asked for in which presses are ignored"
    )
    hold_s: float = Field(5.0, ge=1, le=60, description="seconds to hold the button to stop the booth safely")
    hold_stops: bool = Field(True, description="whether holding the button stops the booth")


class Driver:
    """Asks "shoot" on every press and, where hold_stops is set, "stop" on a long hold.

    clock: monotonic seconds. pin_factory: gpiozero's; None for the one it finds.
    """

    def __init__(
        self,
        settings: Settings,
        ask: Ask,
        pin_factory: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._pace = Pace(settings.min_interval_s, clock)
        with opening_pins("button", ShutterError), ExitStack() as opened:
            from gpiozero import Button

            self._button = opened.enter_context(
                Button(
                    settings.pin,
                    pull_up=settings.pull_up,
                    bounce_time=settings.debounce_s,
                    hold_time=settings.hold_s,
                    pin_factory=pin_factory,
                )
            )
            self._button.when_pressed = self._pressed
            if settings.hold_stops:
                self._button.when_held = self._held
            self._opened = opened.pop_all()

    def close(self) -> None:
        """As in Shutter. May be called twice."""
        self._opened.close()

    def _pressed(self) -> None:
        if self._pace.passes():
            self._ask("shoot")

    def _held(self) -> None:
        # gpiozero goes by the edges it saw; where a release was missed the pin itself knows better.
        if self._button.is_pressed:
            self._ask("stop")
