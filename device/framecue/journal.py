"""The journal: log lines with fields that `journalctl FRAMECUE_SHOT=...` finds, and no flood of them.

A line says what it is about with `log.info(..., extra={"fields": {"shot": 7, "cue": "ready"}})`.
"""

import logging
import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

JOURNAL: Final = "/run/systemd/journal/socket"
SAME_LIMIT: Final = 10  # lines of one kind a minute; more are counted, not written
WINDOW_S: Final = 60.0
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def goes_to_journal(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether standard error is the journal, as under systemd, and not redirected since."""
    try:
        device, inode = environ.get("JOURNAL_STREAM", "").split(":")
        found = os.fstat(sys.stderr.fileno())
    except (ValueError, OSError, AttributeError):
        return False
    return (found.st_dev, found.st_ino) == (int(device), int(inode))


class JournalHandler(logging.Handler):
    """Sends log lines to the journal in its own protocol, and to standard error where it does not listen."""

    def __init__(self, address: str = JOURNAL) -> None:
        super().__init__()
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)  # a busy journal must not hold up the booth

    def emit(self, record: logging.LogRecord) -> None:
        """As in logging.Handler."""
        try:
            self._socket.sendto(encoded(fields_of(record, self.format(record))), self._address)
        except OSError:
            sys.stderr.write(f"<{_priority(record.levelno)}>{record.getMessage()}\n")
        except Exception:  # noqa: BLE001 as every handler of logging does
            self.handleError(record)

    def close(self) -> None:
        """As in logging.Handler."""
        self._socket.close()
        super().close()


class SameLimit(logging.Filter):
    """Lets so many lines of one kind through a minute; the first of the next minute says how many were not.

    A kind is a line's text before its values are put in. clock: monotonic seconds.
    """

    def __init__(self, limit: int = SAME_LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._limit, self._clock = limit, clock
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}  # when its minute began, lines since

    def filter(self, record: logging.LogRecord) -> bool:
        """As in logging.Filter."""
        kind, now = (record.name, str(record.msg)), self._clock()
        began_s, count = self._kinds.get(kind, (now, 0))
        if now - began_s >= WINDOW_S:
            if count > self._limit:
                record.msg = f"{record.msg} [{count - self._limit} more like this were left out]"
            began_s, count = now, 0
        if len(self._kinds) > 1000:  # texts with values in them would fill the memory in a night
            self._kinds.clear()
        self._kinds[kind] = (began_s, count + 1)
        return count < self._limit


def fields_of(record: logging.LogRecord, message: str) -> dict[str, str]:
    """A log line as the journal's fields; what `extra` gave becomes FRAMECUE_..."""
    fields = {
        "MESSAGE": message,
        "PRIORITY": str(_priority(record.levelno)),
        "SYSLOG_IDENTIFIER": "framecue",
        "FRAMECUE_PART": record.name.removeprefix("framecue."),
        "CODE_FUNC": record.funcName or "",
        "CODE_LINE": str(record.lineno),
        "THREAD_NAME": record.threadName or "",
    }
    extra: Mapping[str, Any] = getattr(record, "fields", {})
    return fields | {
        f"FRAMECUE_{name.upper()}": str(value) for name, value in extra.items() if value is not None
    }


def encoded(fields: Mapping[str, str]) -> bytes:
    """Fields in the journal's protocol: lines, and a length before what holds line breaks."""
    out = b""
    for name, value in fields.items():
        content = value.encode(errors="replace")
        if b"\n" in content:
            out += name.encode() + b"\n" + struct.pack("<Q", len(content)) + content + b"\n"
        else:
            out += name.encode() + b"=" + content + b"\n"
    return out


def _priority(level: int) -> int:
    return next((priority for least, priority in _PRIORITIES if level >= least), 7)
