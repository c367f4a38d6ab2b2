"""Looks: the framing its owner loves, as a value and a tolerance for each measure."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from framecue.errors import LookError
from framecue.resources import project_file
from framecue.table import Table


class Measure(Table):
    """One measure of a look: what it should be, and how far off is still right."""

    value: float
    tolerance: float = Field(gt=0)


class Measures(Table):
    """What a look asks for; None where it does not care.

    head_top, foot_line, body_height: shares of the frame's height, lines from its top. Where a look cuts
    the feet off on purpose it has no foot_line, and body_height is what the whole body would measure, told
    from the head. A group's lines are its highest head top and lowest foot, its body height the median.
    centre_x: share of the frame's width. heads: body-to-head ratio. roll_deg: degrees.
    """

    head_top: Measure | None = None
    foot_line: Measure | None = None
    body_height: Measure | None = None
    centre_x: Measure | None = None
    heads: Measure | None = None
    roll_deg: Measure | None = None


Kind = Literal["full_body", "three_quarter", "half_length", "landscape", "group"]


class Look(Table):
    """A target composition.

    kind: what it shows: a person from head to feet, to the knees or to the hips, a small whole person in
    a wide place, or several people together. people: how many, from and to. orientation: how the frame
    is held.
    """

    name: str
    kind: Kind
    people: tuple[int, int] = (1, 1)
    orientation: Literal["portrait", "landscape", "any"] = "any"
    measures: Measures


def load_look(name: str) -> Look:
    """Read a look by name; LookError with the names there are, or with what is wrong in its file."""
    folder = project_file("config/looks")
    file = folder / f"{name}.toml"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise LookError(
            f"look {name!r} is unknown; there are {', '.join(known)}: set one of them as guide.look"
        )
    return _read_look(file)


def _read_look(file: Path) -> Look:
    try:
        return Look(name=file.stem, **tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise LookError(f"{file}: look is damaged ({_one_line(error)}); restore the file") from None


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        return f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}"
    return str(error)
