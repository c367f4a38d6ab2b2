"""What a camera of exact parts knows of its pitch: from upright edges in the room, or from a level sensor."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from framecue.composition.subject import Composition

TOLD: Final = 0.57  # share of the studio's rooms whose upright edges tell the pitch; tests/bench/pitch.py
SHOWN_DEG: Final = 0.6  # deviation of what they tell: that of a view, and
SHIMMER_DEG: Final = 0.2  # that of a frame
SENSED_DEG: Final = 0.4  # of a level sensor: how it is mounted


@dataclass(frozen=True, slots=True)
class Level:
    """How one run's camera tells its pitch. off_deg: always; sensed: by a sensor, not by the picture."""

    off_deg: float
    sensed: bool

    def tell(self, composition: Composition, pitch_deg: float, rng: np.random.Generator) -> Composition:
        """The composition with the pitch of one frame. pitch_deg: the true one."""
        told = pitch_deg + self.off_deg + float(rng.normal(0, SHIMMER_DEG))
        return replace(
            composition, pitch_deg=told, pitch_deviation_deg=None if self.sensed else SHOWN_DEG + SHIMMER_DEG
        )


def level_of(rng: np.random.Generator, sensor: bool) -> Level | None:
    """How a run's camera tells its pitch, by a sensor or by the room; None where neither does."""
    if sensor:
        return Level(float(rng.normal(0, SENSED_DEG)), sensed=True)
    return Level(float(rng.normal(0, SHOWN_DEG)), sensed=False) if rng.random() < TOLD else None
