"""Finishing: a copy of each shot, levelled and cropped into its look; the original is never touched."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.album import Album, Shot
from framecue.composition.crop import Crop, crop_into
from framecue.composition.look import Look
from framecue.composition.subject import Composition
from framecue.errors import FramecueError, SegmenterError
from framecue.frame import Still
from framecue.photo import read_photo
from framecue.table import Table

log = logging.getLogger(__name__)

WORD = "crop"  # in the names of finished copies


class CropSettings(Table):
    """The finishing crop."""

    on: bool = Field(True, description="whether a levelled and cropped copy is kept beside each shot")
    max_enlargement: float = Field(
        2.0, ge=1, le=10, description="times a print of the copy may be enlarged against one of the original"
    )


def cut_out(image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    """Turn a picture and cut its crop out of it, each pixel as large as it was.

    image: (h, w, 3) uint8 of the crop's picture. Returns (H, W, 3) uint8 of the crop's size.
    """
    width, height = crop.size
    if crop.turn_deg == 0:
        left = min(max(round(crop.left), 0), image.shape[1] - width)
        top = min(max(round(crop.top), 0), image.shape[0] - height)
        return np.ascontiguousarray(image[top : top + height, left : left + width])
    matrix = crop.matrix()
    # OpenCV counts from the middle of the first pixel, the crop from its corner.
    matrix[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    turned = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)


class Finisher:
    """A thread that finishes one shot after the other, after they are safe.

    see: measures a picture, in its own pixels; raises SegmenterError where it cannot. What goes wrong costs
    the copy and a line in the log, never the shot. Shots still waiting when it stops are left unfinished.
    """

    def __init__(
        self, settings: CropSettings, album: Album, see: Callable[[NDArray[np.uint8]], Composition]
    ) -> None:
        self._settings, self._album, self._see = settings, album, see
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._open, self._counting = 0, threading.Lock()  # shots added and not done with
        self._thread = threading.Thread(target=self._run, name="finish", daemon=True)

    def start(self) -> None:
        """Begin; call once. Does nothing where the crop is switched off."""
        if self._settings.on:
            self._thread.start()

    def add(self, shot: Shot, look: Look, composition: Composition | None) -> None:
        """Have a shot finished; returns at once. composition: as at the press, should the shot's own fail."""
        if self._settings.on:
            with self._counting:
                self._open += 1
            self._waiting.put(_Job(shot, look, composition))

    @property
    def idle(self) -> bool:
        """Whether every shot that was added is done with."""
        return not self._open

    def stop(self, timeout_s: float) -> None:
        """End after the shot in hand, or give up waiting for it."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                self._finish(job)
            except FramecueError as error:
                log.warning("shot %s is kept, but not finished: %s", job.shot.original.name, error)
            except Exception:  # a bug costs the copy; the next shot is finished all the same
                log.exception("shot %s is kept, but not finished", job.shot.original.name)
            finally:
                with self._counting:
                    self._open -= 1

    def _finish(self, job: "_Job") -> None:
        image = read_photo(job.shot.original)
        composition = self._composition(image, job.composition)
        if composition is None:
            return
        crop = crop_into(composition, job.look, self._settings.max_enlargement)
        if not crop.needed:
            log.info("shot %s is as it should be", job.shot.original.name)
            return
        kept = self._album.save_beside(job.shot, WORD, Still(cut_out(image, crop), 0.0))
        log.info("finished: %s, turned by %.1f degrees", kept, crop.turn_deg)

    def _composition(self, image: NDArray[np.uint8], pressed: Composition | None) -> Composition | None:
        """What is in the shot itself: hands move between the press and the picture. The roll may be older."""
        height, width = image.shape[:2]
        older = None if pressed is None else pressed.scaled(width, height)
        try:
            seen = self._see(image)
        except SegmenterError as error:
            log.info("the shot could not be measured (%s): finished as it was framed", error)
            return older
        if seen.roll_deg is None and older is not None and older.roll_deg is not None:
            return replace(seen, roll_deg=older.roll_deg)
        return seen


@dataclass(frozen=True, slots=True)
class _Job:
    shot: Shot
    look: Look
    composition: Composition | None
