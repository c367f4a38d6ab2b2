"""Learning a look from photos that somebody loves: robust values, and tolerances from how they spread."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from framecue.composition.look import WITHOUT_FEET, Kind, Look, Measure, Measures, Orientation
from framecue.composition.subject import Composition
from framecue.errors import LookError
from framecue.looks.sample import NAMES, Sample, sample

LEAST: Final = 3  # photos that make a look
# Least and largest tolerance of each measure: what a hand can hold, and what still looks like the look.
TOLERANCES: Final[Mapping[str, tuple[float, float]]] = {
    "head_top": (0.02, 0.06),
    "foot_line": (0.02, 0.06),
    "body_height": (0.03, 0.10),
    "centre_x": (0.04, 0.12),
    "heads": (0.5, 1.2),
    "roll_deg": (1.0, 4.0),
}
_WITHOUT_FEET_BODY: Final = (0.10, 0.30)  # told from the head, and larger than the frame
_SPREADS: Final = 1.5  # standard deviations that are still the look
_ODD: Final = 3.5  # of the larger of spread and least tolerance: a photo further off is another picture
_SCATTER: Final = 2.0  # tolerances: where photos lie further apart, or in two heaps, they do not care
_NEEDED: Final = ("head_top", "foot_line", "body_height")  # measures that every look of their kind has
LEVEL: Final = Measure(value=0.0, tolerance=2.0)  # where no photo tells: nobody loves a leaning picture
WORDS: Final[Mapping[str, str]] = {
    "head_top": "head top",
    "foot_line": "foot line",
    "body_height": "body height",
    "centre_x": "place across",
    "heads": "heads",
    "roll_deg": "roll",
}


@dataclass(frozen=True, slots=True)
class Learnt:
    """A look, the photos it was learnt from, and why each other one could not be used."""

    look: Look
    used: tuple[str, ...]
    left_out: Mapping[str, str]


def learn(name: str, photos: Mapping[str, Composition | str]) -> Learnt:
    """A look from what was measured in photos.

    photos: by their names, what was measured, or why nothing could be. Photos of the kind that most of them
    show are used, but for odd ones: those whose lines are far from the others'. Raises LookError where fewer
    than 3 remain, or no kind has more than half.
    """
    left_out = {photo: found for photo, found in photos.items() if isinstance(found, str)}
    samples: dict[str, Sample] = {}
    for photo, found in photos.items():
        if isinstance(found, str):
            continue
        try:
            samples[photo] = sample(found)
        except LookError as reason:
            left_out[photo] = str(reason)
    kind = _kind(samples, left_out)
    for photo in [photo for photo, one in samples.items() if one.kind != kind]:
        left_out[photo] = f"it shows {NAMES[samples.pop(photo).kind]}, the others {NAMES[kind]}"
    for photo, told in _odd(samples, kind).items():
        left_out[photo] = told
        del samples[photo]
    look = Look(
        name=name,
        kind=kind,
        about=f"{NAMES[kind].capitalize()}, as in {len(samples)} photos",
        people=_people(samples),
        orientation=_orientation(samples),
        measures=_measures(samples, kind),
    )
    look = look.model_copy(update={"growth": look.growth.model_copy(update={"photos": len(samples)})})
    return Learnt(look, tuple(samples), left_out)


def tolerance_limits(measure: str, kind: Kind) -> tuple[float, float]:
    """Least and largest tolerance of a measure in looks of that kind."""
    body_unseen = measure == "body_height" and kind in WITHOUT_FEET
    return _WITHOUT_FEET_BODY if body_unseen else TOLERANCES[measure]


def spread(values: Sequence[float]) -> float:
    """Standard deviation of values of which fewer than half are odd: Rousseeuw and Croux's Qn; 0 of one.

    It is told from how far apart pairs of values are, and from a dozen photos it is half again as sure as the
    median absolute deviation.
    """
    count = len(values)
    if count < 2:
        return 0.0
    first, second = np.triu_indices(count, 1)
    apart = np.sort(np.abs(np.asarray(values)[first] - np.asarray(values)[second]))
    half = count // 2 + 1
    few = count / (count + (1.4 if count % 2 else 3.8))
    return float(2.2219 * few * apart[half * (half - 1) // 2 - 1])


def _kind(samples: Mapping[str, Sample], left_out: Mapping[str, str]) -> Kind:
    if not samples:
        reasons = Counter(left_out.values()).most_common()
        told = "; ".join(f"{count} x {reason}" for reason, count in reasons) or "none was given"
        raise LookError(f"no photo shows a look ({told}); give at least {LEAST} photos of whole heads")
    kinds = Counter(one.kind for one in samples.values()).most_common()
    told = ", ".join(f"{count} {kind}" for kind, count in kinds)
    kind, count = kinds[0]
    if len(samples) >= LEAST and 2 * count <= len(samples):
        raise LookError(
            f"the photos are of mixed kinds ({told}); give photos of one kind, or learn two looks"
        )
    if count < LEAST:
        raise LookError(
            f"only {count} of {len(samples) + len(left_out)} photos can be used ({told}); "
            f"give at least {LEAST} of one kind"
        )
    return kind


def _odd(samples: Mapping[str, Sample], kind: Kind) -> dict[str, str]:
    """Photos whose lines are far from the others', the furthest first, as many as leave enough for a look."""
    found: dict[str, tuple[float, str]] = {}
    for measure in _NEEDED:
        known = {photo: one.measures[measure] for photo, one in samples.items() if measure in one.measures}
        if len(known) < LEAST:
            continue
        least = tolerance_limits(measure, kind)[0]
        for photo, value in known.items():
            others = [known[other] for other in known if other != photo]
            middle = float(np.median(others))
            off = abs(value - middle) / max(spread(others), least)
            if off > max(_ODD, found.get(photo, (0.0, ""))[0]):
                told = f"its {WORDS[measure]} is at {value:.0%}, the others' at {middle:.0%}"
                found[photo] = (off, f"it is unlike the others: {told}")
    worst = sorted(found, key=lambda photo: -found[photo][0])[: len(samples) - LEAST]
    return {photo: found[photo][1] for photo in worst}


def _people(samples: Mapping[str, Sample]) -> tuple[int, int]:
    counts = [one.people for one in samples.values()]
    return min(counts), max(counts)


def _orientation(samples: Mapping[str, Sample]) -> Orientation:
    (orientation, count), *_ = Counter(one.orientation for one in samples.values()).most_common()
    return orientation if count >= 0.8 * len(samples) else "any"


def _measures(samples: Mapping[str, Sample], kind: Kind) -> Measures:
    found: dict[str, Measure] = {"roll_deg": LEVEL}
    for name in Measures.model_fields:
        values = [one.measures[name] for one in samples.values() if name in one.measures]
        if len(values) < LEAST or (name == "foot_line" and kind in WITHOUT_FEET):
            continue
        least, most = tolerance_limits(name, kind)
        middle, wide = float(np.median(values)), _SPREADS * spread(values)
        tolerance = round(float(np.clip(wide, least, most)), 3)
        alike = np.mean(np.abs(np.asarray(values) - middle) <= _SCATTER * tolerance)
        if name in _NEEDED or (wide <= _SCATTER * most and alike > 0.5):
            found[name] = Measure(value=round(middle, 4), tolerance=tolerance)
    return Measures(**found)
