"""What is seen of somebody, steadied over time, and whether it moves."""

import math
from dataclasses import replace
from typing import Final

from framecue.composition.filter import Steady
from framecue.composition.framing import Framing
from framecue.composition.pose import Lens, Sight
from framecue.composition.subject import Composition, Subject

MOVING: Final = 0.015  # shares of the frame within a third of a second: the camera is being moved
WALKING: Final = 0.02  # change of a body's height, as a share, within the same time
TOLD_DEG, LEAST_DEG = 1.0, 0.4  # deviation of an angle that comes without one, and the least there is
PLACED: Final = ("head_top", "chin", "foot", "middle")  # tracks that tell whether the picture moves
NOISE: Final = {
    "head_top": 0.004, "chin": 0.004, "foot": 0.004, "middle": 0.006, "left": 0.01, "right": 0.01,
    "roll": 0.7, "pitch": 0.5, "distance": 0.05, "size": 0.006,
}  # fmt: skip  # deviations of one frame: shares of the frame, degrees, metres


class Sighting:
    """Follows the lines of whoever is looked at from frame to frame."""

    def __init__(self) -> None:
        self._tracks = Steady(NOISE)
        self.head_size: float | None = None  # logarithm of the angle a head takes up; None unseen

    @property
    def shaken(self) -> float:
        """How far the picture moved within the last third of a second, as a share of the frame."""
        return self._tracks.change(*PLACED)

    @property
    def moving(self) -> bool:
        """Whether the camera or the person moves. A body that just came whole into sight tells nothing."""
        return self.shaken > MOVING or WALKING < self._tracks.change("size") < math.inf

    def forget(self) -> None:
        """Begin afresh: somebody else is there."""
        self._tracks.forget()

    def update(
        self, framed: Framing, composition: Composition, lens: Lens, time_s: float
    ) -> tuple[Framing, Sight]:
        """The same framing with steadied lines, and what is known for the pose. time_s: never going back."""
        s, high, wide = framed.subject, lens.height, lens.width

        def share(value: float | None, of: int) -> float | None:
            return None if value is None else value / of

        roll = composition.likely_roll_deg if composition.roll_deg is None else composition.roll_deg
        found = self._tracks.update(
            {
                "head_top": share(s.head_top_y, high), "chin": share(s.chin_y, high),
                "foot": share(s.foot_y, high), "middle": share(s.centre_x, wide),
                "left": s.left_x / wide, "right": s.right_x / wide, "roll": roll,
                "pitch": composition.pitch_deg, "distance": s.distance_m, "size": _size(s),
            },
            time_s,
        )  # fmt: skip

        def pixels(name: str, of: int) -> float | None:
            value = found[name]
            return None if value is None else value * of

        left, right = pixels("left", wide) or 0.0, pixels("right", wide) or 0.0
        top, chin, foot = pixels("head_top", high), pixels("chin", high), pixels("foot", high)
        middle = pixels("middle", wide)
        subject = replace(
            s, head_top_y=top, chin_y=chin, foot_y=foot, left_x=left, right_x=right, middle_x=middle
        )
        across = not s.beside
        if not across:  # of a head or foot beside the frame only the near part is seen
            subject, chin = replace(subject, chin_y=None), None
        self.head_size = _angle(top, chin, lens)
        alone = across and len(framed.members) == 1
        sight = Sight(
            top, chin, foot, middle, right - left if alone else None, found["roll"], found["pitch"],
            found["distance"], "top" in s.cut, "bottom" in s.cut,
            (0.003 if across else 0.02) * high, s.distance_deviation_m,
            max(composition.roll_deviation_deg or TOLD_DEG, LEAST_DEG),
            max(composition.pitch_deviation_deg or TOLD_DEG, LEAST_DEG),
        )  # fmt: skip
        return replace(framed, subject=subject), sight


def _angle(top: float | None, chin: float | None, lens: Lens) -> float | None:
    """Logarithm of the angle between two rows, which tilting the camera does not change."""
    if top is None or chin is None or chin <= top:
        return None
    middle = (lens.height - 1) / 2
    return math.log(math.atan((chin - middle) / lens.focal) - math.atan((top - middle) / lens.focal))


def _size(subject: Subject) -> float | None:
    """Logarithm of a body's height: a trembling hand does not change it, somebody who walks does."""
    if subject.head_top_y is None or subject.foot_y is None or subject.foot_y <= subject.head_top_y:
        return None
    return math.log(subject.foot_y - subject.head_top_y)
