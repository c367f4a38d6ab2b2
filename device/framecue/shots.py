"""The still path: from a press to a shot that is safe in the album. Nothing here is ever dropped."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime

from framecue.album import Album, Shot
from framecue.camera.feed import Feed
from framecue.errors import AlbumError, CameraError
from framecue.indicators import Indicator, Notice
from framecue.live import Moment

log = logging.getLogger(__name__)


class Shots:
    """A thread that takes and keeps one shot for every press, in their order."""

    def __init__(
        self,
        feed: Feed,
        album: Album,
        indicator: Indicator,
        *,
        newest: Callable[[], Moment | None],
        look: str,
        camera: str,
        still_limit_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._feed, self._album, self._indicator = feed, album, indicator
        self._newest, self._look, self._camera = newest, look, camera
        self._limit_s, self._now = still_limit_s, now
        self._presses: queue.SimpleQueue[Moment | _End | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="shots", daemon=True)
        self.kept: list[Shot] = []
        self.lost = 0

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()

    def press(self) -> None:
        """Ask for a shot; returns at once, from any thread. Says at once that the press was heard."""
        self._presses.put(self._newest())
        self._indicator.notice(Notice("shooting", "Shooting"))

    def stop(self, timeout_s: float) -> None:
        """End after the presses already heard have been served, or give up waiting for them."""
        self._presses.put(_End())
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            pressed = self._presses.get()
            if isinstance(pressed, _End):
                return
            try:
                shot = self._take(pressed)
            except (CameraError, AlbumError) as error:
                self.lost += 1
                log.error("shot not kept: %s", error)
                self._indicator.notice(Notice("not_saved", f"NOT SAVED: {error}"))
            else:
                self.kept.append(shot)
                log.info("shot kept: %s", shot.original)
                self._indicator.notice(Notice("saved", f"Saved {shot.original}"))

    def _take(self, moment: Moment | None) -> Shot:
        self._album.check()  # before the camera is asked: a full album is known at once
        still = self._feed.still(self._limit_s)
        return self._album.save(
            still,
            look=self._look,
            composition=None if moment is None else moment.composition,
            cue=None if moment is None else moment.cue,
            camera=self._camera,
            taken=self._now(),
        )


class _End:
    """The last thing in the queue."""
