"""Watching the album from a thread of its own: a disk that hangs must hang nobody else."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from framecue.album.store import Album
from framecue.errors import AlbumError, AlbumFullError
from framecue.indicators import Notice

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
WARN_EVERY_S: Final = 600.0  # a disk that is nearly full is told again


class AlbumWatch:
    """Asks every second whether a shot could be kept now, and tells the photographer when that changes.

    warn_shots: room for so many shots or fewer is told early.
    sound_s: when the album last proved sound, on the clock; a full one counts, since no restart empties it.
    fault: why no shot can be kept, one line, or None.
    """

    def __init__(
        self,
        album: Album,
        warn_shots: int,
        notice: Callable[[Notice], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._album, self._warn_shots, self._notice, self._clock = album, warn_shots, notice, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="album", daemon=True)
        self._warned_s: float | None = None
        self.sound_s = clock()
        self.fault: str | None = None

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End after the look in hand, or give up waiting for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def step(self) -> None:
        """Look once."""
        try:
            if not self._album.check():
                return  # a save is under way; one that never ends makes the watchdog hungry
            left = self._album.shots_left()
        except AlbumError as error:
            self._fail(error)
            return
        self.sound_s = self._clock()
        if self.fault is not None:
            self.fault = None
            log.info("album: shots can be kept again")
            self._notice(Notice("recovered", "Photos are kept again"))
        self._warn(left)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self.step()
            except Exception:  # a bug here must not end the watch
                log.exception("album watch")

    def _fail(self, error: AlbumError) -> None:
        full = isinstance(error, AlbumFullError)
        if full:
            self.sound_s = self._clock()
        if self.fault is None:
            log.error("%s", error)
            self._notice(Notice("fault", "Disk FULL: no photos" if full else "No place for photos"))
        self.fault = str(error)

    def _warn(self, left: int) -> None:
        if left > self._warn_shots:
            self._warned_s = None
        elif self._warned_s is None or self._clock() - self._warned_s >= WARN_EVERY_S:
            self._warned_s = self._clock()
            log.warning("album: room for about %d more shots; use a larger disk or move pictures away", left)
            self._notice(Notice("fault", f"Room for {left} more shots"))
