"""Drivers found by name.

A kind of hardware is one module in its room (`framecue/camera/v4l2.py`) that holds two classes side by
side: `Settings`, a pydantic model whose `kind` is the module's name, and `Driver`, made from those
settings. Adding a kind is adding that file; nothing lists them.
"""

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from framecue.table import Table


class DriverSettings(Table):
    """Base of every driver's settings."""

    kind: str


class Room:
    """One package of drivers, such as `framecue.camera`."""

    def __init__(self, package: str) -> None:
        self.package = package

    def kinds(self) -> list[str]:
        """Names of all driver modules in the room, sorted."""
        found = import_module(self.package)
        modules = [entry.name for entry in pkgutil.iter_modules(found.__path__)]
        return sorted(name for name in modules if hasattr(self._module(name), "Driver"))

    def settings(self, value: Any) -> DriverSettings:
        """Validate a settings table by its `kind`; a ValueError names the kinds there are."""
        if isinstance(value, DriverSettings):
            return value
        if not isinstance(value, dict) or "kind" not in value:
            raise ValueError(f"needs a kind: one of {', '.join(self.kinds())}")
        return self.model(value["kind"]).model_validate(value)

    def model(self, kind: str) -> type[DriverSettings]:
        """The settings class of one kind; a ValueError names the kinds there are."""
        known = str(kind).isidentifier() and find_spec(f"{self.package}.{kind}") is not None
        found: type[DriverSettings] | None = getattr(self._module(kind), "Settings", None) if known else None
        if found is None:
            raise ValueError(f"kind {kind!r} is none of {', '.join(self.kinds())}")
        return found

    def driver(self, settings: DriverSettings, *args: Any, **kwargs: Any) -> Any:
        """Make the driver for these settings; its third-party imports happen here."""
        return self._module(settings.kind).Driver(settings, *args, **kwargs)

    def _module(self, name: str) -> ModuleType:
        return import_module(f"{self.package}.{name}")
