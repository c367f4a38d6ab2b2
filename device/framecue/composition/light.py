"""How the light falls: the main subject against its surroundings, in stops (EV) of linear light.

What is compared is not how bright pixels are but how strongly they are lit, as far as a picture tells: a
dark coat in the sun is not backlit. So the subject is judged by its face against the middle of human skin
tones, and by its brightest clothes against bright cloth, whichever says more light: somebody against the
light is dark all over, rim aside. The surroundings are judged by their mean, in which what is clipped counts
as brighter than white. Between the lightest and the darkest skin, evenly lit, lies a stop to either side, and
one picture cannot tell that from light: somebody with the darkest skin, all in black, reads as two to three
stops of backlight where there is none. Bright clothes, or a part of them, mend that.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import luma, to_linear
from framecue.composition.subject import Composition, Subject
from framecue.parts import Part, Segmentation

_SKIN: Final = 0.18  # share of light that skin gives back, between the lightest's .45 and the darkest's .05
_CLOTH: Final = 0.40  # that the brightest tenth of what people wear gives back
_CLOTH_DOUBT_EV: Final = 0.7  # by which clothes may be darker than that without being in the dark
_AROUND: Final = 0.3  # that surroundings give back on average
_CLIPPED: Final = 250  # grey levels from which a channel tells only that it is at least so bright
_OVER: Final = 2.0  # how bright clipped pixels count, white being 1
_FACE_SAMPLES: Final = 12  # fewer pixels of a face tell nothing
_BODY_SAMPLES: Final = 40
_SIDE: Final = 160  # samples along the longer side
_DARKEST: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Light:
    """How the main subject is lit, in stops.

    backlight_ev: how much more light there is around the subject than on it.
    subject_ev: how much brighter (or darker, negative) the subject is in the picture than it should be.
    from_face: whether the face told it, or the clothes alone.
    """

    backlight_ev: float
    subject_ev: float
    from_face: bool


def find_light(
    image: NDArray[np.uint8], segmentation: Segmentation, composition: Composition
) -> Light | None:
    """How the main subject is lit; None with nobody there, or with too little of them or of anything else.

    image: (h, w, 3) uint8 RGB, the picture that was segmented and measured. About 0.3 ms.
    """
    subject = composition.main_subject
    if subject is None:
        return None
    step = max(1, round(max(image.shape[:2]) / _SIDE))
    pixels = image[step // 2 :: step, step // 2 :: step]
    height, width = pixels.shape[:2]
    parts = cv2.resize(segmentation.parts, (width, height), interpolation=cv2.INTER_NEAREST)
    person = cv2.resize(segmentation.person, (width, height), interpolation=cv2.INTER_LINEAR)
    own = (parts > 0) & (parts != Part.CARRIED) & _box(subject, composition, (height, width))
    inner = cv2.erode(own.view(np.uint8), np.ones((3, 3), np.uint8)) > 0  # the rim is lit from behind
    outside = cv2.dilate(((person > 0.3) | (parts > 0)).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    lit = luma(to_linear(pixels))
    face = lit[own & (parts == Part.FACE)]
    body = lit[inner & (parts != Part.FACE) & (parts != Part.HAIR)]
    if np.count_nonzero(outside) < _BODY_SAMPLES or (face.size < _FACE_SAMPLES and body.size < _BODY_SAMPLES):
        return None
    lit[pixels.max(axis=2) >= _CLIPPED] = _OVER
    around = _stops(float(lit[outside].mean()) / _AROUND)
    told = []
    if face.size >= _FACE_SAMPLES:
        told.append(_stops(float(np.median(face)) / _SKIN))
    if body.size >= _BODY_SAMPLES:
        clothes = _stops(float(np.percentile(body, 90)) / _CLOTH)
        told.append(clothes - _CLOTH_DOUBT_EV if told else clothes)
    on_subject = max(told)
    return Light(around - on_subject, on_subject, face.size >= _FACE_SAMPLES)


def _box(subject: Subject, composition: Composition, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The subject's columns, as (h, w) bool of another size."""
    inside = np.zeros(shape, np.bool_)
    left, right = (round(x / composition.width * shape[1]) for x in (subject.left_x, subject.right_x + 1))
    inside[:, max(left, 0) : right + 1] = True
    return inside


def _stops(ratio: float) -> float:
    return float(np.log2(max(ratio, _DARKEST)))
