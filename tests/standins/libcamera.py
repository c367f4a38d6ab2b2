"""Stands in for what is used of libcamera's Python binding."""

from enum import IntEnum
from types import SimpleNamespace


class AfModeEnum(IntEnum):
    """Its numbers."""

    Manual = 0
    Auto = 1
    Continuous = 2


class ColorSpace:
    """How colours are written as YUV; only one is used."""

    @staticmethod
    def Smpte170m() -> str:  # noqa: N802  as libcamera has it
        return "SMPTE170M"


controls = SimpleNamespace(AfModeEnum=AfModeEnum)
