"""How a camera would have exposed a studio picture, against a light and otherwise than by itself."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import to_bytes, to_linear

_MEAN: Final = 0.22  # linear light that automatic exposure brings the picture's mean to


def exposed(
    image: NDArray[np.uint8], people: NDArray[np.bool_], backlight_ev: float, ev: float
) -> NDArray[np.uint8]:
    """The picture with brighter surroundings, exposed as a camera does, and then `ev` stops more.

    image: (h, w, 3) uint8 RGB, evenly lit. people: (h, w). backlight_ev: stops by which everything else gets
    brighter; the exposure then follows the mean, so that people go dark. What is too bright is clipped and
    lost, as on a sensor.
    """
    around = cv2.GaussianBlur((~people).astype(np.float32), (3, 3), 0)
    light = to_linear(image) * np.exp2(backlight_ev * around)[..., None].astype(np.float32)
    if backlight_ev:  # without it the studio's own exposure is right
        small = cv2.resize(light, (64, 48), interpolation=cv2.INTER_AREA)
        # A camera meters what its sensor can hold, so a sky four stops over white counts no more than one.
        gain = 1.0
        for _ in range(8):
            gain *= _MEAN / max(float(np.minimum(small * gain, 2.0).mean()), 1e-6)
        light *= gain
    return to_bytes(light * np.float32(2.0**ev))
