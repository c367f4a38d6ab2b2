"""The still path: from a press to a shot that is safe in the album. Nothing here is ever dropped."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from framecue.album import Album, Shot
from framecue.camera.feed import Feed
from framecue.composition.light import find_light
from framecue.composition.look import Look
from framecue.depth.align import DepthMap
from framecue.depth.stored import depth_png
from framecue.depth.watch import DepthWatch
from framecue.errors import AlbumError, CameraError, PhotoError
from framecue.exposure import ExposureSettings, Merger, exposures
from framecue.frame import Still
from framecue.indicators import Indicator, Notice
from framecue.live import Moment

log = logging.getLogger(__name__)

SHAPE_LIMIT = 0.02  # how far the shapes of preview and photo may differ


class Shots:
    """A thread that takes and keeps one shot for every press, in their order."""

    def __init__(
        self,
        feed: Feed,
        album: Album,
        indicator: Indicator,
        *,
        newest: Callable[[], Moment | None],
        look: Callable[[], Look],
        camera: str,
        still_limit_s: float,
        now: Callable[[], datetime],
        on_kept: Callable[[Shot, Look, Moment | None], None] = lambda *_: None,
        exposure: ExposureSettings | None = None,
        depth: DepthWatch | None = None,
    ) -> None:
        self._feed, self._album, self._indicator = feed, album, indicator
        self._newest, self._look, self._camera = newest, look, camera
        self._limit_s, self._now, self._on_kept = still_limit_s, now, on_kept
        self._depth = depth
        self._exposure = ExposureSettings() if exposure is None else exposure
        self._merger = Merger()
        self._presses: queue.Queue[_Press | _End] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="shots", daemon=True)
        self._compared = False
        self.kept: list[Shot] = []
        self.lost = 0

    @property
    def busy(self) -> bool:
        """Whether a press is still to be served, its bracket included."""
        return self._presses.unfinished_tasks > 0

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()
        self._merger.start()

    def press(self) -> None:
        """Ask for a shot; returns at once, from any thread. Says at once that the press was heard."""
        self._presses.put(_Press(self._newest(), self._look()))
        self._indicator.notice(Notice("shooting", "Shooting"))

    def stop(self, timeout_s: float) -> None:
        """End after the presses already heard have been served, or give up waiting for them."""
        self._presses.put(_End())
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._merger.stop(timeout_s)

    def _run(self) -> None:
        while True:
            pressed = self._presses.get()
            if isinstance(pressed, _End):
                return
            try:
                self._serve(pressed)
            finally:
                self._presses.task_done()

    def _serve(self, pressed: "_Press") -> None:
        try:
            evs = self._exposures(pressed.moment)
            shot, still, depth = self._take(pressed.moment, pressed.look.name, evs[0])
        except (CameraError, AlbumError) as error:
            self._lose(str(error))
        except Exception as error:  # a bug costs this shot and is told; the next press is served all the same
            log.debug("shot", exc_info=True)
            self._lose(f"{type(error).__name__}: {error}")
        else:
            self.kept.append(shot)
            log.info("shot kept: %s", shot.original, extra={"fields": _fields(shot, pressed.moment)})
            self._indicator.notice(Notice("saved", f"Saved {shot.original}"))
            self._keep_depth(shot, depth)
            self._on_kept(shot, pressed.look, pressed.moment)
            self._bracket(shot, still, evs)

    def _exposures(self, moment: Moment | None) -> tuple[float, ...]:
        """Exposures of a shot, the person's first; the camera's own where the light cannot be told."""
        try:
            light = (
                None
                if moment is None
                else find_light(moment.frame.image, moment.segmentation, moment.composition)
            )
            return exposures(light, self._exposure)
        except Exception:  # the shot matters more than its exposure
            log.exception("light not measured")
            return (0.0,)

    def _bracket(self, shot: Shot, still: Still, evs: tuple[float, ...]) -> None:
        """Take and keep the darker frames of a shot that is safe already, and have them merged."""
        if len(evs) > 1 and evs[0] != 0 and "exposure_ev" not in still.metadata:
            return  # a camera that exposes as it likes would give the same picture again
        images = [still.image]
        try:
            for ev in evs[1:]:
                more = self._feed.still(self._limit_s, ev)
                if ev and not more.metadata.get("exposure_ev"):
                    return
                images.append(more.image)
                self._album.save_beside(shot, f"ev{ev - evs[0]:+.1f}".replace(".", "_"), more)
        except (CameraError, AlbumError) as error:
            log.warning("shot %s is kept, its bracket is not whole: %s", shot.original.name, error)
            return
        if len(images) > 1:
            self._merger.add(shot.original.name, images, lambda image: self._keep_merged(shot, still, image))

    def _keep_merged(self, shot: Shot, still: Still, image: NDArray[np.uint8]) -> None:
        kept = self._album.save_beside(shot, "merged", Still(image, still.time_s))
        log.info("bracket merged: %s", kept)

    def _keep_depth(self, shot: Shot, depth: DepthMap | None) -> None:
        """Keep what the depth sensor saw beside a shot that is safe already; portraits are made by it."""
        if depth is None or not depth.depth_m.any():
            return
        try:
            self._album.save_depth(shot, depth_png(depth.depth_m))
        except (AlbumError, PhotoError) as error:
            log.warning("shot %s is kept, its depth map is not: %s", shot.original.name, error)

    def _take(self, moment: Moment | None, look: str, ev: float) -> tuple[Shot, Still, DepthMap | None]:
        self._album.check()  # before the camera is asked: a full album is known at once
        still = self._feed.still(self._limit_s, ev)
        depth = None if self._depth is None else self._depth.at(still.time_s)  # now: saving takes long
        self._compare_shapes(moment, still)
        shot = self._album.save(
            still,
            look=look,
            composition=None if moment is None else moment.composition,
            cue=None if moment is None else moment.cue,
            camera=self._camera,
            taken=self._now(),
        )
        return shot, still, depth

    def _lose(self, reason: str) -> None:
        self.lost += 1
        log.error("shot not kept: %s", reason)
        self._indicator.notice(Notice("not_saved", f"NOT SAVED: {reason}"))

    def _compare_shapes(self, moment: Moment | None, still: Still) -> None:
        """Warn, once, when the photo shows more or less than the preview that was framed."""
        if moment is None or self._compared:
            return
        self._compared = True
        preview, photo = moment.frame.image.shape, still.image.shape
        if abs(preview[0] * photo[1] / (preview[1] * photo[0]) - 1) > SHAPE_LIMIT:
            log.warning(
                "photos of %d x %d show another view than the preview of %d x %d: set sizes of one shape",
                photo[1],
                photo[0],
                preview[1],
                preview[0],
            )


def _fields(shot: Shot, moment: Moment | None) -> dict[str, object]:
    """What the journal can be searched for."""
    return {"shot": shot.number, "look": shot.look, "cue": None if moment is None else moment.cue.cue}


@dataclass(frozen=True, slots=True)
class _Press:
    """What was so when the shutter was pressed; moment: None before the first cue."""

    moment: Moment | None
    look: Look


class _End:
    """The last thing in the queue."""
