"""Depth maps in files: 16-bit PNG of millimetres, or numpy's own format."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.errors import PhotoError

SUFFIXES: Final = (".depth.png", ".depth.npy")  # after a photo's name without its own ending
_MOST_PX: Final = 40_000_000
_MOST_M: Final = 65.535


def depth_beside(photo: Path) -> Path | None:
    """The depth map that lies beside a photo; None where there is none."""
    places = (photo.with_name(f"{photo.stem}{suffix}") for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def read_map(path: Path) -> NDArray[np.float32]:
    """Read a map as (h, w) float32 metres, 0 where unknown, 65.535 at most.

    A .npy holds metres as floats, or millimetres as integers; anything else has to be a 16-bit grey PNG of
    millimetres. Raises PhotoError where it is no such file.
    """
    if not path.is_file():
        raise PhotoError(f"depth {path} does not exist; check the name")
    return _read_npy(path) if path.suffix.lower() == ".npy" else _read_png(path)


def depth_png(depth_m: NDArray[np.float32]) -> bytes:
    """A map, (h, w) metres, 0 where unknown, as a 16-bit PNG of millimetres."""
    millimetres = np.clip(np.nan_to_num(depth_m, nan=0, posinf=0, neginf=0) * 1000, 0, 65535)
    whole, content = cv2.imencode(".png", np.rint(millimetres).astype(np.uint16))
    if not whole:
        raise PhotoError(f"a depth map of {depth_m.shape[1]} x {depth_m.shape[0]} cannot be written as a PNG")
    return content.tobytes()


def _read_png(path: Path) -> NDArray[np.float32]:
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.load()
            deep = image.mode.startswith("I")
            values = np.asarray(image)
    except Exception as error:  # Pillow's parsers raise almost anything on damaged files
        raise PhotoError(f"depth {path} is no whole PNG; it has to be 16-bit grey, millimetres") from error
    if not deep or values.ndim != 2:
        raise PhotoError(f"depth {path} is not 16-bit grey; each pixel has to be a distance in millimetres")
    return np.asarray(values, np.float32) / np.float32(1000)


def _read_npy(path: Path) -> NDArray[np.float32]:
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # as above
        raise PhotoError(f"depth {path} is no whole .npy file; save it again with numpy.save") from error
    if values.ndim != 2 or not 1 <= values.size <= _MOST_PX or values.dtype.kind not in "fiu":
        raise PhotoError(f"depth {path} has to be rows and columns of metres, or of whole millimetres")
    metres = np.asarray(values, np.float64) * (1 if values.dtype.kind == "f" else 0.001)
    known = np.isfinite(metres) & (metres > 0)
    return np.where(known, np.minimum(metres, _MOST_M), 0).astype(np.float32)
