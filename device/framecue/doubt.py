"""How long a sensor has to disagree with the picture before it is the sensor that is wrong."""

import math
from dataclasses import dataclass
from typing import Final

_LIE_S: Final = 4.0  # seconds of disagreement, without a picture that agrees


@dataclass(slots=True)
class Doubt:
    """Adds up the time in which pictures disagree with a sensor."""

    apart_s: float = 0.0
    last_s: float = math.nan

    def lies(self, apart: bool, time_s: float) -> bool:
        """Whether disagreement has lasted; a picture that agrees ends it. Pauses count a second at most."""
        step_s = 0.0 if math.isnan(self.last_s) else min(max(time_s - self.last_s, 0.0), 1.0)
        self.last_s = time_s
        self.apart_s = self.apart_s + step_s if apart else 0.0
        return self.apart_s >= _LIE_S
