"""Heads and feet that a look wants to see and the picture does not show: cut by its edge, or hidden."""

from framecue.composition.cue import CueName, Detail
from framecue.composition.look import Look
from framecue.composition.subject import SIDES, Subject
from framecue.parts import Part


def feet_wanted(look: Look) -> bool:
    """Whether a look wants to see feet."""
    return look.measures.foot_line is not None


def cut_end(subject: Subject, look: Look) -> CueName | None:
    """feet_hidden or head_hidden where the frame's edge cuts an end that the look wants to see."""
    cut = "bottom" in subject.cut or any(subject.cut.get(side) == Part.FOOT for side in SIDES)
    if cut and feet_wanted(look):
        return "feet_hidden"
    return "head_hidden" if "top" in subject.cut and look.measures.head_top is not None else None


def hidden_end(subject: Subject, look: Look) -> tuple[CueName, Detail] | None:
    """The end that is not seen though no edge cuts it: somebody or something stands before it."""
    if subject.head_top_y is None and "top" not in subject.cut and look.measures.head_top is not None:
        return "head_hidden", "wait_head"
    if subject.foot_y is None and "bottom" not in subject.cut and feet_wanted(look):
        return "feet_hidden", "wait_feet"
    return None
