"""`framecue run`: the booth under systemd or in a terminal, on settings that can be used."""

import logging
import signal
from pathlib import Path

import cv2

from framecue.album import open_album
from framecue.booth import Booth
from framecue.lastgood import keep_settings, state_folder, usable_settings
from framecue.segmentation.segmenter import open_segmenter
from framecue.service import Service
from framecue.settings import find_settings_file

log = logging.getLogger(__name__)


def run_daemon(config: Path | None) -> None:
    """Run a booth until it is asked to stop; raises a FramecueError that says why it cannot start."""
    file = config or find_settings_file()
    settings, complaint = usable_settings(file, state_folder())
    if complaint is not None:
        log.error("%s", complaint)
    # For small pictures a thread pool costs more than it saves; the cores are the model's.
    cv2.setNumThreads(1)
    # The model's process starts first: it takes longest, and the camera opens meanwhile.
    segmenter = open_segmenter(settings.segmenter)
    try:
        album = open_album(settings.album)
        booth = Booth(
            settings,
            segmenter=segmenter,
            album=album,
            service=Service(),
            on_working=lambda: None if complaint else keep_settings(file, state_folder()),
            complaint=complaint,
        )
    except BaseException:
        segmenter.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: booth.ask("stop"))
    booth.run()
