"""Cameras: the protocol every driver keeps, and the room they are found in."""

from pathlib import Path
from typing import Protocol

from pydantic import Field

from framecue.composition.lens import Lens
from framecue.drivers import DriverSettings, Room
from framecue.frame import Frame, Still

CAMERAS = Room("framecue.camera")


class CameraSettings(DriverSettings):
    """What every camera has; a driver's Settings extends it."""

    width: int = Field(640, ge=64, le=4096, description="preview width, pixels, after turning")
    height: int = Field(480, ge=64, le=4096, description="preview height, pixels, after turning")
    rate: float = Field(30.0, gt=0, le=240, description="preview frames per second asked for")
    fov_deg: float = Field(
        48.0,
        gt=5,
        lt=150,
        description="vertical field of view of the upright preview, degrees; left out, a known lens tells",
    )
    lens: Path | None = Field(
        None, description="file of `framecue calibrate lens`, which knows field of view and distortion"
    )
    turn: int = Field(
        0, multiple_of=90, ge=0, le=270, description="degrees clockwise that make the picture upright"
    )

    def own_fov_deg(self) -> float | None:
        """The vertical field of view the camera itself tells, degrees; None where it does not."""
        return None

    def fov_deg_with(self, lens: Lens | None) -> float:
        """The vertical field of view to use: the calibrated lens's, what was set, the camera's or 48."""
        if lens is not None:
            return lens.fov_deg
        own = None if "fov_deg" in self.model_fields_set else self.own_fov_deg()
        return self.fov_deg if own is None else own


class Camera(Protocol):
    """A camera that is open from its making to `close`; after a fault it is closed and made anew.

    One thread owns a camera: no call is made while another is under way.
    Making it raises CameraMissingError where there is no such camera, CameraError where it cannot be opened.
    A driver of a real sensor, whose noise makes every picture differ, says so with a class attribute
    `lively = True`: pictures that stay identical then count as a fault.
    """

    def read(self, timeout_s: float) -> Frame:
        """Wait for the next preview frame, of the preview's size.

        Raises CameraStalledError when none came in time, CameraError on any other fault, and
        EndOfFramesError when a source that plays once has ended.
        """

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """Take a full-resolution picture of what is seen now; raises as `read` does.

        ev: stops brighter than the camera itself would expose. A camera that cannot do that, or not by so
        much, does what it can: the metadata's "exposure_ev" says what that was; without it, it was 0.
        """

    def close(self) -> None:
        """Let the hardware go. May be called twice, and after a fault."""
