"""Pan-tilt heads: what turns and tilts a fixed camera by itself.

A driver goes where it is told; `turner` decides when and how fast.
"""

from typing import Protocol, Self

from pydantic import Field, model_validator

from framecue.composition.cue import Way
from framecue.drivers import DriverSettings, Room

PAN_TILTS = Room("framecue.pantilt")


class PanTiltSettings(DriverSettings):
    """What every head has; a driver's Settings extends it.

    Angles are degrees from where the camera looks at rest, to the right and up.
    """

    pan_from_deg: float = Field(-40.0, ge=-90, le=0, description="farthest turn to the left, degrees")
    pan_to_deg: float = Field(40.0, ge=0, le=90, description="farthest turn to the right, degrees")
    tilt_from_deg: float = Field(-20.0, ge=-60, le=0, description="farthest tilt down, degrees")
    tilt_to_deg: float = Field(20.0, ge=0, le=60, description="farthest tilt up, degrees")
    speed_dps: float = Field(
        10.0, ge=1, le=60, description="degrees per second; a slow camera startles nobody"
    )
    deadband_deg: float = Field(
        0.8, ge=0.3, le=20, description="degrees off the look under which the camera is not turned"
    )
    settle_s: float = Field(
        0.8, ge=0.2, le=10, description="seconds that people must stand before the camera is turned"
    )
    home_after_s: float = Field(
        20.0, ge=1, le=3600, description="seconds without anybody after which the camera looks ahead again"
    )

    @model_validator(mode="after")
    def _wide_enough(self) -> Self:
        for name in ("pan", "tilt"):
            low, high = getattr(self, f"{name}_from_deg"), getattr(self, f"{name}_to_deg")
            if 0 < high - low < 2 * self.deadband_deg:
                raise ValueError(
                    f"{name} can move {high - low:g} degrees, less than twice the deadband; widen it, or "
                    "set both its ends to 0"
                )
        return self

    @property
    def limits(self) -> dict[Way, tuple[float, float]]:
        """How far it can go each way, degrees: from and to."""
        return {
            "pan": (self.pan_from_deg, self.pan_to_deg),
            "tilt": (self.tilt_from_deg, self.tilt_to_deg),
        }


class PanTilt(Protocol):
    """A head that is open from its making to `close`; making it puts the camera at rest (0, 0).

    Making it raises PanTiltError where its hardware cannot be used.
    """

    def point(self, pan_deg: float, tilt_deg: float) -> None:
        """Go there now; returns at once. Raises PanTiltError when the hardware fails."""

    def close(self) -> None:
        """Let the hardware go. May be called twice."""
