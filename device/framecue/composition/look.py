"""Looks: the framing its owner loves, as a value and a tolerance for each measure.

A look is a TOML file named after it. The project's own are in config/looks; a user's stand before them.
"""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from framecue.errors import LookError
from framecue.resources import project_file
from framecue.table import Table

FORMAT: Final = 1  # of look files; older ones are read, newer ones refused
NAME: Final = re.compile(r"[^\W_A-Z][^\WA-Z]*(?:-[^\WA-Z]+)*")  # words of letters and digits, joined by "-"
NAME_LENGTH: Final = 40  # as many as an album's file names have room for

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Measure(Table):
    """One measure of a look: what it should be, and how far off is still right."""

    value: Finite
    tolerance: Finite = Field(gt=0)


# From and to: what a photo can show, with some room for what a person can want.
_RANGES: Final = {
    "head_top": (0.0, 0.95),
    "foot_line": (0.05, 1.0),
    "body_height": (0.02, 6.0),
    "centre_x": (0.0, 1.0),
    "heads": (2.0, 15.0),
    "roll_deg": (-45.0, 45.0),
}


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

    @model_validator(mode="after")
    def _possible(self) -> "Measures":
        for name, (low, high) in _RANGES.items():
            found: Measure | None = getattr(self, name)
            if found is not None and not low <= found.value <= high:
                raise ValueError(f"{name} is {found.value:g}, but can be {low:g} to {high:g}")
            if found is not None and found.tolerance > high - low:
                raise ValueError(f"{name}'s tolerance of {found.tolerance:g} is wider than all it can be")
        top, foot = self.head_top, self.foot_line
        if top is not None and foot is not None and foot.value <= top.value:
            raise ValueError(f"the foot line ({foot.value:g}) is above the head top ({top.value:g})")
        return self


Kind = Literal["full_body", "three_quarter", "half_length", "landscape", "group"]
Orientation = Literal["portrait", "landscape", "any"]
WITHOUT_FEET: Final = frozenset({"three_quarter", "half_length"})  # kinds that cut the feet off on purpose


class Step(Table):
    """One change of a look: when (a date; None with an unset clock), what changed it, and what was before."""

    when: str | None = None
    what: str
    before: Measures


class Growth(Table):
    """Where a look comes from: how many photos stand behind it, how it moved, and which shots it has had.

    shots: first digits of the SHA-256 of every shot that was folded in, oldest first.
    """

    photos: int = Field(0, ge=0)
    history: tuple[Step, ...] = ()
    shots: tuple[str, ...] = ()


class Look(Table):
    """A target composition.

    kind: what it shows: a person from head to feet, to the knees or to the hips, a small whole person in
    a wide place, or several people together. people: how many, from and to. orientation: how the frame
    is held. about: what it is for, in a sentence. growth: where it comes from.
    """

    name: str
    format: int = Field(FORMAT, ge=1)
    kind: Kind
    about: str = ""
    people: tuple[int, int] = (1, 1)
    orientation: Orientation = "any"
    measures: Measures
    growth: Growth = Growth()

    @model_validator(mode="after")
    def _consistent(self) -> "Look":
        low, high = self.people
        if not 1 <= low <= high:
            raise ValueError(f"people are from {low} to {high}; give from 1 up, the smaller number first")
        if self.kind == "group" and high < 2:
            raise ValueError("a group is of two people or more")
        want = self.measures
        if self.kind in WITHOUT_FEET and want.foot_line is not None:
            raise ValueError(f"a {self.kind} shows no feet: leave foot_line out")
        top, foot, body = want.head_top, want.foot_line, want.body_height
        if self.kind == "group" or top is None or foot is None or body is None:
            return self
        apart = foot.value - top.value
        if abs(apart - body.value) > top.tolerance + foot.tolerance + body.tolerance:
            raise ValueError(f"body_height is {body.value:g}, but the lines are {apart:g} apart; correct one")
        return self


def check_name(name: str) -> None:
    """Raise LookError for what cannot name a look: it names files, and stands on cards."""
    if len(name) > NAME_LENGTH or NAME.fullmatch(name) is None:
        raise LookError(
            f"{name!r} cannot name a look; use lower-case letters and digits, words joined by -, "
            f"at most {NAME_LENGTH} characters"
        )


def look_folders(own: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where looks are sought, in this order: the folders given, the user's, the machine's, the project's."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    given = tuple(folder.expanduser() for folder in own)
    return *given, home / "framecue/looks", Path("/etc/framecue/looks"), built_in_folder()


def built_in_folder() -> Path:
    """The folder of the looks that come with the project; nothing writes there."""
    return project_file("config/looks")


def look_files(own: Sequence[Path] = ()) -> dict[str, Path]:
    """The file of every look there is, by name, sorted; of two of one name the first found."""
    files: dict[str, Path] = {}
    for folder in look_folders(own):
        try:
            found = sorted(folder.glob("*.toml"))
        except OSError:  # a folder that may not be read has no looks for us
            continue
        for file in found:
            files.setdefault(file.stem, file)
    return dict(sorted(files.items()))


def load_look(name: str, own: Sequence[Path] = ()) -> Look:
    """Read a look by name; LookError with the names there are, or with what is wrong in its file.

    own: folders of looks to search first, as `looks.folders` in the settings names them.
    """
    files = look_files(own)
    if name not in files:
        raise LookError(
            f"look {name!r} is unknown; there are {', '.join(files)}: use one of them, or learn it"
        )
    return read_look(files[name])


def read_look(file: Path) -> Look:
    """Read one look's file; LookError, one line, with the file, what is wrong and what to do."""
    try:
        found: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        newest = found.get("format", FORMAT)
        if isinstance(newest, int) and newest > FORMAT:
            raise LookError(
                f"{file}: look is of format {newest}, this framecue reads up to {FORMAT}; update framecue"
            )
        return Look(**{**found, "name": file.stem})
    except OSError as error:
        raise LookError(f"{file}: look cannot be read ({error.strerror}); check the file") from None
    except UnicodeDecodeError:
        raise LookError(f"{file}: look is damaged (it is no UTF-8 text); mend or restore the file") from None
    except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise LookError(f"{file}: look is damaged ({_one_line(error)}); mend or restore the file") from None


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in fault["loc"])
        what = str(fault["msg"]).removeprefix("Value error, ")
        return f"{where}: {what}" if where else what
    return " ".join(str(error).split())
