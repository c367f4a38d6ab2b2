"""Everything the settings name, examined in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

import numpy as np

from framecue.camera import CAMERAS, Camera
from framecue.depth import DEPTHS, DepthSensor
from framecue.doctor import Result, World
from framecue.doctor.depth import check_depth
from framecue.doctor.edges import record_button
from framecue.doctor.hands import check_head, check_indicator, check_shutter
from framecue.doctor.machine import check_clock, check_disk, check_power, check_temperature
from framecue.doctor.picture import check_camera, check_model
from framecue.errors import FramecueError
from framecue.frame import Frame
from framecue.segmentation.segmenter import open_segmenter
from framecue.settings import Settings, load_settings
from framecue.shutter import button

PATIENCE_S: Final = 10.0  # a model that answers late is measured, not given up


def examine(file: Path | None, press_s: float, world: World, edges: Path | None = None) -> Iterator[Result]:
    """Try every part of the settings of a file (None: the defaults), one result after the other.

    press_s: seconds to wait for a press of each shutter; 0 = do not ask for one. edges: where to write what
    a button's contact does in those seconds, CSV as shutter/edges.py has it; None = nowhere.
    """
    try:
        settings = load_settings(file)
    except FramecueError as error:
        yield Result(
            "settings", "broken", str(error), "mend that line; the other parts are tried on defaults"
        )
        settings = Settings()
    else:
        yield Result("settings", "ok", str(file or "defaults"))
    yield check_clock(datetime.now(UTC), world)
    yield check_power(world)
    yield check_temperature(world)
    yield check_disk(settings.album.folder.expanduser(), settings.album.min_free_mb, world)
    yield check_camera(
        lambda: cast(Camera, CAMERAS.driver(settings.camera)),
        settings.camera.rate,
        settings.booth.still_limit_s,
        world,
    )
    if settings.depth is not None:
        yield check_depth(lambda: _depth_sensor(settings), settings.depth.rate, world)
    grey = np.full((settings.camera.height, settings.camera.width, 3), 128, np.uint8)
    patient = settings.segmenter.model_copy(update={"answer_limit_s": PATIENCE_S})
    yield check_model(lambda: open_segmenter(patient), grey)
    if settings.pan_tilt is not None:
        yield check_head(settings.pan_tilt, world)
    for indicator in settings.indicators:
        yield check_indicator(indicator, world)
    if edges is not None and not any(isinstance(each, button.Settings) for each in settings.shutters):
        advice = 'add [[shutters]] with kind = "button" to the settings'
        yield Result("shutter button", "broken", "there is none whose edges could be recorded", advice)
    for shutter in settings.shutters:
        if edges is not None and isinstance(shutter, button.Settings):
            yield record_button(shutter, press_s, edges, world)
        else:
            yield check_shutter(shutter, press_s, world)


def _depth_sensor(settings: Settings) -> DepthSensor:
    """The settings' depth sensor; a simulated one sees what their simulated camera does."""
    cameras: list[Camera] = []

    def seen(timeout_s: float) -> Frame:
        if not cameras:
            cameras.append(cast(Camera, CAMERAS.driver(settings.camera)))
        return cameras[0].read(timeout_s)

    assert settings.depth is not None
    return cast(DepthSensor, DEPTHS.driver(settings.depth, seen))
