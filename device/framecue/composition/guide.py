"""The guide: turns compositions over time into one steady cue."""

import math
from dataclasses import replace

from pydantic import Field

from framecue.composition.cue import Cue, CueName, Unit
from framecue.composition.look import Look
from framecue.composition.moves import Move, moves
from framecue.composition.subject import Composition, Subject
from framecue.composition.words import say
from framecue.table import Table

ENTER, LEAVE = (
    0.85,
    1.15,
)  # a gap counts as closed below the first, as open again above the second, tolerances
OVERRULE = 1.5  # another move must shift the picture this many times more to replace the one being asked for
STEP = {"m": 0.1, "deg": 1.0}  # amounts are asked for in these steps
JUMP = 0.08  # a line that moves this share of the frame in one frame is a new scene, not noise


class GuideSettings(Table):
    """How the guide speaks."""

    look: str = Field("full-body", description="name of the look to reach")
    min_cue_s: float = Field(0.6, ge=0, le=10, description="seconds a cue stays at least")
    smooth_s: float = Field(0.15, ge=0, le=2, description="seconds over which measured lines are smoothed")
    steady_s: float = Field(
        0.5, ge=0, le=10, description="seconds the look must hold before the cue is ready"
    )
    grace_s: float = Field(
        0.5, ge=0, le=10, description="seconds somebody may be missed before nobody is there"
    )


class Guide:
    """One guided scene. Feed it every composition in time order; it answers each with the cue to show."""

    def __init__(self, look: Look, fov_deg: float, settings: GuideSettings) -> None:
        self.look = look
        self._fov_deg = fov_deg
        self._settings = settings
        self._smooth = _Smoother(settings.smooth_s)
        self._seen_s: float | None = None  # when somebody was last there
        self._inside_since_s: float | None = None  # since when the composition has been in the look
        self._cue = Cue("nobody", say("nobody"))
        self._since_s = float("-inf")  # when the present cue was first shown

    def update(self, composition: Composition, time_s: float) -> Cue:
        """The cue for now. time_s: the frame's time, seconds, never going back."""
        wanted = self._wanted(composition, time_s)
        if wanted.cue == self._cue.cue:
            self._cue = _steady_amount(self._cue, wanted)
        elif time_s - self._since_s >= self._settings.min_cue_s:
            self._cue, self._since_s = wanted, time_s
        return self._cue

    def _wanted(self, composition: Composition, time_s: float) -> Cue:
        subject = composition.main_subject
        if subject is None:
            self._inside_since_s = None
            missed_s = float("inf") if self._seen_s is None else time_s - self._seen_s
            return self._cue if missed_s < self._settings.grace_s else Cue("nobody", say("nobody"))
        if self._seen_s is None or time_s - self._seen_s > self._settings.grace_s:
            self._smooth.forget()
        self._seen_s = time_s
        steady = self._smooth.update(subject, composition.height, time_s)
        gaps = moves(composition, steady, self.look, self._fov_deg)
        limit = LEAVE if self._inside_since_s is not None else ENTER
        needed = [move for move in gaps if move.error > limit]
        if needed or not self._whole(steady):
            self._inside_since_s = None
            return _cue(self._choose(needed)) if needed else _hidden(steady)
        if self._inside_since_s is None:
            self._inside_since_s = time_s
        held = time_s - self._inside_since_s >= self._settings.steady_s
        return Cue("ready", say("ready")) if held else Cue("hold", say("hold"))

    def _whole(self, subject: Subject) -> bool:
        """Whether all that the look asks for can be measured."""
        want = self.look.measures
        head = want.head_top is None or subject.head_top_y is not None
        return head and (want.foot_line is None or subject.foot_y is not None)

    def _choose(self, needed: list[Move]) -> Move:
        """The largest move, but the one already asked for until another matters clearly more."""
        largest = needed[0]
        same = next((move for move in needed if _cue(move).cue == self._cue.cue), None)
        return same if same is not None and largest.effect < OVERRULE * same.effect else largest


class _Smoother:
    """Exponential smoothing of a subject's lines, starting afresh where the scene jumps."""

    def __init__(self, time_constant_s: float) -> None:
        self._constant_s = time_constant_s
        self._last: Subject | None = None
        self._last_s = 0.0

    def forget(self) -> None:
        self._last = None

    def update(self, subject: Subject, height: int, time_s: float) -> Subject:
        last, self._last = self._last, subject
        elapsed_s, self._last_s = time_s - self._last_s, time_s
        if last is None or last.cut != subject.cut:
            return subject
        keep = 0.0 if self._constant_s == 0 else math.exp(-elapsed_s / self._constant_s)

        def blend(old: float | None, new: float | None) -> float | None:
            jumped = old is None or new is None or abs(new - old) > JUMP * height
            return new if jumped or old is None or new is None else new + keep * (old - new)

        self._last = replace(
            subject,
            head_top_y=blend(last.head_top_y, subject.head_top_y),
            chin_y=blend(last.chin_y, subject.chin_y),
            foot_y=blend(last.foot_y, subject.foot_y),
            left_x=blend(last.left_x, subject.left_x) or 0.0,
            right_x=blend(last.right_x, subject.right_x) or 0.0,
            middle_x=blend(last.middle_x, subject.middle_x),
        )
        return self._last


def _cue(move: Move) -> Cue:
    amount = _in_steps(move.amount, move.unit)
    plain = Cue(move.cue, say(move.cue, amount, move.unit), amount, None if amount is None else move.unit)
    if move.reason is None:
        return plain
    return Cue(move.reason, f"{say(move.reason)}: {plain.text[0].lower()}{plain.text[1:]}", also=plain)


def _hidden(subject: Subject) -> Cue:
    """Nothing is cut by the frame, yet an end is not seen: somebody or something stands before it."""
    name: CueName = "head_hidden" if subject.head_top_y is None else "feet_hidden"
    end = "head" if name == "head_hidden" else "feet"
    return Cue(name, f"Wait until the {end} can be seen")


def _in_steps(amount: float | None, unit: Unit | None) -> float | None:
    if amount is None or unit is None:
        return None
    return max(round(amount / STEP[unit]), 1) * STEP[unit]


def _steady_amount(shown: Cue, wanted: Cue) -> Cue:
    """Keep the amount shown while the wanted one is a single step away, so that digits do not flicker."""
    if shown.amount is None or wanted.amount is None or wanted.unit is None or shown.also != wanted.also:
        return wanted
    return shown if abs(shown.amount - wanted.amount) < 1.5 * STEP[wanted.unit] else wanted
