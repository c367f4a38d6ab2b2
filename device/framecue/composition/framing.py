"""Whom a look is about: one subject, or a group taken together as one outline."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from framecue.composition.axes import ADULT_HEADS
from framecue.composition.look import Look
from framecue.composition.subject import Composition, Edge, Subject
from framecue.parts import Part

WORTH: Final = 0.5  # of the largest one's height: smaller subjects are passers-by, not of the group
TOUCHING: Final = 0.35  # of somebody's width that another one's covers: too tight
ROW: Final = 0.05  # of somebody's height between the foot lines of two in one row
GAP: Final = 1.1  # of a mean width between two people: too spread
SURE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Framing:
    """All that a look is about as one subject.

    subject: the only one, or a group's outline: highest head top, lowest foot, outermost sides, with a chin
    that gives it the median ratio. share: the look's body height over the one between the outline's lines.
    members: those it is made of, from left to right.
    """

    subject: Subject
    share: float = 1.0
    members: tuple[Subject, ...] = ()


def framing(composition: Composition, look: Look) -> Framing | None:
    """What a look is about in a composition; None with nobody there."""
    main = composition.main_subject
    if main is None:
        return None
    if look.people[1] == 1:
        return Framing(main, members=(main,))
    members = [each for each in composition.subjects if _belongs(each, main)]
    members.sort(key=lambda each: each.centre_x)
    if len(members) == 1:
        return Framing(main, members=(main,))
    return _outline(tuple(members))


def crowding(members: tuple[Subject, ...]) -> tuple[str, float] | None:
    """("tight" or "spread", pixels by which two neighbours are) where the group stands wrong; else None."""
    worst: tuple[str, float] | None = None
    for left, right in itertools.pairwise(members):
        width = min(left.right_x - left.left_x, right.right_x - right.left_x)
        apart = right.left_x - left.right_x
        if -apart > TOUCHING * width and _beside(left, right) and (worst is None or -apart > worst[1]):
            worst = ("tight", -apart)
        elif apart > GAP * width and (worst is None or apart > worst[1]):
            worst = ("spread", apart)
    return worst


def _beside(one: Subject, other: Subject) -> bool:
    """Whether two people stand in one row: who stands behind another may be covered in part."""
    mine = size(one)
    if one.foot_y is None or other.foot_y is None or mine is None:
        return False
    return abs(one.foot_y - other.foot_y) < ROW * mine


def size(subject: Subject) -> float | None:
    """Height of somebody in pixels, told from the head where the feet are not seen."""
    if subject.head_top_y is None:
        return None
    if subject.foot_y is not None:
        return subject.foot_y - subject.head_top_y
    if subject.chin_y is not None and subject.chin_y > subject.head_top_y:
        return ADULT_HEADS * (subject.chin_y - subject.head_top_y)
    return None


def _belongs(subject: Subject, main: Subject) -> bool:
    if subject is main:
        return True
    mine, largest = size(subject), size(main)
    tall_enough = mine is None or largest is None or mine >= WORTH * largest
    return tall_enough and subject.confidence >= SURE


def _outline(members: tuple[Subject, ...]) -> Framing:
    cut: dict[Edge, Part] = {}
    for each in members:
        cut.update(each.cut)
    tops = [each.head_top_y for each in members if each.head_top_y is not None]
    feet = [each.foot_y for each in members if each.foot_y is not None]
    left, right = min(each.left_x for each in members), max(each.right_x for each in members)
    top = min(tops) if tops and "top" not in cut else None
    foot = max(feet) if feet and "bottom" not in cut else None
    ratios = [each.heads for each in members if each.heads is not None]
    heads = median(ratios) if ratios else None
    outline = Subject(
        head_top_y=top, chin_y=_chin(members, top, foot, heads), foot_y=foot,
        left_x=left, right_x=right, cut=cut, middle_x=(left + right) / 2,
        confidence=min(each.confidence for each in members), distance_m=_middle(members),
        distance_deviation_m=members[0].distance_deviation_m if len(members) == 1 else None,
    )  # fmt: skip
    sizes = [found for each in members if (found := size(each)) is not None]
    share = median(sizes) / (foot - top) if sizes and top is not None and foot is not None else 1.0
    return Framing(outline, share, members)


def _chin(
    members: tuple[Subject, ...], top: float | None, foot: float | None, heads: float | None
) -> float | None:
    if top is None:
        return None
    if foot is not None and heads is not None:
        return top + (foot - top) / heads
    found = [each.chin_y - each.head_top_y for each in members
             if each.chin_y is not None and each.head_top_y is not None]  # fmt: skip
    return top + median(found) if found else None


def _middle(members: tuple[Subject, ...]) -> float | None:
    known = [each.distance_m for each in members if each.distance_m is not None]
    return median(known) if known else None


def measured(
    framed: Framing, look: Look, roll_deg: float | None, width: int, height: int
) -> Mapping[str, float]:
    """A look's measures as they are seen, without those that cannot be measured."""
    subject = framed.subject
    whole = size(subject if look.measures.foot_line is not None else replace(subject, foot_y=None))
    if look.measures.foot_line is not None and (subject.foot_y is None or whole is None):
        whole = None
    elif whole is not None:
        whole *= framed.share
    found = {
        "head_top": None if subject.head_top_y is None else (subject.head_top_y + 0.5) / height,
        "foot_line": None if subject.foot_y is None else (subject.foot_y + 0.5) / height,
        "body_height": None if whole is None else whole / height,
        "centre_x": (subject.centre_x + 0.5) / width,
        "heads": subject.heads,
        "roll_deg": roll_deg,
    }
    return {name: value for name, value in found.items() if value is not None}
