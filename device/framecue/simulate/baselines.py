"""Two guides for scale: what today's apps offer, and what plain trigonometry gives."""

import math
from typing import Final

import numpy as np

from framecue.composition.cue import Cue, CueName, Unit
from framecue.composition.geometry import focal_px
from framecue.composition.look import Look
from framecue.composition.subject import Composition, Subject
from framecue.composition.words import say

ADULT_M: Final = 1.7
EYE: Final = 0.03  # share of the frame that nobody sees two outlines to differ by
MISJUDGED: Final = 0.25  # deviation of a move that somebody guesses from two outlines, as a logarithm


class NaiveGuide:
    """Roll, then pan, then distance, then tilt, one at a time, each by plain trigonometry; no ratio."""

    def __init__(self, look: Look, fov_deg: float) -> None:
        self._look, self._fov_deg = look, fov_deg

    def update(self, composition: Composition, time_s: float) -> Cue:  # noqa: ARG002
        """The cue for now."""
        subject = composition.main_subject
        if subject is None:
            return _cue("nobody")
        want, focal = self._look.measures, focal_px(composition.height, self._fov_deg)
        roll = composition.roll_deg or 0.0
        if abs(roll) > 2.0:
            return _cue("roll_left" if roll > 0 else "roll_right", abs(roll), "deg")
        across = subject.centre_x / composition.width - (want.centre_x.value if want.centre_x else 0.5)
        if abs(across) > 0.06:
            turn = math.degrees(math.atan(across * composition.width / focal))
            return _cue("pan_right" if turn > 0 else "pan_left", abs(turn), "deg")
        return self._upright(subject, composition.height, focal)

    def _upright(self, subject: Subject, height: int, focal: float) -> Cue:
        want = self._look.measures
        assert want.head_top is not None
        assert want.foot_line is not None
        body = want.foot_line.value - want.head_top.value
        top, foot = subject.head_top_y, subject.foot_y
        if top is None and foot is None:
            return _cue("step_back", 0.5, "m")
        if top is None or foot is None:
            return _cue("tilt_up" if top is None else "tilt_down", 5.0, "deg")
        size = (foot - top) / height
        metres = focal * ADULT_M / height * (1 / size - 1 / body)
        if abs(size - body) > 0.04:
            return _cue("step_closer" if metres > 0 else "step_back", abs(metres), "m")
        low = ((foot + top) / 2 / height - (want.foot_line.value + want.head_top.value) / 2) * height
        if abs(low) > 0.03 * height:
            turn = math.degrees(math.atan(low / focal))
            return _cue("tilt_down" if turn > 0 else "tilt_up", abs(turn), "deg")
        return _cue("ready")


class Overlay:
    """A silhouette on the screen and no words: the photographer matches box to box.

    What is shown as cues here is what somebody makes of the two outlines: the difference that strikes most,
    seen only above EYE and guessed with MISJUDGED; they know no degrees, no metres and no ratio.
    """

    def __init__(self, look: Look, fov_deg: float, rng: np.random.Generator) -> None:
        self._look, self._fov_deg, self._rng = look, fov_deg, rng
        self._last: tuple[CueName, float] | None = None

    def update(self, composition: Composition, time_s: float) -> Cue:  # noqa: ARG002
        """What somebody would do next."""
        subject, want = composition.main_subject, self._look.measures
        if subject is None:
            return _cue("nobody")
        assert want.head_top is not None
        assert want.foot_line is not None
        high = composition.height
        focal = focal_px(high, self._fov_deg)
        top = 0.0 if subject.head_top_y is None else subject.head_top_y / high
        foot = 1.0 if subject.foot_y is None else subject.foot_y / high
        centre = want.centre_x.value if want.centre_x else 0.5
        across = (subject.centre_x / composition.width - centre) * composition.width / high
        size = (foot - top) - (want.foot_line.value - want.head_top.value)
        if subject.foot_y is None and subject.head_top_y is None:
            size = 0.3
        down = (foot + top) / 2 - (want.foot_line.value + want.head_top.value) / 2
        lean = composition.roll_deg or 0.0
        seen = {"pan": abs(across), "step": abs(size) / 2, "tilt": abs(down), "roll": abs(lean) / 90}
        worst = max(seen, key=lambda name: seen[name])
        if seen[worst] < EYE:
            return _cue("ready")
        guess = float(np.exp(self._rng.normal(0, MISJUDGED)))
        if worst == "step":
            metres = focal / high * ADULT_M * abs(1 / max(foot - top, 0.05) - 1 / (foot - top - size))
            return _cue("step_back" if size > 0 else "step_closer", guess * metres, "m")
        turn = {"pan": across, "tilt": down, "roll": 0.0}[worst] * high / focal
        degrees = abs(lean) if worst == "roll" else math.degrees(math.atan(abs(turn)))
        names: dict[str, tuple[CueName, CueName]] = {
            "pan": ("pan_right", "pan_left"),
            "tilt": ("tilt_down", "tilt_up"),
            "roll": ("roll_left", "roll_right"),
        }
        signed = lean if worst == "roll" else turn
        return _cue(names[worst][0] if signed > 0 else names[worst][1], guess * degrees, "deg")


def _cue(name: CueName, amount: float | None = None, unit: Unit | None = None) -> Cue:
    return Cue(name, say(name, amount, unit), amount, unit)
