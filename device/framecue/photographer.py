"""A simulated photographer: reads only what an indicator shows, and does what it says."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from framecue.composition.cue import Cue, CueName
from framecue.composition.geometry import Pinhole
from framecue.indicators import Notice
from framecue.shutter import Ask

REACTION_S = 0.7  # from a new cue to the first move
MOVE_S = 0.6  # how long one move takes
UNTOLD = {"m": 0.5, "deg": 5.0}  # how far to go when the cue gives no amount
# What each cue changes of the camera's pose, and which way; with nobody there one looks around to the right.
TURNS: Final[dict[CueName, tuple[str, int]]] = {
    "tilt_up": ("pitch_deg", 1),
    "tilt_down": ("pitch_deg", -1),
    "pan_left": ("pan_deg", -1),
    "pan_right": ("pan_deg", 1),
    "nobody": ("pan_deg", 1),
    "roll_left": ("roll_deg", -1),
    "roll_right": ("roll_deg", 1),
    "raise": ("y", 1),
    "lower": ("y", -1),
}


class Tripod(Protocol):
    """A camera that can be moved about."""

    pinhole: Pinhole


class Photographer:
    """An indicator that obeys: moves the camera as told, shoots on ready, and stops after the shot is kept.

    rng decides how far from the asked amount each move ends: 80 to 115 %.
    """

    def __init__(
        self,
        camera: Callable[[], Tripod | None],
        ask: Ask,
        clock: Callable[[], float],
        rng: np.random.Generator,
    ) -> None:
        self._camera, self._ask, self._clock, self._rng = camera, ask, clock, rng
        self._cue: str | None = None  # the cue being read, and since when
        self._since_s = 0.0
        self._from: Pinhole | None = None  # the move under way
        self._to: Pinhole | None = None
        self._began_s = 0.0
        self._shot = False
        self.kept = False
        self.moves = 0  # moves made

    def show(self, cue: Cue) -> None:
        """Read the cue; move a little further if a move is under way."""
        now_s = self._clock()
        camera = self._camera()
        if camera is None or self._shot:
            return
        if self._from is not None and self._to is not None:
            self._go_on(camera, now_s)
            return
        if cue.cue != self._cue:
            self._cue, self._since_s = cue.cue, now_s
        if now_s - self._since_s < REACTION_S:
            return
        if cue.cue in ("ready", "best_possible"):
            self._shot = True
            self._ask("shoot")
            return
        target = camera.pinhole
        for each in (cue, cue.also):
            target = target if each is None else self._obey(target, each)
        if target != camera.pinhole:
            self._from, self._to, self._began_s = camera.pinhole, target, now_s
            self.moves += 1

    def notice(self, notice: Notice) -> None:
        """Go home once the shot is kept, or is said to be lost."""
        if notice.name in ("saved", "not_saved"):
            self.kept = notice.name == "saved"
            self._ask("stop")

    def close(self) -> None:
        """Nothing to let go."""

    def _go_on(self, camera: Tripod, now_s: float) -> None:
        assert self._from is not None
        assert self._to is not None
        share = min(1.0, (now_s - self._began_s) / MOVE_S)
        eased = (1 - math.cos(math.pi * share)) / 2
        camera.pinhole = _between(self._from, self._to, eased)
        if share >= 1.0:
            self._from = self._to = None
            self._cue = None  # read afresh after every move

    def _obey(self, at: Pinhole, cue: Cue) -> Pinhole:
        asked = cue.amount if cue.amount is not None else UNTOLD.get(_unit(cue), 0.0)
        amount = asked * float(self._rng.uniform(0.8, 1.15))
        if cue.cue in ("step_closer", "step_back"):
            step = amount if cue.cue == "step_closer" else -amount
            pan = math.radians(at.pan_deg)
            return replace(at, x=at.x + step * math.sin(pan), z=at.z + step * math.cos(pan))
        if cue.cue not in TURNS:
            return at
        name, sign = TURNS[cue.cue]
        return replace(at, **{name: getattr(at, name) + sign * amount})


def _unit(cue: Cue) -> str:
    return "m" if cue.cue.startswith("step") or cue.cue in ("raise", "lower") else "deg"


def _between(start: Pinhole, end: Pinhole, share: float) -> Pinhole:
    names = ("x", "y", "z", "pitch_deg", "pan_deg", "roll_deg")
    blend = {n: getattr(start, n) + share * (getattr(end, n) - getattr(start, n)) for n in names}
    return replace(start, **blend)
