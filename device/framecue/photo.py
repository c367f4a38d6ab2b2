"""Photo files, read upright as RGB pixels."""

import warnings
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from framecue.errors import PhotoError

PHOTO_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".tif", ".tiff", ".webp"})
JPEG_START: Final = b"\xff\xd8\xff"

# Only these of Pillow's parsers see a file; some of the others start programs.
_FORMATS: Final = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_ORIENTATION_TAG: Final = 0x0112
# What makes a picture upright, by the value of its EXIF orientation.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def is_photo(path: str | Path) -> bool:
    """Whether a path's suffix is one of PHOTO_SUFFIXES, in any case; the file is not looked at.

    The depth map beside a photo, PHOTO.depth.png, is none.
    """
    return Path(path).suffix.lower() in PHOTO_SUFFIXES and not str(path).lower().endswith(".depth.png")


def read_photo(
    path: str | Path, *, fit: tuple[int, int] | None = None, max_megapixels: float = 120
) -> NDArray[np.uint8]:
    """Read a JPEG, PNG, BMP, TIFF or WebP file as (h, w, 3) uint8 RGB, upright by its EXIF orientation.

    fit: largest (width, height) in pixels; a larger picture is scaled down into it, its shape kept, and a
        JPEG is then decoded at a fraction of its size.
    max_megapixels: pixels in millions beyond which the file is refused before its pixels are read.

    Grey, palette, CMYK and 16-bit pictures become 8-bit RGB; what is transparent becomes white; of several
    pages the first is read. Colour profiles are not applied. Raises PhotoError when the file is missing,
    empty, damaged, cut short, too large or no such picture.
    """
    path = Path(path).absolute()
    _require_file(path)
    try:
        with warnings.catch_warnings():
            # Large pictures and odd metadata: what matters of them is an error here, nothing goes to stderr.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            with Image.open(path, formats=_FORMATS) as image:
                _require_size(image, path, max_megapixels)
                return _pixels(image, fit)
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path, max_megapixels) from error
    except UnidentifiedImageError as error:
        raise PhotoError(
            f"{path} is not a JPEG, PNG, BMP, TIFF or WebP picture, or its start is damaged; "
            "use the original or convert it"
        ) from error
    except PermissionError as error:
        raise PhotoError(f"{path} may not be read by this user; change its permissions") from error
    except Exception as error:  # Pillow's parsers raise almost anything on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PhotoError(f"{path} is damaged or cut short ({reason}); copy it again") from error


def scaled_into(image: NDArray[np.uint8], fit: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale an (h, w, 3) uint8 picture down into (width, height) pixels, its shape kept; never up."""
    height, width = image.shape[:2]
    scale = min(fit[0] / width, fit[1] / height)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _require_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise PhotoError(f"{path} is a folder; name a photo in it")
        if not path.exists():
            raise PhotoError(f"{path} does not exist; check the name")
        if not path.is_file():
            raise PhotoError(f"{path} is not a plain file; name a photo")
        if path.stat().st_size == 0:
            raise PhotoError(f"{path} is empty; copy it again")
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise PhotoError(f"{str(path)!r} cannot be opened ({error}); check the name") from error


def _require_size(image: Image.Image, path: Path, max_megapixels: float) -> None:
    if image.width * image.height > max_megapixels * 1e6:
        raise _too_large(path, max_megapixels)
    if min(image.size) < 1:
        raise PhotoError(f"{path} has no pixels; copy it again")


def _too_large(path: Path, max_megapixels: float) -> PhotoError:
    return PhotoError(f"{path} has more than {max_megapixels:g} megapixels; scale it down first")


def _pixels(image: Image.Image, fit: tuple[int, int] | None) -> NDArray[np.uint8]:
    if fit is not None:
        lying = _orientation(image) >= 5
        image.draft(None, (fit[1], fit[0]) if lying else fit)
    image.load()  # turns a TIFF upright by itself, and takes its orientation away
    orientation = _orientation(image)
    rgb = _rgb(image)
    if orientation in _UPRIGHT:
        rgb = rgb.transpose(_UPRIGHT[orientation])
    pixels = np.array(rgb, np.uint8)
    return pixels if fit is None else scaled_into(pixels, fit)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
        return int(value)
    except Exception:  # noqa: BLE001  damaged EXIF beside sound pixels: the picture is worth reading
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # Pillow clips these to 8 bits instead of scaling them
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Grey of 16 bits, or of 32 that hold 16, as 8 bits."""
    grey = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
    return (grey / 257).round().astype(np.uint8)
