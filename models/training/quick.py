"""A quick look at held-out photos while training: float, no refinement; the real table is evaluate.py's."""

import cv2
import numpy as np
import torch
from models.training.folders import Folders, held_out
from models.training.labels import SOMEBODY
from models.training.network import PARTS, Network
from models.training.runner import overlap
from models.training.sources import Sources, everyday, outlines
from numpy.typing import NDArray

from framecue.segmentation.figure import LINES, STRIDE

_SIZE = (385, 257)
_EVERY = 5  # of the held-out photos


def quick_report(folders: Folders, network: Network, device: torch.device) -> dict[str, float]:
    """Person IoU on held-out labelled and everyday photos, and medians of the heatmaps' errors, % of body."""
    sources = Sources(folders)
    names = [name for name in folders.labelled() if held_out(int(name))][::_EVERY]
    overlaps, errors = [], {name: [] for name in LINES}
    network.eval()
    for name in names:
        sample = sources.labelled(f"ccp-{name}")
        truth = cv2.imread(str(folders.ccp / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE) > 0
        parts, lines = run(network, sample.image, device)
        overlaps.append(overlap(likely(parts, sample.image), truth))
        rows = np.flatnonzero(truth.any(axis=1))
        for number, line in enumerate(LINES):
            point = sample.points[0][line]
            if point is not None:
                y = (brightest_row(lines[number]) * STRIDE + 0.5) * truth.shape[0] / _SIZE[0] - 0.5
                errors[line].append(abs(y - point[1]) / (rows[-1] - rows[0]) * 100)
    scenes = []
    for name, entry in everyday(folders, wanted=True).items():
        if not entry["people"]:
            continue
        image = cv2.imread(str(folders.photos()[name]), cv2.IMREAD_COLOR_RGB)
        codes = outlines(entry, image.shape[:2])
        parts, _ = run(network, image, device)
        found = likely(parts, image)
        scenes.append(overlap(found & (codes <= SOMEBODY), codes == SOMEBODY))
    return {
        "iou": float(np.mean(overlaps)),
        "everyday": float(np.mean(scenes)),
        **{f"{name}_p50": float(np.median(values)) for name, values in errors.items()},
        **{f"{name}_p90": float(np.percentile(values, 90)) for name, values in errors.items()},
    }


def run(
    network: Network, image: NDArray[np.uint8], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (8, h, w) of the parts and probabilities (3, h, w) of the lines, for one (h, w, 3) picture."""
    size = _SIZE if image.shape[0] >= image.shape[1] else _SIZE[::-1]
    small = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    picture = torch.from_numpy((small.astype(np.float32) - 128) / 128).permute(2, 0, 1)[None]
    with torch.no_grad():
        logits = network(picture.to(device)).fine[0].float().cpu()
    return logits[:PARTS].numpy(), torch.sigmoid(logits[PARTS:]).numpy()


def likely(parts: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where somebody is likelier than nobody, (h, w) of that size."""
    return cv2.resize(parts[0], (size[1], size[0]), interpolation=cv2.INTER_LINEAR) > 0


def brightest_row(heat: NDArray[np.float32]) -> float:
    """Row of a heatmap's peak, between cells: the mean of what is near it."""
    row, column = divmod(int(np.argmax(heat)), heat.shape[1])
    top, left = max(row - 3, 0), max(column - 3, 0)
    near = heat[top : row + 4, left : column + 4]
    near = np.where(near > 0.3 * near.max(), near, 0)
    return top + float((near.sum(axis=1) * np.arange(len(near))).sum() / near.sum())
