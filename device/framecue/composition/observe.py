"""Everything that is known of a live frame: its people, how the camera is held, how the light falls."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.light import find_light
from framecue.composition.measure import measure
from framecue.composition.subject import Composition
from framecue.composition.tilt import SeenTilt, find_tilt
from framecue.depth.place import placed
from framecue.parts import Segmentation

if TYPE_CHECKING:
    from framecue.depth.watch import DepthWatch
    from framecue.imu.watch import ImuWatch

_EVERY_S: Final = 0.2  # roll and light change slowly: found this often, they cost a frame next to nothing
_SENSED_DEG: Final = 0.5  # deviation of a level sensor's roll and pitch
_SIDE: Final = 320  # longer side, pixels, at which upright edges are sought in a live picture


class Observer:
    """Makes compositions of the frames of one camera; feed it frames in time order.

    fov_deg: the camera's vertical field of view. imu: its level sensor, where it has one; roll and pitch are
    taken from it while it works, and from the picture otherwise. depth: its depth sensor, where it has one.
    """

    def __init__(
        self, fov_deg: float = 48.0, imu: "ImuWatch | None" = None, depth: "DepthWatch | None" = None
    ) -> None:
        self._fov_deg, self._imu, self._depth = fov_deg, imu, depth
        self._found_s = -math.inf
        self._seen: SeenTilt | None = None
        self._backlight_ev: float | None = None

    def observe(self, image: NDArray[np.uint8], segmentation: Segmentation, time_s: float) -> Composition:
        """The composition of a frame taken at time_s, seconds; arguments as in `measure`."""
        composition = measure(image, segmentation)
        if not 0 <= time_s - self._found_s < _EVERY_S:
            self._found_s = time_s
            self._look_closely(image, segmentation, composition, time_s)
        composition = replace(self._tilted(composition), backlight_ev=self._backlight_ev)
        return composition if self._depth is None else placed(composition, segmentation, self._depth, time_s)

    def _tilted(self, composition: Composition) -> Composition:
        """The composition with roll and pitch: the sensor's, or else what the picture shows of them."""
        tilt, seen = None if self._imu is None else self._imu.tilt, self._seen
        if seen is not None:
            composition = replace(
                composition,
                roll_deg=seen.roll_deg if seen.roll_known else None,
                likely_roll_deg=seen.roll_deg,
                roll_deviation_deg=seen.roll_sigma_deg,
                pitch_deg=seen.pitch_deg if seen.pitch_known else None,
                pitch_deviation_deg=seen.pitch_sigma_deg if seen.pitch_known else None,
            )
        if tilt is None:
            return composition
        return replace(
            composition,
            roll_deg=tilt.roll_deg,
            roll_deviation_deg=_SENSED_DEG,
            pitch_deg=tilt.pitch_deg,
            pitch_deviation_deg=None,
        )

    def _look_closely(
        self, image: NDArray[np.uint8], segmentation: Segmentation, composition: Composition, time_s: float
    ) -> None:
        self._seen = find_tilt(image, segmentation, self._fov_deg, side=_SIDE)
        light = find_light(image, segmentation, composition)
        self._backlight_ev = None if light is None else light.backlight_ev
        if self._imu is not None:
            self._imu.compare(self._seen, time_s)


def observed_photo(image: NDArray[np.uint8], segmentation: Segmentation, fov_deg: float) -> Composition:
    """The composition of one photo: as `measure`, with the roll and the light it shows.

    The pitch is left out: whose lens is not known well shows a wrong one.
    """
    composition = measure(image, segmentation)
    seen, light = find_tilt(image, segmentation, fov_deg), find_light(image, segmentation, composition)
    return replace(
        composition,
        roll_deg=seen.roll_deg if seen is not None and seen.roll_known else None,
        backlight_ev=None if light is None else light.backlight_ev,
    )
