"""Whether the first cue is the right one on real photos that are framed wrong by a known amount.

    python -m tests.bench.cues --data ../shared/data/ccp --models ../shared/models/coral [--cases 1000]

Each photo is put into a preview frame as the look wants it and then padded, zoomed, shifted, tilted (the
homography of a camera turned about its centre) or rotated. The right cue is the one that takes it back:
"first" counts it as the first move asked for, "named" also as the second of a cue that asks for two. The
magnitude is right within 35 % of what was done.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.bench.photos import Photo, photos

from framecue.composition.cue import Cue, CueName
from framecue.composition.geometry import focal_px
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import Look, load_look
from framecue.composition.observe import observed_photo
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

WIDTH, HEIGHT, FOV_DEG = 480, 640, 48.0
HEAD_TOP, FOOT = 0.10, 0.94
FOCAL = focal_px(HEIGHT, FOV_DEG)
ADULT_M = 1.7
CENTRE = ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)


@dataclass(frozen=True, slots=True)
class Case:
    """One way of framing wrong: its kind, the matrix (3, 3) that does it, the cue that mends it, how much."""

    kind: str
    matrix: NDArray[np.float64]
    cue: CueName
    amount: float


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """One case of each kind and direction."""
    for low, high, kind in ((0.55, 0.82, "padded"), (1.15, 1.5, "zoomed")):
        scale = float(rng.uniform(low, high))
        metres = FOCAL * ADULT_M / ((FOOT - HEAD_TOP) * HEIGHT) * abs(1 / scale - 1)
        yield Case(kind, about(scale), "step_closer" if scale < 1 else "step_back", metres)
    for sign in (-1, 1):
        pixels = sign * float(rng.uniform(0.1, 0.24)) * WIDTH
        turn = math.degrees(math.atan(abs(pixels) / FOCAL))
        move = np.array([[1, 0, pixels], [0, 1, 0], [0, 0, 1.0]])
        yield Case("shifted", move, "pan_right" if sign > 0 else "pan_left", turn)
        pitch = sign * float(rng.uniform(3.5, 9.0))
        yield Case("tilted", tilted(pitch), "tilt_up" if pitch < 0 else "tilt_down", abs(pitch))
        roll = sign * float(rng.uniform(4.0, 12.0))
        yield Case("rotated", rotated(roll), "roll_left" if roll > 0 else "roll_right", abs(roll))


def about(scale: float) -> NDArray[np.float64]:
    """A zoom about the picture's centre."""
    x, y = CENTRE
    return np.array([[scale, 0, x * (1 - scale)], [0, scale, y * (1 - scale)], [0, 0, 1.0]])


def tilted(pitch_deg: float) -> NDArray[np.float64]:
    """What a camera sees that is turned up by so many degrees from where it took the picture."""
    lens = np.array([[FOCAL, 0, CENTRE[0]], [0, FOCAL, CENTRE[1]], [0, 0, 1.0]])
    c, s = math.cos(math.radians(pitch_deg)), math.sin(math.radians(pitch_deg))
    turn = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    matrix: NDArray[np.float64] = lens @ turn @ np.linalg.inv(lens)
    return matrix


def rotated(roll_deg: float) -> NDArray[np.float64]:
    """What a camera sees that is turned clockwise by so many degrees: the picture turns the other way."""
    return np.vstack([cv2.getRotationMatrix2D(CENTRE, roll_deg, 1.0), [0, 0, 1.0]])


def framed(photo: Photo) -> NDArray[np.float64]:
    """The matrix that puts a photo into the preview as the look wants it."""
    scale = (FOOT - HEAD_TOP) * HEIGHT / photo.body
    middle = float(np.median(np.nonzero(photo.label)[1]))
    return np.array(
        [
            [scale, 0, CENTRE[0] - scale * middle],
            [0, scale, HEAD_TOP * HEIGHT - scale * photo.top],
            [0, 0, 1.0],
        ]
    )


def moves(cue: Cue) -> list[Cue]:
    """The moves a cue asks for, in its order."""
    return [each for each in (cue, cue.also) if each is not None and each.amount is not None]


def plain(look: Look) -> Look:
    """The look without its ratio, which nobody knows of these photos."""
    return look.model_copy(update={"measures": look.measures.model_copy(update={"heads": None})})


def main() -> None:
    """Print one row for each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--model", default="fine")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--wrong", action="store_true", help="also print the cues that were wrong")
    options = parser.parse_args()
    look, rng = plain(load_look("full-body")), np.random.default_rng(11)
    settings = SegmenterSettings(model=options.model, folders=(options.models,), answer_limit_s=60)
    found: dict[str, list[tuple[bool, bool, bool]]] = {}
    with TemporaryDirectory() as cache, open_segmenter(settings, cache=Path(cache)) as segmenter:
        for photo in photos(options.data, max(1, 8000 // options.cases)):
            base = framed(photo)
            for case in cases(rng):
                image = cv2.warpPerspective(
                    photo.image, case.matrix @ base, (WIDTH, HEIGHT), flags=cv2.INTER_AREA,
                    borderMode=cv2.BORDER_REPLICATE,
                ).astype(np.uint8)  # fmt: skip
                composition = observed_photo(image, segmenter.segment(image), FOV_DEG)
                guide = Guide(look, FOV_DEG, GuideSettings())
                cue = [guide.update(composition, moment / 10) for moment in range(6)][-1]
                asked = moves(cue)
                same = next((each for each in asked if each.cue == case.cue), None)
                near = same is not None and abs((same.amount or 0.0) / case.amount - 1) <= 0.35
                first = bool(asked) and asked[0].cue == case.cue
                found.setdefault(case.kind, []).append((first, same is not None, near))
                if options.wrong and same is None:
                    print(f"{photo.name} {case.kind}: wanted {case.cue} {case.amount:.1f}, got {cue.text}")
    found["all"] = [one for many in found.values() for one in many]
    print("| | cases | first | named | magnitude |\n|---|---|---|---|---|")
    for kind, results in found.items():
        first, named, near = np.mean(results, axis=0)
        print(f"| {kind} | {len(results)} | {first:.1%} | {named:.1%} | {near:.1%} |")


if __name__ == "__main__":
    main()
