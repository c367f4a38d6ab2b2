"""Stands in for what is used of libcamera's Python binding."""

from enum import IntEnum
from types import SimpleNamespace


class AfModeEnum(IntEnum):
    """Its numbers."""

    Manual = 0
    Auto = 1
    Continuous = 2


controls = SimpleNamespace(AfModeEnum=AfModeEnum)
