"""The keyboard as a shutter: Enter shoots, q and Enter stop.

Lines from a pipe count the same, so `printf '\\n' | framecue run` shoots once. The end of the input only
ends the listening.
"""

import os
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Literal

from pydantic import Field

from framecue.drivers import DriverSettings
from framecue.errors import ShutterError
from framecue.shutter import Ask
from framecue.shutter.pace import Pace

_BACKGROUND_WAIT_S = 1.0


class Settings(DriverSettings):
    """What counts as a press."""

    kind: Literal["keyboard"] = "keyboard"
    min_interval_s: float = Field(
        0.5, ge=0, le=10, description="seconds in which a repeating Enter key counts once; not for pipes"
    )


class Driver:
    """Reads lines from standard input, or from the stream given, in a thread of its own.

    Reads the stream's descriptor directly: nothing else may read from it meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        ask: Ask,
        stream: IO[str] | IO[bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        found = sys.stdin if stream is None else stream
        try:
            self._input = found.fileno()
        except (AttributeError, OSError, ValueError):
            raise ShutterError(
                "keyboard: standard input is closed; remove the keyboard from the settings"
            ) from None
        self._ask = ask
        self._terminal = os.isatty(self._input)
        self._pace = Pace(settings.min_interval_s if self._terminal else 0.0, clock)
        self._closing = threading.Event()
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keyboard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """As in Shutter. Must not be called from within an ask. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        os.write(self._waker, b".")
        self._thread.join()
        os.close(self._wake)
        os.close(self._waker)

    def _listen(self) -> None:
        unfinished = b""
        while not self._closing.is_set():
            ready, _, _ = select.select([self._input, self._wake], [], [])
            if self._wake in ready:
                return
            if self._terminal and not self._in_foreground():
                self._closing.wait(_BACKGROUND_WAIT_S)
                continue
            try:
                data = os.read(self._input, 4096)
            except OSError:  # the terminal is gone, as after a dropped connection
                return
            if not data:
                return
            *lines, unfinished = (unfinished + data).split(b"\n")
            for line in lines:
                self._obey(line.strip().lower())

    def _in_foreground(self) -> bool:
        """Reading a terminal from the background would have the kernel stop the whole booth."""
        try:
            return os.tcgetpgrp(self._input) == os.getpgrp()
        except OSError:  # not our controlling terminal: no such danger
            return True

    def _obey(self, line: bytes) -> None:
        if line == b"" and self._pace.passes():
            self._ask("shoot")
        elif line in (b"q", b"quit", b"stop"):
            self._ask("stop")
