"""How good mattes and blur are, on pictures whose true alpha, colours and depth are known.

`python -m tests.bench.portrait_quality --backgrounds FOLDER [--people JSON] [--count 60] [--sheet OUT.png]`
pymatting, where it can be imported, gives the reference; it is no dependency of Framecue.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.bench.matte_scenes import Truth, scene

from framecue.colour import to_srgb, unit
from framecue.photo import scaled_into
from framecue.portrait import PortraitSettings
from framecue.portrait.lens import LensSettings, opening
from framecue.portrait.make import Maker, opened_maker
from framecue.portrait.matte import Matte, shrunk
from framecue.portrait.render import Portrayed, blur_background
from framecue.portrait.scene import Stage
from framecue.portrait.trimap import Trimap, find_window, make_trimap
from framecue.segmentation.segmenter import SegmenterSettings
from framecue.windows import Windows

Plane = NDArray[np.float32]
_FOUND = 0.8  # overlap with the truth under which it is the segmenter that failed


def main() -> None:
    """Run it and print one table, or JSON."""
    arguments = _arguments()
    reference = _pymatting()
    settings = PortraitSettings(effect="blur", pets=False, lift_ev=0)
    rows: list[dict[str, float]] = []
    tiles = []
    with opened_maker(settings, SegmenterSettings(model=arguments.model)) as maker:
        for number, file in enumerate(_backgrounds(arguments)):
            truth = scene(arguments.first + number, file)
            found = judge(truth, maker, settings, reference)
            if found is None:
                print(f"{truth.name}: the segmenter did not find them", file=sys.stderr)
                continue
            row, tile = found
            rows.append(row)
            tiles.append(tile)
            print(f"{truth.name}: {json.dumps({k: round(v, 3) for k, v in row.items()})}", file=sys.stderr)
    keys = sorted({key for row in rows for key in row})
    means = {key: float(np.mean([row[key] for row in rows if key in row])) for key in keys}
    print(json.dumps({"scenes": len(rows), **{key: round(value, 3) for key, value in means.items()}}))
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), cv2.cvtColor(np.vstack(tiles), cv2.COLOR_RGB2BGR))


def judge(
    truth: Truth, maker: Maker, settings: PortraitSettings, reference: Any
) -> tuple[dict[str, float], NDArray[np.uint8]] | None:
    """Errors of every method on one picture, and a strip to look at; None where the segmenter failed."""
    height, width = truth.alpha.shape
    kept = maker.choose(truth.image)
    if not kept.anybody:
        return None
    matte = maker.matte(truth.image, kept)
    alphas: dict[str, Plane] = {"framecue": unit(matte.apply(truth.image))}
    small = scaled_into(truth.image, (1024, 1024))
    coarse = maker._segmenter.segment(small)
    person = cv2.resize(coarse.person * kept.mask, (width, height), interpolation=cv2.INTER_LINEAR)
    alphas["bilinear"] = np.asarray(person, np.float32)
    seen, there = person > 0.5, truth.alpha > 0.5
    if (seen & there).sum() < _FOUND * (seen | there).sum():
        return None
    alphas["guided"] = guided(truth.image, alphas["bilinear"])
    if reference is not None:
        alphas["pymatting"] = closed_form(truth.image, coarse, kept, reference, None)
        alphas["pymatting_512"] = closed_form(truth.image, coarse, kept, reference, matte)
    row = {}
    for name, alpha in alphas.items():
        for measure, value in errors(alpha, truth.alpha).items():
            row[f"{measure}_{name}"] = value
    strips = [
        truth.image,
        *(_grey(alphas[name]) for name in ("bilinear", "guided")),
        _grey(alphas["framecue"]),
    ]
    strips.append(_grey(alphas.get("pymatting", truth.alpha)))
    band, ours = _edges(truth, matte, settings, alphas["framecue"])
    row.update(band)
    box = _head_box(truth.alpha)
    return row, np.hstack([*(strip[box] for strip in [*strips, _grey(truth.alpha)]), ours[box]])


def errors(alpha: Plane, true: Plane) -> dict[str, float]:
    """SAD in thousands per megapixel, MSE times 1000, gradient error (Rhemann et al., 2009) per megapixel."""
    off = alpha - true
    megapixels = true.size / 1e6
    slope = np.square(_slope(alpha) - _slope(true)).sum()
    return {
        "sad": float(np.abs(off).sum() / 1000 / megapixels),
        "mse": float(np.square(off).mean() * 1000),
        "grad": float(slope / 1000 / megapixels),
    }


def _slope(alpha: Plane) -> Plane:
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.4)
    return np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)) / 8


def guided(image: NDArray[np.uint8], coarse: Plane) -> Plane:
    """The guided filter alone, fitted at about 512 pixels: what the matte has to beat."""
    small = shrunk(image, 200_000, 640)
    size = small.shape[1], small.shape[0]
    windows = Windows(unit(small), 17, 1e-4)
    linear = windows.smooth(windows.fit(np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_AREA))))
    return np.clip(linear.of(image), 0, 1)


def closed_form(image: NDArray[np.uint8], coarse: Any, kept: Any, reference: Any, at: Matte | None) -> Plane:
    """pymatting's closed form on the same trimap, at full resolution, or at the matte's and guided up."""
    height, width = image.shape[:2]
    left, top, right, bottom = find_window(kept)
    pixels = (
        int(left * width),
        int(top * height),
        int(np.ceil(right * width)),
        int(np.ceil(bottom * height)),
    )
    part = image[pixels[1] : pixels[3], pixels[0] : pixels[2]]
    size = (part.shape[1], part.shape[0]) if at is None else (at.alpha.shape[1], at.alpha.shape[0])
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    box = (pixels[0] / width, pixels[1] / height, pixels[2] / width, pixels[3] / height)
    trimap: Trimap = make_trimap(coarse, kept, box, *size)
    known = np.where(trimap.sure, 1.0, np.where(trimap.unknown, 0.5, 0.0))
    solved = np.asarray(reference(unit(small).astype(np.float64), known), np.float32)
    whole = np.zeros((height, width), np.float32)
    if at is None:
        whole[pixels[1] : pixels[3], pixels[0] : pixels[2]] = solved
        return whole
    windows = Windows(unit(small), epsilon=4e-5)
    linear = windows.smooth(windows.fit(solved))
    fitted = replace(at, alpha=solved, linear=linear)
    return unit(fitted.apply(image))


def _edges(
    truth: Truth, matte: Matte, settings: PortraitSettings, alpha: Plane
) -> tuple[dict[str, float], NDArray[np.uint8]]:
    """Error near the outline against a background that was blurred before anybody stood in front of it."""
    metre = 600.0  # pixels, so that the radius is about 14
    lens: LensSettings = settings.lens
    radius = 0.5 * lens.opening_m * metre
    behind = cv2.filter2D(truth.behind, -1, opening(radius), borderType=cv2.BORDER_REFLECT_101)
    true = to_srgb(truth.mine + (1 - truth.alpha[..., None]) * behind)
    ours = truth.image.copy()
    blur_background(
        Portrayed(ours, matte, Stage(metre, None, None), np.zeros((2, 2), np.float32)),
        settings.model_copy(update={"bloom": 0}),
    )
    soft = cv2.GaussianBlur(truth.image, (0, 0), radius / 2)  # a disc's deviation is half its radius
    plain = alpha[..., None] * truth.image + (1 - alpha[..., None]) * soft
    edge = cv2.morphologyEx(
        (truth.alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)
    )
    reach = cv2.dilate(edge, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (31, 31))) > 0
    band = reach & (truth.alpha < 0.98)

    def off(image: NDArray[Any]) -> float:
        return float(np.abs(image[band].astype(np.float32) - true[band]).mean())

    return {"band_gaussian_srgb": off(plain), "band_framecue": off(ours)}, ours


def _head_box(alpha: Plane) -> tuple[slice, slice]:
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    columns = np.flatnonzero((alpha[rows[0] : rows[0] + 150] > 0.5).any(axis=0))
    middle = int(columns.mean()) if len(columns) else alpha.shape[1] // 2
    left = min(max(middle - 160, 0), alpha.shape[1] - 320)
    top = min(max(int(rows[0]) - 50, 0), alpha.shape[0] - 320)
    return slice(top, top + 320), slice(left, left + 320)


def _grey(alpha: Plane) -> NDArray[np.uint8]:
    return np.repeat(np.round(alpha * 255).astype(np.uint8)[..., None], 3, axis=2)


def _backgrounds(arguments: argparse.Namespace) -> list[Path]:
    """Photos without people, each scene its own, going round."""
    files = sorted(arguments.backgrounds.glob("*.jpg"))
    if arguments.people:
        listed = json.loads(arguments.people.read_text())
        empty = {Path(each["file"]).name for each in listed if not each["people"]}
        files = [file for file in files if file.name in empty]
    return [files[(7 * n + arguments.first) % len(files)] for n in range(arguments.count)]


def _pymatting() -> Callable[..., Any] | None:
    try:
        from pymatting import estimate_alpha_cf
    except ImportError:
        return None
    return estimate_alpha_cf  # type: ignore[no-any-return]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--model", default="fine")
    parser.add_argument("--sheet", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
