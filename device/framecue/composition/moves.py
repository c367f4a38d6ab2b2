"""What separates one composition from a look, and the camera move that closes each gap."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from framecue.composition.cue import CueName, Unit
from framecue.composition.geometry import focal_px
from framecue.composition.look import Look, Measure
from framecue.composition.subject import Composition, Subject

ADULT_M = 1.68  # mean standing height with shoes; turns a height in pixels into a distance
ADULT_HEADS = 7.2  # body-to-head ratio that stands in for a hidden half of the body


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the camera.

    amount: positive metres or degrees, None where it cannot be told.
    effect: how far the move shifts the picture, as a share of the frame's height; larger moves come first.
    error: the gap it closes, in tolerances of the look: 1 is the limit of what is right.
    reason: feet_hidden or head_hidden where the move is there to bring them into the picture.
    """

    cue: CueName
    amount: float | None
    unit: Unit | None
    effect: float
    error: float
    reason: CueName | None = None


def moves(composition: Composition, subject: Subject, look: Look, fov_deg: float) -> list[Move]:
    """Moves that bring the subject into the look, largest effect first, needed or not (see Move.error).

    fov_deg: the camera's vertical field of view. Gaps that cannot be measured give no move.
    """
    lens = _Lens(composition.width, composition.height, focal_px(composition.height, fov_deg))
    found = [*_hidden(subject, look, lens), *_across(subject, look, lens)]
    if subject.head_top_y is not None and subject.foot_y is not None:
        found += _upright(subject.head_top_y, subject.foot_y, look, lens)
    return sorted(found, key=lambda move: -move.effect)


@dataclass(frozen=True, slots=True)
class _Lens:
    width: int
    height: int
    focal: float

    def tilt_deg(self, from_y: float, to_y: float) -> float:
        """Degrees between two rows; positive where the second is lower in the picture."""
        middle = (self.height - 1) / 2
        return math.degrees(
            math.atan((to_y - middle) / self.focal) - math.atan((from_y - middle) / self.focal)
        )

    def pan_deg(self, from_x: float, to_x: float) -> float:
        """Degrees between two columns; positive where the second is further right."""
        middle = (self.width - 1) / 2
        return math.degrees(
            math.atan((to_x - middle) / self.focal) - math.atan((from_x - middle) / self.focal)
        )

    def metres(self, body_px: float) -> float:
        """Distance of an adult who is that many pixels high."""
        return self.focal * ADULT_M / body_px


def _upright(head_top_y: float, foot_y: float, look: Look, lens: _Lens) -> Iterator[Move]:
    """Distance and tilt from a whole body's two lines."""
    want = look.measures
    if want.head_top is None or want.foot_line is None or want.body_height is None:
        return
    top, foot = head_top_y / lens.height, foot_y / lens.height
    lines = max(_error(top, want.head_top), _error(foot, want.foot_line))
    size_gap = (foot - top) - want.body_height.value
    far = lens.metres(foot_y - head_top_y) - lens.metres(want.body_height.value * lens.height)
    # A line that is off belongs to the gap that shifts it more: half of the size's, or all of the centre's.
    size_effect = abs(size_gap) / 2
    middle, aim = (top + foot) / 2, (want.head_top.value + want.foot_line.value) / 2
    centre_effect = abs(middle - aim)
    size_error = max(_error(foot - top, want.body_height), lines if size_effect >= centre_effect else 0.0)
    yield Move("step_back" if far < 0 else "step_closer", abs(far), "m", size_effect, size_error)
    turn = lens.tilt_deg(middle * lens.height, aim * lens.height)
    yield Move(
        "tilt_up" if turn > 0 else "tilt_down",
        abs(turn),
        "deg",
        centre_effect,
        lines if centre_effect > size_effect else 0.0,
    )


def _across(subject: Subject, look: Look, lens: _Lens) -> Iterator[Move]:
    """Pan, or a step back from somebody who is wider than the frame."""
    want = look.measures.centre_x
    if "left" in subject.cut and "right" in subject.cut:
        yield Move("step_back", None, "m", 1.0, 9.0)
        return
    if want is None:
        return
    gap = subject.centre_x / lens.width - want.value
    turn = lens.pan_deg(want.value * lens.width, subject.centre_x)
    error = _error(subject.centre_x / lens.width, want)
    effect = abs(gap) * lens.width / lens.height
    if "left" in subject.cut or "right" in subject.cut:
        # The part outside cannot be measured, and nothing else can be told well while it is.
        error, effect = max(error, 2.0), 2.0
    yield Move("pan_right" if turn > 0 else "pan_left", abs(turn), "deg", effect, error)


def _hidden(subject: Subject, look: Look, lens: _Lens) -> Iterator[Move]:
    """Moves that bring a head or feet outside the frame into it."""
    want = look.measures
    if want.head_top is None or want.foot_line is None or want.body_height is None:
        return
    head_cut, feet_cut = "top" in subject.cut, "bottom" in subject.cut
    if not (head_cut or feet_cut):
        return
    reason: CueName = "feet_hidden" if feet_cut else "head_hidden"
    body = _body_from_head(subject)
    too_large = (
        body is not None and body > (want.body_height.value + want.body_height.tolerance) * lens.height
    )
    if feet_cut:
        turn: CueName = "tilt_down"
        margin, spare = want.head_top, _share(subject.head_top_y, lens.height)
    else:
        turn = "tilt_up"
        margin = Measure(value=1 - want.foot_line.value, tolerance=want.foot_line.tolerance)
        spare = None if subject.foot_y is None else 1 - subject.foot_y / lens.height
    # Turning towards the hidden end helps only where the other end has more room than the look leaves it.
    if head_cut == feet_cut or too_large or spare is None or spare <= margin.value + margin.tolerance:
        far = 0.0 if body is None else lens.metres(want.body_height.value * lens.height) - lens.metres(body)
        yield Move("step_back", far if far > 0 else None, "m", 1.0, 9.0, reason)
    else:
        turned = lens.tilt_deg(margin.value * lens.height, spare * lens.height)
        yield Move(turn, turned, "deg", 1.0, 9.0, reason)


def _body_from_head(subject: Subject) -> float | None:
    if subject.head_top_y is None or subject.chin_y is None or subject.chin_y <= subject.head_top_y:
        return None
    return ADULT_HEADS * (subject.chin_y - subject.head_top_y)


def _share(line: float | None, height: int) -> float | None:
    return None if line is None else line / height


def _error(value: float, want: Measure) -> float:
    return abs(value - want.value) / want.tolerance
