"""A contact sheet of portraits: before, after, and hair, hands, bag and shoes of either at full size.

`python -m tests.bench.portrait_sheet PHOTO_OR_FOLDER... --out SHEET.jpg [--every N] [--count N]`
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.errors import FramecueError
from framecue.parts import Part
from framecue.photo import is_photo, read_photo
from framecue.portrait import PortraitSettings
from framecue.portrait.kept import Kept
from framecue.portrait.make import Maker, Wanted, opened_maker
from framecue.segmentation.segmenter import SegmenterSettings

Picture = NDArray[np.uint8]
HEIGHT, CROP, ACROSS = 420, 200, 3


def main() -> None:
    """Make the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="every n-th photo of a folder")
    parser.add_argument("--count", type=int, default=24, help="photos of a folder, at most")
    parser.add_argument("--aperture", type=float, default=1.4)
    parser.add_argument("--model", default="fine")
    arguments = parser.parse_args()
    settings = PortraitSettings(effect="blur", aperture=arguments.aperture)
    strips = []
    with (
        tempfile.TemporaryDirectory() as name,
        opened_maker(settings, SegmenterSettings(model=arguments.model)) as maker,
    ):
        for photo in _listed(arguments.photos, arguments.every, arguments.count):
            try:
                strips.append(strip(photo, maker, Path(name) / "portrait.png"))
            except FramecueError as error:
                print(error)
    blank = np.full_like(strips[0], 255)
    strips += [blank] * (-len(strips) % ACROSS)
    rows = [np.hstack(strips[at : at + ACROSS]) for at in range(0, len(strips), ACROSS)]
    cv2.imwrite(str(arguments.out), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def strip(photo: Path, maker: Maker, out: Path) -> Picture:
    """One photo: before and after, and crops, before above and after below."""
    before = read_photo(photo)
    kept = maker.choose(before)
    maker.make(Wanted(photo, out))
    after = read_photo(out)
    columns = [_fitted(before), _fitted(after)]
    for x, y in _places(kept, maker, before.shape):
        columns.append(np.vstack([_crop(before, x, y), _crop(after, x, y)]))
    return np.hstack([cv2.copyMakeBorder(each, 2, 2, 2, 2, cv2.BORDER_CONSTANT) for each in columns])


def _places(kept: Kept, maker: Maker, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Middles of the crops, pixels: top of the hair, lowest end of an arm, what is carried, a shoe."""
    parts = maker._found.parts
    down, across = shape[0] / parts.shape[0], shape[1] / parts.shape[1]
    found = []
    for part, share in ((Part.HAIR, 0.15), (Part.ARM, 0.97), (Part.CARRIED, 0.5), (Part.FOOT, 0.9)):
        cells = np.argwhere((parts == part) & kept.mask)
        if not len(cells):
            cells = np.argwhere(kept.mask)
        at = cells[np.argsort(cells[:, 0], kind="stable")[round(share * (len(cells) - 1))]]
        found.append((round((at[1] + 0.5) * across), round((at[0] + 0.5) * down)))
    return found


def _crop(image: Picture, x: int, y: int) -> Picture:
    side = min(CROP, *image.shape[:2])
    left = min(max(x - side // 2, 0), image.shape[1] - side)
    top = min(max(y - side // 2, 0), image.shape[0] - side)
    return np.asarray(
        cv2.resize(image[top : top + side, left : left + side], (HEIGHT // 2, HEIGHT // 2)), np.uint8
    )


def _fitted(image: Picture) -> Picture:
    """The whole picture in a field of a fixed size."""
    width = HEIGHT * 2 // 3
    scale = min(HEIGHT / image.shape[0], width / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    field = np.full((HEIGHT, width, 3), 255, np.uint8)
    field[: size[1], : size[0]] = small
    return field


def _listed(paths: list[Path], every: int, count: int) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = (
            sorted(each for each in path.iterdir() if is_photo(each))[::every] if path.is_dir() else [path]
        )
        found += inside[:count] if path.is_dir() else inside
    return found


if __name__ == "__main__":
    main()
