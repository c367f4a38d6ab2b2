"""`framecue run`: the booth under systemd or in a terminal, on settings that can be used."""

import logging
import math
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import cv2

from framecue.album import Album, open_album
from framecue.booth import Booth, End
from framecue.journal import JournalHandler, SameLimit, goes_to_journal
from framecue.lastgood import keep_settings, state_folder, usable_settings
from framecue.segmentation import Segmenter
from framecue.segmentation.absent import AbsentSegmenter
from framecue.segmentation.standby import open_steady
from framecue.service import Service
from framecue.settings import Settings, find_settings_file
from framecue.starts import AGAIN, Start, Starts, delay_s, safe_s

log = logging.getLogger(__name__)

SWITCHED_OFF = 76  # exit status by which systemd learns that somebody at the booth switched it off
SAFE_INDICATORS = ("console", "leds")


def run_daemon(config: Path | None) -> None:
    """Run a booth until it is asked to stop; raises a FramecueError that says why it cannot start.

    After starts that failed it waits before it tries again, longer each time, and after some of them runs
    with camera, shutters and album alone. Out of that it ends by itself after a while, with a status that
    has systemd start it again at once, and tries everything: what was wrong may have passed.
    """
    _log_to_journal()
    service, stop = Service(), threading.Event()
    ask = _on_signals(stop.set)
    starts = Starts(state_folder())
    watched = service.watched  # the booth closes it at its end
    start = starts.begin() if watched else Start()
    if delay_s(start):
        log.warning("%d starts in a row have failed: waiting %g s", start.failed, delay_s(start))
        service.status(f"waiting after {start.failed} failed starts")
    if stop.wait(delay_s(start)):
        starts.proven()
        return
    end = _run(config, service, starts, start, stop, ask)
    if end == "time":
        log.warning("leaving safe mode: everything is tried again")
        starts.try_full()
        raise SystemExit(AGAIN)
    starts.proven()
    if end == "switched off" and watched:
        raise SystemExit(SWITCHED_OFF)


def _run(
    config: Path | None,
    service: Service,
    starts: Starts,
    start: Start,
    stop: threading.Event,
    ask: Callable[[Callable[[], None]], None],
) -> End:
    """Run the booth until its end; "time" is that of safe mode."""
    file = config or find_settings_file()
    settings, complaint = usable_settings(file, state_folder())
    if complaint is not None:
        log.error("%s", complaint)
    safe = start.failed >= settings.booth.safe_after and not start.full
    limit_s = safe_s(start, settings.booth.full_again_s) if safe else math.inf
    if safe:
        log.error("%d starts in a row have failed: SAFE MODE, camera, shutters and album only", start.failed)
        log.info("everything is tried again after %g s of it", limit_s)
        settings = safe_settings(settings)
    # For small pictures a thread pool costs more than it saves; the cores are the model's.
    cv2.setNumThreads(1)
    # The model's process starts first: it takes longest, and the camera opens meanwhile.
    segmenter: Segmenter = AbsentSegmenter() if safe else open_steady(settings.segmenter)
    album: Album | None = None
    try:
        album = open_album(settings.album)
        booth = Booth(
            settings,
            segmenter=segmenter,
            album=album,
            service=service,
            on_working=lambda: None if complaint or safe else keep_settings(file, state_folder()),
            on_proven=lambda: None if safe else starts.proven(),
            complaint=complaint,
            safe=safe,
        )
    except BaseException:
        segmenter.close()
        if album is not None:
            album.close()
        raise
    ask(booth.end)
    if stop.is_set():
        booth.end()
    return booth.run(limit_s)


def safe_settings(settings: Settings) -> Settings:
    """The settings with all left out that a shot can do without."""
    shown = tuple(each for each in settings.indicators if each.kind in SAFE_INDICATORS)
    return settings.model_copy(update={"imu": None, "depth": None, "indicators": shown})


def _on_signals(act: Callable[[], None]) -> Callable[[Callable[[], None]], None]:
    """Have SIGTERM and SIGINT do something; returns what has them do something else besides."""
    acts = [act]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: [each() for each in acts])
    return acts.append


def _log_to_journal() -> None:
    """Under systemd log lines get fields and a limit; in a terminal they stay as they are."""
    if goes_to_journal():
        handler = JournalHandler()
        handler.addFilter(SameLimit())
        logging.getLogger().handlers[:] = [handler]
