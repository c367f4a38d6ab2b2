"""A segmenter on an accelerator, with one on the CPU that is ready to take over."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.errors import FramecueError, SegmenterError
from framecue.parts import Segmentation
from framecue.segmentation import Segmenter
from framecue.segmentation.models import Models
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

_log = logging.getLogger(__name__)

FIRST_TRY_S: Final = 5.0  # between tries to get the accelerator back; it doubles
LAST_TRY_S: Final = 60.0


def open_steady(
    settings: SegmenterSettings, models: Models | None = None, cache: Path | None = None
) -> Segmenter:
    """A segmenter that outlives its accelerator, for the booth; one on the CPU is just that.

    models, cache and errors as in `open_segmenter`, but a missing Edge TPU is no error where
    settings.cpu_fallback allows the standby model.
    """
    models = Models(settings.folders) if models is None else models
    entry = models.registry.get(settings.model)
    compiled = entry.needs_tpu if entry else settings.model.endswith("_edgetpu.tflite")
    if not (compiled and settings.cpu_fallback):
        return open_segmenter(settings, models, cache)
    main = settings.model_copy(update={"cpu_fallback": False})
    standby = settings.model_copy(update={"model": settings.standby})
    return StandbySegmenter(
        lambda: open_segmenter(main, models, cache), lambda: open_segmenter(standby, models, cache)
    )


class StandbySegmenter:
    """The main segmenter, or the standby while that does not work; one thread at a time.

    open_main: makes the main one; called again until it comes back, in a thread of its own, since finding out
    that an accelerator hangs takes a while. open_standby: makes the other, once, at the start: when it is
    needed there is no time for it. A main one that cannot be made at first is a main one that does not work.
    wait: waits for an event at most so many seconds.

    fallback: why the standby is in use, one line; None while the main one is.
    """

    def __init__(
        self,
        open_main: Callable[[], Segmenter],
        open_standby: Callable[[], Segmenter],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._open_main, self._clock, self._wait = open_main, clock, wait
        self._standby = open_standby()
        self._main: Segmenter | None = None
        self._returned: Segmenter | None = None  # made by the thread, not yet in use
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._seeker: threading.Thread | None = None
        self._pause_s, self._back_s = FIRST_TRY_S, clock()
        self._picture: NDArray[np.uint8] = np.zeros((240, 320, 3), np.uint8)  # what a main one is tried with
        self.fallback: str | None = None
        try:
            self._main = open_main()
            self._main.segment(self._picture)  # a first run may take longer: not at the first cue's cost
        except FramecueError as error:
            self._lose(error)

    @property
    def model(self) -> str:
        """The registry's name of the model in use."""
        return (self._main or self._standby).model

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:
        """As in Segmenter: what the main one cannot do, the standby does at once."""
        self._picture = image
        self._take_back()
        if self._main is not None:
            try:
                return self._main.segment(image)
            except SegmenterError as error:
                if self._stopping.is_set():
                    raise
                self._lose(error)
        return self._standby.segment(image)

    def close(self) -> None:
        """As in Segmenter."""
        self._stopping.set()
        with self._lock:
            segmenters = (self._main, self._returned, self._standby)
            self._main = self._returned = None
        for segmenter in segmenters:
            if segmenter is not None:
                segmenter.close()

    def _lose(self, error: FramecueError) -> None:
        lost, self._main = self._main, None
        if self._clock() - self._back_s > LAST_TRY_S:
            self._pause_s = (
                FIRST_TRY_S  # it worked for a while; one that comes and goes is asked less and less
            )
        self.fallback = f"{error}; using {self._standby.model} on the CPU"
        _log.warning("accelerator lost: %s", self.fallback)
        self._seeker = threading.Thread(target=self._seek, args=(lost,), name="accelerator", daemon=True)
        self._seeker.start()

    def _take_back(self) -> None:
        with self._lock:
            if self._returned is not None:
                self._main, self._returned = self._returned, None
                self.fallback, self._back_s = None, self._clock()
                _log.info("accelerator works again: using %s", self._main.model)

    def _seek(self, lost: Segmenter | None) -> None:
        """Give the lost one up, and look for another until there is one that answers."""
        if lost is not None:
            lost.close()
        while not self._wait(self._stopping, self._pause_s):
            self._pause_s = min(2 * self._pause_s, LAST_TRY_S)
            try:
                found = self._open_main()
            except FramecueError as error:
                _log.debug("accelerator: %s", error)
                continue
            try:
                found.segment(self._picture)
            except FramecueError as error:
                _log.debug("accelerator: %s", error)
                found.close()
                continue
            self._give(found)
            return

    def _give(self, found: Segmenter) -> None:
        with self._lock:
            if not self._stopping.is_set():
                self._returned = found
                return
        found.close()
