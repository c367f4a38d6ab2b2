"""What the commands do with photos: segment and measure them, from file to result."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.composition.lens import photo_fov
from framecue.composition.observe import observed_photo
from framecue.composition.subject import Composition
from framecue.errors import PhotoError
from framecue.parts import PERSON_LEVEL, Part
from framecue.photo import read_photo, scaled_into
from framecue.segmentation import Segmenter
from framecue.segmentation.outline import outlined
from framecue.segmentation.patient import Patient, believed
from framecue.segmentation.segmenter import ProcessSegmenter, open_segmenter
from framecue.settings import find_settings_file, load_settings

MEASURED_PX: Final = (
    1024  # photos are measured at this long side; the model sees less, the outline is refined at it
)

UNKNOWN_FOV_DEG: Final = 45.0  # of a photo whose EXIF does not tell

PATIENCE_S: Final = 30.0  # a photo can wait for a busy machine, a booth's guests cannot


@contextmanager
def opened_segmenter(model: str | None) -> Iterator[ProcessSegmenter]:
    """The segmenter of the settings, or the named model on them, with exact outlines; closed at the end."""
    settings = load_settings(find_settings_file()).segmenter
    wanted: dict[str, Any] = {"exact": True, "answer_limit_s": max(settings.answer_limit_s, PATIENCE_S)}
    if model is not None:
        wanted["model"] = model
    settings = settings.model_copy(update=wanted)
    segmenter = open_segmenter(settings)
    try:
        yield segmenter
    finally:
        segmenter.close()


def measure_photo(photo: Path, segmenter: Segmenter) -> Composition:
    """Measure the people in a photo, in the photo's own upright pixels. Raises PhotoError, SegmenterError."""
    return measure_image(read_photo(photo), segmenter, photo_fov(photo) or UNKNOWN_FOV_DEG)


def measure_image(
    image: NDArray[np.uint8], segmenter: Segmenter, fov_deg: float = UNKNOWN_FOV_DEG
) -> Composition:
    """Measure the people in an (h, w, 3) uint8 RGB picture, in its pixels. Raises SegmenterError.

    fov_deg: vertical field of view, where it is known; only the roll hangs on it, and not by much.
    """
    small = scaled_into(image, (MEASURED_PX, MEASURED_PX))
    composition = observed_photo(small, segmenter.segment(small), fov_deg)
    return composition.scaled(image.shape[1], image.shape[0])


def segment_photo(photo: Path, segmenter: Patient, parts: Path | None, mask: Path | None) -> dict[str, float]:
    """Segment a photo; write its part ids and person probability x 255 as PNGs of its size where asked.

    Returns the share of the photo that each part covers, and "person", the share of the whole people.
    """
    image = read_photo(photo)
    small = scaled_into(image, (MEASURED_PX, MEASURED_PX))
    found = outlined(believed(segmenter.segment(small)), image)
    if parts is not None:
        _write_png(parts, found.parts)
    if mask is not None:
        _write_png(mask, np.round(found.person * 255).astype(np.uint8))
    counts = np.bincount(found.parts.ravel(), minlength=len(Part)) / found.parts.size
    shares = {part.name.lower(): float(counts[part]) for part in Part if part is not Part.BACKGROUND}
    return {"person": float((found.person >= PERSON_LEVEL).mean()), **shares}


def _write_png(path: Path, values: NDArray[np.uint8]) -> None:
    try:
        Image.fromarray(values).save(path, "PNG")
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(f"{path} cannot be written ({reason}); choose another place") from None
