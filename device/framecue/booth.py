"""The booth: the daemon that holds camera, segmenter, guide, indicators, shutters and album together."""

import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from framecue.album import Album, Shot
from framecue.album.copies import Copies
from framecue.album.watch import AlbumWatch
from framecue.attached import opened_indicators, opened_shutters, opened_turner, watched_imu
from framecue.camera import CAMERAS, Camera
from framecue.camera.feed import Feed
from framecue.composition.guide import Guide
from framecue.composition.lens import load_lens
from framecue.composition.look import Look, load_look
from framecue.composition.observe import Observer
from framecue.depth.align import CameraView
from framecue.depth.watch import watched
from framecue.errors import AlbumError, CameraError
from framecue.finish import Finisher
from framecue.frame import Frame
from framecue.health import Health
from framecue.indicators import Indicator, Notice
from framecue.indicators.panel import Panel
from framecue.indicators.views import view_of
from framecue.live import LiveLoop, Moment, Pipeline
from framecue.looks.picker import LookPicker
from framecue.pantilt import PanTilt
from framecue.photos import measure_image
from framecue.portrait.darkroom import Darkroom
from framecue.presses import Presses
from framecue.segmentation import Segmenter
from framecue.segmentation.turns import InTurns
from framecue.service import Service
from framecue.settings import BoothSettings, Settings
from framecue.shots import Shots
from framecue.shutter import Request, Shutter
from framecue.shutter.ready import ReadyShutter
from framecue.starts import PROVEN_S

log = logging.getLogger(__name__)

TICK_S = 0.25
End = Literal["switched off", "ended", "time", "source"]  # by a shutter; by the system
SAFE_MODE = "SAFE MODE: no cues, photos only"
FRAME, INFERENCE, ALBUM = "fresh frame", "finished inference", "writable album"  # signs of life
SAFE_PATIENCE = 12  # times as long as otherwise, for signs of life in safe mode
QUIET_S = 60.0  # without a press, before safe mode is left: for seconds nothing is heard then
TOO_HOT_C = 82.0  # a Pi throttles from here on, and says so nowhere that a photographer looks
STOP_S = 0.6  # how long the frame in hand may take when the booth stops
THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


class Booth:
    """One booth, from `run` to its end.

    open_camera makes the camera anew after each fault; the settings' own driver if None.
    observe sees every moment of the live path, on its thread.
    It ends what it is given: segmenter, album, service, indicators.
    on_working is called once, when the first cue is out.
    on_proven is called once, when it has worked for two minutes.
    complaint is what is wrong with the settings it runs on; repeated in every status line.
    safe: camera, shutters and album only, and no giving up: for a booth that keeps failing. No cues then.
    head: what turns the camera; the settings' own driver if None.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        segmenter: Segmenter,
        album: Album,
        service: Service,
        indicators: tuple[Indicator, ...] = (),
        open_camera: Callable[[], Camera] | None = None,
        head: PanTilt | None = None,
        observe: Callable[[Moment], None] = lambda _: None,
        on_working: Callable[[], None] = lambda: None,
        on_proven: Callable[[], None] = lambda: None,
        complaint: str | None = None,
        safe: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._clock, self._service = settings, clock, service
        self._album, self._on_working, self._complaint = album, on_working, complaint
        self._on_proven, self._safe = on_proven, safe
        self._segmenter = InTurns(segmenter)  # the live path's, and now and then a shot's
        self._stop = threading.Event()
        self._panel = Panel((*opened_indicators(settings), *indicators))
        self.album_watch = AlbumWatch(album, settings.album.warn_shots, self._panel.notice, clock)
        self.copies = Copies(settings.album, self._panel.notice, clock=clock)
        self.feed = Feed(
            open_camera or (lambda: cast(Camera, CAMERAS.driver(settings.camera))),
            clock=clock,
            frozen_limit_s=settings.booth.frozen_limit_s,
        )
        self.finisher = Finisher(settings.crop, album, lambda image: measure_image(image, self._segmenter))
        look = load_look(settings.guide.look, settings.looks.folders)
        lens = load_lens(settings.camera.lens)
        self._fov_deg = settings.camera.fov_deg_with(lens)
        self._imu = watched_imu(settings.imu, lambda text: self._panel.notice(Notice("fault", text)), clock)
        view = CameraView(settings.camera.width / settings.camera.height, self._fov_deg, lens)
        self._depth = None if safe else watched(settings.depth, self._seen, view, clock)
        self._sensors = [each for each in (self._imu, self._depth) if each is not None]
        self.turner = (
            None if safe else opened_turner(settings, lambda: self.shots.busy or self._presses.counting, head)
        )
        self.darkroom = Darkroom(
            settings.portrait,
            settings.segmenter,
            album.folder,
            fov_deg=self._fov_deg,
            ready=self._tell_portrait,
        )
        self._pipeline = Pipeline(
            self._segmenter,
            self._guide(look),
            self._panel,
            observer=Observer(self._fov_deg, self._imu, self._depth),
            lens=lens,
        )
        self._observe = observe
        self._ready_shutter = ReadyShutter(self.ask) if settings.guide.auto_shutter else None
        self.live = LiveLoop(self.feed, self._pipeline, self._panel, clock=clock, observe=self._see)
        self.looks = LookPicker(
            settings.looks,
            look,
            newest=lambda: self.live.newest,
            pick=self._guide_to,
            indicator=self._panel,
            clock=clock,
        )
        self.shots = Shots(
            self.feed,
            album,
            self._panel,
            newest=lambda: self.live.newest,
            look=lambda: self.looks.current,
            camera=settings.camera.kind,
            still_limit_s=settings.booth.still_limit_s,
            now=lambda: datetime.now(UTC),
            on_kept=self._finish,
            exposure=settings.exposure,
            depth=self._depth,
        )
        self._presses = Presses(
            self.shots.press,
            self._switch_off,
            self._panel,
            countdown_s=settings.booth.countdown_s,
            burst=settings.booth.burst,
        )
        self._health = Health(_limits(settings.booth, safe))
        self._frame_s: float | None = None  # when the newest frame was taken
        self._camera_fault: str | None = None
        self._switched_off = False
        self._asked_s = -math.inf  # when a shutter last asked for something
        self._working_s: float | None = None  # since when, on the clock
        self._proven = False

    def ask(self, request: Request) -> None:
        """What shutters and signal handlers call. From any thread, returns at once."""
        self._asked_s = self._clock()
        self._presses.ask(request)

    def _see(self, moment: Moment) -> None:
        if self.turner is not None:
            self.turner.see(self._pipeline.guide.turn, moment.frame.time_s)
        self._panel.view(view_of(moment.segmentation, moment.composition, self.looks.current))
        if self._ready_shutter is not None:
            self._ready_shutter.see(moment.cue)
        self._observe(moment)

    def end(self) -> None:
        """End as when the machine goes down: nobody at the booth asked for it. From any thread, at once."""
        self._stop.set()

    def _switch_off(self) -> None:
        self._switched_off = True
        self._stop.set()

    def run(self, limit_s: float = math.inf) -> End:
        """Run until asked to stop, the source has ended, or limit_s seconds have passed.

        Returns what it was. A safe booth's time is up when nobody has pressed for a minute, too.
        Raises CameraError when no frame comes within the start limit; after that faults are survived.
        """
        shutters: list[Shutter] = []
        self._panel.notice(Notice("starting", "Starting"))
        for trouble in filter(None, (self._complaint, SAFE_MODE if self._safe else None)):
            self._panel.notice(Notice("fault", trouble))
        try:
            if not self._safe:
                self._refuse_without_album()
            self.feed.start()
            for sensor in self._sensors:
                sensor.start()
            self.shots.start()
            self.album_watch.start()
            if not self._safe:
                self.live.start()
                self.looks.start()
                self.finisher.start()
                self.copies.start()
                self.darkroom.start()
            shutters += opened_shutters(self._settings, self.ask)
            return self._watch(limit_s)
        finally:
            self._service.stopping()
            self._panel.notice(Notice("stopping", "Stopping"))
            for shutter in shutters:
                shutter.close()
            self.shots.stop(self._settings.booth.still_limit_s)  # a press already heard is worth the wait
            self.looks.stop(STOP_S)
            self.album_watch.stop(STOP_S)
            self.copies.stop(STOP_S)
            self.darkroom.stop()
            self.finisher.stop(STOP_S)
            self.live.stop(STOP_S)
            for sensor in self._sensors:
                sensor.stop()
            if self.turner is not None:
                self.turner.close()
            self.feed.stop()
            self._segmenter.close()
            log.info("stopped: %s", self._status_line())
            self._panel.close()
            self._service.close()
            self._album.close()

    def _guide(self, look: Look) -> Guide:
        turner = self.turner
        reach = (lambda: None) if turner is None else (lambda: turner.reach)
        return Guide(look, self._fov_deg, self._settings.guide, reach)

    def _seen(self, timeout_s: float) -> Frame | None:
        """What simulated depth sensors go by."""
        return self.feed.newest(0, timeout_s)

    def _guide_to(self, look: Look) -> None:
        """Begin to guide to another look."""
        self._pipeline.guide = self._guide(look)

    def _finish(self, shot: Shot, look: Look, moment: Moment | None) -> None:
        if self._safe:
            return
        self.copies.kick()
        self.finisher.add(shot, look, None if moment is None else moment.composition)
        self.darkroom.add(shot)

    def _tell_portrait(self, _portrait: Path) -> None:
        self.copies.kick()

    def _refuse_without_album(self) -> None:
        """A booth that can keep no shot says so on its lamps and does not start."""
        try:
            self._album.check()
        except AlbumError:
            self._panel.notice(Notice("fault", "No place for photos"))
            raise

    def _watch(self, limit_s: float) -> End:
        """The main thread: watchdog, status and the end. The work is done by the other threads."""
        began_s = status_s = self._clock()
        while not self._stop.wait(TICK_S):
            now_s = self._clock()
            self._tell_camera_faults()
            self._note_work(now_s, began_s)
            if self.feed.state == "ended" and not self.live.running:
                log.info("the camera's source has ended")
                return "source"
            if now_s - began_s > limit_s and not (self._safe and self._busy(now_s, limit_s)):
                return "time"
            status = self.feed.status()
            late = now_s - began_s > self._settings.booth.start_limit_s
            if status.frames == 0 and late and not self._safe:
                raise CameraError(
                    status.fault or "the camera gives no frames; check its cable, then start again"
                )
            if self._healthy(now_s):
                self._service.alive()
            if now_s - status_s >= self._settings.booth.status_every_s:
                status_s = now_s
                self._say_status()
        return "switched off" if self._switched_off else "ended"

    def _busy(self, now_s: float, limit_s: float) -> bool:
        """Whether somebody has pressed a moment ago and may press again."""
        return now_s - self._asked_s < min(QUIET_S, limit_s)

    def _note_work(self, now_s: float, began_s: float) -> None:
        """Say, once each, that it works, and that it has worked for long enough."""
        if self._working_s is None and (self._safe or self.live.newest is not None):
            self._working_s = now_s
            log.info("working %.1f s after start", now_s - began_s)
            self._service.ready()
            self._on_working()
        elif self._working_s is not None and not self._proven and now_s - self._working_s >= PROVEN_S:
            self._proven = True
            self._on_proven()

    def _healthy(self, now_s: float) -> bool:
        """A fresh frame, a finished inference and a writable album, each within its own limit."""
        frame, inferred_s = self.feed.newest(), self.live.inferred_s
        if frame is not None:  # after a fault the feed has none, but there was one
            self._frame_s = frame.time_s
        ages = {
            FRAME: None if self._frame_s is None else now_s - self._frame_s,
            INFERENCE: None if inferred_s is None else now_s - inferred_s,
            ALBUM: now_s - self.album_watch.sound_s,
        }
        return self._health.sound(ages)

    def _tell_camera_faults(self) -> None:
        fault = self.feed.fault
        if fault is not None and self._camera_fault is None:
            self._panel.notice(Notice("fault", f"No picture: {fault}"))
        elif fault is None and self._camera_fault is not None:
            self._panel.notice(Notice("recovered", "Picture again"))
        self._camera_fault = fault

    def _say_status(self) -> None:
        line = self._status_line()
        log.info("%s", line)
        self._service.status(line)

    def _status_line(self) -> str:
        parts = [self.live.pace.summary(self._clock()), f"{len(self.shots.kept)} shots kept"]
        if self.shots.lost:
            parts.append(f"{self.shots.lost} NOT KEPT")
        sensors = [each.fault for each in self._sensors]
        head_fault = None if self.turner is None else self.turner.fault
        faults = (head_fault, self.album_watch.fault, self.copies.fault, SAFE_MODE if self._safe else None)
        celsius = _temperature()
        if celsius is not None:
            parts.append(f"{celsius:.0f} °C" + (", TOO HOT: cool it" if celsius >= TOO_HOT_C else ""))
        return ", ".join(
            [*parts, *filter(None, (self.feed.fault, self.live.fault, *sensors, *faults, self._complaint))]
        )


def _limits(settings: BoothSettings, safe: bool) -> dict[str, float]:
    """Seconds that each sign of life may be old; a safe mode has no better one to be restarted into."""
    if safe:
        return {FRAME: settings.frame_limit_s * SAFE_PATIENCE, ALBUM: settings.album_limit_s * SAFE_PATIENCE}
    return {
        FRAME: settings.frame_limit_s,
        INFERENCE: settings.inference_limit_s,
        ALBUM: settings.album_limit_s,
    }


def _temperature() -> float | None:
    """The processor's temperature in degrees Celsius, where the kernel tells it."""
    try:
        return int(THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        return None
