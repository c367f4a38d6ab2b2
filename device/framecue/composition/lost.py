"""Somebody who was in the picture a moment ago: for how long they are missed, and where to turn for them."""

import math
from typing import Final

from framecue.composition.axes import MOUNTS, Axis, Way
from framecue.composition.cue import Mount
from framecue.composition.moves import Choice
from framecue.composition.pose import Lens
from framecue.composition.subject import Subject

AWAY: Final = 0.25  # shares of the frame off its middle: who vanishes nearer to it did not leave by an edge


class Lost:
    """Remembers who was seen last. gone: whether nobody is there any more, or ever was."""

    def __init__(self) -> None:
        self.gone = True
        self._last: tuple[Subject, Lens] | None = None
        self._seen_s = -math.inf

    def see(self, subject: Subject, lens: Lens, time_s: float) -> None:
        """Somebody is there."""
        self.gone, self._last, self._seen_s = False, (subject, lens), time_s

    def missed_s(self, time_s: float) -> float:
        """For how long nobody has been seen, seconds."""
        return time_s - self._seen_s

    def turn_back(self, mount: Mount) -> Choice | None:
        """The turn that brings the edge where somebody was seen last to the middle.

        None where it was not near an edge, or where nobody can turn the camera.
        """
        if self._last is None:
            return None
        subject, lens = self._last
        top = 0.0 if subject.head_top_y is None else subject.head_top_y
        foot = lens.height if subject.foot_y is None else subject.foot_y
        across = subject.centre_x / lens.width - 0.5
        down = (top + foot) / 2 / lens.height - 0.5
        aside, up = lens.half_deg
        axis: Axis = "pan" if abs(across) > abs(down) else "tilt"
        if axis not in MOUNTS[mount] or max(abs(across), abs(down)) < AWAY:
            return None
        amount = (aside if across > 0 else -aside) if axis == "pan" else (-up if down > 0 else up)
        return Choice(Way({axis: amount}, 0.0, 0.0), axis)
