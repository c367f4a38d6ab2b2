"""One run: a photographer follows a guide from a random start to a shot, watched by somebody who knows."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from framecue.composition.axes import errors
from framecue.composition.cue import Cue, CueName, Mount
from framecue.composition.framing import Framing, measured
from framecue.composition.geometry import Pinhole
from framecue.composition.look import Look, Measure
from framecue.composition.memory import OPPOSITE, UNITS
from framecue.composition.subject import Composition
from framecue.simulate.level import Level
from framecue.simulate.person import REACTION_S, UNTOLD, Person
from framecue.simulate.place import MOVES, Place, asked, obeyed

RATE: Final = 10.0  # frames per second
LIMIT_S: Final = 120.0  # nobody listens longer
SMALL: Final = 0.1  # share of what a cue asks for that tells whether it points the right way
REVERSAL_S: Final = 3.0
ROLL_NOISE_DEG = 0.3  # deviation of roll in a frame, degrees
HEADS_TOLERANCE: Final = 0.3  # a report's ratio is asked for at least this exactly


class AnyGuide(Protocol):
    """Whatever turns compositions into cues."""

    def update(self, composition: Composition, time_s: float) -> Cue:
        """The cue for now."""


class AnyOutline(Protocol):
    """Who stands before the camera: one outline, or a group of them."""

    def framed(self, camera: Pinhole, look: Look) -> Framing | None:
        """What a look is about, as it really is; None where part is beside the camera."""

    def composition(self, camera: Pinhole, roll_deg: float) -> Composition:
        """What exact parts and measure make of the view."""

    def fitted(self, look: Look, camera: Pinhole) -> Look:
        """The look as it fits those who are there."""


@dataclass(slots=True)
class Result:
    """What came of one run. cues: shown or obeyed. errors: of the truth at the end, in the look's units."""

    mount: Mount
    ended: str  # ready, best_possible or late
    cues: int
    wrong: int
    reversals: int
    seconds: float
    errors: dict[str, float]
    tolerances: dict[str, float]
    place: Place
    log: list[str]

    @property
    def worst(self) -> float:
        """The largest error, in tolerances; infinite where somebody is partly beside the camera."""
        return max((abs(e) / self.tolerances[n] for n, e in self.errors.items()), default=math.inf)

    @property
    def in_look(self) -> bool:
        """Whether the shot is in the look."""
        return self.worst <= 1.0


def strict(look: Look) -> Look:
    """The look, its ratio asked for as exactly as the report promises."""
    heads = look.measures.heads
    if heads is None or heads.tolerance <= HEADS_TOLERANCE:
        return look
    exact = Measure(value=heads.value, tolerance=HEADS_TOLERANCE)
    return look.model_copy(update={"measures": look.measures.model_copy(update={"heads": exact})})


def truth(outline: AnyOutline, camera: Pinhole, look: Look) -> dict[str, float]:
    """A look's measures as they really are, in the frame or not; empty where part is beside the camera."""
    framed = outline.framed(camera, look)
    if framed is None:
        return {}
    found = dict(measured(framed, look, camera.roll_deg, camera.width, camera.height))
    return {n: v for n, v in found.items() if getattr(look.measures, n) is not None}


def off(outline: AnyOutline, camera: Pinhole, look: Look) -> dict[str, float]:
    """How far each measure really is from the look, in tolerances; empty where part is beside the camera."""
    return errors(truth(outline, camera, look), outline.fitted(look, camera))


def far_from(outline: AnyOutline, camera: Pinhole, look: Look) -> float:
    """The true distance to the look: the sum of squared errors, in tolerances; infinite beside the camera."""
    found = off(outline, camera, look)
    return sum(e * e for e in found.values()) if found else float("inf")


def points_wrong(cue: Cue, place: Place, outline: AnyOutline, look: Look) -> bool:
    """Whether obeying a tenth of a cue, exactly, leads away from the look.

    The distance is `far_from`. Both moves of a cue that has two are made. Where the room lets nothing move
    the distance stays, which is not wrong.
    """
    told = replace(cue, also=_told(cue.also)) if cue.also is not None else cue
    after = obeyed(place, _told(told) or told, SMALL)
    if after is None:
        return False
    here, there = (far_from(outline, p.seen_from, look) for p in (place, after))
    return there > here * (1 + 1e-9)


def _told(cue: Cue | None) -> Cue | None:
    if cue is None or cue.cue not in MOVES or cue.amount is not None:
        return cue
    return replace(cue, amount=UNTOLD[UNITS[cue.cue]])


class Watcher:
    """Counts cues, those that point the wrong way, and reversals."""

    def __init__(self, outline: AnyOutline, look: Look) -> None:
        self._outline, self._look = outline, look
        self._shown: tuple[CueName, ...] = ()
        self._wrong_now = self._obeyed = False
        self._last_s: dict[CueName, float] = {}
        self.cues = self.wrong = self.reversals = 0
        self.log: list[str] = []

    def see(self, cue: Cue, place: Place, now_s: float, obeyed_now: bool) -> None:
        """Look at what is shown in a frame. A cue counts when it comes up and when obeyed again."""
        rest: CueName = cue.cue if cue.detail is None else "hold"  # what some of a group are asked is no move
        names = tuple(each.cue for each in asked(cue)) or (rest,)  # feet cut or not, it is one move
        asks = any(name in MOVES for name in names) or cue.cue == "nobody"
        fresh = not set(names) <= set(self._shown) if self._shown else True
        if asks and fresh:
            self._count(cue, place, now_s)
            self._obeyed = False
            for name in set(names) & MOVES:
                if now_s - self._last_s.get(OPPOSITE[name], -99.0) <= REVERSAL_S:
                    self.reversals += 1
                    self.log.append(f"{now_s:5.1f} REVERSAL {name}")
        elif asks and obeyed_now and self._obeyed:
            self._count(cue, place, now_s)
        elif asks and obeyed_now and not self._wrong_now:
            self._judge(cue, place, now_s)
        for name in set(names) & MOVES:
            self._last_s[name] = now_s
        self._obeyed = self._obeyed or obeyed_now
        self._shown = names if asks else ()

    def _count(self, cue: Cue, place: Place, now_s: float) -> None:
        self.cues += 1
        self.log.append(f"{now_s:5.1f} {cue.text}")
        self._wrong_now = False
        self._judge(cue, place, now_s)

    def _judge(self, cue: Cue, place: Place, now_s: float) -> None:
        self._wrong_now = points_wrong(cue, place, self._outline, self._look)
        if self._wrong_now:
            self.wrong += 1
            self.log.append(f"{now_s:5.1f} WRONG WAY: {cue.text}")


def run(
    guide: AnyGuide,
    look: Look,
    outline: AnyOutline,
    place: Place,
    mount: Mount,
    rng: np.random.Generator,
    *,
    asked: Look | None = None,
    see: Callable[[Place, float, bool], Composition] | None = None,
    observe: Callable[[Place, Composition, Cue, float], None] = lambda *_: None,
    turned: Callable[[Place], Place] = lambda place: place,
    level: Level | None = None,
    rate: float = RATE,
    reaction_s: float = REACTION_S,
) -> Result:
    """Let a photographer follow a guide to a shot.

    look: in which the shot must be in the end. asked: the look the guide was given, and cues are judged by,
    where it is a stricter one. see: what the camera makes of a place (seconds, whether somebody moves); exact
    lines if None. turned: the place as a head that turns the camera leaves it. level: how the camera of exact
    lines tells its pitch; None where it does not. rate: frames per second. reaction_s: from a cue to a move.
    """
    person = Person(place, rng, steady=mount != "handheld", fixed=mount == "fixed", reaction_s=reaction_s)
    watcher = Watcher(outline, asked or look)
    now_s, frame = 0.0, 0
    ended = "late"
    while now_s < LIMIT_S:
        frame += 1
        now_s = frame / rate
        seen = turned(person.look(1 / rate))
        if see is None:
            roll = seen.camera.roll_deg + float(rng.normal(0, ROLL_NOISE_DEG))
            composed = replace(outline.composition(seen.seen_from, roll), roll_deviation_deg=ROLL_NOISE_DEG)
            composed = composed if level is None else level.tell(composed, seen.camera.pitch_deg, rng)
        else:
            composed = see(seen, now_s, person.moving)
        cue = guide.update(composed, now_s)
        observe(seen, composed, cue, now_s)
        taken_up = person.show(cue, now_s)
        if person.done:
            ended = cue.cue
            break
        watcher.see(cue, seen, now_s, taken_up)
    found, fitted = truth(outline, seen.seen_from, look), outline.fitted(look, seen.seen_from).measures
    return Result(
        mount, ended, watcher.cues, watcher.wrong, watcher.reversals, now_s,
        {n: v - getattr(fitted, n).value for n, v in found.items()},
        {n: getattr(fitted, n).tolerance for n in found}, seen, watcher.log,
    )  # fmt: skip
