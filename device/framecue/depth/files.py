"""Depth maps from files beside the photos that a camera of kind `files` shows."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import numpy as np
from pydantic import Field

from framecue.depth import DepthFrame, DepthSettings, Seen
from framecue.depth.stored import SUFFIXES, read_map
from framecue.errors import DepthError, PhotoError


class Settings(DepthSettings):
    """PHOTO.depth.png (16-bit, millimetres) or PHOTO.depth.npy beside each PHOTO.jpg, over the same view."""

    kind: Literal["files"] = "files"
    path: Path | None = Field(None, description="folder with the maps; left out, they are beside the photos")


class Driver:
    """Gives the map of the photo that is shown; one that has none is unknown everywhere."""

    lively: Final = False

    def __init__(
        self,
        settings: Settings,
        seen: Seen = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        if settings.path is not None and not settings.path.is_dir():
            raise DepthError(f"{settings.path} is no folder; set depth.path to the folder with the maps")
        self._settings, self._seen, self._clock, self._wait = settings, seen, clock, wait
        self._due_s = clock()
        self._number = 0

    def read(self, timeout_s: float) -> DepthFrame:
        """As in DepthSensor."""
        self._wait(min(max(self._due_s - self._clock(), 0.0), timeout_s))
        frame = self._seen(timeout_s)
        if frame is None:
            raise DepthError("the camera has shown no photo yet")
        photo = frame.metadata.get("photo")
        if not isinstance(photo, str):
            raise DepthError("depth files go with photos; set camera.kind to files, and a photo as its path")
        now_s = self._clock()
        self._due_s = max(self._due_s, now_s - 1 / self._settings.rate) + 1 / self._settings.rate
        self._number += 1
        depth_m = self._map_of(Path(photo))
        known = (depth_m > 0).astype(np.float32)
        return DepthFrame(depth_m, known, now_s, self._number, None)

    def close(self) -> None:
        """Nothing is held open."""

    def _map_of(self, photo: Path) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        folder = photo.parent if self._settings.path is None else self._settings.path
        for suffix in SUFFIXES:
            found = folder / f"{photo.stem}{suffix}"
            if found.is_file():
                try:
                    return read_map(found)
                except PhotoError as error:
                    raise DepthError(str(error)) from error
        return np.zeros((2, 2), np.float32)
