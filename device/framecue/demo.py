"""`framecue demo`: the real booth in a simulated room, with a simulated photographer who obeys its cues."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framecue.album import Album
from framecue.booth import Booth
from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as StudioSettings
from framecue.composition.look import load_look
from framecue.errors import FramecueError
from framecue.live import Moment
from framecue.photographer import Photographer
from framecue.segmentation.segmenter import open_segmenter
from framecue.service import Service
from framecue.settings import Settings
from framecue.sketch import save_animation, sketch

LIMIT_S = 60.0  # nobody should need longer to be guided to a shot
PAGE_EVERY_S = 0.1  # pages of the animation
SIZE = {"width": 480, "height": 640, "still_width": 1520, "still_height": 2028}  # a camera mounted upright
START = {"distance_m": 5.2, "height_m": 1.35, "pitch_deg": 7.0, "pan_deg": -9.0}


def run_demo(out: Path | None, model: str | None, seed: int) -> None:
    """Guide a simulated photographer to a shot; prints where the shot and the animation are.

    Raises FramecueError when the shot was not reached or not kept.
    """
    folder = (out or Path.home() / ".local/share/framecue/demo").absolute()
    settings = _settings(folder, model, seed)
    studio = Studio(settings)
    segmenter = open_segmenter(settings.segmenter)
    try:
        album = Album(settings.album.folder, settings.album.min_free_mb)
        recorder = Recorder(settings.guide.look)
        photographer = Photographer(
            lambda: studio.camera,
            lambda request: booth.ask(request),  # noqa: PLW0108  the booth is made below
            time.monotonic,
            np.random.default_rng(seed),
        )
        booth = Booth(
            settings,
            segmenter=segmenter,
            album=album,
            service=Service({}),
            indicators=(photographer,),
            open_camera=studio.open,
            observe=recorder.see,
        )
    except BaseException:
        segmenter.close()
        raise
    booth.run(limit_s=LIMIT_S)
    if not photographer.kept:
        raise FramecueError(f"the demo did not get to a shot within {LIMIT_S:.0f} s; try another --seed")
    animation = folder / "demo.gif"
    recorder.save(animation)
    shot = booth.shots.kept[-1]
    print(f"guided to a shot with {photographer.moves} moves")
    print(f"shot       {shot.original}")
    print(f"measures   {shot.sidecar}")
    print(f"animation  {animation}")


class Studio:
    """The simulated room; remembers its camera, so that the photographer can move it."""

    def __init__(self, settings: Settings) -> None:
        assert isinstance(settings.camera, StudioSettings)
        self._settings = settings.camera
        self.camera: StudioCamera | None = None

    def open(self) -> StudioCamera:
        """Open the room's camera, as the booth does at its start."""
        self.camera = StudioCamera(self._settings)
        return self.camera


class Recorder:
    """Keeps pages of what was seen, measured and said for the animation."""

    def __init__(self, look: str) -> None:
        self._look = load_look(look)
        self._pages: list[NDArray[np.uint8]] = []
        self._times: list[float] = []

    def see(self, moment: Moment) -> None:
        """Keep a page of a moment, a few times a second."""
        time_s = moment.frame.time_s
        if not self._times or time_s - self._times[-1] >= PAGE_EVERY_S:
            self._pages.append(sketch(moment.frame.image, moment.composition, self._look, moment.cue))
            self._times.append(time_s)

    def save(self, path: Path) -> None:
        """Write the animation; its last page stays for three seconds."""
        save_animation(path, self._pages, [*np.diff(self._times), 3.0])


def _settings(folder: Path, model: str | None, seed: int) -> Settings:
    tables: dict[str, Any] = {
        "camera": {"kind": "studio", "rate": 15, "seed": seed, **SIZE, **START},
        "shutters": (),
        "album": {"folder": folder / "album"},
        "segmenter": {} if model is None else {"model": model},
    }
    return Settings(**tables)
