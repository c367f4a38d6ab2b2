"""Beyond the table: other photos, animals, empty rooms, groups, bad light, people of the studio.

Outlines are told in one look, as live frames get / in four, as photos get.
"""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from models.training.compose import composite
from models.training.folders import Folders, held_out
from models.training.labels import UNKNOWN
from models.training.runner import Runner, likely, means, overlap
from models.training.sample import HEAD_POINT
from models.training.sources import ANIMALS, Sources
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.composition.measure import measure
from framecue.composition.people import find_people
from framecue.studio import Scene, render

_PEOPLE = ("other-two_people", "other-squat", "other-grace_hopper", "other-kite_and_cold")
_FIRST_SEED = 100_000  # of studio scenes: none of them is rendered for training
_LEAST = 800  # pixels of somebody who counts as being there
_ROOMS, _GROUPS, _FIGURES = 12, 40, 30


def trials(folders: Folders, runners: Iterable[Runner]) -> str:
    """A Markdown list of trials for each model."""
    parts = []
    for runner in runners:
        lines = [f"**{runner.name}**", ""]
        lines += [f"- {line}" for look in _TRIALS for line in look(folders, runner)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _photos(folders: Folders, runner: Runner) -> list[str]:
    lines = []
    for name in _PEOPLE:
        image = cv2.imread(str(folders.photos()[name]), cv2.IMREAD_COLOR_RGB)
        found = measure(image, runner.segment(image))
        told = "; ".join(
            f"head top {_number(one.head_top_y)}, chin {_number(one.chin_y)}, foot {_number(one.foot_y)}, "
            f"cut {', '.join(one.cut) or 'nowhere'}"
            for one in found.subjects
        )
        lines.append(f"{name}, {image.shape[1]} x {image.shape[0]}: {len(found.subjects)} found; {told}")
    return lines


def _nobody(folders: Folders, runner: Runner) -> list[str]:
    lines = []
    for name in ANIMALS:
        image = cv2.imread(str(folders.photos()[name]), cv2.IMREAD_COLOR_RGB)
        lines.append(f"{name}: {_shares([likely(runner, image)])} of pixels a person")
    found = []
    for seed in range(_ROOMS):
        image = render(
            Scene.random(_FIRST_SEED + seed, 0), Pinhole(640, 480, 55, y=1.3, z=-3.5), noise=2
        ).image
        found.append(likely(runner, image))
    lines.append(f"{_ROOMS} empty studio rooms: {_shares(found)} of pixels a person")
    return lines


def _shares(found: list[tuple[NDArray[np.bool_], ...]]) -> str:
    return " / ".join(f"{np.mean(masks):.2%}" for masks in zip(*found, strict=True))


def _groups(folders: Folders, runner: Runner) -> list[str]:
    """People of held-out photos put together; found where some person of `measure` overlaps by half.

    Those whose heads are hidden, or outside the frame, are counted apart: nobody means to take them.
    """
    sources = Sources(folders)
    names = [f"ccp-{name}" for name in folders.labelled() if held_out(int(name))]
    there, found, too_many = {True: 0, False: 0}, {True: 0, False: 0}, 0
    for seed in range(_GROUPS):
        rng = np.random.default_rng([seed, 4])
        people = [sources.labelled(names[int(rng.integers(len(names)))]) for _ in range(2 + seed % 5)]
        sample = composite(people, sources.background(rng, (480, 640)), rng, tallest=0.9)
        assert sample.owners is not None
        seen = [
            cv2.resize(one.own.astype(np.uint8), (640, 480), interpolation=cv2.INTER_NEAREST) > 0
            for one in find_people(runner.segment(sample.image))
        ]
        too_many += max(0, len(seen) - len(people))
        for number, person in enumerate(sample.points, start=1):
            mine = sample.owners == number
            if mine.sum() < _LEAST:
                continue
            x, y = person[HEAD_POINT] or (-1.0, -1.0)
            faced = 0 <= x < 640 and 0 <= y < 480 and bool(mine[int(y), int(x)])
            there[faced] += 1
            found[faced] += max((overlap(one, mine) for one in seen), default=0.0) >= 0.5
    return [
        f"groups of 2 to 6: {found[True]} of {there[True]} people found at IoU .5, "
        f"{found[False]} of {there[False]} whose heads are hidden, {too_many} too many"
    ]


def _light(folders: Folders, runner: Runner) -> list[str]:
    sources = Sources(folders)
    results: dict[str, list[list[float]]] = {"as taken": [], "backlit": [], "dim": []}
    for name in [name for name in folders.labelled() if held_out(int(name))][::3]:
        sample = sources.labelled(f"ccp-{name}")
        truth = cv2.imread(str(folders.ccp / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE) > 0
        known = sample.codes != UNKNOWN
        share = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 2)[..., None]
        value = sample.image.astype(np.float32)
        rng = np.random.default_rng(int(name))
        noise = rng.normal(0, 4, value.shape)
        pictures = {
            "as taken": value,
            "backlit": value * (share * 0.35 + (1 - share) * 1.6),
            "dim": value * 0.25 + noise,
        }
        for kind, picture in pictures.items():
            shown = np.clip(picture, 0, 255).astype(np.uint8)
            overlaps = [overlap(found & known, truth & known) for found in likely(runner, shown)]
            results[kind].append(overlaps)
    return [f"{kind}: IoU {means(values)} (passers-by left out)" for kind, values in results.items()]


def _figures(folders: Folders, runner: Runner) -> list[str]:  # noqa: ARG001
    overlaps = []
    for seed in range(_FIGURES):
        pinhole = Pinhole(640, 480, 55, y=1.3, z=-3.2, pitch_deg=-8)
        view = render(Scene.random(_FIRST_SEED + 500 + seed, 1), pinhole, noise=2)
        overlaps.append([overlap(found, view.parts > 0) for found in likely(runner, view.image)])
    return [f"studio people: IoU {means(overlaps)}"]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


_TRIALS: tuple[Callable[[Folders, Runner], list[str]], ...] = (_photos, _nobody, _groups, _light, _figures)
