"""One photo or shot as an example of a look: which kind it is, and what it measures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from framecue.composition.framing import Framing, framing, measured, size
from framecue.composition.look import WITHOUT_FEET, Kind, Look, Measure, Measures, Orientation
from framecue.composition.subject import Composition, Subject
from framecue.errors import LookError
from framecue.parts import Part

# How many heads down the lower frame edge cuts: hips are at 4, knees at 5.5, ankles at 6.8.
HALF_LENGTH_TO: Final = 4.3
THREE_QUARTER_TO: Final = 5.9
FAR: Final = 0.5  # of the frame's height: whoever measures less is a small person in a wide place
LIKELY: Final = 0.5  # confidence from which a shape beside the main subject is a person
NAMES: Final[Mapping[Kind, str]] = {
    "full_body": "one person, whole",
    "three_quarter": "one person to the knees",
    "half_length": "one person to the hips",
    "landscape": "a small person in a wide place",
    "group": "several people",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a composition says of a look. measures: by the names of Measures, only those that are known."""

    kind: Kind
    people: int
    orientation: Orientation
    measures: Mapping[str, float]


def sample(composition: Composition) -> Sample:
    """A composition as an example; LookError says in a few words why it is none."""
    composition = _without_shapes(composition)
    group = framing(composition, _any_look("group"))
    if group is None:
        raise LookError("nobody is found in it")
    for member in group.members:
        _require_head(member)
    kind = _kind(group, composition.height)
    return _measured(composition, group, kind)


def sample_of(composition: Composition, look: Look) -> Sample:
    """A composition as an example of that look; LookError where it shows another kind of picture."""
    found = sample(composition)
    alike = found.kind == look.kind or {found.kind, look.kind} == {"full_body", "landscape"}
    if not alike:
        raise LookError(f"it shows {NAMES[found.kind]}")
    return found


def _without_shapes(composition: Composition) -> Composition:
    """Without what stands beside the main subject and is nobody to frame: of no size, or hardly likely."""
    main = composition.main_subject
    if main is None:
        return composition
    others = [each for each in composition.subjects if each is not main and each.confidence >= LIKELY]
    people = [each for each in others if size(each) is not None or "top" in each.cut]
    return replace(composition, subjects=(main, *people), main=0)


def _measured(composition: Composition, group: Framing, kind: Kind) -> Sample:
    width, height = composition.width, composition.height
    found = measured(group, _any_look(kind), composition.roll_deg, width, height)
    if "body_height" not in found:
        raise LookError("the chin is not seen, so the size of the person is not known")
    orientation: Orientation = "any" if width == height else "portrait" if height > width else "landscape"
    return Sample(kind, len(group.members), orientation, found)


def _kind(group: Framing, height: int) -> Kind:
    if len(group.members) > 1:
        for member in group.members:
            _require_feet(member, "somebody's ")
        return "group"
    (subject,) = group.members
    if "bottom" in subject.cut and subject.foot_y is None:
        return _cut_kind(subject, height)
    _require_feet(subject, "the ")
    assert subject.foot_y is not None and subject.head_top_y is not None  # noqa: PT018 required above
    return "landscape" if subject.foot_y - subject.head_top_y < FAR * height else "full_body"


def _cut_kind(subject: Subject, height: int) -> Kind:
    """Which kind cuts a person there, by the heads that are seen of them."""
    if subject.chin_y is None or subject.head_top_y is None or subject.chin_y <= subject.head_top_y:
        raise LookError("the feet are cut off, and without a chin nobody knows how much of the body is")
    heads = (height - subject.head_top_y) / (subject.chin_y - subject.head_top_y)
    if heads <= HALF_LENGTH_TO:
        return "half_length"
    if heads <= THREE_QUARTER_TO and subject.cut.get("bottom") != Part.FOOT:
        return "three_quarter"
    raise LookError("the feet are cut off below the knees")


def _require_head(member: Subject) -> None:
    if "top" in member.cut:
        raise LookError("a head is cut off")
    if member.head_top_y is None:
        raise LookError("a head is hidden")


def _require_feet(member: Subject, whose: str) -> None:
    if "bottom" in member.cut:
        raise LookError(f"{whose}feet are cut off")
    if member.foot_y is None:
        raise LookError(f"{whose}feet are hidden")


def _any_look(kind: Kind) -> Look:
    """A look of a kind that asks for nothing but that kind."""
    foot = None if kind in WITHOUT_FEET else Measure(value=0.9, tolerance=0.1)
    people = (2, 99) if kind == "group" else (1, 1)
    return Look(name=kind, kind=kind, people=people, measures=Measures(foot_line=foot))
