"""Light on people who stand against it: a curve for their pixels alone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, to_bytes, to_linear

_WANTED: Final = 0.19  # linear light faces should have at the median
_AGAINST: Final = 1.0  # stops the surroundings are brighter by, from which people stand against the light
_LEAST_EV: Final = 0.15


def backlight_ev(light: Plane, alpha: Plane, faces: Plane) -> float:
    """How much brighter the surroundings are than faces, stops; all (h, w), light is luminance."""
    mine, around = light[faces > 0.5], light[alpha < 0.05]
    if len(mine) < 16 or len(around) < 16:
        return 0.0
    return float(np.log2((np.mean(around) + 0.01) / (np.median(mine) + 0.01)))


def find_curve(light: Plane, alpha: Plane, faces: Plane, most_ev: float) -> NDArray[np.uint8] | None:
    """The curve that lifts people against the light, (256,) uint8; None where no face needs it.

    light: (h, w) float32 luminance, linear. alpha, faces: (h, w) float32, 0..1. most_ev: stops, at most.
    """
    against = backlight_ev(light, alpha, faces) - _AGAINST
    mine = light[faces > 0.5]
    if against <= 0 or most_ev <= 0:
        return None
    needed = float(np.log2(_WANTED / max(float(np.median(mine)), 1e-3)))
    stops = min(most_ev, needed, 0.6 * against)
    return curve(stops) if stops >= _LEAST_EV else None


def curve(stops: float) -> NDArray[np.uint8]:
    """Brighter by that many stops in the shadows, going over into no change at white, (256,) uint8."""
    light = to_linear(np.arange(256, dtype=np.uint8).reshape(1, -1))
    gain = np.float32(2**stops)
    lifted = light * gain / (1 + (gain - 1) * light)
    return to_bytes(lifted).reshape(-1)
