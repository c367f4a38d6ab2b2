"""Which step of the way to ask for, and the cue that asks for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from framecue.composition.axes import AXES, Axis, Way
from framecue.composition.cue import Cue, CueName, Detail, Unit
from framecue.composition.memory import Said
from framecue.composition.plan import Planner
from framecue.composition.words import LANGUAGES, Language, say

Reason = tuple[CueName, Detail | None]  # feet_hidden or head_hidden, and what about it

STEP: Final[Mapping[Unit, float]] = {"m": 0.05, "deg": 1.0}  # amounts are asked for in these steps
FINE: Final = 4.0  # of them, beyond which amounts are asked for in coarser ones
COARSE_STEP: Final[Mapping[Unit, float]] = {"m": 0.1, "deg": 1.0}
# Less is not worth saying; guests do not step as exactly as somebody who holds the camera.
LEAST: Final[Mapping[Axis, float]] = {
    "step": 0.03, "raise": 0.03, "tilt": 0.6, "pan": 0.6, "roll": 0.6, "come": 0.05, "aside": 0.05,
}  # fmt: skip
SECOND: Final[Mapping[Unit, float]] = {"m": 0.8, "deg": 15.0}  # one of two moves in one cue is small
UNSURE: Final = 0.08  # of the distance: how well it is known of somebody not seen whole
FAR_M, SHORT = 1.0, 0.8  # of a walk towards somebody, what is beyond so many metres is asked for in part
WORTH: Final = 0.2  # squared tolerances that a step must gain
PATIENCE: Final = 6.0  # times as much, once the guide has called it as good as it gets
OVERRULE: Final = 1.5  # another step must gain so many times more to replace the one being asked for
TRIFLE: Final = 2.5  # times as much to be had a moment later is waited for
COMPANION: Final = 0.1  # squared tolerances that a second move must add to be asked for beside the first


@dataclass(frozen=True, slots=True)
class Choice:
    """One or two moves to ask for.

    first: the axis that matters more by itself. reason: the cut end that they are asked for, where they are.
    """

    way: Way
    first: Axis
    reason: Reason | None = None

    def wanted(self) -> dict[CueName, float]:
        """Cues and positive amounts of its moves."""
        return {_name(axis, amount): abs(amount) for axis, amount in self.way.moves.items()}

    def told(self) -> dict[Axis, float]:
        """Its moves as they are asked for."""
        return {axis: math.copysign(_told(axis, amount), amount) for axis, amount in self.way.moves.items()}

    @property
    def names(self) -> frozenset[CueName]:
        """Its cues."""
        return frozenset(self.wanted())


class Chooser:
    """Weighs the steps of one plan at one moment.

    before: what is asked for now. beside: the person is near the frame's side or cut by it, and
    would be lost if that were not mended first.
    waiting: after `choose` gave nothing, whether there is something to ask for a little later.
    """

    def __init__(
        self,
        planner: Planner,
        said: Said,
        time_s: float,
        before: Choice | None,
        beside: bool,
        within: float,
        deviation_m: float,
    ) -> None:
        self.planner, self._before, self._beside = planner, before, beside
        self._deviation_m = deviation_m
        self.whole = planner.all_moves()
        steps = [way for way in planner.steps(self.whole, self._least(), SECOND) if way.gain > 0]
        self._alone = {next(iter(way.moves)): way.gain for way in steps if len(way.moves) == 1}
        small = planner.shortcuts(LEAST, STEP)
        self._ends = {frozenset(way.moves) for way in planner.finishing(small, within)}
        steps = [way for way in steps if frozenset(way.moves) not in self._ends]
        steps += [way for way in small if frozenset(way.moves) in self._ends]
        self._open, self._later = self._sorted(steps, said, time_s)
        # What is left may be spread over many moves too small to say: then one that is not of the whole way.
        self._spare, self._spare_later = self._sorted([way for way in small if way.gain > 0], said, time_s)
        self.waiting = False

    def _least(self) -> Mapping[Axis, float]:
        """A step that only a guess at hidden feet asks for must be a large one."""
        if self.planner.complete:
            return LEAST
        unsure = min(UNSURE * self.planner.pose.distance_m, self._deviation_m)
        return {axis: max(least, unsure) if AXES[axis][2] == "m" else least for axis, least in LEAST.items()}

    def same(self) -> Choice | None:
        """The moves asked for now, as far as they are still to be made."""
        if self._before is None:
            return None
        found = next((each for each in self._open if each.names == self._before.names), None)
        return None if found is None else replace(found, first=self._before.first)

    def choose(self, patient: bool, young: bool) -> Choice | None:
        """What to ask for. patient: only for much. young: what is asked for now has not been acted on yet."""
        if young and self._before is not None:
            kept = [c for c in self._open if c.names <= self._before.names]
            if kept:
                best = max(kept, key=lambda c: c.way.gain)
                return replace(best, first=self._before.first) if best.names == self._before.names else best
            if self.planner.again(self._before.way.moves).gain >= WORTH:
                return self._before
        least = WORTH * (PATIENCE if patient else 1.0)
        fit = [c for c in self._open if c.way.gain >= least and self._fits(c)]
        for milder in (self._safe, self._useful):
            fit = fit or [c for c in self._open if c.way.gain >= least and milder(c)]
        if not fit and not self._worth(self._later, least):
            fit = self._worth(self._spare, least)
        if self._trifles(fit):
            fit = []
        if not fit:
            self.waiting = bool(self._worth(self._later + self._spare_later, least))
            return None
        same = self.same()
        same = same if same is not None and any(c.names == same.names for c in fit) else None
        ends = [c for c in fit if frozenset(c.way.moves) in self._ends]
        if ends:
            if same is not None and any(c.names == same.names for c in ends):
                return same
            return min(ends, key=lambda c: (len(c.way.moves), c.way.after))
        ones = [c for c in fit if len(c.way.moves) == 1]
        best = max(fit, key=lambda c: c.way.gain)
        if ones and len(best.way.moves) == 2:
            one = max(ones, key=lambda c: c.way.gain)
            best = best if best.way.gain > one.way.gain + COMPANION else one
        return same if same is not None and best.way.gain < OVERRULE * same.way.gain else best

    def _trifles(self, choices: list[Choice]) -> bool:
        """Whether all that can be asked for now is little beside what can be a moment later."""
        now, later = (max((c.way.gain for c in some), default=0.0) for some in (choices, self._later))
        return TRIFLE * now < later

    def _worth(self, choices: list[Choice], least: float) -> list[Choice]:
        return [c for c in choices if c.way.gain >= least and self._useful(c)]

    def _sorted(self, ways: list[Way], said: Said, time_s: float) -> tuple[list[Choice], list[Choice]]:
        """Those that can be asked for now, and those of which the opposite was said a moment ago."""
        choices = [self._choice(way) for way in ways if not self.planner.worsens(way)]
        later = [c for c in choices if said.too_soon(c.names, time_s)]
        return [c for c in choices if c not in later], later

    def _choice(self, way: Way) -> Choice:
        return Choice(way, max(way.moves, key=lambda axis: self._alone.get(axis, 0.0)))

    def _fits(self, choice: Choice) -> bool:
        return self._safe(choice) and not (self._beside and not {"pan", "aside"} & set(choice.way.moves))

    def _useful(self, choice: Choice) -> bool:
        return not all(self.planner.near_enough(axis) for axis in choice.way.moves)

    def _safe(self, choice: Choice) -> bool:
        return self._useful(choice) and not self.planner.loses(choice.way)


def cue_of(choice: Choice, language: Language) -> Cue:
    """The cue that asks for a choice."""
    moves = sorted(choice.way.moves.items(), key=lambda move: move[0] != choice.first)
    cues = [
        plain_cue(_name(axis, amount), in_steps(_told(axis, amount), AXES[axis][2]), AXES[axis][2], language)
        for axis, amount in moves
    ]
    speech = LANGUAGES[language]
    text = cues[0].text if len(cues) == 1 else speech.joined.format(cues[0].text, _lower(cues[1].text))
    reason, detail = choice.reason or (None, None)
    if reason is not None and (detail is not None or moves[0][0] not in ("pan", "roll", "aside")):
        text = speech.because.format(say(reason, language=language, detail=detail), _lower(text))
        if len(cues) == 1:
            return Cue(reason, text, also=cues[0], detail=detail)
    if len(cues) == 1:
        return cues[0]
    return Cue(cues[0].cue, text, cues[0].amount, cues[0].unit, also=cues[1])


def plain_cue(name: CueName, amount: float | None, unit: Unit | None, language: Language) -> Cue:
    """One cue in words, with nothing beside it."""
    return Cue(name, say(name, amount, unit, language=language), amount, unit)


def steady(shown: Cue, wanted: Cue) -> Cue:
    """Keep the amounts shown while the wanted ones are a single step away, so that digits do not flicker."""
    near = _near(shown, wanted)
    if near and shown.also is not None and wanted.also is not None:
        near = _near(shown.also, wanted.also)
    return shown if near and shown.text.split()[:1] == wanted.text.split()[:1] else wanted


def in_steps(amount: float, unit: Unit) -> float:
    """An amount rounded to what can be asked for, never nothing."""
    step = _step(amount, unit)
    return max(round(amount / step), 1) * step


def _step(amount: float, unit: Unit) -> float:
    return STEP[unit] if amount < FINE * STEP[unit] else COARSE_STEP[unit]


def _name(axis: Axis, amount: float) -> CueName:
    return AXES[axis][0] if amount > 0 else AXES[axis][1]


def _told(axis: Axis, amount: float) -> float:
    """How much to ask for: who walks far walks too far as easily as not far enough, and fills the frame."""
    far = axis in ("step", "come") and amount > FAR_M
    return (FAR_M + SHORT * (amount - FAR_M)) if far else abs(amount)


def _near(shown: Cue, wanted: Cue) -> bool:
    if shown.amount is None or wanted.amount is None or wanted.unit is None:
        return shown.amount is wanted.amount
    return abs(shown.amount - wanted.amount) < 1.5 * _step(wanted.amount, wanted.unit)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
