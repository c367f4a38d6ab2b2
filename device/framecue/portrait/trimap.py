"""The trimap: where somebody surely is, where surely not, and the band between that matting decides.

The band is wide where outlines are fine, at hair, fur and bags, and narrow where they are firm, at shoes.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane
from framecue.parts import PERSON_LEVEL, Part, Segmentation
from framecue.portrait.kept import Kept
from framecue.portrait.odds import colour_odds
from framecue.segmentation.cells import logit

# How far the band reaches outwards and inwards from the coarse outline, in heads.
_REACH: Final = {
    Part.HAIR: (0.30, 0.18),
    Part.FACE: (0.12, 0.08),
    Part.TORSO: (0.13, 0.09),
    Part.ARM: (0.13, 0.07),
    Part.LEG: (0.10, 0.07),
    Part.FOOT: (0.08, 0.07),
    Part.CARRIED: (0.22, 0.16),
}
_FUR: Final = (0.24, 0.16)
_FUR_LIKELY: Final = 0.85  # probability inside a pet's mask, which is coarse
_LEAST_CELLS: Final = 1.3  # of the segmentation, to either side: what its outline may be off anywhere
_DOUBT: Final = 0.15  # probability from which the model does not surely see nobody
_SURE: Final = 0.7  # from which it surely sees somebody, inwards of the band
_TRUST: Final = 0.05  # in a probability of 0 or 1, inside the band
_BELIEVED: Final = 5.0  # logarithm of the model's odds beyond which it is not believed more
_DENIED: Final = 6.2  # and the other way
_BUSH: Final = 0.9  # of a head: how far loose hair may stand out, which no model sees
_DENIED_HAIR: Final = 4.0  # as _DENIED, there
_COLOURS: Final = 0.5  # weight of the odds of a pixel's own colour beside the model's
_AROUND: Final = 0.9  # and of the mean of those around it, 5 x 5
_FAT: Final = 0.6  # by how much models' outlines are rather too wide, in odds
_ROUNDS: Final = 3  # of counting colours: what one decides, the next one counts as well
_DECIDED: Final = 0.8  # odds from which a pixel's colour counts in the next round
_UNLIKE: Final = 9.0  # odds of model and colours under which a pixel is not surely somebody's
_FIRM: Final = 0.99  # probability from which it is, whatever its colour
_DEEP: Final = 20.0  # by which _UNLIKE falls for each head that a pixel lies deeper inside than _SHALLOW
_SHALLOW: Final = 0.3  # heads: what a body closes in, such as the gap beside an arm, is hardly deeper inside
_BAND: Final = 0.45  # heads from the middle of one band of like colours to the next
_TOLD: Final = 0.99  # of what a depth map tells, from which it is believed
_DOUBT_REACH: Final = 0.35  # heads from the outline within which its doubts count


@dataclass(frozen=True, slots=True, eq=False)
class Trimap:
    """A window of a picture, divided. box: left, top, right, bottom in shares of the picture.

    sure: (h, w) bool, surely somebody kept. unknown: (h, w) bool. likely: (h, w) float32, 0..1, what the
    model says of it. firm: (h, w) bool, where no colour may put it in doubt. bushy: (h, w) bool, where loose
    hair may be that no model saw. All at the resolution that is matted. head: a head's height there, pixels.
    """

    box: tuple[float, float, float, float]
    sure: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    likely: NDArray[np.float32]
    firm: NDArray[np.bool_]
    bushy: NDArray[np.bool_]
    head: float


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What alpha is where it is known, (h, w) bool, and elsewhere is likely to be, guess, (h, w) float32.

    trust: (h, w) float32, as solve_alpha takes it.
    """

    guess: NDArray[np.float32]
    trust: NDArray[np.float32]
    known: NDArray[np.bool_]


def find_window(kept: Kept) -> tuple[float, float, float, float]:
    """Where in a picture the people kept and all of their bands lie, as shares: left, top, right, bottom."""
    rows, columns = kept.mask.shape
    margin = max(0.6 * kept.head, 4 * _LEAST_CELLS)
    filled_rows, filled_columns = np.flatnonzero(kept.mask.any(axis=1)), np.flatnonzero(kept.mask.any(axis=0))
    return (
        max(0.0, (filled_columns[0] - margin) / columns),
        max(0.0, (filled_rows[0] - margin) / rows),
        min(1.0, (filled_columns[-1] + 1 + margin) / columns),
        min(1.0, (filled_rows[-1] + 1 + margin) / rows),
    )


def make_trimap(
    segmentation: Segmentation, kept: Kept, box: tuple[float, float, float, float], width: int, height: int
) -> Trimap:
    """Divide the window `box` of a picture, at width x height pixels."""
    cells = kept.mask.shape

    def at_window(values: NDArray[np.float32], how: int = cv2.INTER_LINEAR) -> NDArray[np.float32]:
        return _windowed(values, box, width, height, how)

    mine = at_window(kept.mask.astype(np.float32))
    # Outside the coarse mask too: how unlikely a cell is tells more than that it is not in it.
    person = np.maximum(segmentation.person * ~kept.others, _FUR_LIKELY * kept.fur)
    likely = at_window(person.astype(np.float32))
    inside = (mine >= PERSON_LEVEL) & (likely >= PERSON_LEVEL)
    cell = height / ((box[3] - box[1]) * cells[0])
    head, least = kept.head * cell, _LEAST_CELLS * cell
    outwards, inwards = np.zeros_like(mine), np.zeros_like(mine)
    depth = cv2.distanceTransform(_framed(inside), cv2.DIST_L2, 3)[1:-1, 1:-1]
    parts = at_window(segmentation.parts.astype(np.float32), cv2.INTER_NEAREST).astype(np.uint8)
    fur = at_window(kept.fur.astype(np.float32), cv2.INTER_NEAREST) > 0.5
    for part, (out, in_) in _REACH.items():
        _widen(
            outwards, inwards, inside & (parts == part) & ~fur, max(out * head, least), max(in_ * head, least)
        )
    _widen(outwards, inwards, inside & ((parts == 0) & ~fur), least, least)
    _widen(outwards, inwards, inside & fur, max(_FUR[0] * head, least), max(_FUR[1] * head, least))
    others = at_window(kept.others.astype(np.float32)) > PERSON_LEVEL
    sure = inside & (depth > inwards) & ((likely > _SURE) | fur | (depth > 1.6 * inwards))
    away = _away_from(inside)
    doubted = (likely > _DOUBT) & (away < _DOUBT_REACH * head)
    top = inside & ((parts == Part.HAIR) | (parts == Part.FACE)) & ~fur
    bushy = _away_from(top) < _BUSH * head
    unknown = ~sure & (inside | (outwards > 0) | doubted | bushy) & ~(others & (away > least))
    firm = (likely >= _FIRM) | fur
    if kept.told is not None:
        # Strands are thinner than what a depth map sees: around hair and fur matting decides.
        fine = _away_from(inside & (fur | (parts == Part.HAIR)))
        told = at_window(kept.told) * (fine > _REACH[Part.HAIR][0] * head)
        theirs, behind = (told > _TOLD) & (likely >= PERSON_LEVEL), told < -_TOLD
        sure, firm = (sure | theirs) & ~behind, firm | theirs
        unknown = unknown & ~theirs & ~behind
    return Trimap(box, sure, unknown, likely, firm, bushy, head)


def with_colours(trimap: Trimap, image: NDArray[np.uint8]) -> Drawn:
    """Where matting is drawn to, by the model and by what the window's colours, (h, w, 3) uint8, say.

    Weights of the two were found on composed scenes, by how far the matte is from the true one.
    """
    model = logit(trimap.likely, 0.002)
    inside = cv2.distanceTransform(_framed(trimap.sure), cv2.DIST_L2, 3)[1:-1, 1:-1] / trimap.head
    denied = np.where(trimap.bushy, np.float32(-_DENIED_HAIR), np.float32(-_DENIED))
    limit = _UNLIKE - _DEEP * np.maximum(inside - _SHALLOW, 0)
    doubtful = trimap.sure & ~trimap.firm
    nobody = ~(trimap.sure | trimap.unknown)
    unknown, sure, none = trimap.unknown, trimap.sure, nobody
    both = np.zeros_like(model)
    for _ in range(_ROUNDS):
        odds = colour_odds(image, sure, none, max(8, round(_BAND * trimap.head)))
        around = cv2.blur(odds, (5, 5))
        unknown = unknown | (doubtful & (model + around < limit))
        both = np.clip(model, denied, _BELIEVED) + _COLOURS * odds + _AROUND * around - _FAT
        sure = (trimap.sure & ~unknown) | (unknown & (both > _DECIDED))
        none = nobody | (unknown & (both < -_DECIDED))
    guess = np.where(unknown, 1 / (1 + np.exp(-both)), trimap.sure).astype(np.float32)
    trust = (_TRUST * unknown * np.square(2 * guess - 1)).astype(np.float32)
    return Drawn(guess, trust, ~unknown)


def _widen(
    outwards: NDArray[np.float32],
    inwards: NDArray[np.float32],
    where: NDArray[np.bool_],
    out: float,
    in_: float,
) -> None:
    """Let the band reach `out` pixels beyond a region and `in_` into it, in place."""
    if not where.any():
        return
    away = _away_from(where)
    outwards[away <= out] = 1
    inwards[where] = in_


def _framed(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """With one more pixel all around, like those at the border: a frame edge is no outline."""
    return np.pad(inside.astype(np.uint8), 1, mode="edge")


def _windowed(
    values: NDArray[np.float32], box: tuple[float, float, float, float], width: int, height: int, how: int
) -> NDArray[np.float32]:
    """A map of the whole picture, resampled to a window of it at width x height pixels."""
    rows, columns = values.shape
    across, down = (box[2] - box[0]) * columns / width, (box[3] - box[1]) * rows / height
    matrix = np.array([
        [across, 0, box[0] * columns + 0.5 * across - 0.5], [0, down, box[1] * rows + 0.5 * down - 0.5]
    ])  # fmt: skip
    flags = how | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        np.asarray(values, np.float32), matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.float32)


def _away_from(where: NDArray[np.bool_]) -> Plane:
    """(h, w) float32 pixels to the nearest of those; none of them is far away from all."""
    return np.asarray(cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
