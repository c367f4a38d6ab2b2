"""Photos in and portraits out: the fast way for JPEGs, with their EXIF and colour profile kept."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.durable import write_durably
from framecue.errors import PhotoError
from framecue.photo import read_photo

OUT_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})
_ORIENTATION: Final = 0x0112
_LARGEST_SEGMENT: Final = 65_533 - 16  # bytes of a JPEG segment that are ours
_PROFILE_NAME: Final = b"ICC_PROFILE\x00"


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A photo that was read. pixels: (h, w, 3) uint8 RGB, upright. exif: its EXIF block, without a header,
    orientation made upright; profile: its ICC profile, of an RGB space; each None where there is none.
    """

    pixels: NDArray[np.uint8]
    exif: bytes | None
    profile: bytes | None


def read_original(path: Path, max_megapixels: float = 120) -> Original:
    """Read a photo and what its file says of it. Raises PhotoError, as read_photo does."""
    exif, profile, plain = _described(path, max_megapixels)
    pixels = _jpeg_pixels(path) if plain else None
    if pixels is None:
        pixels = read_photo(path, max_megapixels=max_megapixels)
    return Original(pixels, None if exif is None else upright(exif), profile)


def write_portrait(path: Path, pixels: NDArray[np.uint8], original: Original, quality: int) -> None:
    """Write a portrait, (h, w, 3) or (h, w) uint8, whole or not at all, in the format of its suffix.

    EXIF and profile of the original go along. Raises PhotoError where it cannot be written.
    """
    require_writable(path)
    try:
        write_durably(path, encoded(path.suffix.lower(), pixels, original, quality))
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(f"{path} cannot be written ({reason}); make room or choose another place") from None


def copy_photo(photo: Path, path: Path) -> None:
    """Write a photo's own content under another name. Raises PhotoError where that cannot be."""
    require_writable(path)
    try:
        write_durably(path, photo.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(f"{path} cannot be written ({reason}); make room or choose another place") from None


def require_writable(path: Path) -> None:
    """Raise PhotoError where a picture of that name cannot be written, before any work is done for it."""
    if path.suffix.lower() not in OUT_SUFFIXES:
        known = ", ".join(sorted(OUT_SUFFIXES))
        raise PhotoError(f"{path} has no ending of a picture that can be written; use one of {known}")
    if path.is_dir():
        raise PhotoError(f"{path} is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise PhotoError(f"{path.absolute().parent} does not exist; make that folder first")


def encoded(suffix: str, pixels: NDArray[np.uint8], original: Original, quality: int) -> bytes:
    """A picture file's content. suffix: as in OUT_SUFFIXES."""
    if suffix in {".jpg", ".jpeg"}:
        return _jpeg(pixels, original, quality)
    from io import BytesIO

    form = {".png": "PNG", ".webp": "WEBP"}.get(suffix, "TIFF")
    extras = {"exif": original.exif, "icc_profile": original.profile}
    written = BytesIO()
    kept = {key: value for key, value in extras.items() if value and pixels.ndim == 3}
    fast = {"PNG": {"compress_level": 3}, "WEBP": {"quality": quality}}.get(form, {})
    Image.fromarray(pixels).save(written, form, **kept, **fast)
    return written.getvalue()


def upright(exif: bytes) -> bytes:
    """An EXIF block (a TIFF header and what follows) whose orientation is 1; anything odd stays as it is."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 14:
        return exif
    try:
        start = struct.unpack_from(f"{order}I", exif, 4)[0]
        count = struct.unpack_from(f"{order}H", exif, start)[0]
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", exif, place)
            if tag == _ORIENTATION and kind == 3:
                changed = bytearray(exif)
                struct.pack_into(f"{order}H", changed, place + 8, 1)
                return bytes(changed)
    except struct.error:
        return exif
    return exif


def _described(path: Path, max_megapixels: float) -> tuple[bytes | None, bytes | None, bool]:
    """EXIF and RGB profile of a picture, and whether OpenCV reads it as we do: a JPEG in colour or grey."""
    try:
        with Image.open(path, formats=("JPEG", "PNG", "TIFF", "WEBP")) as image:
            exif = image.info.get("exif")
            profile = image.info.get("icc_profile")
            plain = image.format == "JPEG" and image.mode in {"RGB", "L"}
            plain = plain and image.width * image.height <= max_megapixels * 1e6
    except Exception:  # noqa: BLE001  whatever is wrong with the file, reading its pixels says it better
        return None, None, False
    if not isinstance(exif, bytes):
        exif = None
    if not isinstance(profile, bytes) or profile[16:20] != b"RGB ":
        profile = None
    return None if exif is None else exif.removeprefix(b"Exif\x00\x00"), profile, plain


def _jpeg_pixels(path: Path) -> NDArray[np.uint8] | None:
    """Pixels of a whole JPEG, upright; None for one that is cut short or odd, which read_photo tells."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError:
        return None
    if b"\xff\xd9" not in content[-65536:].tobytes():
        return None
    try:
        pixels = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if pixels is None:
        return None
    found = np.asarray(pixels, np.uint8)
    _swap(found)
    return found


def _swap(pixels: NDArray[np.uint8]) -> None:
    """Red for blue, as OpenCV has it; in place, as memory has no room for a large photo twice."""
    for top in range(0, len(pixels), 128):
        rows = pixels[top : top + 128]
        rows[...] = cv2.cvtColor(rows, cv2.COLOR_BGR2RGB)


def _jpeg(pixels: NDArray[np.uint8], original: Original, quality: int) -> bytes:
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if quality >= 95:
        flags += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    colour = pixels.ndim == 3
    pixels = np.ascontiguousarray(pixels)
    if colour:
        _swap(pixels)
    whole, content = cv2.imencode(".jpg", pixels, flags)
    if colour:
        _swap(pixels)
    if not whole:
        raise PhotoError(
            f"a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels cannot be a JPEG; use .png"
        )
    return _described_jpeg(content, original)


def _described_jpeg(content: NDArray[np.uint8], original: Original) -> bytes:
    """A JPEG with EXIF and profile put in right after its start."""
    segments = [b"\xff\xd8"]
    if original.exif is not None and len(original.exif) <= _LARGEST_SEGMENT:
        segments.append(_segment(0xE1, b"Exif\x00\x00" + original.exif))
    if original.profile is not None:
        step = _LARGEST_SEGMENT
        chunks = [original.profile[at : at + step] for at in range(0, len(original.profile), step)]
        segments += [
            _segment(0xE2, _PROFILE_NAME + bytes([number, len(chunks)]) + chunk)
            for number, chunk in enumerate(chunks, start=1)
        ]
    return b"".join([*segments, content[2:].tobytes()])


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
