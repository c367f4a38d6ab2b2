"""What an indicator draws of a moment: who is seen, and where the look wants them."""

from framecue.composition.look import Look
from framecue.composition.subject import Composition, Subject
from framecue.indicators import View
from framecue.parts import Segmentation


def view_of(segmentation: Segmentation, composition: Composition, look: Look) -> View:
    """The view of one frame."""
    want, found = look.measures, composition.main_subject
    head, foot = _lines(found, composition.height)
    return View(
        segmentation.person,
        composition.width,
        composition.height,
        want.head_top,
        want.foot_line,
        None if want.centre_x is None else want.centre_x.value,
        head,
        foot,
    )


def _lines(subject: Subject | None, height: int) -> tuple[float | None, float | None]:
    """Head top and foot line, as shares of the frame's height."""
    if subject is None:
        return None, None
    top, foot = subject.head_top_y, subject.foot_y
    return None if top is None else (top + 0.5) / height, None if foot is None else (foot + 0.5) / height
