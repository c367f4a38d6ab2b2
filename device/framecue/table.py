"""The base of every settings table: frozen, and refusing keys it does not know."""

import difflib
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


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
