"""The guide: turns compositions over time into one steady cue."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pydantic import Field

from framecue.composition.axes import Axis, errors, level_enough, residue
from framecue.composition.cue import Cue, CueName, Mount, Way
from framecue.composition.ends import cut_end, feet_wanted, hidden_end
from framecue.composition.feet import one_foot_outside
from framecue.composition.framing import Framing, framing, measured
from framecue.composition.group import Troubles, fitted
from framecue.composition.look import Look
from framecue.composition.lost import Lost
from framecue.composition.memory import LIE, Obstacles, PitchSensor, Said
from framecue.composition.moves import Choice, Chooser, Reason, cue_of, plain_cue, steady
from framecue.composition.pace import Pace
from framecue.composition.plan import BROAD, COARSE, Planner
from framecue.composition.pose import Estimate, Lens, Pose, Sight, estimate, ratio_deviation
from framecue.composition.sighting import MOVING, Sighting
from framecue.composition.subject import Composition, Subject
from framecue.composition.tilt import CERTAIN_DEG
from framecue.composition.turns import Reach, best_turn
from framecue.composition.whereabouts import Whereabouts
from framecue.composition.words import Language, say
from framecue.errors import LookError
from framecue.table import Table

FINISHED: Final = 0.6  # of the precision: moves that come so near are the last ones
LEAVE: Final = 0.8  # tolerances; a measure further off is outside the look again
THINKS_S: Final = 0.15  # between weighing what to ask for next
BLUR: Final = 0.03  # shares of the frame within a third of a second: the shot would smear
STAYS_S: Final = 1.3  # to read a cue, to begin to move, and for the picture to show it
MOVES_S: Final = 8.0  # who is still moving then is not obeying a cue
ASIDE: Final = 0.3  # shares of the width off the middle: one more step and somebody is out of the picture
RATIO_KNOWN: Final = 0.5  # heads; deviation of a ratio that is known though not seen
TOLD_S: Final = 4.0  # how long a cue about light stays before the guide goes on without


class GuideSettings(Table):
    """How the guide speaks."""

    look: str = Field("full-body", description="name of the look to reach")
    mount: Mount = Field(
        "handheld",
        description="what may move: handheld (the photographer walks, kneels, tilts), tripod (height and "
        "tilt by hand, the guests step) or fixed (the guests alone)",
    )
    language: Language = Field("en", description="of the cues: en or ko")
    precision: float = Field(
        0.5, gt=0, le=0.9, description="share of a look's tolerance within which it is reached"
    )
    auto_shutter: bool = Field(False, description="whether ready takes the picture by itself")
    backlight_limit_ev: float = Field(
        2.0, ge=0, le=10, description="stops of backlight beyond which the light is spoken of"
    )
    min_cue_s: float = Field(0.6, ge=0, le=10, description="seconds a cue stays at least")
    steady_s: float = Field(
        0.5, ge=0, le=10, description="seconds the look must hold before the cue is ready"
    )
    grace_s: float = Field(
        0.5, ge=0, le=10, description="seconds somebody may be missed before nobody is there"
    )


class Guide:
    """One guided scene. Feed it every composition in time order; it answers each with the cue to show.

    fov_deg: the camera's vertical field of view; LookError where no lens has it. reach: what a pan-tilt head
    of a fixed mount can still turn from where it is now; None: there is no head.
    turn: by how many degrees that head should turn now; None with nobody there.
    """

    def __init__(
        self,
        look: Look,
        fov_deg: float,
        settings: GuideSettings,
        reach: Callable[[], Reach | None] = lambda: None,
    ) -> None:
        if not 1.0 <= fov_deg <= 170.0:
            raise LookError(f"a lens with a field of view of {fov_deg:g} degrees cannot be; give 1 to 170")
        self.look = look
        self._fov_deg, self._settings, self._reach = fov_deg, settings, reach
        self.turn: Mapping[Way, float] | None = None
        self._seen = Sighting()
        self._said, self._obstacles = Said(), Obstacles()
        self._where = Whereabouts(settings.mount)
        self._pitch = PitchSensor()
        self._pace = Pace()
        self._lost = Lost()
        self._inside_since_s: float | None = None  # since when the composition has been in the look
        self._resigned = False  # said to be as good as it gets
        self._nothing_since_s: float | None = None  # since when there has been nothing to ask for
        self._moving_since_s: float | None = None
        self._ratio_gap = 0.0  # tolerances, when it was seen last
        self._told_since: dict[str, float] = {}  # since when light is spoken of
        self._troubles = Troubles()
        self._fitted = look  # as it fits those who are there
        self._choice: Choice | None = None
        self._cue = self._plain("nobody")
        self._thought_s = -math.inf  # when the pose and the next step were last weighed
        self._since_s = -math.inf  # when the present cue was first shown
        self._new_s = -math.inf  # when something was first asked for that was not asked before

    @property
    def pose(self) -> Estimate | None:
        """Where the camera is thought to be; None before anybody was seen."""
        return self._where.found

    def update(self, composition: Composition, time_s: float) -> Cue:
        """The cue for now. time_s: the frame's time, seconds, never going back."""
        wanted, choice = self._wanted(composition, time_s)
        same = wanted.cue == self._cue.cue and _second(wanted) == _second(self._cue)
        if choice is not None and self._choice is not None:  # the moves count, not the reason for them
            same = choice.names == self._choice.names
        if same:
            self._cue, self._choice = steady(self._cue, wanted), choice
        elif self._cue.cue == "hold" or time_s - self._since_s >= self._settings.min_cue_s:
            if choice is None or self._choice is None or not choice.names <= self._choice.names:
                self._new_s = time_s  # one of two moves that is left is nothing new
            self._cue, self._choice, self._since_s = wanted, choice, time_s
        shown = {} if self._choice is None else self._choice.wanted()
        self._said.note(tuple(shown), time_s)
        told = {} if self._choice is None else self._choice.told()
        for axis, degrees in (self.turn or {}).items():
            told[axis] = degrees
        self._where.asked(told, time_s)
        self._pace.watch(shown, self._seen.moving, time_s)
        if self.pose is not None:
            far, seen, patience_s = self.pose.pose.distance_m, self._seen, self._pace.patience_s
            self._obstacles.watch(
                shown, far, self._ratio_gap, time_s, patience_s, seen.head_size, seen.moving
            )
        return self._cue

    def _wanted(self, composition: Composition, time_s: float) -> tuple[Cue, Choice | None]:
        framed = framing(composition, self.look)
        if framed is None:
            return self._nobody(time_s)
        if self._lost.gone:
            self._begin()
        lens = Lens.of(composition.width, composition.height, self._fov_deg)
        self._lost.see(framed.subject, lens, time_s)
        self._fitted = fitted(self.look, framed, lens)
        framed, sight = self._seen.update(framed, composition, lens, time_s)
        self._watch(time_s)
        due = self.pose is None or time_s - self._thought_s >= THINKS_S
        if due:
            self._locate(sight, lens, composition.pitch_deviation_deg is None, time_s)
            self._thought_s, self.turn = time_s, {}
        first = self._told_first(framed, composition, lens, time_s)
        if first is not None:
            return first, None
        return self._guided(framed, sight, lens, time_s, due)

    def _nobody(self, time_s: float) -> tuple[Cue, Choice | None]:
        """The way back to who left by an edge, for a while, and no reversal; else that nobody is there."""
        self._inside_since_s = None
        missed_s = self._lost.missed_s(time_s)
        if missed_s < self._settings.grace_s:
            return self._cue, self._choice
        self._lost.gone, self.turn = True, None
        back = self._lost.turn_back(self._settings.mount)
        if back is None or missed_s > self._settings.grace_s + self._pace.patience_s:
            return self._plain("nobody"), None
        if self._said.too_soon(back.names, time_s):
            return self._plain("hold"), None
        return cue_of(back, self._settings.language), back

    def _begin(self) -> None:
        """Somebody else may be there: nothing learnt of the one before counts."""
        self._seen.forget()
        self._obstacles.forget()
        self._where.forget()
        self._pace = Pace()
        self._resigned, self._nothing_since_s = False, None
        self._told_since, self._troubles = {}, Troubles()

    def _locate(self, sight: Sight, lens: Lens, sensed: bool, time_s: float) -> None:
        """Estimate the pose. sensed: whether the pitch is a sensor's; one that lies is left out for good."""
        without = replace(sight, pitch_deg=None)
        if sensed and self._pitch.lies:
            sight = without
        found = self._where.see(sight, lens)
        if sight.pitch_deg is None:
            return
        by = 0.0  # how much worse the lines fit because of the pitch, whatever was thought before
        if found.misfit >= LIE:
            by = estimate(sight, lens).misfit - estimate(without, lens).misfit
            if by < LIE:  # what was thought before is at fault
                self._where.forget()
                self._where.see(sight, lens)
        if sensed and not self._pitch.disagrees(by, time_s):
            return
        if by >= LIE:
            self._where.forget()
            self._where.see(without, lens)

    def _watch(self, time_s: float) -> None:
        """Notice whether the picture moves, and since when."""
        moving = self._seen.moving
        self._where.watch(moving, time_s)
        if not moving:
            self._moving_since_s = None
        elif self._moving_since_s is None:
            self._moving_since_s = time_s

    def _obeying(self, time_s: float) -> bool:
        """Whether the picture moves as it does while a cue is obeyed."""
        return self._moving_since_s is not None and time_s - self._moving_since_s < MOVES_S

    def _told_first(self, framed: Framing, composition: Composition, lens: Lens, time_s: float) -> Cue | None:
        """Light from behind, or people who stand wrong: no move of the camera mends it. Told a while."""
        limit = self._settings.backlight_limit_ev
        backlit = composition.backlight_ev is not None and composition.backlight_ev > limit
        if backlit and self._still_telling("light", time_s):
            return self._plain("light")
        assert self.pose is not None
        level = composition.roll_deg is not None
        trouble = self._troubles.find(framed, self.look, self.pose.pose, lens, level, time_s)
        return None if trouble is None else trouble.cue(self._settings.language)

    def _still_telling(self, what: str, time_s: float) -> bool:
        return time_s - self._told_since.setdefault(what, time_s) < TOLD_S

    def _guided(
        self, framed: Framing, sight: Sight, lens: Lens, time_s: float, due: bool
    ) -> tuple[Cue, Choice | None]:
        """Ready where the look is reached, else the next step of the way there, when it is due."""
        assert self.pose is not None
        told = sight.roll_deg is None or sight.roll_deviation_deg <= CERTAIN_DEG
        roll = sight.roll_deg if told else self.pose.pose.roll_deg
        gaps = errors(measured(framed, self._fitted, roll, lens.width, lens.height), self._fitted)
        if abs(gaps.get("roll_deg", 0.0)) * self._roll_tolerance() < level_enough(self.look):
            gaps.pop("roll_deg", None)
        self._ratio_gap = abs(gaps.get("heads", self._ratio_gap))
        precision = self._settings.precision
        worst = max((abs(gap) for gap in gaps.values()), default=0.0)
        reached = all(abs(gap) <= (COARSE if name in BROAD else precision) for name, gap in gaps.items())
        hidden = self._hidden(framed.subject)
        beside = framed.subject.beside
        whole = (
            hidden is None and not sight.beyond_top and not (sight.beyond_bottom and feet_wanted(self.look))
        )
        if self._inside_since_s is not None:
            reached = worst <= LEAVE
        if whole and not beside and reached:
            return self._inside(time_s), None
        if hidden is not None and not beside and reached:
            return hidden, None
        if not due and self._cue.cue not in ("ready", "nobody"):
            return self._cue, self._choice
        aside = beside or abs(framed.subject.centre_x / lens.width - 0.5) > ASIDE
        planner = self._planner(framed, lens)
        chooser = Chooser(
            planner,
            self._said,
            time_s,
            self._choice,
            aside,
            FINISHED * precision,
            self.pose.deviation.distance_m,
        )
        if self._obeying(time_s) and self._cue.cue != "nobody":
            return self._while_moving(framed, chooser)
        return self._outside(framed, chooser, time_s, hidden, whole and not beside and worst <= 1.0)

    def _inside(self, time_s: float) -> Cue:
        if self._seen.shaken > (MOVING if self._inside_since_s is None else BLUR):
            return self._plain("hold")
        if self._inside_since_s is None:
            self._inside_since_s = time_s
        held = time_s - self._inside_since_s >= self._settings.steady_s
        return self._plain("ready" if held else "hold")

    def _planner(self, framed: Framing, lens: Lens) -> Planner:
        """Plans from where the camera is, or from where its head is about to turn it."""
        assert self.pose is not None
        pose, rest = self.pose.pose, self._residue(framed, lens)
        plain = self._planner_at(pose, framed, lens, rest)
        reach = self._reach() if self._settings.mount == "fixed" else None
        if reach is None:
            return plain
        turn = best_turn(self._planner_at(pose, framed, lens, rest, reach.ranges))
        if not turn.matters(reach):
            return plain
        self.turn = {"pan": turn.pan, "tilt": turn.tilt}
        return self._planner_at(turn.pose, framed, lens, rest)

    def _residue(self, framed: Framing, lens: Lens) -> Mapping[str, float]:
        """What is seen beyond what the pose explains. Of somebody cut by a side nobody sees the middle."""
        assert self.pose is not None
        seen = dict(measured(framed, self._fitted, None, lens.width, lens.height))
        if framed.subject.beside:
            del seen["centre_x"]
        return residue(seen, self.pose.pose, lens, self._fitted, framed.share)

    def _planner_at(
        self,
        pose: Pose,
        framed: Framing,
        lens: Lens,
        rest: Mapping[str, float],
        turns: Mapping[Axis, tuple[float, float]] = MappingProxyType({}),
    ) -> Planner:
        assert self.pose is not None
        s = framed.subject
        return Planner(
            pose,
            lens,
            self._fitted,
            self._settings.mount,
            blocked=self._obstacles.blocked | self._hiding(s),
            share=framed.share,
            complete=s.heads is not None or not feet_wanted(self.look),
            ratio=self.look.measures.heads is not None
            and (s.heads is not None or ratio_deviation(self.pose, lens) < RATIO_KNOWN),
            turns=turns,
            residue=rest,
        )

    def _hiding(self, subject: Subject) -> frozenset[CueName]:
        """Guests whose feet are cut do not show them to a camera that stays by coming closer."""
        cut = "bottom" in subject.cut and feet_wanted(self.look)
        return frozenset({"guests_closer"} if cut and self._settings.mount == "fixed" else ())

    def _while_moving(self, framed: Framing, chooser: Chooser) -> tuple[Cue, Choice | None]:
        """The cue being obeyed, with what is left of it; hold once it is done."""
        self._inside_since_s = None
        same = chooser.same()
        return (self._plain("hold"), None) if same is None else self._spoken(same, framed)

    def _outside(  # noqa: PLR0911
        self, framed: Framing, chooser: Chooser, time_s: float, hidden: Cue | None, acceptable: bool
    ) -> tuple[Cue, Choice | None]:
        self._inside_since_s = self._inside_since_s if acceptable else None
        young = self._pace.unanswered or time_s - self._new_s < STAYS_S
        choice = chooser.choose(self._resigned, young)
        if choice is not None:
            self._resigned, self._nothing_since_s = False, None
            return self._spoken(choice, framed)
        if chooser.waiting:
            return self._plain("hold"), None
        if hidden is not None:
            return hidden, None
        if self.turn:  # the camera is about to turn
            return self._plain("hold"), None
        if acceptable:
            return self._inside(time_s), None
        if self._obstacles.second_chance():
            return self._plain("hold"), None
        if self._nothing_since_s is None:
            self._nothing_since_s = time_s
        if time_s - self._nothing_since_s < self._settings.steady_s:
            return self._plain("hold"), None
        self._resigned = True
        return self._plain("best_possible"), None

    def _spoken(self, choice: Choice, framed: Framing) -> tuple[Cue, Choice]:
        """The cue for a choice. A reason once given stays: at the edge feet are now seen and now not."""
        name, before = cut_end(framed.subject, self.look), self._choice
        reason: Reason | None = None
        if name is not None:
            outside = name == "feet_hidden" and one_foot_outside(framed.members)
            reason = name, "foot_outside" if outside else None
        elif before is not None and before.names == choice.names:
            reason = before.reason
        choice = replace(choice, reason=reason)
        return cue_of(choice, self._settings.language), choice

    def _roll_tolerance(self) -> float:
        roll = self.look.measures.roll_deg
        return 0.0 if roll is None else roll.tolerance

    def _hidden(self, subject: Subject) -> Cue | None:
        """The cue where somebody or something stands before an end that the look wants to see."""
        end = hidden_end(subject, self.look)
        if end is None:
            return None
        name, detail = end
        return Cue(name, say(name, language=self._settings.language, detail=detail), detail=detail)

    def _plain(self, name: CueName) -> Cue:
        return plain_cue(name, None, None, self._settings.language)


def _second(cue: Cue) -> CueName | None:
    return None if cue.also is None else cue.also.cue
