"""A frame: one camera image with its time. A still: the picture that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One preview image.

    image: (h, w, 3) uint8 RGB, upright; never written to after the frame is made.
    time_s: seconds on the camera's clock (monotonic) when the image was taken.
    number: counts up from 1 within one opening of the camera.
    depth_m: (h, w) float32 metres along the optical axis, 0 where unknown; None without a sensor.
    metadata: what the driver knows of the exposure, in plain JSON values.
    """

    image: NDArray[np.uint8]
    time_s: float
    number: int
    depth_m: NDArray[np.float32] | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One full-resolution picture.

    image: (h, w, 3) uint8 RGB, upright.
    time_s: as in Frame.
    jpeg: the picture as the camera encoded it, kept bit for bit; None where the driver gives only pixels.
    metadata: as in Frame.
    """

    image: NDArray[np.uint8]
    time_s: float
    jpeg: bytes | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
