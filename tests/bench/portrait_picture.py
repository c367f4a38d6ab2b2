"""The README's picture of portraits: `python -m tests.bench.portrait_picture OUT.jpg`."""

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from framecue.composition.geometry import Pinhole
from framecue.portrait import PortraitSettings
from framecue.portrait.make import Wanted, opened_maker
from framecue.segmentation.segmenter import SegmenterSettings
from framecue.studio import Scene, render

WIDTH, HEIGHT, SHOWN = 1200, 1600, 420


def main() -> None:
    """A studio photo, its matte, its portrait, and the same person in another place."""
    seed, elsewhere = 342, 305
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pinhole = Pinhole(WIDTH, HEIGHT, 44.0, y=1.2, z=-3.0, pitch_deg=-3.0)
        _save(folder / "photo.png", render(Scene.random(seed), pinhole, noise=2.0).image)
        _save(folder / "place.png", render(Scene.random(elsewhere, people=0), pinhole).image)
        for effect in ("blur", "backdrop"):
            settings = PortraitSettings(effect=effect, backdrop=str(folder / "place.png"), pets=False)
            with opened_maker(settings, SegmenterSettings(model="fine")) as maker:
                maker.make(
                    Wanted(folder / "photo.png", folder / f"{effect}.png", matte_out=folder / "matte.png")
                )
        shown = [cv2.imread(str(folder / f"{each}.png")) for each in ("photo", "matte", "blur", "backdrop")]
    size = SHOWN, SHOWN * HEIGHT // WIDTH
    row = np.hstack([cv2.resize(np.asarray(each), size, interpolation=cv2.INTER_AREA) for each in shown])
    cv2.imwrite(sys.argv[1], row, [cv2.IMWRITE_JPEG_QUALITY, 86])


def _save(path: Path, image: np.ndarray) -> None:
    Image.fromarray(image).save(path)


if __name__ == "__main__":
    main()
