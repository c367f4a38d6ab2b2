"""From Clothing Co-Parsing's labels to codes: what may be said of each pixel.

A code is a set of parts, one of which is true: CCP does not tell face from arm in its "skin", nor trunk
from sleeve in its "shirt". Training only asks that the set as a whole be likely.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.parts import Part

SOMEBODY: Final = 8  # any part
HEAD: Final = 9  # hair or face
UPPER: Final = 10  # torso or arm
LOWER: Final = 11  # leg or foot
TRUNK: Final = 12  # torso or leg
BARE: Final = 13  # face, torso, arm or leg
UNKNOWN: Final = 14  # anything at all: no say

_SETS: Final[dict[int, tuple[Part, ...]]] = {
    SOMEBODY: tuple(part for part in Part if part),
    HEAD: (Part.HAIR, Part.FACE),
    UPPER: (Part.TORSO, Part.ARM),
    LOWER: (Part.LEG, Part.FOOT),
    TRUNK: (Part.TORSO, Part.LEG),
    BARE: (Part.FACE, Part.TORSO, Part.ARM, Part.LEG),
    UNKNOWN: tuple(Part),
}
CODES: Final = len(Part) + len(_SETS)

# CCP's names; "skin" is told apart below, "null" is the background.
_NAMES: Final[dict[int, str]] = {
    Part.HAIR: "hair hat",
    Part.FACE: "glasses sunglasses earrings",
    UPPER: "blazer blouse bodysuit bra cape cardigan coat dress hoodie jacket jumper romper scarf shirt suit "
    "sweater sweatshirt swimwear t-shirt tie top vest necklace intimate",
    Part.TORSO: "belt",
    Part.LEG: "jeans leggings pants shorts tights stockings panties socks",
    TRUNK: "skirt",
    Part.ARM: "gloves watch bracelet ring",
    Part.FOOT: "boots clogs flats heels loafers pumps sandals shoes sneakers wedges",
    Part.CARRIED: "bag purse wallet",
    SOMEBODY: "accessories",
}
_SKIN: Final = "skin"
_NEAR: Final = 0.015  # of body height: how far the teacher's coarse borders are off
_PASSER_BY: Final = 0.03  # of body height: a person the teacher sees further off than this is somebody else
_SEEN: Final = 90  # teacher's person probability x 255 that speaks for somebody


def sets() -> NDArray[np.bool_]:
    """(codes, parts): which parts each code allows."""
    table = np.zeros((CODES, len(Part)), bool)
    table[: len(Part)] = np.eye(len(Part), dtype=bool)
    for code, parts in _SETS.items():
        table[code, list(parts)] = True
    return table


def code_table(names: list[str]) -> NDArray[np.uint8]:
    """Code of each of CCP's label numbers; skin gets BARE. Raises ValueError for a name nobody knows."""
    known = {name: code for code, words in _NAMES.items() for name in words.split()}
    known |= {"null": int(Part.BACKGROUND), _SKIN: BARE}
    strange = [name for name in names if name not in known]
    if strange:
        raise ValueError(f"labels nobody knows: {', '.join(strange)}")
    return np.array([known[name] for name in names], np.uint8)


def codes(
    label: NDArray[np.uint8],
    names: list[str],
    chin: float | None,
    person: NDArray[np.uint8],
    parts: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Codes (h, w) uint8 of one labelled photo.

    label: (h, w) CCP label numbers. chin: its row, or None. person, parts: what the teacher saw, of any
    size: probability x 255 and part ids.
    """
    height, width = label.shape
    size = (width, height)
    result = code_table(names)[label]
    seen = cv2.resize(parts, size, interpolation=cv2.INTER_NEAREST)
    rows = np.flatnonzero((label > 0).any(axis=1))
    body = float(rows[-1] - rows[0] + 1)
    _tell_skin(result, seen, chin, body)
    _tell_sleeves(result, seen, body)
    likely = cv2.resize(person, size, interpolation=cv2.INTER_LINEAR)
    result[_passers_by(label > 0, likely, body)] = UNKNOWN
    return result


def _tell_skin(result: NDArray[np.uint8], seen: NDArray[np.uint8], chin: float | None, body: float) -> None:
    """Split skin into face, neck (torso), arms, legs and bare feet, in place."""
    skin = (result == BARE).astype(np.uint8)
    hair_rows, hair_columns = np.nonzero((result == Part.HAIR) | (seen == Part.FACE) & (skin > 0))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(skin, connectivity=4)
    trusted = _inner(seen, body)
    for piece in range(1, count):
        mine = pieces == piece
        result[mine & (trusted == Part.ARM)] = Part.ARM
        result[mine & (trusted == Part.LEG)] = Part.LEG
        result[mine & (trusted == Part.FOOT)] = LOWER
        if not (mine & (result == BARE)).any():
            continue
        votes = np.bincount(seen[mine], minlength=len(Part))
        if votes[Part.FACE] <= 0.1 * stats[piece, cv2.CC_STAT_AREA]:
            kind = int(np.argmax(votes[[Part.ARM, Part.LEG, Part.FOOT, Part.TORSO]]))
            whole = (Part.ARM, Part.LEG, LOWER, UPPER)[kind]
            if votes[1:].any():
                result[mine & (result == BARE)] = whole
    if chin is None or not len(hair_rows):
        return
    # Above the chin and in the head's columns skin is the face; below it, what is no limb is neck or chest.
    above = np.arange(len(result))[:, None] <= chin
    high = hair_rows <= chin
    if not high.any():
        return
    left, right = np.percentile(hair_columns[high], (1, 99))
    margin = 0.02 * body
    columns = np.arange(result.shape[1])[None, :]
    head = (columns >= left - margin) & (columns <= right + margin)
    left_over = (result == BARE) | (skin > 0) & (seen == Part.FACE)
    result[left_over & above & head] = Part.FACE
    near = np.arange(len(result))[:, None] <= chin + 0.12 * body
    result[left_over & ~above & near & head] = Part.TORSO


def _tell_sleeves(result: NDArray[np.uint8], seen: NDArray[np.uint8], body: float) -> None:
    """Split garments of the upper body into torso and arm where the teacher is sure, in place."""
    trusted = _inner(seen, body)
    upper = result == UPPER
    result[upper & (trusted == Part.ARM)] = Part.ARM
    result[upper & (trusted == Part.TORSO)] = Part.TORSO
    result[upper & ((trusted == Part.LEG) | (trusted == Part.FOOT))] = TRUNK


def _inner(seen: NDArray[np.uint8], body: float) -> NDArray[np.uint8]:
    """The teacher's parts without the strips along the borders between them."""
    size = 2 * max(1, round(_NEAR * body)) + 1
    kernel = np.ones((size, size), np.uint8)
    same = cv2.erode(seen, kernel) == cv2.dilate(seen, kernel)
    # Next to nobody there is no other part to confuse it with.
    only = cv2.dilate(seen, kernel)
    somebody = np.where(seen == 0, 255, seen).astype(np.uint8)
    return np.where(same | (cv2.erode(somebody, kernel) == only), seen, 0).astype(np.uint8)


def _passers_by(own: NDArray[np.bool_], likely: NDArray[np.uint8], body: float) -> NDArray[np.bool_]:
    """Where the teacher sees somebody who is not labelled."""
    distance = cv2.distanceTransform((~own).astype(np.uint8), cv2.DIST_L2, 3)
    others = (~own) & (likely >= _SEEN) & (distance > _PASSER_BY * body)
    size = 2 * max(1, round(0.02 * body)) + 1
    return (cv2.dilate(others.astype(np.uint8), np.ones((size, size), np.uint8)) > 0) & ~own
