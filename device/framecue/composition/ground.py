"""Uneven ground: feet that stand higher or lower than how far away they are explains.

Feet on one floor are seen below the horizon by the camera's height over their distance. How far away
somebody is comes from a depth sensor, or from how tall they are seen; people differ in height, so without a
sensor only a step as high as a stair tells, or feet that rise steadily from one side to the other.
"""

import math
from typing import Final

import numpy as np

from framecue.composition.pose import Lens, Pose
from framecue.composition.subject import Subject

STEP_M: Final = 0.24  # off the others' ground: more than a tall person among short ones looks like
MEASURED_STEP_M: Final = 0.13  # the same where distances are measured
SLOPE_M: Final = 0.3  # from one end of a row to the other
STEADY: Final = 0.9  # correlation of feet and place across that makes it a slope
STRIDE_M: Final = 0.35  # how far one foot may stand before the other
FOOT_M: Final = 0.06  # how high a foot may be off the ground, or be measured wrong
ADULT_HEADS: Final = 6.6  # who has fewer may be a child, whose height nobody knows


def uneven_metres(members: tuple[Subject, ...], pose: Pose, lens: Lens, level: bool = True) -> float:
    """How uneven the ground is, metres; 0 where feet and distances agree.

    pose: camera, roll included, and the height of its person. One foot on a step counts as well. level:
    whether the roll is known; else a row of feet that slopes may as well be the camera that leans.
    """
    return max(_one(members, pose, lens), _row(members, pose, lens, level))


def _one(members: tuple[Subject, ...], pose: Pose, lens: Lens) -> float:
    """The step between the two feet of somebody, beyond what a stride explains."""
    worst = 0.0
    for each in members:
        body = _body(each)
        if body is None or len(each.feet) != 2:
            continue
        far = pose.body_m * lens.focal / body
        (x1, y1), (x2, y2) = each.feet
        level = math.tan(math.radians(pose.roll_deg)) * (x2 - x1)
        apart = abs(y2 - y1 + level) * far / lens.focal
        stride = abs(pose.height_m) * STRIDE_M / max(far - STRIDE_M, STRIDE_M)
        if apart > stride + FOOT_M:
            worst = max(worst, apart - stride)
    return worst


def _row(members: tuple[Subject, ...], pose: Pose, lens: Lens, level: bool) -> float:
    """The step or slope under several people."""
    standing = [each for each in members if _body(each) is not None]
    measured = all(each.distance_m is not None for each in standing)
    if not measured:  # a child is seen as small as somebody further away
        standing = [each for each in standing if each.heads is not None and each.heads >= ADULT_HEADS]
    if len(standing) < 2:
        return 0.0
    ground = np.array([_ground(each, pose, lens, measured) for each in standing])
    step = float(np.max(np.abs(ground - np.median(ground))))
    if step > (MEASURED_STEP_M if measured else STEP_M):
        return step
    if len(standing) < 4 or not level:
        return 0.0
    across = np.array([each.centre_x for each in standing])
    if np.ptp(across) < 1 or np.ptp(ground) < 1e-6:
        return 0.0
    slope = float(np.polyfit(across, ground, 1)[0]) * float(np.ptp(across))
    steady = abs(float(np.corrcoef(across, ground)[0, 1])) >= STEADY
    return abs(slope) if steady and abs(slope) > SLOPE_M else 0.0


def _body(subject: Subject) -> float | None:
    """Pixels from head top to foot line, where both are seen."""
    if subject.head_top_y is None or subject.foot_y is None or subject.foot_y <= subject.head_top_y:
        return None
    return subject.foot_y - subject.head_top_y


def _ground(subject: Subject, pose: Pose, lens: Lens, measured: bool) -> float:
    """How high somebody's feet are, metres over the floor that the pose assumes."""
    assert subject.foot_y is not None
    body = _body(subject)
    assert body is not None
    far = subject.distance_m if measured and subject.distance_m else pose.body_m * lens.focal / body
    x, y = subject.centre_x - (lens.width - 1) / 2, subject.foot_y - (lens.height - 1) / 2
    roll = math.radians(pose.roll_deg)
    down = y * math.cos(roll) + x * math.sin(roll)  # the picture leans the other way
    return pose.height_m - far * math.tan(math.atan(down / lens.focal) - math.radians(pose.pitch_deg))
