"""What is wrong with how people stand, beside where the camera is: no move of it mends that.

Faces hidden behind others, people too tight or too spread, uneven ground. Each is told for a while, one at a
time, and then left: who does not mend it does not want to, or cannot.
"""

import math
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from framecue.composition.cue import Cue, CueName, Detail
from framecue.composition.framing import Framing, crowding
from framecue.composition.ground import uneven_metres
from framecue.composition.look import Look, Measure
from framecue.composition.pose import Lens, Pose
from framecue.composition.subject import Subject
from framecue.composition.words import Language, say

HIDDEN: Final = 0.35  # of the middle face's area, under which a face is covered by somebody
SURE_S: Final = 0.4  # how long something must be wrong before it is told
TOLD_S: Final = 4.0  # how long it is told before the guide goes on without
AGAIN: Final[frozenset[Detail]] = frozenset(
    {"face_left", "face_middle", "face_right"}
)  # people change places
OPPOSITE: Final[dict[Detail, Detail]] = {"together": "apart", "apart": "together"}
ROOM: Final = 0.94  # of the frame's width, into which a group must fit
BEYOND: Final = 1.2  # times as wide as seen is a group that both sides of the frame cut, at least


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to be mended by the people. metres: how far they should move, where that is known."""

    detail: Detail
    metres: float | None = None

    def cue(self, language: Language) -> Cue:
        """The cue that asks for it. Those at the left move right and those at the right left, or apart."""
        text = say("hold", language=language, detail=self.detail)
        if self.detail == "uneven":
            return Cue("feet_hidden", text, detail=self.detail)
        if self.metres is None:
            return Cue("head_hidden", text, detail=self.detail)
        amount = max(round(self.metres, 1), 0.1)
        names: tuple[CueName, CueName] = ("guests_right", "guests_left")
        first, second = names if self.detail == "together" else names[::-1]
        also = Cue(second, text, amount, "m", detail=self.detail)
        return Cue(first, text, amount, "m", also, self.detail)


@dataclass(slots=True)
class Troubles:
    """What is told of how people stand, over time."""

    _since_s: dict[Detail, float] = field(default_factory=dict)  # since when it has been wrong
    _told_s: dict[Detail, float] = field(default_factory=dict)  # since when it has been told

    def find(
        self, framed: Framing, look: Look, pose: Pose, lens: Lens, level: bool, time_s: float
    ) -> Trouble | None:
        """What to tell now, if anything. level: whether the camera's roll is known."""
        found = {each.detail: each for each in _all(framed, look, pose, lens, level)}
        self._since_s = {each: self._since_s.get(each, time_s) for each in found}
        for gone in AGAIN & self._told_s.keys() - found.keys():
            if time_s - self._told_s[gone] > TOLD_S:
                del self._told_s[gone]
        for detail, trouble in found.items():
            if OPPOSITE.get(detail) in self._told_s:  # who was asked apart a moment ago is not asked together
                continue
            if time_s - self._since_s[detail] < SURE_S and detail not in self._told_s:
                continue
            if time_s - self._told_s.setdefault(detail, time_s) < TOLD_S:
                return trouble
        return None


def _all(framed: Framing, look: Look, pose: Pose, lens: Lens, level: bool) -> list[Trouble]:
    """All that is wrong, the worst first."""
    members, found = framed.members, []
    if look.people[1] > 1 and len(members) > 1:
        detail = hidden_face(members)
        if detail is not None:
            found.append(Trouble(detail))
        crowd = crowding(members)
        if crowd is not None:
            metres = crowd[1] / lens.focal * pose.distance_m
            found.append(Trouble("apart" if crowd[0] == "tight" else "together", metres))
    if look.measures.foot_line is not None and uneven_metres(members, pose, lens, level) > 0:
        found.append(Trouble("uneven"))
    return found


def hidden_face(members: tuple[Subject, ...]) -> Detail | None:
    """Where among people, left to right, a face is hidden that others show; None if none is."""
    faces = [each.face_px2 for each in members if each.face_px2]
    if not faces:
        return None
    least = HIDDEN * median(faces)
    first, last = members[0].centre_x, members[-1].centre_x
    for each in members:
        headless = each.head_top_y is None and "top" not in each.cut and not _legs_of_another(each, members)
        if headless or (each.head_top_y is not None and each.face_px2 is not None and each.face_px2 < least):
            third = 3 * (each.centre_x - first) / max(last - first, 1.0)
            return "face_left" if third < 1 else "face_right" if third > 2 else "face_middle"
    return None


def _legs_of_another(subject: Subject, members: tuple[Subject, ...]) -> bool:
    """Whether it may be the legs of somebody who seems to have none: a bag or a belt parts them."""
    return any(
        each.head_top_y is not None
        and each.foot_y is None
        and "bottom" not in each.cut
        and each.left_x <= subject.centre_x <= each.right_x
        for each in members
    )


def fitted(look: Look, framed: Framing, lens: Lens) -> Look:
    """The look, its people as much smaller as it takes for all of a wide group to be within the frame."""
    want, body = look.measures, _body(framed)
    if look.people[1] == 1 or len(framed.members) < 2 or want.body_height is None or body is None:
        return look
    subject = framed.subject
    wide = subject.right_x - subject.left_x
    if {"left", "right"} <= set(subject.cut):
        wide *= BEYOND
    shrink = ROOM * lens.width / (wide * want.body_height.value * lens.height / body)
    if shrink >= 1:
        return look
    top, foot = want.head_top, want.foot_line
    smaller = {"body_height": _scaled(want.body_height, shrink)}
    if top is not None and foot is not None:
        middle = (top.value + foot.value) / 2
        smaller["head_top"] = top.model_copy(update={"value": middle + shrink * (top.value - middle)})
        smaller["foot_line"] = foot.model_copy(update={"value": middle + shrink * (foot.value - middle)})
    return look.model_copy(update={"measures": want.model_copy(update=smaller)})


def _scaled(measure: Measure, by: float) -> Measure:
    """A height as a share of the frame, smaller, with as much tolerance for its size."""
    return measure.model_copy(update={"value": by * measure.value, "tolerance": by * measure.tolerance})


def _body(framed: Framing) -> float | None:
    """The middle person's height, pixels."""
    bodies = [each.foot_y - each.head_top_y for each in framed.members
              if each.foot_y is not None and each.head_top_y is not None]  # fmt: skip
    found = median(bodies) if bodies else math.nan
    return found if found > 0 else None
