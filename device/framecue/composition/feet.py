"""Where somebody's two feet stand, told from the cells that are feet."""

from typing import Final

import cv2
import numpy as np

from framecue.composition.edges import last_crossing
from framecue.composition.people import Person
from framecue.composition.subject import SIDES, Subject
from framecue.parts import Part

_SMALLEST: Final = 0.25  # of the larger foot's cells: less is a speck, or mostly covered
_LOW: Final = 0.3  # of the body's height: no foot stands higher than that over the other
_APART: Final = 0.08  # of somebody's width between the rows of two feet: one of them ends before the edge
_LEVEL: Final = 0.5  # person probability at which a sole ends


def find_feet(person: Person) -> list[tuple[float, float]]:
    """The lowest point of each foot, cells of `around`, left to right; one where they touch."""
    foot = (person.parts == Part.FOOT).astype(np.uint8)
    foot[: person.box[3] - person.around[1] - round(_LOW * (person.box[3] - person.box[1]))] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foot, connectivity=8)
    order = sorted(range(1, count), key=lambda index: -int(stats[index, cv2.CC_STAT_AREA]))[:2]
    found = []
    for index in order:
        if stats[index, cv2.CC_STAT_AREA] < _SMALLEST * stats[order[0], cv2.CC_STAT_AREA]:
            continue
        left, width = int(stats[index, cv2.CC_STAT_LEFT]), int(stats[index, cv2.CC_STAT_WIDTH])
        top = int(stats[index, cv2.CC_STAT_TOP])
        sole = last_crossing(person.probability[top:, left : left + width].max(axis=1), _LEVEL)
        lowest = top + (float(stats[index, cv2.CC_STAT_HEIGHT]) if sole is None else sole)
        columns = np.flatnonzero((labels[:, left : left + width] == index).any(axis=0))
        found.append((left + float(columns.mean()), float(lowest)))
    return sorted(found)


def one_foot_outside(members: tuple[Subject, ...]) -> bool:
    """Whether the frame's edge takes one foot of somebody whose other is seen whole."""
    for each in members:
        if any(each.cut.get(side) == Part.FOOT for side in SIDES):
            return True
        if each.cut.get("bottom") == Part.FOOT and len(each.feet) == 2:
            (_, one), (_, other) = each.feet
            if abs(one - other) > _APART * (each.right_x - each.left_x):
                return True
    return False
