"""From a photo and who is in it to a portrait: depth of field, or another place behind people."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, luma, unit
from framecue.portrait import PortraitSettings
from framecue.portrait.backdrop import Standing, cast_shadow, is_colour, light_wrap, match_light, placed
from framecue.portrait.backgrounds import OutOfFocus, Picture, reduced
from framecue.portrait.blur import Spread, spread
from framecue.portrait.compose import Layers, compose
from framecue.portrait.foreground import Colours, estimate
from framecue.portrait.grain import measure_grain
from framecue.portrait.lens import LensSettings, blur_radius
from framecue.portrait.lift import find_curve
from framecue.portrait.matte import Matte, shrunk_to
from framecue.portrait.scene import Stage, ground
from framecue.portrait.screen import take_spill
from framecue.windows import Linear

_SPREAD_PX: Final = 10.0  # radius of the largest blur at the reduced size, about
_REDUCED: Final = 1_300_000  # pixels of the reduced size, at most
_NEARER: Final = 1.06  # nearness from which a measured thing is in front of who is in focus


@dataclass(frozen=True, slots=True, eq=False)
class Portrayed:
    """A photo ready to be made a portrait of.

    image: (h, w, 3) uint8 RGB, changed in place. faces: (any h, any w) float32, 1 on faces of people kept.
    nearness: (any h, any w) float32, focus distance over distance, where it was measured; None for a level
    floor and endless distance behind it. standing: of everybody kept whose feet are seen.
    """

    image: NDArray[np.uint8]
    matte: Matte
    stage: Stage
    faces: Plane
    nearness: Plane | None = None
    standing: tuple[Standing, ...] = ()

    def scale(self, lens: LensSettings) -> int:
        """Photo pixels per pixel of the size that is blurred."""
        far = blur_radius(np.zeros(1, np.float32), self.stage.pixels_per_metre, lens.opening_m)
        least = int(np.ceil(np.sqrt(self.image.shape[0] * self.image.shape[1] / _REDUCED)))
        return max(1, round(float(far[0]) / _SPREAD_PX), least)


def blur_background(photo: Portrayed, settings: PortraitSettings) -> NDArray[np.uint8]:
    """Blur what a fast lens would, in place; returns the (h, w) uint8 alpha it went by."""
    image, matte, lens = photo.image, photo.matte, settings.lens
    alpha = matte.apply(image)
    scale = photo.scale(lens)
    light = reduced(image, scale)
    mine = matte.coarse(scale, light.shape[1], light.shape[0])
    found, radius = _spread(photo, light, mine, lens, scale)
    curve = _lift(photo, light, mine, settings)
    before = None if found.front is None or found.cover is None else (found.front, found.cover)
    behind = OutOfFocus(found.back, radius, scale, settings.grain * measure_grain(image))
    compose(image, Layers(matte, alpha, window_colours(image, matte), behind, curve, before))
    return alpha


def put_backdrop(
    photo: Portrayed, backdrop: NDArray[np.uint8], settings: PortraitSettings
) -> NDArray[np.uint8]:
    """Put a backdrop, (h, w, 3) uint8 RGB of any size, behind people, in place; returns the uint8 alpha.

    A 1 x 1 backdrop is a colour: it stays exactly that, and nothing is matched to it.
    """
    image, matte = photo.image, photo.matte
    height, width = image.shape[:2]
    alpha = matte.apply(image)
    if matte.screen is not None:
        take_spill(image, alpha, matte.screen)
    place = placed(backdrop, width, height, photo.stage.horizon_y)
    if is_colour(backdrop):
        compose(image, Layers(matte, alpha, window_colours(image, matte), Picture(place)))
        return alpha
    scale = photo.scale(settings.lens)
    light = reduced(image, scale)
    mine = matte.coarse(scale, light.shape[1], light.shape[0])
    curve = _lift(photo, light, mine, settings)
    if matte.screen is None:
        match_light(place, light, mine)
    grain = settings.grain * measure_grain(image)
    _blur_place(replace(photo, image=place, nearness=None), settings.lens, scale, grain)
    cast_shadow(place, alpha, photo.stage, list(photo.standing))
    before = light_wrap(reduced(place, scale), mine, photo.stage, scale)
    compose(image, Layers(matte, alpha, window_colours(image, matte), Picture(place), curve, before))
    return alpha


def window_colours(image: NDArray[np.uint8], matte: Matte) -> Colours:
    """Colours of somebody and of the background in the matte's window."""
    return estimate(unit(shrunk_to(image, matte)), matte.alpha)


def _lift(
    photo: Portrayed, light: Plane, mine: Plane, settings: PortraitSettings
) -> NDArray[np.uint8] | None:
    faces = cv2.resize(photo.faces, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return find_curve(luma(light), mine, np.asarray(faces * mine, np.float32), settings.lift_ev)


def _spread(
    photo: Portrayed, light: Plane, mine: Plane, lens: LensSettings, scale: int
) -> tuple[Spread, Plane]:
    """A reduced picture spread by the lens, and the radii it was spread by, pixels of it."""
    rows, columns = light.shape[:2]
    if photo.nearness is None:
        near = ground(photo.stage, columns, rows, scale)
    else:
        near = np.asarray(cv2.resize(photo.nearness, (columns, rows)), np.float32)
    radius = blur_radius(near, photo.stage.pixels_per_metre / scale, lens.opening_m)
    weight = np.square(1 - np.minimum(1.25 * mine, 1))
    nearer = None if photo.nearness is None else near > _NEARER
    return spread(light, radius, weight, lens, nearer), radius


def _blur_place(place: Portrayed, lens: LensSettings, scale: int, grain: float) -> None:
    """Blur a picture without anybody in it, in place."""
    height, width = place.image.shape[:2]
    nothing = np.zeros((2, 2), np.float32)
    nobody = Matte(width, height, (0, 0, width, height), nothing, Linear((nothing,) * 3, nothing))
    light = reduced(place.image, scale)
    found, radius = _spread(place, light, np.zeros(light.shape[:2], np.float32), lens, scale)
    behind = OutOfFocus(found.back, radius, scale, grain)
    alpha = np.zeros((height, width), np.uint8)
    compose(place.image, Layers(nobody, alpha, window_colours(place.image, nobody), behind))
