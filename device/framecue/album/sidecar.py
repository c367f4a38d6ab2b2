"""The sidecar: everything known of a shot, as JSON beside its original."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from framecue.composition.cue import Cue
from framecue.composition.subject import Composition
from framecue.frame import Still

# Before this no Framecue was built: an earlier clock has not been set since the machine was powered.
FIRST_BUILT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was so when the shutter was pressed. camera: the driver's kind and name, in words."""

    look: str | None
    composition: Composition | None
    cue: Cue | None
    camera: str
    taken: datetime


def clock_looks_set(taken: datetime, newest: datetime | None) -> bool:
    """Whether the clock can be right: after the first build, and not before an earlier shot."""
    return taken >= FIRST_BUILT and (newest is None or taken.replace(microsecond=0) >= newest)


@dataclass(frozen=True, slots=True)
class Original:
    """What is kept of a press: the JPEG, its SHA-256 in hex, the shot's number and name without ending."""

    content: bytes
    sha256: str
    number: int
    stem: str


def sidecar(original: Original, still: Still, seen: Circumstances, clock_set: bool) -> bytes:
    """The sidecar of an original, UTF-8 JSON."""
    taken = seen.taken.astimezone()
    height, width = still.image.shape[:2]
    fields = {
        "framecue": framecue_version(),
        "file": f"{original.stem}.jpg",
        "number": original.number,
        "size": len(original.content),
        "sha256": original.sha256,
        "width": width,
        "height": height,
        "from_camera": original.content is still.jpeg,
        "taken_utc": taken.astimezone(UTC).isoformat(timespec="milliseconds"),
        "taken_local": taken.isoformat(timespec="milliseconds"),
        "monotonic_s": still.time_s,
        "clock_set": clock_set,
        "look": seen.look,
        "composition": None if seen.composition is None else seen.composition.as_json(),
        "cue": None if seen.cue is None else seen.cue.as_json(),
        "camera": {"name": seen.camera, "metadata": still.metadata},
    }
    return json.dumps(_plain(fields), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def framecue_version() -> str:
    """The installed version; "unknown" when run from a checkout that is not installed."""
    try:
        return version("framecue")
    except PackageNotFoundError:
        return "unknown"


def _plain(value: Any) -> Any:
    """A driver's metadata may hold anything; a number too odd for JSON must not cost the sidecar."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
