"""Shutters: whatever asks for a shot."""

from collections.abc import Callable
from typing import Literal, Protocol

from framecue.drivers import Room

SHUTTERS = Room("framecue.shutter")

# heard: a press that is not over, and may become a shot or a countdown. countdown_armed, stop_armed: held so
# long that letting go starts a countdown, or stops the booth.
Request = Literal["heard", "shoot", "countdown_armed", "countdown", "stop_armed", "stop"]
Ask = Callable[[Request], None]  # thread-safe, returns at once


class Shutter(Protocol):
    """Calls the `ask` it was made with, Driver(settings, ask), from any thread of its own.

    Making it raises ShutterError where its hardware cannot be used.
    """

    def close(self) -> None:
        """Ask for nothing more and let the hardware go."""
