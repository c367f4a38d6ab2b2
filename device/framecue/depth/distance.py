"""How far away a measured person stands, from a depth map over the camera's view."""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.pose import child_shrink
from framecue.composition.subject import Composition, Subject
from framecue.depth.align import CameraView, DepthMap
from framecue.parts import Part, Segmentation

_LEAST_CELLS: Final = 3
_SURE: Final = 0.1  # confidence below which a cell is no witness
_FRONT_M: Final = 0.10  # from the surface that is seen to the middle of the body
_SLACK: Final = 0.12  # of the nearest tenth's distance: further behind it is not the body
_LEAST_SPREAD_M: Final = 0.02  # no sensor and no posture is surer than that
_SHARE: Final = 0.01  # of the distance: what a sensor's scale may be off
_ADULT_M: Final = 1.7
_SHORTEST: Final = 0.62  # of what somebody of that many heads measures, more or less
_SMALLEST_M, _TALLEST_M = 0.55, 2.3
_STEEP: Final = 0.8  # of its height: what a body seen from above or below looks like

_BODY: Final = (Part.HAIR, Part.FACE, Part.TORSO, Part.LEG)  # arms and bags are held before the body


class Distance(NamedTuple):
    """Along the floor from the camera to a person's middle, and its deviation, metres."""

    metres: float
    deviation: float


def distance_of(
    subject: Subject,
    composition: Composition,
    segmentation: Segmentation,
    depth: DepthMap,
    view: CameraView,
) -> Distance | None:
    """How far a subject stands; None where the map knows too little of it.

    A standing body is a line that runs up. How far the camera is from that line is how far they are apart
    along the floor, whichever way the camera is tilted. Which way is up comes from the composition's pitch
    and roll where a sensor tells, and else from the body itself.
    """
    points = _body_points(subject, composition, segmentation, depth, view)
    if points is None:
        return None
    centre = np.median(points, axis=0)
    upright = _upright(points, composition)
    away = centre - (centre @ upright) * upright
    metres = float(np.linalg.norm(away))
    if metres < 1e-3:
        return None
    off = points @ (away / metres) - metres
    noise = 1.48 * float(np.median(np.abs(off - np.median(off)))) / math.sqrt(min(len(points), 25))
    deviation = math.hypot(noise, _LEAST_SPREAD_M, _SHARE * metres)
    return Distance(metres + _FRONT_M, deviation)


def can_be(subject: Subject, distance: Distance, composition: Composition, view: CameraView) -> bool:
    """Whether somebody that far away could be that large in the picture; True where it cannot be told."""
    if subject.head_top_y is None or subject.foot_y is None or subject.cut:
        return True
    scale = 2 * math.tan(math.radians(view.fov_deg) / 2) / composition.height
    tall_m = distance.metres * scale * (subject.foot_y - subject.head_top_y)
    heads = subject.heads
    likely_m = None if heads is None else _ADULT_M * math.exp(child_shrink(np.array([heads]))[0])
    least_m = _SMALLEST_M if likely_m is None else max(_SHORTEST * likely_m, _SMALLEST_M)
    doubt = 3 * distance.deviation / max(distance.metres, 0.1)
    return least_m * _STEEP * (1 - doubt) <= tall_m <= _TALLEST_M / _STEEP * (1 + doubt)


def _body_points(
    subject: Subject,
    composition: Composition,
    segmentation: Segmentation,
    depth: DepthMap,
    view: CameraView,
) -> NDArray[np.float64] | None:
    """(n, 3) points of a subject's body in the camera's axes, metres: right, down, forward."""
    rows, columns = depth.depth_m.shape
    body = np.isin(segmentation.parts, _BODY).astype(np.float32)
    # A cell counts where nearly all of it is body; where cells are coarse, where most of it is.
    share = cv2.resize(body, (columns, rows), interpolation=cv2.INTER_AREA)
    limit = 0.9 if columns >= 64 else 0.6
    across = (np.arange(columns) + 0.5) * composition.width / columns - 0.5
    downward = (np.arange(rows) + 0.5) * composition.height / rows - 0.5
    top = -math.inf if subject.head_top_y is None else subject.head_top_y
    bottom = math.inf if subject.foot_y is None else subject.foot_y
    inside = ((downward >= top) & (downward <= bottom))[:, None] & (
        (across >= subject.left_x) & (across <= subject.right_x)
    )
    known = inside & (share >= limit) & (depth.depth_m > 0) & (depth.confidence >= _SURE)
    y, x = np.nonzero(known)
    if len(y) < _LEAST_CELLS:
        return None
    metres = depth.depth_m[y, x].astype(np.float64)
    near = float(np.percentile(metres, 10))
    own = metres <= near * (1 + _SLACK) + 0.15  # what shows between arm and body is further away
    y, x, metres = y[own], x[own], metres[own]
    lens = view.ideal()
    seen = np.stack([x, y], axis=1).astype(np.float64)[:, None]
    rays = cv2.undistortPoints(seen, lens.matrix(columns, rows), np.array(lens.distortion))[:, 0]
    return np.column_stack([rays * metres[:, None], metres])


def _upright(points: NDArray[np.float64], composition: Composition) -> NDArray[np.float64]:
    """(3,) unit vector up in the camera's axes: right, down, forward."""
    roll = math.radians(composition.roll_deg or 0.0)
    pitch = composition.pitch_deg
    if pitch is None:
        pitch = _leaning(points, roll)
    lean = math.radians(pitch)
    return np.array([-math.sin(roll) * math.cos(lean), -math.cos(roll) * math.cos(lean), math.sin(lean)])


def _leaning(points: NDArray[np.float64], roll: float) -> float:
    """Pitch of a camera that sees a body recede upwards, degrees; 0 where too little of it is seen."""
    upward = -points[:, 1] * math.cos(roll) - points[:, 0] * math.sin(roll)
    low, high = np.percentile(upward, [5, 95])
    if high - low < 0.5:
        return 0.0
    bands = np.clip(((upward - low) / (high - low) * 8).astype(int), 0, 7)
    filled = [band for band in range(8) if (bands == band).sum() >= _LEAST_CELLS]
    if len(filled) < 4:
        return 0.0
    heights = np.array([np.median(upward[bands == band]) for band in filled])
    depths = np.array([np.median(points[bands == band, 2]) for band in filled])
    slope = np.polyfit(heights, depths, 1)[0]
    return float(np.clip(np.degrees(np.arctan(slope)), -40, 40))
