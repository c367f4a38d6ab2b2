"""People put at the distances that a depth sensor measures."""

from dataclasses import replace
from typing import TYPE_CHECKING

from framecue.composition.subject import Composition
from framecue.depth.distance import can_be, distance_of
from framecue.parts import Segmentation

if TYPE_CHECKING:
    from framecue.depth.watch import DepthWatch


def placed(
    composition: Composition, segmentation: Segmentation, watch: "DepthWatch", time_s: float
) -> Composition:
    """The composition with the distance of everybody the sensor sees; the same where it has no map of then.

    A distance at which nobody could be as large as they are seen is not believed, and the sensor is told so.
    """
    depth = watch.at(time_s)
    if depth is None:
        return composition
    subjects = list(composition.subjects)
    for index, subject in enumerate(subjects):
        found = distance_of(subject, composition, segmentation, depth, watch.view)
        if found is None:
            continue
        sound = can_be(subject, found, composition, watch.view)
        if index == composition.main:
            watch.compare(sound, found.metres, time_s)
        if sound:
            subjects[index] = replace(subject, distance_m=found.metres, distance_deviation_m=found.deviation)
    return replace(composition, subjects=tuple(subjects))
