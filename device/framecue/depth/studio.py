"""A simulated sensor: the true depth of the scene that the simulated camera is in; needs no hardware."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from framecue.composition.geometry import Pinhole
from framecue.depth import DepthFrame, DepthSettings, Optics, Seen
from framecue.depth.tof import Tof
from framecue.errors import DepthError

if TYPE_CHECKING:
    from framecue.studio import Studio


class Settings(DepthSettings):
    """A sensor beside the camera; where it really is may differ from what the booth is told."""

    kind: Literal["studio"] = "studio"
    width: int = Field(120, ge=2, le=640, description="pixels across")
    height: int = Field(90, ge=2, le=480, description="pixels down")
    fov_deg: float = Field(50.4, gt=5, lt=120, description="vertical field of view, degrees")
    true_right_m: float = Field(
        0.0, ge=-1, le=1, description="where it really is, right of the camera, metres"
    )
    true_up_m: float = Field(0.0, ge=-1, le=1, description="where it really is, above the camera, metres")
    true_pitch_deg: float = Field(0.0, ge=-30, le=30, description="how much further up it looks, degrees")
    true_pan_deg: float = Field(0.0, ge=-30, le=30, description="how much further right it looks, degrees")
    range_m: float = Field(6.0, gt=0.1, le=100, description="metres; what is further away is unknown")
    noise: float = Field(1.0, ge=0, le=20, description="times the noise of a good sensor")


class Driver:
    """The simulated sensor. Tests make it fail with `fault`: raised by the next reading."""

    lively: Final = True

    def __init__(
        self,
        settings: Settings,
        seen: Seen = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.settings, self.fault = settings, None
        self._seen, self._clock, self._wait = seen, clock, wait
        self._rng = np.random.default_rng(0)
        self._tof = Tof(settings.range_m, 0.004 * settings.noise, 0.0015 * settings.noise)
        self._studio: tuple[tuple[int, int], Studio] | None = None
        self._due_s = clock()
        self._number = 0
        self._closed = False

    fault: DepthError | None

    def read(self, timeout_s: float) -> DepthFrame:
        """As in DepthSensor, from where the camera stands now."""
        if self._closed:
            raise DepthError("the simulated depth sensor is closed; open it again")
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self._wait(min(max(self._due_s - self._clock(), 0.0), timeout_s))
        frame = self._seen(timeout_s)
        if frame is None:
            raise DepthError("the simulated camera has given no picture yet")
        if frame.metadata.get("camera") != "studio":
            raise DepthError("a simulated depth sensor sees what the simulated camera sees; set camera.kind")
        taken_s = self._clock()
        self._due_s = max(self._due_s, taken_s - 1 / self.settings.rate) + 1 / self.settings.rate
        pinhole = self._pinhole(frame.metadata["pose"])
        view = self._scene(frame.metadata).view(pinhole)
        depth_m, confidence = self._tof.sense(view.depth_m, self._rng)
        self._number += 1
        focal, (x, y) = pinhole.focal_px, pinhole.centre
        return DepthFrame(depth_m, confidence, taken_s, self._number, Optics(focal, focal, x, y))

    def close(self) -> None:
        """Give no more maps."""
        self._closed = True

    def _scene(self, metadata: Mapping[str, Any]) -> "Studio":
        from framecue.studio import Scene, Studio

        which = int(metadata["seed"]), int(metadata["people"])
        if self._studio is None or self._studio[0] != which:
            self._studio = which, Studio(Scene.random(*which))
        return self._studio[1]

    def _pinhole(self, pose: Any) -> Pinhole:
        """The sensor's own pinhole, from the camera's place and its own beside it."""
        settings = self.settings
        camera = Pinhole(
            settings.width,
            settings.height,
            settings.fov_deg,
            x=pose["x_m"],
            y=pose["y_m"],
            z=pose["z_m"],
            pitch_deg=pose["pitch_deg"],
            pan_deg=pose["pan_deg"],
            roll_deg=pose["roll_deg"],
        )
        x, y, z = camera.position + np.array([settings.true_right_m, settings.true_up_m, 0.0]) @ camera.axes()
        pitch, pan, roll = angles(beside(settings.true_pitch_deg, settings.true_pan_deg) @ camera.axes())
        return replace(
            camera, x=float(x), y=float(y), z=float(z), pitch_deg=pitch, pan_deg=pan, roll_deg=roll
        )


def beside(pitch_deg: float, pan_deg: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(3, 3) right, up and forward, in the camera's axes, of what looks so much further up and right."""
    return Pinhole(2, 2, 60, pitch_deg=pitch_deg, pan_deg=pan_deg).axes()


def angles(axes: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Pitch, pan and roll, degrees, whose `Pinhole.axes` these are: (3, 3) right, up, forward."""
    forward = axes[2]
    pitch, pan = (
        math.asin(float(np.clip(forward[1], -1, 1))),
        math.atan2(float(forward[0]), float(forward[2])),
    )
    level = Pinhole(2, 2, 60, pitch_deg=math.degrees(pitch), pan_deg=math.degrees(pan)).axes()
    roll = math.atan2(-float(axes[0] @ level[1]), float(axes[0] @ level[0]))
    return math.degrees(pitch), math.degrees(pan), math.degrees(roll)
