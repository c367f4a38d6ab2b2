"""Starts that came to nothing, counted: each waits longer than the one before, and then less is started."""

import json
import logging
from pathlib import Path
from typing import Final

from framecue.durable import write_durably

log = logging.getLogger(__name__)

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
PROVEN_S: Final = 120.0  # of work, after which a start has not failed whatever comes
LONGEST_S: Final = 60.0


class Starts:
    """The starts of this boot, remembered in a folder; a folder that cannot be written is only logged.

    boot: what tells this boot from others. A booth that is unplugged has not failed.
    """

    def __init__(self, state: Path, boot: str | None = None) -> None:
        self._file = state / "starts.json"
        self._boot = _boot_id() if boot is None else boot

    def begin(self) -> int:
        """Note a start that may fail; returns how many in a row have failed before it."""
        failed = self._read()
        self._write(failed + 1)
        return failed

    def proven(self) -> None:
        """The start has worked, or was ended on purpose."""
        self._write(0)

    def _read(self) -> int:
        try:
            kept = json.loads(self._file.read_bytes())
            return max(int(kept["failed"]), 0) if kept["boot"] == self._boot else 0
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: not read (%s); counting starts from none", self._file, error)
            return 0

    def _write(self, failed: int) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._file, json.dumps({"boot": self._boot, "failed": failed}).encode())
        except OSError as error:
            log.warning("%s: not written (%s)", self._file, error.strerror)


def delay_s(failed: int) -> float:
    """Seconds to wait before a start after so many that failed in a row: 0, 2, 4 ... 60."""
    return 0.0 if failed <= 0 else min(2.0 ** min(failed, 10), LONGEST_S)


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
