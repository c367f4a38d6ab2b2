"""What is measured in one frame: its subjects, and the composition they make."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from framecue.errors import CompositionError
from framecue.parts import Part

Edge = Literal["top", "bottom", "left", "right"]
Point = tuple[float, float]  # x, y
SIDES: Final[tuple[Edge, ...]] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Subject:
    """One measured person. Lines and sides are frame pixels, y down; None where not measurable.

    head_top_y: top of the hair or headwear. chin_y: lower edge of the chin.
    foot_y: lowest edge of the footwear. left_x, right_x: outermost columns, carried things included.
    cut: frame edges that cut the body, with the part that each one cuts.
    confidence: 0..1, how sure it is that this is one person, measured right.
    middle_x: column with half of the body on either side, None where only the sides are known.
    distance_m: metres from the camera along the floor, where a depth sensor or the scene itself tells; else
    None. distance_deviation_m: its deviation, metres; None where nobody says.
    face_px2: how much of the face is seen, square pixels; None where that was not measured.
    feet: lowest point of each foot that is seen, (x, y), from left to right.
    """

    head_top_y: float | None
    chin_y: float | None
    foot_y: float | None
    left_x: float
    right_x: float
    cut: Mapping[Edge, Part] = field(default_factory=dict)
    confidence: float = 1.0
    middle_x: float | None = None
    distance_m: float | None = None
    face_px2: float | None = None
    feet: tuple[Point, ...] = ()
    distance_deviation_m: float | None = None

    @property
    def heads(self) -> float | None:
        """Body-to-head ratio (foot - head top) / (chin - head top), or None."""
        if self.head_top_y is None or self.chin_y is None or self.foot_y is None:
            return None
        if self.chin_y <= self.head_top_y or self.foot_y <= self.chin_y:
            return None
        return (self.foot_y - self.head_top_y) / (self.chin_y - self.head_top_y)

    @property
    def beside(self) -> bool:
        """Whether the left or right edge of the frame cuts the body."""
        return not self.cut.keys().isdisjoint(SIDES)

    @property
    def centre_x(self) -> float:
        """Where the body stands across the frame, pixels: its middle, or halfway between its sides."""
        return (self.left_x + self.right_x) / 2 if self.middle_x is None else self.middle_x

    def scaled(self, across: float, down: float) -> "Subject":
        """The same subject in a picture enlarged that many times; pixel (0, 0) keeps its outer corner."""

        def line(y: float | None) -> float | None:
            return None if y is None else (y + 0.5) * down - 0.5

        return replace(
            self,
            head_top_y=line(self.head_top_y),
            chin_y=line(self.chin_y),
            foot_y=line(self.foot_y),
            left_x=(self.left_x + 0.5) * across - 0.5,
            right_x=(self.right_x + 0.5) * across - 0.5,
            middle_x=None if self.middle_x is None else (self.middle_x + 0.5) * across - 0.5,
            face_px2=None if self.face_px2 is None else self.face_px2 * across * down,
            feet=tuple(((x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5) for x, y in self.feet),
        )

    def as_json(self) -> dict[str, Any]:
        """The subject as `framecue measure` prints it."""
        return {
            "head_top_y": _rounded(self.head_top_y),
            "chin_y": _rounded(self.chin_y),
            "foot_y": _rounded(self.foot_y),
            "left_x": _rounded(self.left_x),
            "right_x": _rounded(self.right_x),
            "middle_x": _rounded(self.middle_x),
            "heads": _rounded(self.heads, 3),
            "cut": list(self.cut),
            "cut_parts": {edge: part.name.lower() for edge, part in self.cut.items()},
            "confidence": _rounded(self.confidence, 3),
            "distance_m": _rounded(self.distance_m, 2),
            "face_px2": _rounded(self.face_px2),
            "feet": [[_rounded(x), _rounded(y)] for x, y in self.feet],
        }


@dataclass(frozen=True, slots=True)
class Composition:
    """All subjects of one frame of width x height pixels.

    main: index of the main subject, or None with nobody there.
    roll_deg: camera roll, clockwise positive as seen from behind it; None where unknown.
    likely_roll_deg: the likeliest roll, also where it is too unsure to be told, and
    roll_deviation_deg: people stand upright, more or less, which is better than nothing. Neither is printed.
    pitch_deg: camera pitch, up positive; None where unknown. pitch_deviation_deg: how well the picture shows
    it; None where a sensor tells. Not printed.
    backlight_ev: how much brighter the surroundings are than the main subject, in stops; None if unknown.
    """

    width: int
    height: int
    subjects: tuple[Subject, ...] = ()
    main: int | None = None
    roll_deg: float | None = None
    backlight_ev: float | None = None
    pitch_deg: float | None = None
    likely_roll_deg: float | None = None
    roll_deviation_deg: float | None = None
    pitch_deviation_deg: float | None = None

    def scaled(self, width: int, height: int) -> "Composition":
        """The same composition in a picture of width x height pixels."""
        across, down = width / self.width, height / self.height
        subjects = tuple(subject.scaled(across, down) for subject in self.subjects)
        return replace(self, width=width, height=height, subjects=subjects)

    @property
    def main_subject(self) -> Subject | None:
        """The main subject itself."""
        return None if self.main is None else self.subjects[self.main]

    @staticmethod
    def from_json(found: Any) -> "Composition":
        """The composition of one object as `framecue measure` prints it; further keys are passed over.

        Raises CompositionError, one line, naming the key that is missing or wrong.
        """
        given = _object(found, "the line")
        subjects = given.get("subjects", [])
        if not isinstance(subjects, list):
            raise CompositionError("subjects must be a list")
        main = _number(given, "main")
        if main is not None and (main != int(main) or not 0 <= main < len(subjects)):
            raise CompositionError(f"main is {main:g}, but there are {len(subjects)} subjects")
        width, height = _number(given, "width"), _number(given, "height")
        if width is None or height is None or min(width, height) < 1:
            raise CompositionError("width and height must be the photo's, in pixels")
        return Composition(
            int(width),
            int(height),
            tuple(_subject(each, index) for index, each in enumerate(subjects)),
            None if main is None else int(main),
            roll_deg=_number(given, "roll_deg"),
            backlight_ev=_number(given, "backlight_ev"),
            pitch_deg=_number(given, "pitch_deg"),
        )

    def as_json(self) -> dict[str, Any]:
        """The composition as `framecue measure` prints it, without photo and model."""
        return {
            "width": self.width,
            "height": self.height,
            "subjects": [subject.as_json() for subject in self.subjects],
            "main": self.main,
            "roll_deg": _rounded(self.roll_deg, 2),
            "backlight_ev": _rounded(self.backlight_ev, 2),
            "pitch_deg": _rounded(self.pitch_deg, 2),
        }


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits)


EDGES: Final[tuple[Edge, ...]] = ("top", "bottom", "left", "right")


def _subject(found: Any, index: int) -> Subject:
    given = _object(found, f"subject {index}")
    left, right = _number(given, "left_x"), _number(given, "right_x")
    if left is None or right is None:
        raise CompositionError(f"subject {index} has no left_x and right_x")
    cut = given.get("cut") or []
    if not isinstance(cut, list) or any(edge not in EDGES for edge in cut):
        raise CompositionError(f"subject {index}: cut must be a list of {', '.join(EDGES)}")
    parts = given.get("cut_parts")
    named = parts if isinstance(parts, dict) else {}
    confidence = _number(given, "confidence")
    return Subject(
        head_top_y=_number(given, "head_top_y"),
        chin_y=_number(given, "chin_y"),
        foot_y=_number(given, "foot_y"),
        left_x=left,
        right_x=right,
        cut={edge: Part.__members__.get(str(named.get(edge)).upper(), Part.TORSO) for edge in cut},
        confidence=1.0 if confidence is None else confidence,
        middle_x=_number(given, "middle_x"),
        distance_m=_number(given, "distance_m"),
        face_px2=_number(given, "face_px2"),
        feet=_points(given, "feet"),
    )


def _object(found: Any, what: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise CompositionError(f"{what} must be a JSON object")
    return found


def _number(given: dict[str, Any], key: str) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CompositionError(f"{key} must be a number or null, not {value!r}")
    return float(value)


def _points(given: dict[str, Any], key: str) -> tuple[Point, ...]:
    found = given.get(key) or []
    if not isinstance(found, list):
        raise CompositionError(f"{key} must be a list of points [x, y]")
    points = []
    for each in found:
        pair = dict(zip("xy", each, strict=False)) if isinstance(each, list) and len(each) == 2 else {}
        x, y = _number(pair, "x"), _number(pair, "y")
        if x is None or y is None:
            raise CompositionError(f"{key} must be a list of points [x, y]")
        points.append((x, y))
    return tuple(points)
