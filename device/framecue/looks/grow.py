"""Looks grow: shots that guests kept are folded in, slowly, so that a look follows what its people choose."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from framecue.album.shot import Shot
from framecue.album.store import list_shots
from framecue.composition.look import Look, Measure, Measures
from framecue.composition.subject import Composition
from framecue.errors import CompositionError, LookError
from framecue.looks.file import moved
from framecue.looks.learn import spread
from framecue.looks.sample import sample_of

BUILT_IN_WORTH: Final = 20  # photos that a look without any is worth
LARGEST_WORTH: Final = 60  # photos that a look is worth at most: however old, it still moves
SHOTS: Final = 4000  # shots that a look remembers to have had, and all those that are still in the album
LARGEST_STEP: Final = 0.5  # tolerances that one update may move a measure
_ODD: Final = 3.5  # spreads of the kept shots, or tolerances if larger: what lies further off is left out
_STILL: Final = 1e-4  # a move smaller than this is none
_ID: Final = 12  # hex digits of a shot's SHA-256 that tell it from every other


@dataclass(frozen=True, slots=True)
class Kept:
    """A shot that is still in the album, as its sidecar tells it. composition: None where nobody was seen."""

    name: str
    id: str
    look: str | None
    composition: Composition | None


@dataclass(frozen=True, slots=True)
class Grown:
    """A look after an update: the shots folded in, and why each new one of the look's was not."""

    look: Look
    folded: tuple[str, ...]
    left_out: Mapping[str, str]


def grow(look: Look, shots: Sequence[Kept], when: str | None) -> Grown:
    """Fold into a look the shots that were made with it and are still kept, each once.

    Each measure goes from its value towards the median of the new shots, by the shots' share of all that
    stands behind it, and never more than half a tolerance at once. Tolerances stay: shots that were guided
    into one cannot tell how wide it should be. Nothing new: the look is returned as it is.
    when: the date to remember, None with a clock that is not set.
    """
    had = set(look.growth.shots)
    new = [shot for shot in shots if shot.look == look.name and shot.id not in had]
    if not new:
        return Grown(look, (), {})
    left_out: dict[str, str] = {}
    examples: dict[str, Mapping[str, float]] = {}
    for shot in new:
        try:
            if shot.composition is None:
                raise LookError("nothing was measured in it")
            examples[shot.name] = sample_of(shot.composition, look).measures
        except LookError as reason:
            left_out[shot.name] = str(reason)
    worth = min(look.growth.photos or BUILT_IN_WORTH, LARGEST_WORTH)
    after = _blend(look, list(examples.values()), worth)
    grown = look
    if examples:
        told = f"{len(examples)} kept shot{'s' if len(examples) > 1 else ''}"
        grown = moved(look, after, told, when, min(worth + len(examples), LARGEST_WORTH))
    remembered = _remembered((*look.growth.shots, *(shot.id for shot in new)), {shot.id for shot in shots})
    grown = grown.model_copy(update={"growth": grown.growth.model_copy(update={"shots": remembered})})
    return Grown(grown, tuple(examples), left_out)


def kept_shots(folder: Path) -> list[Kept]:
    """The shots in an album's folder, oldest first, without opening it: the booth may be running.

    Shots without a sidecar, and those whose sidecar is damaged, count as of no look. Raises AlbumError.
    """
    return [_kept(shot) for shot in list_shots(folder)]


def _blend(look: Look, examples: list[Mapping[str, float]], worth: int) -> Measures:
    """The look's measures after the examples; the old ones where the new could not be true together."""
    found: dict[str, Measure] = {}
    for name in Measures.model_fields:
        measure: Measure | None = getattr(look.measures, name)
        values = [one[name] for one in examples if name in one]
        if measure is not None:
            value = _towards(measure, values, worth) if values else measure.value
            found[name] = Measure(value=value, tolerance=measure.tolerance)
    try:
        after = Measures(**found)
        Look(**{**look.model_dump(), "measures": after})
    except ValueError:
        return look.measures
    return after


def _remembered(ids: Sequence[str], present: set[str]) -> tuple[str, ...]:
    """The shots to remember: all that are still in the album, and the newest of the others."""
    gone = [each for each in ids if each not in present]
    forgotten = set(gone[: max(len(ids) - SHOTS, 0)])
    return tuple(each for each in ids if each not in forgotten)


def _towards(measure: Measure, values: list[float], worth: int) -> float:
    middle = float(np.median(values))
    near = max(spread(values), measure.tolerance) * _ODD
    alike = [value for value in values if abs(value - middle) <= near]
    if 2 * len(alike) < len(values):  # two heaps with nothing between: people do not agree on this
        return measure.value
    share = len(alike) / (worth + len(alike))
    step = share * (float(np.median(alike)) - measure.value)
    most = LARGEST_STEP * measure.tolerance
    step = float(np.clip(step, -most, most))
    return measure.value if abs(step) < _STILL else round(measure.value + step, 4)


def _kept(shot: Shot) -> Kept:
    nothing = Kept(shot.original.name, "", None, None)
    if shot.sidecar is None:
        return nothing
    try:
        told = json.loads(shot.sidecar.read_bytes())
        found = None if told["composition"] is None else Composition.from_json(told["composition"])
        return Kept(shot.original.name, str(told["sha256"])[:_ID], told["look"], found)
    except (OSError, ValueError, KeyError, TypeError, CompositionError):
        return nothing
