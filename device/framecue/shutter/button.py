"""A push button on a GPIO pin.

It shoots the moment it is pressed, not when it is let go: the face that made someone press is gone a
moment later. So a long hold, which asks the booth to stop, has taken a shot first; that shot is kept.
Where holding starts a countdown, a press can only be told from a hold when it ends, and shoots then.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Literal

from pydantic import Field

from framecue.errors import ShutterError
from framecue.gpio import Pin, board_pins, opening_pins
from framecue.shutter import Ask
from framecue.shutter.press import PressSettings
from framecue.shutter.watch import PressWatch


class Settings(PressSettings):
    """Where the button is, and what counts as a press."""

    kind: Literal["button"] = "button"
    pin: Pin = Field(26, description="GPIO number of the button")
    pull_up: bool = Field(True, description="true: the button connects the pin to ground; false: to 3.3 V")


def contact(settings: Settings, pin_factory: Any = None) -> Any:
    """The button's pin as gpiozero's input device, `value` 1 while it is pressed."""
    from gpiozero import DigitalInputDevice

    # No bounce_time: pin libraries differ in what it means, and time stamps of edges tell more.
    return DigitalInputDevice(settings.pin, pull_up=settings.pull_up, pin_factory=board_pins(pin_factory))


class Driver:
    """Asks for what presses of the button mean.

    clock: monotonic seconds. pin_factory: gpiozero's; None for the board's own.
    """

    def __init__(
        self,
        settings: Settings,
        ask: Ask,
        pin_factory: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        with opening_pins("button", ShutterError), ExitStack() as opened:
            self._button = opened.enter_context(contact(settings, pin_factory))
            self._watch = PressWatch("button", settings, ask, lambda: bool(self._button.value), clock)
            self._button.when_activated = lambda: self._watch.edge(True)
            self._button.when_deactivated = lambda: self._watch.edge(False)
            opened.callback(self._watch.stop)
            self._watch.start()
            self._opened = opened.pop_all()

    def look(self) -> None:
        """See at once what has become due, instead of at the right moment."""
        self._watch.look()

    def close(self) -> None:
        """As in Shutter. May be called twice."""
        self._opened.close()
