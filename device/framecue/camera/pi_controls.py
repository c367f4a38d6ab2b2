"""Exposure and focus of a Raspberry Pi camera, in libcamera's controls.

A control stays as it was last set, also when the camera is configured anew. So each configuration says what
is automatic again.
"""

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

Controls = dict[str, Any]
Metadata = Mapping[str, Any]

# A photo made brighter is exposed no longer than this for it: hands shake.
_LONGEST_EXPOSURE_US: Final = 33_000
_AUTO, _MANUAL = 0, 1  # libcamera's ExposureTimeModeEnum and AnalogueGainModeEnum; older ones have neither
_SCANNING: Final = 1  # libcamera's AfStateEnum: idle, scanning, focused, failed
_NEAR: Final = 0.1  # stops by which an exposure may miss what was asked for: gains come in steps
_KEPT: Final = (
    "ExposureTime",
    "AnalogueGain",
    "DigitalGain",
    "ColourTemperature",
    "Lux",
    "LensPosition",
    "SensorTimestamp",
)


def automatic(known: Mapping[str, Any]) -> Controls:
    """Everything automatic, of the controls a camera knows: exposure, white balance, focus all the time."""
    wanted = {"AeEnable": True, "ExposureTimeMode": _AUTO, "AnalogueGainMode": _AUTO, "AwbEnable": True}
    if "AfMode" in known:
        wanted["AfMode"] = _focus("Continuous")
    return {name: value for name, value in wanted.items() if name in known}


def held_focus(known: Mapping[str, Any], metered: Metadata) -> Controls:
    """The lens left where it is, so that it does not search while the photo is taken."""
    if "AfMode" not in known or "LensPosition" not in metered or "LensPosition" not in known:
        return {}
    return {"AfMode": _focus("Manual"), "LensPosition": float(metered["LensPosition"])}


def is_focusing(metered: Metadata) -> bool:
    """Whether the lens is moving to find its focus."""
    return metered.get("AfState") == _SCANNING


def exposed(ev: float, known: Mapping[str, Any], metered: Metadata) -> Controls:
    """An exposure `ev` stops from the one metered; nothing for 0, and where it is not known.

    libcamera has no metering window, and its ExposureValue takes many frames to settle, so time and gain are
    set. Time goes first, up to where hands blur the picture, then gain.
    """
    time_us, gain = metered.get("ExposureTime"), metered.get("AnalogueGain")
    if ev == 0 or not time_us or not gain or not {"ExposureTime", "AnalogueGain"} <= known.keys():
        return {}
    wanted = time_us * gain * 2.0**ev
    longest = max(time_us, _LONGEST_EXPOSURE_US)
    new_us = min(max(time_us * 2.0**ev, known["ExposureTime"][0]), longest)
    new_gain = min(max(wanted / new_us, known["AnalogueGain"][0]), known["AnalogueGain"][1])
    fixed: Controls = {"ExposureTime": round(new_us), "AnalogueGain": float(new_gain)}
    for mode in ("ExposureTimeMode", "AnalogueGainMode"):
        if mode in known:
            fixed[mode] = _MANUAL
    if "ColourGains" in metered:  # or the frames of a bracket would differ in colour
        fixed["ColourGains"] = metered["ColourGains"]
    return fixed


def stops_between(before: Metadata, after: Metadata) -> float | None:
    """By how many stops more the second picture was exposed; None where either does not tell."""
    amounts = [found.get("ExposureTime", 0) * found.get("AnalogueGain", 0) for found in (before, after)]
    return math.log2(amounts[1] / amounts[0]) if all(amounts) else None


def is_exposed(fixed: Controls, metadata: Metadata) -> bool:
    """Whether a picture was taken with the exposure that was set."""
    missed = stops_between(fixed, metadata)
    return missed is None or abs(missed) < _NEAR


def kept(metadata: Metadata) -> dict[str, object]:
    """The part of a picture's metadata that is worth keeping, as plain JSON values."""
    found = {name: metadata[name] for name in _KEPT if name in metadata}
    return {name: value.item() if hasattr(value, "item") else value for name, value in found.items()}


def _focus(mode: str) -> Any:
    return getattr(import_module("libcamera").controls.AfModeEnum, mode)
