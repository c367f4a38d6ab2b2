"""Writes config/framecue.toml: every key with what it means, its unit, range and default.

`python -m framecue.settings_file > config/framecue.toml`, or `make config`.
"""

import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from framecue.camera import CAMERAS
from framecue.depth import DEPTHS
from framecue.drivers import Room
from framecue.imu import IMUS
from framecue.indicators import INDICATORS
from framecue.pantilt import PAN_TILTS
from framecue.settings import PREFIX, Settings
from framecue.shutter import SHUTTERS

HEAD = f"""\
# Framecue's settings. Every key is shown with its default; delete what you do not change.
# Used from /etc/framecue/framecue.toml or ~/.config/framecue/framecue.toml, or `framecue run --config FILE`.
# An environment variable overrides a key: {PREFIX}CAMERA__RATE=15 is rate in [camera].
# Unknown keys and values out of range are refused; the booth then starts on the last file that worked.
"""

_WORDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}", "multiple_of": "in steps of {}"}


def settings_file() -> str:
    """The whole commented file, TOML."""
    blocks = [HEAD, *_drivers(CAMERAS, "[camera]", "v4l2", "One camera, of one kind.")]
    for name in ("segmenter", "guide", "exposure", "looks", "crop"):
        blocks.append(_table(f"[{name}]", type(Settings.model_fields[name].default)))
    blocks += _drivers(IMUS, "[imu]", None, "A level sensor, where there is one, of one kind.")
    blocks += _drivers(DEPTHS, "[depth]", None, "A depth sensor, where there is one, of one kind.")
    blocks += _drivers(PAN_TILTS, "[pan_tilt]", None, "What turns a fixed camera, where there is one.")
    blocks += _drivers(INDICATORS, "[[indicators]]", "console", "Any number of indicators, a table each.")
    blocks += _drivers(SHUTTERS, "[[shutters]]", "keyboard", "Any number of shutters, a table each.")
    for name in ("album", "portrait", "booth"):
        blocks.append(_table(f"[{name}]", type(Settings.model_fields[name].default)))
    return "\n".join(blocks)


def _drivers(room: Room, header: str, active: str | None, about: str) -> Iterator[str]:
    """The default kind as it stands, the others as comments to be taken instead."""
    kinds = [kind for kind in (active,) if kind] + [kind for kind in room.kinds() if kind != active]
    yield f"# {about} Kinds: {', '.join(kinds)}."
    for kind in kinds:
        block = _table(header, room.model(kind))
        yield block if kind == active else "\n".join(f"#{line}" for line in block.splitlines()) + "\n"


def _table(header: str, model: type[BaseModel]) -> str:
    return f"{header}\n" + "\n".join(_lines(model)) + "\n"


def _lines(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        about = "; ".join(filter(None, (field.description, _allowed(field))))
        if about:
            yield f"# {about}"
        if field.is_required():
            yield f"# {name} =  (must be given)"
        elif field.default is None:
            yield f"# {name} =  (may be given)"
        else:
            yield f"{name} = {_toml(field.default)}"


def _allowed(field: FieldInfo) -> str:
    """The range in words: "from 1 to 3600"."""
    limits = [
        words.format(f"{getattr(limit, key):g}")
        for limit in field.metadata
        for key, words in _WORDS.items()
        if getattr(limit, key, None) is not None
    ]
    choices = _choices(field.annotation)
    return " ".join(limits) + (f"one of {', '.join(map(_toml, choices))}" if len(choices) > 1 else "")


def _choices(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Literal:
        return list(get_args(annotation))
    if origin in (Union, types.UnionType):
        return [choice for each in get_args(annotation) for choice in _choices(each)]
    return []


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


if __name__ == "__main__":
    print(settings_file(), end="")
