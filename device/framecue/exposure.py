"""Exposing the shot for the person, and merging a bracket so that face and sky both hold."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from queue import Empty, Full, Queue
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.colour import to_bytes, to_linear
from framecue.composition.light import Light
from framecue.table import Table

_log: Final = logging.getLogger(__name__)

_LEAST_EV: Final = 0.3  # less than that nobody sees
_EVEN_EV: Final = 0.7  # of backlight, or of a spotlit subject, under which the camera's own exposure is right
_STEP_EV: Final = 2.0  # between the frames of a bracket, at most
_CLEAR: Final = 0.05  # phase correlation's response under which two pictures have too little in common
_HELD, _GONE = 0.5, 0.85  # linear light up to which a picture is trusted, and from which it is not
_MIDDLE: Final = 0.25  # linear light up to which a merge leaves the person's picture as it is
_STRIP: Final = 256  # rows merged at a time


class ExposureSettings(Table):
    """How shots are exposed."""

    for_person: bool = Field(True, description="expose photos for the person, as far as the camera can")
    most_ev: float = Field(2.0, ge=0, le=4, description="stops by which that may change the exposure")
    bracket_over_ev: float = Field(
        1.5, ge=0, le=10, description="stops of backlight over which a bracket is taken and merged; 0 = never"
    )


def exposures(light: Light | None, settings: ExposureSettings) -> tuple[float, ...]:
    """Exposures of a shot, in stops against the camera's own: the person's first, then darker ones.

    One exposure in even light, up to three where the surroundings are brighter by more than the limit.
    """
    ev = _for_person(light, settings) if settings.for_person else 0.0
    if light is None or not 0 < settings.bracket_over_ev < light.backlight_ev:
        return (ev,)
    down = light.backlight_ev / 2
    return (ev, ev - min(down, _STEP_EV), ev - min(2 * down, 2 * _STEP_EV))


def _for_person(light: Light | None, settings: ExposureSettings) -> float:
    if light is None or abs(light.backlight_ev) < _EVEN_EV:
        return 0.0
    most = min(abs(light.backlight_ev), settings.most_ev)
    low, high = (0.0, most) if light.backlight_ev > 0 else (-most, 0.0)  # never against the backlight's sense
    ev = min(max(-light.subject_ev, low), high)
    return round(ev, 2) if abs(ev) >= _LEAST_EV else 0.0


def merged(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One (h, w, 3) uint8 RGB picture of differently exposed ones of the same size, in which all hold.

    images: the one exposed for the person first, then darker ones. What is bright in one is taken from the
    next, scaled to fit (Debevec and Malik 1997, with the ratio of exposures measured in the pictures); then
    the lights are pressed together by Reinhard's extended curve (2002) from mid grey on. So the person stays
    as exposed, and nothing darker ends up brighter. OpenCV's fusion (Mertens) does not promise that: it took
    a face of 66 in a bright room down to 31. Pictures are shifted onto the first by phase correlation of
    their edges; OpenCV's AlignMTB threw some off by 60 pixels where the first was half clipped.

    Raises ValueError for pictures that do not fit together.
    """
    if len({image.shape for image in images}) != 1 or len(images) < 2:
        raise ValueError("a bracket is two pictures or more of one size")
    first, *darker = images
    aligned = [first, *(_shifted_onto(first, image) for image in darker)]
    step = max(1, round(max(first.shape[:2]) / 400))
    sparse = [to_linear(np.ascontiguousarray(image[::step, ::step])) for image in aligned]
    scales = [1.0]
    for brighter, dimmer in pairwise(sparse):
        scales.append(scales[-1] * _ratio(brighter, dimmer))
    white = max(float(np.percentile(_joined(sparse, scales).max(axis=2), 99.5)), 1.0)
    result = np.empty_like(first)
    for top in range(0, len(first), _STRIP):
        rows = slice(top, top + _STRIP)  # in strips: a picture of 12 megapixels in floats is 144 MB
        light = _joined([to_linear(np.ascontiguousarray(image[rows])) for image in aligned], scales)
        result[rows] = to_bytes(_pressed(light, white))
    return result


def _joined(lights: Sequence[NDArray[np.float32]], scales: Sequence[float]) -> NDArray[np.float32]:
    """Light of each pixel in units of the first picture's white, from the brightest that holds it."""
    light = lights[-1] * np.float32(scales[-1])
    for image, scale in reversed(list(zip(lights[:-1], scales[:-1], strict=True))):
        holds = np.clip((_GONE - image.max(axis=2, keepdims=True)) / (_GONE - _HELD), 0, 1)
        light = holds * image * np.float32(scale) + (1 - holds) * light
    return light


def _pressed(light: NDArray[np.float32], white: float) -> NDArray[np.float32]:
    """Light of 0..white brought into 0..1, unchanged up to mid grey, hues kept."""
    brightest = light.max(axis=2, keepdims=True)
    over = np.maximum(brightest - _MIDDLE, 0) / (1 - _MIDDLE)
    top = max((white - _MIDDLE) / (1 - _MIDDLE), 1.0)
    wanted = _MIDDLE + (1 - _MIDDLE) * over * (1 + over / top**2) / (1 + over)
    pressed: NDArray[np.float32] = np.where(brightest > _MIDDLE, light * wanted / brightest, light)
    return pressed


def _ratio(brighter: NDArray[np.float32], dimmer: NDArray[np.float32]) -> float:
    """How many times more light one picture got, from pixels that both hold; 4 where none do."""
    both = (brighter > 0.05) & (brighter < _HELD) & (dimmer > 0.01) & (dimmer < _HELD)
    return max(float(np.median(brighter[both] / dimmer[both])), 1.0) if both.any() else 4.0


def _shifted_onto(first: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The other picture moved to where it shows the same as the first; as it is where that is not clear."""
    ours, theirs = _edges(first), _edges(other)
    window = cv2.createHanningWindow((ours.shape[1], ours.shape[0]), cv2.CV_32F)
    (across, down), clear = cv2.phaseCorrelate(ours, theirs, window)
    if clear < _CLEAR:
        return other
    scale = first.shape[1] / ours.shape[1]
    move = np.array([[1, 0, -across * scale], [0, 1, -down * scale]], np.float32)
    size = first.shape[1], first.shape[0]
    return np.asarray(cv2.warpAffine(other, move, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _edges(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Strength of edges, 0..1, much the same at any exposure; at most 1024 pixels wide or high."""
    scale = min(1.0, 1024 / max(image.shape[:2]))
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    strength = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    soft: NDArray[np.float32] = (strength / (strength + 20)).astype(np.float32)
    return soft


class Merger:
    """A thread that merges one bracket at a time; shots do not wait for it.

    A bracket that finds several others waiting is left unmerged, and said so: its frames are kept anyway.
    """

    def __init__(self) -> None:
        self._work: Queue[tuple[str, Sequence[NDArray[np.uint8]], Callable[[NDArray[np.uint8]], None]]]
        self._work = Queue(maxsize=2)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="merge", daemon=True)

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()

    def add(
        self, name: str, images: Sequence[NDArray[np.uint8]], keep: Callable[[NDArray[np.uint8]], None]
    ) -> None:
        """Merge a bracket when there is time, and hand the picture to `keep`. name: for messages."""
        try:
            self._work.put_nowait((name, images, keep))
        except Full:
            _log.warning("%s: bracket kept but not merged, two others are waiting", name)

    def stop(self, timeout_s: float) -> None:
        """End after the brackets already there, or give up waiting for them."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                name, images, keep = self._work.get(timeout=0.2)
            except Empty:
                if self._stopping.is_set():
                    return
                continue
            try:
                keep(merged(images))
            except Exception as error:  # noqa: BLE001  the frames are kept: a merge is a gift on top
                _log.warning("%s: bracket kept but not merged (%s)", name, error)
