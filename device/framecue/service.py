"""Talking to systemd: ready, alive, what goes on, the end. Does nothing where systemd did not start us."""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)


class Service:
    """systemd's side of the daemon (the sd_notify protocol).

    environ: where NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are found. clock: monotonic seconds.
    watchdog_s: seconds without `alive` after which systemd kills the daemon; None where it does not watch.
    """

    def __init__(
        self, environ: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = _address(environ)
        self.watchdog_s = _watchdog_s(environ) if self._address else None
        self._clock = clock
        self._beat_s: float | None = None
        self._status = ""
        self._failed = False
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)  # a busy systemd must not hold up the booth

    @property
    def watched(self) -> bool:
        """Whether systemd started us, and starts us again when we fail."""
        return self._socket is not None

    def ready(self, status: str = "") -> None:
        """The booth is up. status: one line for `systemctl status`."""
        self._send("READY=1", status=status)

    def status(self, status: str) -> None:
        """One line on what goes on; sent only when it changed."""
        if _one_line(status) not in ("", self._status):
            self._send(status=status)

    def alive(self) -> None:
        """Feed the watchdog. Call it as often as you like: it is fed four times per watchdog_s."""
        if self.watchdog_s is None:
            return
        now = self._clock()
        due = self._beat_s is None or now - self._beat_s >= self.watchdog_s / 4
        if due and self._send("WATCHDOG=1"):
            self._beat_s = now

    def stopping(self, status: str = "") -> None:
        """The booth is on its way down."""
        self._send("STOPPING=1", status=status)

    def close(self) -> None:
        """Say no more. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *fields: str, status: str = "") -> bool:
        """Whether systemd took it."""
        if self._socket is None:
            return False
        line = _one_line(status)
        told = [*fields, f"STATUS={line}"] if line else fields
        try:
            self._socket.sendto("\n".join(told).encode(), self._address)
        except OSError as error:  # the next call tries again; a hungry watchdog restarts us
            if not self._failed:
                _log.warning("systemd does not listen: %s", error)
            self._failed = True
            return False
        self._status = line or self._status
        self._failed = False
        return True


def _one_line(status: str) -> str:
    return " ".join(status.split())


def _address(environ: Mapping[str, str]) -> str:
    address = environ.get("NOTIFY_SOCKET", "")
    if address.startswith("@"):  # the abstract namespace
        return "\0" + address[1:]
    return address if address.startswith("/") else ""


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # meant for the process that started us
    try:
        microseconds = int(environ.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return microseconds / 1e6 if microseconds > 0 else None
