"""What tests of portraits share: a photo of somebody in the studio, and segmenters that know the truth."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.parts import Part, Segmentation
from framecue.portrait import PortraitSettings
from framecue.portrait.make import Maker
from framecue.studio import Scene, View, render

WIDTH, HEIGHT = 480, 640


@cache
def view(seed: int = 48, people: int = 1) -> View:
    """Somebody standing whole in a room."""
    return render(Scene.random(seed, people), Pinhole(WIDTH, HEIGHT, 48.0, y=1.1, z=-2.9, pitch_deg=-3.0))


class Knowing:
    """A segmenter that answers with the same parts whatever it is shown."""

    model = "knowing"

    def __init__(self, parts: NDArray[np.uint8]) -> None:
        self.parts = parts

    def segment(self, _image: NDArray[np.uint8]) -> Segmentation:
        person = (self.parts != Part.BACKGROUND).astype(np.float32)
        return Segmentation(self.parts, person)

    def close(self) -> None:
        pass


def maker(parts: NDArray[np.uint8] | None = None, **settings: object) -> Maker:
    """A maker that knows who is in the studio's photo."""
    wanted = {"effect": "blur", **settings}
    known = view().parts[::3, ::3] if parts is None else parts
    return Maker(PortraitSettings(**wanted), Knowing(np.ascontiguousarray(known)))
