"""`framecue simulate`: many runs, and what came of them."""

import functools
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from framecue.composition.cue import Cue, Mount
from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import Look, load_look
from framecue.composition.subject import Composition
from framecue.errors import FramecueError
from framecue.simulate.baselines import NaiveGuide, Overlay
from framecue.simulate.group import Group
from framecue.simulate.head import Head
from framecue.simulate.level import level_of
from framecue.simulate.outline import Outline
from framecue.simulate.person import REACTION_S
from framecue.simulate.place import Place, random_place
from framecue.simulate.reach import best_reachable
from framecue.simulate.run import RATE, AnyGuide, Result, run, strict
from framecue.studio.scene import Scene

FOV_DEG: Final = 48.0
SIZES: Final = ((480, 640), (640, 480))  # the camera held upright and across
PEOPLE: Final = 60  # different people; a run takes one of them
MOUNTED: Final[tuple[Mount, ...]] = ("handheld", "tripod", "fixed")
SEEN_RATE: Final = 5.0  # frames per second where every one of them is rendered
SLIGHT: Final = 0.1  # tolerances: who gives up so near the best there is gave up rightly
Who = Literal["guide", "naive", "overlay"]
Watch = Callable[[Outline | Group, Place, Composition, Cue, float], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate. mounts: taken in turn. who: is followed.

    model: rooms are rendered and seen through it. people: two or more are a group. head: fixed cameras are on
    a pan-tilt head. sensor: cameras of exact parts have a level sensor. rate: frames per second; None: RATE,
    or SEEN_RATE through a model. reaction_s: how long photographers take from a cue to a move.
    """

    seed: int
    look: str = "full-body"
    mounts: tuple[Mount, ...] = MOUNTED
    who: Who = "guide"
    model: str | None = None
    people: int = 1
    head: bool = False
    sensor: bool = False
    rate: float | None = None
    reaction_s: float = REACTION_S


@dataclass(frozen=True, slots=True)
class Judged:
    """A run, and whether the look, or a picture nearer to it than where the run gave up, could be had."""

    result: Result
    reachable: bool

    @property
    def reached(self) -> bool:
        """In the look, or rightly given up."""
        if self.result.in_look and self.result.ended != "late":
            return True
        return self.result.ended == "best_possible" and not self.reachable


def simulate(runs: int, plan: Plan, workers: int | None = None) -> list[Judged]:
    """Runs 0 to runs - 1 of a plan, the same for the same seed on any number of processes."""
    chosen = workers or min(len(os.sched_getaffinity(0)), runs)
    if chosen == 1 or plan.model is not None:
        return [one(plan, number) for number in range(runs)]
    with ProcessPoolExecutor(chosen) as pool:
        return list(pool.map(functools.partial(one, plan), range(runs), chunksize=4))


def one(plan: Plan, number: int, watch: Watch = lambda *_: None) -> Judged:
    """One run of a plan. watch: sees every frame: people, place, what was measured, the cue, seconds."""
    rng = np.random.default_rng([plan.seed, number])
    mount = plan.mounts[number % len(plan.mounts)]
    look = load_look(plan.look)
    if not look.people[0] <= plan.people <= look.people[1]:
        many = "one person" if look.people == (1, 1) else f"{look.people[0]} to {look.people[1]} people"
        raise FramecueError(
            f"look {plan.look!r} is of {many}, not of {plan.people}; name another with --look"
        )
    if plan.people > 1 and plan.model is not None:
        raise FramecueError("groups are simulated with exact parts only; leave out --model or --people")
    if look.measures.foot_line is None or look.measures.head_top is None:
        raise FramecueError(f"look {plan.look!r}: only looks of whole people can be simulated")
    asked = look if mount == "fixed" else strict(look)  # guests cannot mend a ratio
    seed = int(np.random.default_rng([plan.seed, number % PEOPLE, 1]).integers(2**31))
    size = SIZES[int(rng.integers(len(SIZES)))]
    if look.orientation != "any":
        size = SIZES[look.orientation == "landscape"]
    place = random_place(rng, mount, size, FOV_DEG)
    guests = person(seed) if plan.people == 1 else _group(plan, number, rng)
    head = Head() if plan.head and mount == "fixed" else None
    guide = _guide(plan.who, asked, mount, rng, head)
    if isinstance(guests, Group):
        place = guests.begin(place, mount)

    def observe(seen: Place, composition: Composition, cue: Cue, now_s: float) -> None:
        if head is not None and isinstance(guide, Guide):
            head.see(guide, now_s)
        if isinstance(guests, Group):
            guests.hear(cue, seen.seen_from, now_s)
        watch(guests, seen, composition, cue, now_s)

    with seen_through(plan.model, seed) as see:
        rate = plan.rate or (RATE if plan.model is None else SEEN_RATE)
        turned = (lambda each: each) if head is None else head.turned
        result = run(
            guide,
            look,
            guests,
            place,
            mount,
            rng,
            asked=asked,
            see=see,
            observe=observe,
            turned=turned,
            level=level_of(np.random.default_rng([plan.seed, number, 2]), plan.sensor),
            rate=rate,
            reaction_s=plan.reaction_s,
        )
    gave_up = result.ended == "best_possible" and not result.in_look
    best = best_reachable(guests, place, look, mount, head is not None) if gave_up else 0.0
    return Judged(result, best <= min(1.0, result.worst - SLIGHT))


def _group(plan: Plan, number: int, rng: np.random.Generator) -> Group:
    some = (number * plan.people + each for each in range(plan.people))
    seeds = (int(np.random.default_rng([plan.seed, each % PEOPLE, 1]).integers(2**31)) for each in some)
    return Group([person(seed) for seed in seeds], rng)


@functools.lru_cache(maxsize=PEOPLE)
def person(seed: int) -> Outline:
    """The person of the scene with that seed."""
    return Outline(Scene.random(seed, 1).people[0])


def summary(judged: list[Judged]) -> dict[str, Any]:
    """The report's numbers; errors are those of shots in the look, the ratio's where the camera may move."""
    results = [each.result for each in judged]
    cues = sum(result.cues for result in results)
    handheld = [result.cues for result in results if result.mount == "handheld"] or [0]
    shots = [result for result in results if result.in_look]
    lines = [abs(r.errors[name]) for r in shots for name in ("head_top", "foot_line") if name in r.errors]
    ratios = [abs(r.errors["heads"]) for r in shots if "heads" in r.errors and r.mount != "fixed"]
    return {
        "runs": len(judged),
        "reached": _rounded(sum(each.reached for each in judged) / len(judged)),
        "cues_p50": _rounded(float(np.percentile(handheld, 50))),
        "cues_p95": _rounded(float(np.percentile(handheld, 95))),
        "wrong_way": _rounded(sum(result.wrong for result in results) / max(cues, 1)),
        "reversals": sum(result.reversals > 0 for result in results),
        "line_error_p90": _rounded(float(np.percentile(lines, 90))) if lines else None,
        "ratio_error_p90": _rounded(float(np.percentile(ratios, 90))) if ratios else None,
    }


def report(runs: int, plan: Plan, as_json: bool, beside: bool) -> None:
    """Simulate, and print what came of it; beside: also what the baselines make of the same starts."""
    found = summary(simulate(runs, plan))
    if as_json:
        print(json.dumps(found))
        return
    table = {"guide": found}
    if beside:
        for who in ("naive", "overlay"):
            other = Plan(plan.seed, plan.look, ("handheld",), who)
            table[who] = summary(simulate(runs, other))
    names = list(found)
    print(" " * 16 + "".join(f"{who:>12}" for who in table))
    for name in names:
        print(f"{name:<16}" + "".join(f"{'-' if (v := t[name]) is None else v:>12}" for t in table.values()))


@contextmanager
def seen_through(model: str | None, seed: int) -> Iterator[Any]:
    """What a camera makes of a place: None for exact lines, else the rendered room through a segmenter."""
    if model is None:
        yield None
        return
    from framecue.composition.observe import Observer
    from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
    from framecue.studio import Studio

    studio = Studio(Scene.random(seed, 1))
    observer = Observer(FOV_DEG)
    with open_segmenter(SegmenterSettings(model=model)) as segmenter:

        def see(place: Place, now_s: float, moving: bool) -> Any:  # noqa: ARG001
            camera: Pinhole = place.seen_from
            image = studio.view(camera, 2.0).image
            return observer.observe(image, segmenter.segment(image), now_s)

        yield see


def _guide(who: Who, look: Look, mount: Mount, rng: np.random.Generator, head: Head | None) -> AnyGuide:
    if who == "naive":
        return NaiveGuide(look, FOV_DEG)
    if who == "overlay":
        return Overlay(look, FOV_DEG, rng)
    settings = GuideSettings(mount=mount)
    return Guide(look, FOV_DEG, settings, (lambda: None) if head is None else (lambda: head.turner.reach))


def _rounded(value: float) -> float:
    return round(value, 4)
