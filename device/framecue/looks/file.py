"""Writing looks: a user's own folder, whole or not at all, the project's looks never touched."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from framecue.composition.look import (
    Look,
    Measures,
    Step,
    built_in_folder,
    check_name,
    look_folders,
    read_look,
)
from framecue.durable import write_durably
from framecue.errors import LookError

HISTORY: Final = 50  # changes that a look remembers
UNITS: Final = (
    "# Lines and heights are shares of the frame's height from its top, centre_x a share of its width.\n"
)


def own_folder(own: Sequence[Path] = ()) -> Path:
    """Where new looks go: the first folder given, else the user's own."""
    return look_folders(own)[0]


def save_look(look: Look, own: Sequence[Path] = ()) -> Path:
    """Write a look into the folder for one's own, durably; returns its file.

    A comment at the head of the file it replaces stays. Raises LookError for a name that cannot be one and
    where the folder cannot be written; what was there before is then untouched.
    """
    check_name(look.name)
    folder = own_folder(own)
    file = folder / f"{look.name}.toml"
    if folder.resolve() == built_in_folder().resolve():
        raise LookError(f"{folder}: holds the looks that come with framecue; name another in looks.folders")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(file, (_head(file, look) + to_toml(look)).encode())
    except OSError as error:
        raise LookError(
            f"{file}: look cannot be written ({error.strerror}); name a folder of yours in looks.folders"
        ) from None
    return file


def earlier(name: str, own: Sequence[Path] = ()) -> Look | None:
    """The look that saving one of that name would replace; None where there is none, or none readable."""
    file = own_folder(own) / f"{name}.toml"
    try:
        return read_look(file) if file.is_file() else None
    except LookError:
        return None


def moved(look: Look, measures: Measures, what: str, when: str | None, photos: int) -> Look:
    """A look with new measures, its old ones kept in its history; photos: how many stand behind it now."""
    history = (*look.growth.history, Step(when=when, what=what, before=look.measures))[-HISTORY:]
    growth = look.growth.model_copy(update={"history": history, "photos": photos})
    return look.model_copy(update={"measures": measures, "growth": growth})


def to_toml(look: Look) -> str:
    """A look's file, without the comment at its head."""
    return "\n".join(_lines(look)) + "\n"


def _head(file: Path, look: Look) -> str:
    """The comment at the head of the file that is replaced, or a new one."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
    except (OSError, UnicodeDecodeError):
        lines = []
    kept = []
    for line in lines:
        if not line.startswith("#"):
            break
        kept.append(line)
    return "".join(kept) or f"# {look.about or look.name}\n{UNITS}"


def _lines(look: Look) -> Iterator[str]:
    yield f"format = {look.format}"
    yield f"kind = {_text(look.kind)}"
    if look.about:
        yield f"about = {_text(look.about)}"
    yield f"people = [{look.people[0]}, {look.people[1]}]"
    yield f"orientation = {_text(look.orientation)}"
    yield "\n[measures]"
    yield from _measures(look.measures)
    growth = look.growth
    if growth == type(growth)():
        return
    yield "\n# Where it comes from; framecue writes this.\n[growth]"
    yield f"photos = {growth.photos}"
    if growth.shots:
        yield f"shots = [{', '.join(map(_text, growth.shots))}]"
    for step in growth.history:
        yield "\n[[growth.history]]"
        if step.when is not None:
            yield f"when = {_text(step.when)}"
        yield f"what = {_text(step.what)}\n[growth.history.before]"
        yield from _measures(step.before)


def _measures(measures: Measures) -> Iterator[str]:
    for name in Measures.model_fields:
        found = getattr(measures, name)
        if found is not None:
            yield f"{name} = {{ value = {_number(found.value)}, tolerance = {_number(found.tolerance)} }}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # JSON allows it bare, TOML does not
