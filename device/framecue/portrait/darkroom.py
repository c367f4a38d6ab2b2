"""Portraits of the booth's shots: rendered after each is safe, outside the live path, and each only once.

A shot whose portrait was tried has a mark beside it, `NAME.portrait.json`, which says what became of it. A
shot without one is a job still to be done, whenever the booth starts again; nothing else is remembered.
"""

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from framecue.album import Shot
from framecue.album.store import list_shots
from framecue.durable import write_durably
from framecue.errors import AlbumError, FramecueError
from framecue.portrait import PortraitSettings
from framecue.portrait.jobs import Job, LocalWorkers, Outcome, Workers
from framecue.portrait.make import Wanted
from framecue.segmentation.segmenter import SegmenterSettings

log = logging.getLogger(__name__)

WORD: Final = "portrait"  # in the names of renders and their marks


class Darkroom:
    """Renders what is to be rendered of an album's shots.

    fov_deg: the photos' vertical field of view. ready: told of each portrait when it is there, on a thread of
    the workers. open_workers makes the workers when there is a first job. With the effect "none" nothing is
    done.
    """

    def __init__(
        self,
        settings: PortraitSettings,
        segmenter: SegmenterSettings,
        folder: Path,
        *,
        fov_deg: float | None = None,
        ready: Callable[[Path], None] = lambda _: None,
        open_workers: Callable[[PortraitSettings], Workers] = lambda s: LocalWorkers(s.job_mb),
    ) -> None:
        self._settings, self._segmenter, self._folder = settings, segmenter, folder.expanduser()
        self._fov_deg, self._ready, self._open_workers = fov_deg, ready, open_workers
        self._workers: Workers | None = None
        self._known: set[Path] = set()
        self._open = 0
        self._busy = threading.Condition()
        self._stopped = False

    def start(self) -> None:
        """Take up what an earlier run left undone; returns at once."""
        if self._settings.effect == "none":
            return
        try:
            shots = list_shots(self._folder)
        except AlbumError as error:
            log.warning("portraits: %s", error)
            return
        for shot in shots:
            self.add(shot)

    def add(self, shot: Shot) -> None:
        """Have a shot rendered, unless it was already; returns at once, from any thread."""
        if self._settings.effect == "none" or mark_of(shot.original).exists():
            return
        out = shot.original.with_name(f"{shot.original.stem}.{WORD}.jpg")
        with self._busy:
            if self._stopped or out in self._known:
                return
            self._known.add(out)
            try:
                if self._workers is None:
                    self._workers = self._open_workers(self._settings)
                wanted = Wanted(shot.original, out, fov_deg=self._fov_deg)
                promised = self._workers.submit(Job(wanted, self._settings, self._segmenter))
            except (FramecueError, OSError, RuntimeError) as error:
                log.error("portraits: %s", error)
                return
            self._open += 1
        promised.add_done_callback(lambda done: self._finished(shot, out, done))

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; whether that came about."""
        with self._busy:
            return self._busy.wait_for(lambda: self._open == 0, timeout_s)

    def stop(self) -> None:
        """End at once: what is being rendered is given up, and done when the booth starts again."""
        with self._busy:
            self._stopped = True
            workers, self._workers = self._workers, None
        if workers is not None:
            workers.close(at_once=True)

    def _finished(self, shot: Shot, out: Path, done: "Future[Outcome]") -> None:
        try:
            if not self._stopped and not done.cancelled():
                self._note(shot, out, done.result())
        finally:
            with self._busy:
                self._open -= 1
                self._busy.notify_all()

    def _note(self, shot: Shot, out: Path, outcome: Outcome) -> None:
        """Put the mark beside a shot, and tell."""
        if outcome.state == "failed":
            log.warning("shot %s has no portrait: %s", shot.original.name, outcome.message)
        mark = {"effect": self._settings.effect, "state": outcome.state, "message": outcome.message}
        try:
            write_durably(mark_of(shot.original), json.dumps(mark, ensure_ascii=False).encode() + b"\n")
        except OSError as error:  # done again after the next start, no more
            log.warning("portrait of %s: its mark cannot be written (%s)", shot.original.name, error.strerror)
        if outcome.state == "made":
            log.info("portrait: %s", out)
            self._ready(out)


def mark_of(original: Path) -> Path:
    """Where what became of an original's portrait is written."""
    return original.with_name(f"{original.stem}.{WORD}.json")
