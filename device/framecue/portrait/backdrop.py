"""Another place behind people, made to look as if they stood there: horizon, light, blur, grain, shadow."""

import re
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import LUMA, Plane, to_bytes, to_linear
from framecue.errors import PhotoError
from framecue.photo import read_photo
from framecue.portrait.scene import Stage

Standing = tuple[float, float, float]  # left, right, foot_y of somebody, photo pixels

_LEAST_SIDE: Final = 64  # pixels; a smaller backdrop is taken for a mistake
_LARGER: Final = 1.35  # how much a backdrop may be enlarged to bring its horizon where the photo's is
_MATCHED: Final = 0.55  # how far the backdrop's light is brought to the photo's
_MOST_EV: Final = 0.8
_MOST_TINT: Final = 1.25
_WRAP: Final = 0.22  # how much of the light beside them reaches over people's edges
_WRAP_M: Final = 0.03  # how far, metres
_SHADOWS: Final = ((0.05, 0.012, 0.5), (0.16, 0.035, 0.35))  # metres wide, metres deep, darkness
_SOLE_M: Final = 0.07  # of somebody, from the floor up, that casts the contact shadow


def read_backdrop(name: str) -> NDArray[np.uint8]:
    """A backdrop, (h, w, 3) uint8 RGB: a file's, or 1 x 1 of a colour such as #00b140.

    Raises PhotoError for a file that is no picture or too small, and for a colour that is none.
    """
    if name.startswith("#"):
        if re.fullmatch(r"#[0-9a-fA-F]{6}", name) is None:
            raise PhotoError(f"backdrop {name} is no colour; write it as #00b140")
        return np.array([[[int(name[at : at + 2], 16) for at in (1, 3, 5)]]], np.uint8)
    try:
        picture = read_photo(Path(name).expanduser(), fit=(6000, 6000), max_megapixels=250)
    except PhotoError as error:
        raise PhotoError(f"backdrop: {error}") from error
    if min(picture.shape[:2]) < _LEAST_SIDE:
        size = f"{picture.shape[1]} x {picture.shape[0]}"
        raise PhotoError(f"backdrop {name} has only {size} pixels; use one of {_LEAST_SIDE} or more a side")
    return picture


def is_colour(backdrop: NDArray[np.uint8]) -> bool:
    """Whether a backdrop is a plain colour, for other tools to key on, and not a place."""
    return backdrop.shape[:2] == (1, 1)


def placed(
    backdrop: NDArray[np.uint8], width: int, height: int, horizon_y: float | None
) -> NDArray[np.uint8]:
    """A backdrop cut and scaled to a photo's size, its horizon, taken to be halfway up, at horizon_y."""
    if is_colour(backdrop):
        return np.broadcast_to(backdrop[0, 0], (height, width, 3)).astype(np.uint8)
    rows, columns = backdrop.shape[:2]
    scale = max(width / columns, height / rows)
    wanted = height / 2 if horizon_y is None else min(max(horizon_y, 0.15 * height), 0.85 * height)
    # Cut around the horizon, more is needed on its longer side than there is: enlarge, within limits.
    scale = min(max(scale, 2 * max(wanted, height - wanted) / rows), _LARGER * scale)
    top = min(max(rows * scale / 2 - wanted, 0.0), rows * scale - height)
    left = (columns * scale - width) / 2
    matrix = np.array([[1 / scale, 0, (left + 0.5) / scale - 0.5], [0, 1 / scale, (top + 0.5) / scale - 0.5]])
    if scale < 0.7:  # what would be skipped is averaged first
        size = max(1, round(columns * scale)), max(1, round(rows * scale))
        backdrop = np.asarray(cv2.resize(backdrop, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = np.array([[1.0, 0, left], [0, 1.0, top]])
    flags = (cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(backdrop, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.uint8)


def match_light(backdrop: NDArray[np.uint8], photo: Plane, people: Plane) -> None:
    """Bring a backdrop's brightness and colour of light towards the photo's, in place.

    photo: (h, w, 3) float32 linear light, reduced. people: (h, w) float32 alpha of it. What surrounded people
    in the photo tells the light they stand in.
    """
    around = photo[people < 0.05]
    if len(around) < 64:
        return
    step = max(1, min(backdrop.shape[:2]) // 200)
    there = to_linear(np.ascontiguousarray(backdrop[::step, ::step])).reshape(-1, 3)
    here, other = _light(around), _light(there)
    stops = float(np.clip(_MATCHED * np.log2(here @ LUMA / (other @ LUMA)), -_MOST_EV, _MOST_EV))
    tint = ((here / (here @ LUMA)) / (other / (other @ LUMA))) ** _MATCHED
    gains = 2**stops * np.clip(tint, 1 / _MOST_TINT, _MOST_TINT)
    light = to_linear(np.arange(256, dtype=np.uint8).reshape(1, 256))
    curves = [to_bytes(_rolled_off(light * np.float32(gain))) for gain in gains]
    cv2.LUT(backdrop, np.asarray(cv2.merge(curves)), dst=backdrop)


def cast_shadow(
    backdrop: NDArray[np.uint8], alpha: NDArray[np.uint8], stage: Stage, feet: list[Standing]
) -> None:
    """Darken a backdrop's floor where people touch it, in place; alpha: (h, w) uint8 of the photo."""
    metre = stage.pixels_per_metre
    scale = max(1, round(metre / 120))
    height, width = alpha.shape
    for left, right, foot in feet:
        top, bottom = int(foot - 0.4 * metre), int(foot + 0.25 * metre)
        box = (
            slice(max(0, top), min(height, bottom)),
            slice(max(0, int(left - 0.4 * metre)), min(width, int(right + 0.4 * metre))),
        )
        soles = alpha[box].copy()
        soles[: max(0, int(foot - _SOLE_M * metre) - box[0].start)] = 0
        if not soles.any():
            continue
        size = max(1, soles.shape[1] // scale), max(1, soles.shape[0] // scale)
        small = cv2.resize(soles, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        dark = np.zeros_like(small)
        for wide, deep, strength in _SHADOWS:
            soft = cv2.GaussianBlur(small, (0, 0), wide * metre / scale, sigmaY=deep * metre / scale)
            dark = 1 - (1 - dark) * (1 - np.float32(strength) * np.minimum(1.6 * soft, 1))
        share = 1 - cv2.resize(dark, (soles.shape[1], soles.shape[0]))[..., None]
        lit = to_linear(np.ascontiguousarray(backdrop[box])) * share
        backdrop[box] = to_bytes(lit)


def light_wrap(backdrop: Plane, alpha: Plane, stage: Stage, scale: int) -> tuple[Plane, Plane]:
    """The backdrop's light that reaches over people's edges: light times cover, (h, w, 3), and cover, (h, w).

    backdrop: (h, w, 3) float32 linear light; alpha: (h, w) float32, both reduced by scale.
    """
    reach = max(0.8, _WRAP_M * stage.pixels_per_metre / scale)
    free = 1 - alpha
    near = cv2.GaussianBlur(free, (0, 0), reach)
    light = cv2.GaussianBlur(backdrop * free[..., None], (0, 0), reach)
    share = np.float32(_WRAP) * alpha
    return np.asarray(light * share[..., None], np.float32), np.asarray(near * share, np.float32)


def _light(pixels: Plane) -> NDArray[np.float64]:
    """The light of a place: mean of its pixels, the brightest left out, (3,)."""
    bright = pixels.max(axis=1)
    kept = pixels[bright <= np.percentile(bright, 97)]
    return np.maximum(np.asarray(kept.mean(axis=0), np.float64), 0.004)


def _rolled_off(light: Plane) -> Plane:
    """Light over .7 pressed together, so that nothing gets lost in white."""
    over = np.maximum(light - 0.7, 0)
    return np.asarray(np.minimum(light, 0.7) + 0.3 * over / (0.3 + over), np.float32)
