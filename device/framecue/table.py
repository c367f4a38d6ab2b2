"""The base of every settings table: frozen, and refusing keys it does not know; and tables in files."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from framecue.errors import SettingsError


class Table(BaseModel):
    """One table of the settings. An unknown key is a fault that names the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, dict):
            refuse_unknown_keys(value, list(cls.model_fields))
        return value


def refuse_unknown_keys(given: dict[str, Any], known: list[str]) -> None:
    """Raise a pydantic error that names the first key of `given` that is not known."""
    unknown = next((key for key in given if key not in known), None)
    if unknown is None:
        return
    near = difflib.get_close_matches(unknown, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"allowed are {', '.join(known)}"
    raise PydanticCustomError("unknown_key", "no such key: {key}; {hint}", {"key": unknown, "hint": hint})


Read = TypeVar("Read", bound=Table)


def read_table(table: type[Read], path: Path, what: str, *, strange: str, make: str, again: str) -> Read:
    """Read a table that a calibration wrote. Raises SettingsError, one line, where it cannot be used.

    what: the file's kind, before its path. strange: said of a file that is none of them. make, again: what to
    do about one that cannot be read, and about one that is wrong.
    """
    path = path.expanduser()
    try:
        return table.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{what} {path}: cannot be read ({error.strerror}); {make}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise SettingsError(f"{what} {path}: {strange}; {again}") from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in fault["loc"])
        text = fault["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{what} {path}: {where + ': ' if where else ''}{text}; {again}") from None
