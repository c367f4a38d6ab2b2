"""What a time-of-flight sensor makes of true depth: noise, holes, a range, pixels that fly between surfaces.

Noise grows with distance as less light returns (Foix, Alenyà and Torras, "Lock-in time-of-flight cameras: a
survey", IEEE Sensors Journal 2011); at edges a pixel sees both surfaces and tells something in between.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

_EDGE: Final = 0.08  # relative step in depth from which a pixel sees two surfaces


@dataclass(frozen=True, slots=True)
class Tof:
    """A sensor's weaknesses. range_m: what is further away is unknown.

    noise_m, noise_far: deviation is noise_m plus noise_far times the square of the metres.
    holes: share of pixels that tell nothing. flying: share of edge pixels that tell a depth between surfaces.
    """

    range_m: float = 4.0
    noise_m: float = 0.004
    noise_far: float = 0.0015
    holes: float = 0.01
    flying: float = 0.5

    def sense(self, depth_m: Map, rng: np.random.Generator) -> tuple[Map, Map]:
        """Depth and confidence, each (h, w) float32, of (h, w) true metres; 0 is endless, or unknown."""
        deviation = np.float32(self.noise_m) + np.float32(self.noise_far) * depth_m**2
        told = depth_m + deviation * rng.standard_normal(depth_m.shape).astype(np.float32)
        reach = np.ones((3, 3), np.uint8)
        near, far = cv2.erode(depth_m, reach), cv2.dilate(depth_m, reach)
        edge = (near > 0) & (far - near > _EDGE * depth_m)
        hanging = edge & (rng.random(depth_m.shape) < self.flying)
        share = rng.random(depth_m.shape).astype(np.float32)
        told = np.where(hanging, near + share * (far - near), told)
        confidence = 1 / (1 + (depth_m / np.float32(self.range_m)) ** 2)
        confidence = np.where(hanging, 0.5 * confidence, confidence)
        unknown = (depth_m <= 0) | (told > self.range_m) | (rng.random(depth_m.shape) < self.holes)
        return (
            np.where(unknown, 0, told).astype(np.float32),
            np.where(unknown, 0, confidence).astype(np.float32),
        )
