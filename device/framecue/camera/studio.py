"""A simulated camera: a scene of the studio, rendered, with exact depth and truth; needs no hardware."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.composition.geometry import Pinhole
from framecue.errors import CameraError, CameraStalledError, FramecueError
from framecue.frame import Frame, Still
from framecue.studio import Scene, Studio, View
from framecue.studio.exposure import exposed

REMEMBERED: Final = 8  # views kept, so that a slower reader still finds the truth about its picture


class Settings(CameraSettings):
    """Which scene, and where the camera stands in it at first. `turn` does nothing: it is upright."""

    kind: Literal["studio"] = "studio"
    seed: int = Field(7, ge=0, description="scene: the same seed gives the same people and room")
    people: int = Field(1, ge=0, le=6, description="how many people stand there")
    distance_m: float = Field(3.2, gt=0, le=40, description="camera to the people along the floor, metres")
    sideways_m: float = Field(
        0.0, ge=-20, le=20, description="camera to the right of the people's middle, metres"
    )
    height_m: float = Field(1.2, gt=0, le=20, description="camera over the floor, metres")
    pitch_deg: float = Field(0.0, gt=-90, lt=90, description="up positive, degrees")
    pan_deg: float = Field(0.0, ge=-180, le=180, description="right positive, degrees")
    roll_deg: float = Field(0.0, ge=-180, le=180, description="clockwise as seen from behind, degrees")
    backlight_ev: float = Field(
        0.0, ge=0, le=6, description="stops by which what is around the people is brighter than they are"
    )
    noise: float = Field(2.0, ge=0, le=50, description="sensor noise, deviation in grey levels")
    still_width: int = Field(2028, ge=64, le=8192, description="still width, pixels")
    still_height: int = Field(1520, ge=64, le=8192, description="still height, pixels")

    def pinhole(self) -> Pinhole:
        """The camera as these settings place it."""
        return Pinhole(
            self.width,
            self.height,
            self.fov_deg,
            x=self.sideways_m,
            y=self.height_m,
            z=-self.distance_m,
            pitch_deg=self.pitch_deg,
            pan_deg=self.pan_deg,
            roll_deg=self.roll_deg,
        )


class Driver:
    """The simulated camera; keeps the Camera protocol, and lets tests and demos move it and break it.

    clock: seconds, monotonic. wait: waits so many seconds; `read` never waits past its timeout.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.settings = settings
        self.studio = Studio(Scene.random(settings.seed, settings.people))
        self._clock, self._wait = clock, wait
        self._lock = threading.Lock()
        self._pinhole = settings.pinhole()
        self._views: deque[View] = deque(maxlen=REMEMBERED)
        self._faults: deque[FramecueError] = deque()
        self._due_s = clock()
        self._number = 0
        self._closed = False

    @property
    def pinhole(self) -> Pinhole:
        """Where the camera is. Replace it from any thread; the next frame is taken from there.

        Its width and height are kept at the preview's size.
        """
        with self._lock:
            return self._pinhole

    @pinhole.setter
    def pinhole(self, pinhole: Pinhole) -> None:
        with self._lock:
            self._pinhole = replace(pinhole, width=self.settings.width, height=self.settings.height)

    @property
    def last_view(self) -> View | None:
        """Exact parts, depth and truth of the frame or still taken last; None before the first."""
        with self._lock:
            return self._views[-1] if self._views else None

    def view_of(self, image: NDArray[np.uint8]) -> View | None:
        """The view whose picture this very array is; None when it is too long ago."""
        with self._lock:
            return next((view for view in self._views if view.image is image), None)

    def fail_next(self, fault: FramecueError) -> None:
        """Make the next `read` or `still` raise this; a second call makes the one after fail too.

        A CameraStalledError first lets the whole timeout pass, as a hung camera does.
        """
        with self._lock:
            self._faults.append(fault)

    def read(self, timeout_s: float) -> Frame:
        """The next frame, not before it is due at the settings' rate; raises as the Camera protocol says."""
        self._fault(timeout_s)
        left = self._due_s - self._clock()
        if left > timeout_s:
            self._wait(timeout_s)
            raise CameraStalledError(f"the simulated camera gave no frame within {timeout_s:g} s")
        if left > 0:
            self._wait(left)
        taken = self._clock()
        # A reader that came late gets the newest picture; the missed ones are gone, as on a real camera.
        missed = max(0, math.floor((taken - self._due_s) * self.settings.rate))
        self._due_s += (missed + 1) / self.settings.rate
        view = self._look(self.pinhole, 0.0)
        self._number += 1
        return Frame(view.image, taken, self._number, view.depth_m, self._metadata(view.pinhole))

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """A picture at the still's size from where the camera is now; raises as `read` does."""
        self._fault(timeout_s)
        taken = self._clock()
        size = self.settings
        view = self._look(replace(self.pinhole, width=size.still_width, height=size.still_height), ev)
        metadata = {**self._metadata(view.pinhole), **({"exposure_ev": ev} if ev else {})}
        return Still(view.image, taken, metadata=metadata)

    def close(self) -> None:
        """Give no more frames. May be called twice."""
        self._closed = True

    def _look(self, pinhole: Pinhole, ev: float) -> View:
        view = self.studio.view(pinhole, self.settings.noise)
        if ev or self.settings.backlight_ev:
            image = exposed(view.image, view.parts > 0, self.settings.backlight_ev, ev)
            view = replace(view, image=image)
        view.image.setflags(write=False)
        with self._lock:
            self._views.append(view)
        return view

    def _fault(self, timeout_s: float) -> None:
        if self._closed:
            raise CameraError("the simulated camera is closed; open it again")
        with self._lock:
            fault = self._faults.popleft() if self._faults else None
        if fault is not None:
            if isinstance(fault, CameraStalledError):
                self._wait(timeout_s)
            raise fault

    def _metadata(self, pinhole: Pinhole) -> Mapping[str, object]:
        return {
            "camera": "studio",
            "seed": self.settings.seed,
            "people": self.settings.people,
            "pose": {
                "x_m": pinhole.x,
                "y_m": pinhole.y,
                "z_m": pinhole.z,
                "pitch_deg": pinhole.pitch_deg,
                "pan_deg": pinhole.pan_deg,
                "roll_deg": pinhole.roll_deg,
                "fov_deg": pinhole.fov_deg,
            },
        }
