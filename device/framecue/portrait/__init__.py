"""Portraits: what is rendered from an original, with depth of field, another place behind people, light."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from framecue.portrait.lens import LensSettings

Effect = Literal["none", "blur", "backdrop"]


class PortraitSettings(LensSettings):
    """What is rendered from each shot, after it is safe."""

    effect: Effect = Field("none", description="what the booth makes of each shot, beside the original")
    backdrop: str = Field(
        "#00b140", description="picture file put behind people, or a colour such as #00b140, chroma green"
    )
    camera_height_m: float = Field(
        1.3,
        ge=0.2,
        le=3,
        description="height of the camera over the floor, metres, where no sensor tells its pitch",
    )
    pair: Path | None = Field(
        None, description="file of `framecue calibrate stereo`, for photos taken with two cameras"
    )
    pets: bool = Field(True, description="whether cats and dogs are kept too; needs the model deeplab")
    lift_ev: float = Field(
        1.0,
        ge=0,
        le=2,
        description="stops that people against the light are brightened by, at most; 0 = never",
    )
    grain: float = Field(
        1.0,
        ge=0,
        le=2,
        description="how much of the photo's own grain goes on what was blurred; 0 = none",
    )
    jpeg_quality: int = Field(93, ge=50, le=100, description="JPEG quality of portraits")
    job_mb: int = Field(
        450,
        ge=200,
        le=4000,
        description="megabytes one render may need; how many run at once follows from it",
    )

    @property
    def lens(self) -> LensSettings:
        """The lens that blur imitates."""
        return self
