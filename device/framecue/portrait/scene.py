"""How far away everything is, relative to who is in focus, where no sensor tells.

Nearness is focus distance over distance: 1 where people stand, 0 endlessly far, 2 at half their distance.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.subject import Subject
from framecue.portrait.kept import Kept

_BODY_M: Final = 1.66  # soles to hair, on average
_HEAD_M: Final = 0.235  # chin to hair
_FAR: Final = 0.0
_NEAREST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where people stand in a photo, photo pixels.

    pixels_per_metre: at their distance. foot_y: where they touch the floor, None where it is not seen.
    horizon_y: the row level with the camera, at the photo's middle column; None where nothing tells it.
    roll_deg: as in Composition.
    """

    pixels_per_metre: float
    foot_y: float | None
    horizon_y: float | None
    roll_deg: float = 0.0


def find_stage(kept: Kept, camera_height_m: float, fov_deg: float | None = None) -> Stage:
    """Where the people kept stand: from their lines, and the camera's pitch or else its usual height.

    fov_deg: the photo's vertical field of view, degrees; only used where the pitch is known.
    """
    composition = kept.composition
    subjects = [composition.subjects[index] for index in kept.whom]
    scale = _scale(subjects, kept, composition.height)
    feet = [subject.foot_y for subject in subjects if subject.foot_y is not None]
    foot = max(feet) if feet else None
    horizon = None
    if composition.pitch_deg is not None and fov_deg is not None:
        focal = composition.height / 2 / np.tan(np.radians(fov_deg) / 2)
        horizon = float((composition.height - 1) / 2 + focal * np.tan(np.radians(composition.pitch_deg)))
    elif foot is not None:
        # Whatever is as high as the camera is seen on the horizon, people's own height included.
        horizon = foot - camera_height_m * scale
    return Stage(scale, foot, horizon, composition.roll_deg or 0.0)


def ground(stage: Stage, width: int, height: int, scale: float) -> NDArray[np.float32]:
    """Nearness of a level floor that people stand on, and of nothing above it: (height, width) float32.

    scale: photo pixels per pixel of the result. Floor recedes until the horizon; all else is endlessly far.
    Without a foot line in the photo everything is far.
    """
    if stage.foot_y is None or stage.horizon_y is None or stage.foot_y - stage.horizon_y < 1:
        return np.full((height, width), _FAR, np.float32)
    rows = ((np.arange(height, dtype=np.float32) + 0.5) * scale - 0.5)[:, None]
    columns = ((np.arange(width, dtype=np.float32) + 0.5) - width / 2)[None, :] * scale
    # A camera rolled clockwise sees the horizon rise to the right.
    below = rows - stage.horizon_y + columns * np.float32(np.tan(np.radians(stage.roll_deg)))
    return np.clip(below / np.float32(stage.foot_y - stage.horizon_y), _FAR, _NEAREST)


def _scale(subjects: list[Subject], kept: Kept, height: int) -> float:
    """Pixels per metre where the tallest kept person stands."""
    bodies = [
        (subject.foot_y - subject.head_top_y) / _BODY_M
        for subject in subjects
        if subject.foot_y is not None and subject.head_top_y is not None
    ]
    if bodies:
        return max(bodies)
    heads = [
        (subject.chin_y - subject.head_top_y) / _HEAD_M
        for subject in subjects
        if subject.chin_y is not None and subject.head_top_y is not None
    ]
    if heads:
        return max(heads)
    return max(kept.head, 1.0) * float(height / kept.mask.shape[0]) / _HEAD_M
