"""The live path: the newest frame through segmenter, measure and guide to a cue, every stage timed."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from framecue.camera.feed import Feed
from framecue.composition.cue import Cue
from framecue.composition.guide import Guide
from framecue.composition.lens import Lens, straightened
from framecue.composition.observe import Observer
from framecue.composition.subject import Composition
from framecue.errors import FramecueError
from framecue.frame import Frame
from framecue.indicators import Indicator, Notice
from framecue.parts import Segmentation
from framecue.segmentation import Segmenter

log = logging.getLogger(__name__)

Clock = Callable[[], float]
KEPT = 4096  # timings kept for the percentiles: two minutes at 30 frames per second


@dataclass(frozen=True, slots=True)
class Moment:
    """All that was made of one frame. stages: milliseconds by stage; the stages make up frame to cue."""

    frame: Frame
    segmentation: Segmentation
    composition: Composition
    cue: Cue
    stages: dict[str, float]


@dataclass(slots=True)
class Pace:
    """How fast the live path runs since the last summary."""

    frames: int = 0
    started_s: float = 0.0
    frame_to_cue_ms: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, frame_to_cue_ms: float) -> None:
        """Count one frame, from when its picture was there to when its cue was shown."""
        self.frames += 1
        self.frame_to_cue_ms.append(frame_to_cue_ms)

    def summary(self, now_s: float) -> str:
        """One line, and a fresh start: "29.8 frames/s, frame to cue p50 8 ms, p99 12 ms"."""
        rate = self.frames / max(now_s - self.started_s, 1e-6)
        text = f"{rate:.1f} frames/s"
        if self.frame_to_cue_ms:
            median, worst = np.percentile(list(self.frame_to_cue_ms), [50, 99])
            text += f", frame to cue p50 {median:.1f} ms, p99 {worst:.1f} ms"
        self.frames, self.started_s = 0, now_s
        self.frame_to_cue_ms.clear()
        return text


class Pipeline:
    """Frame in, moment out: the stages of the live path in their order.

    observer: knows the camera; one without a level sensor if None. lens: its distortion, which the guide is
    spared; a moment's composition keeps the picture's own pixels.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        guide: Guide,
        indicator: Indicator,
        *,
        observer: Observer | None = None,
        lens: Lens | None = None,
    ) -> None:
        self._segmenter, self._indicator = segmenter, indicator
        self._observer, self._lens = Observer() if observer is None else observer, lens
        self.guide = guide  # another may take its place between two frames

    def run(self, frame: Frame) -> Moment:
        """Take one frame all the way to its cue being shown; raises SegmenterError as the segmenter does."""
        stages: dict[str, float] = {}
        with _timed(stages, "segment"):
            segmentation = self._segmenter.segment(frame.image)
        with _timed(stages, "measure"):
            composition = self._observer.observe(frame.image, segmentation, frame.time_s)
        with _timed(stages, "guide"):
            cue = self.guide.update(straightened(composition, self._lens), frame.time_s)
        with _timed(stages, "show"):
            self._indicator.show(cue)
        return Moment(frame, segmentation, composition, cue, stages)


class LiveLoop:
    """A thread that keeps turning the newest frame into a cue; frames that come meanwhile are skipped."""

    def __init__(
        self,
        feed: Feed,
        pipeline: Pipeline,
        indicator: Indicator,
        *,
        clock: Clock = time.monotonic,
        observe: Callable[[Moment], None] = lambda _: None,
    ) -> None:
        self._feed, self._pipeline, self._indicator = feed, pipeline, indicator
        self._clock, self._observe = clock, observe
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self.pace = Pace(started_s=clock())
        self.newest: Moment | None = None
        self.inferred_s: float | None = None  # when the last inference ended, on the clock
        self.fault: str | None = None

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether frames are still being turned into cues; ends by itself after a source's last frame."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float) -> None:
        """End after the frame in hand, or give up waiting for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            frame = self._feed.newest(number, 0.2)
            if frame is None and self._feed.state == "ended":
                return
            if frame is None:
                continue
            number = frame.number
            try:
                self._succeed(self._pipeline.run(frame))
            except FramecueError as error:
                self._fail(str(error))
            except Exception as error:  # a frame that trips over a bug must not end the cues for the night
                log.debug("frame %d", number, exc_info=True)
                self._fail(f"a frame could not be used ({type(error).__name__}: {error})")

    def _succeed(self, moment: Moment) -> None:
        self.inferred_s = self._clock()
        self.newest = moment
        self.pace.add((self.inferred_s - moment.frame.time_s) * 1000)
        if self.fault is not None:
            self.fault = None
            log.info("segmenter works again")
            self._indicator.notice(Notice("recovered", "Cues again"))
        self._observe(moment)

    def _fail(self, text: str) -> None:
        if self._stop.is_set():  # the segmenter may be ended before a frame that takes long is done
            return
        if self.fault is None:
            log.error("%s", text)
            self._indicator.notice(Notice("fault", "No cues for a moment"))
        self.fault = text
        self._stop.wait(0.05)  # a replacement that fails at once must not turn this into a busy loop


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    stages[name] = (time.perf_counter() - start) * 1000
