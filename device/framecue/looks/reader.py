"""Reading cards: which look the card held to the camera stands for."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.looks.card import PITCH, Marks, dictionary, marks_of

UNKNOWN: Final = ""  # the name of a card whose look is not here
_LONG_SIDE: Final = 640  # pixels a picture is searched at: larger ones cost more and are seldom needed
_PLACE: Final = 0.3  # of a mark's side: how far the right mark may be from where the left one expects it


class CardReader:
    """Finds cards in pictures; one thread at a time.

    names: of the looks that cards may pick. Raises nothing for any picture. 10 ms a picture of 640 x 480 on
    one core of a small server: meant for a few pictures a second, beside the live path and not in it.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._looks: Mapping[Marks, str] = {marks_of(name): name for name in names}
        self._detector = cv2.aruco.ArucoDetector(dictionary(), cv2.aruco.DetectorParameters())

    def read(self, image: NDArray[np.uint8]) -> str | None:
        """The name of the look on the nearest card in an (h, w, 3) uint8 RGB picture.

        UNKNOWN for a card whose look is not among the names, None without a card.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = _LONG_SIDE / max(grey.shape)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        corners, ids, _ = self._detector.detectMarkers(grey)
        if ids is None or len(ids) < 2:
            return None
        found = [
            (int(one), np.asarray(four, np.float64).reshape(4, 2))
            for one, four in zip(ids.ravel(), corners, strict=True)
        ]
        cards = [
            (_side(left), self._looks.get(Marks(first, second), UNKNOWN))
            for first, left in found
            for second, right in found
            if first != second and _are_one_card(left, right)
        ]
        return max(cards)[1] if cards else None


class CardWatch:
    """Turns what a reader says of picture after picture into choices: a card is told once while it is held.

    choose: called with the name of the look, or UNKNOWN.
    """

    def __init__(
        self, read: Callable[[NDArray[np.uint8]], str | None], choose: Callable[[str], None]
    ) -> None:
        self._read, self._choose = read, choose
        self._held: str | None = None
        self._missed = math.inf

    def look_at(self, image: NDArray[np.uint8]) -> None:
        """Search one picture; the same card counts as held until it has been missing in three of them."""
        found = self._read(image)
        if found is None:
            self._missed += 1
            if self._missed >= 3:
                self._held = None
            return
        self._missed = 0
        if found != self._held:
            self._held = found
            self._choose(found)


def _side(mark: NDArray[np.float64]) -> float:
    """A mark's mean side, pixels."""
    return float(np.linalg.norm(mark - np.roll(mark, 1, axis=0), axis=1).mean())


def _are_one_card(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether the second mark is where a card has its right one, the first being its left."""
    along = (left[1] - left[0] + left[2] - left[3] + right[1] - right[0] + right[2] - right[3]) / 4
    expected = left.mean(axis=0) + PITCH * along
    return float(np.linalg.norm(right.mean(axis=0) - expected)) < _PLACE * max(_side(left), _side(right))
