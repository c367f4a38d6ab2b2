"""Shutters: whatever asks for a shot."""

from collections.abc import Callable
from typing import Literal, Protocol

from framecue.drivers import Room

SHUTTERS = Room("framecue.shutter")

Request = Literal["shoot", "stop"]
Ask = Callable[[Request], None]  # thread-safe, returns at once


class Shutter(Protocol):
    """Calls the `ask` it was made with, Driver(settings, ask), from any thread of its own.

    Making it raises ShutterError where its hardware cannot be used.
    """

    def close(self) -> None:
        """Ask for nothing more and let the hardware go."""
