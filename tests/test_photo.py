"""Reading photos: every orientation, mode and kind of damage."""

import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from framecue.errors import PhotoError
from framecue.photo import is_photo, read_photo, scaled_into
from standins.scenes import BLUE, GREEN, GREY, RED, quarters, scene

UPRIGHT = [RED, GREEN, BLUE, GREY]
# How a camera stores an upright picture under each orientation: the reverse of how it is shown.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
PHOTOS = Path(__file__).parents[2] / "shared" / "photos"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def oriented(orientation: int, kind: str) -> bytes:
    image = Image.fromarray(scene(320, 200))
    method = STORED.get(orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image if method is None else image.transpose(method), kind, exif=exif.tobytes())


@pytest.mark.parametrize("fit", [None, (160, 160), (80, 400)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_upright(
    tmp_path: Path, orientation: int, kind: str, fit: tuple[int, int] | None
) -> None:
    path = tmp_path / "photo"
    path.write_bytes(oriented(orientation, kind))
    image = read_photo(path, fit=fit)
    assert image.shape == {None: (200, 320, 3), (160, 160): (100, 160, 3), (80, 400): (50, 80, 3)}[fit]
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.flags.writeable
    assert quarters(image) == UPRIGHT


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(oriented(orientation, "JPEG"))
    assert quarters(read_photo(path)) == UPRIGHT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(Image.fromarray(scene()), kind))
    assert quarters(read_photo(path)) == UPRIGHT


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("P", "PNG"), ("YCbCr", "TIFF"), ("RGBA", "WEBP")]
)
def test_colour_modes_become_rgb(tmp_path: Path, mode: str, kind: str) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(Image.fromarray(scene()).convert(mode), kind))
    assert quarters(read_photo(path)) == UPRIGHT


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("1", "PNG"), ("1", "TIFF"), ("LA", "PNG")])
def test_grey_becomes_rgb(tmp_path: Path, mode: str, kind: str) -> None:
    path = tmp_path / "photo"
    grey = np.zeros((40, 60), np.uint8)
    grey[:, 30:] = 255
    path.write_bytes(encoded(Image.fromarray(grey).convert(mode), kind))
    image = read_photo(path)
    assert image.shape == (40, 60, 3)
    assert image[:, :28].max() < 8
    assert image[:, 32:].min() > 247


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo"
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (16, 1))
    path.write_bytes(encoded(Image.fromarray(ramp), kind))
    assert np.array_equal(read_photo(path)[0, :, 1], np.arange(256))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(tmp_path: Path, kind: str) -> None:
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[:, 20:40, 3] = 128
    pixels[:, 40:, 3] = 255
    path = tmp_path / "photo"
    path.write_bytes(encoded(Image.fromarray(pixels), kind, lossless=True))
    columns = read_photo(path)[20, [10, 30, 50], 0]
    assert columns.tolist() == pytest.approx([255, 127, 0], abs=1)


def test_a_transparent_palette_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.paste(0, (0, 0, 10, 20))
    path = tmp_path / "photo.png"
    image.save(path, transparency=0)
    assert read_photo(path)[0, [2, 15]].tolist() == [[255, 255, 255], [200, 0, 0]]


def test_the_first_of_several_pages_is_read(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (30, 20), colour) for colour in (RED, BLUE)]
    for kind in ("TIFF", "WEBP", "MPO"):
        path = tmp_path / "photo"
        pages[0].save(path, kind, save_all=True, append_images=pages[1:])
        assert read_photo(path)[10, 10, 0] > 200


def refused(path: Path, match: str, **options: float) -> None:
    with pytest.raises(PhotoError, match=match) as caught:
        read_photo(path, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)


def test_what_is_no_photo_is_said_in_one_line(tmp_path: Path) -> None:
    refused(tmp_path / "none.jpg", "does not exist; check the name")
    refused(tmp_path, "is a folder; name a photo")
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"")
    refused(path, "is empty; copy it again")
    path.write_text("hello")
    refused(path, "is not a JPEG, PNG, BMP, TIFF or WebP picture")
    path.write_bytes(encoded(Image.new("RGB", (20, 20)), "GIF"))
    refused(path, "is not a JPEG")
    data = encoded(Image.fromarray(scene()), "JPEG")
    path.write_bytes(data[: len(data) // 2])
    refused(path, "is damaged or cut short .*; copy it again")
    Image.fromarray(np.zeros((9, 9), np.float32)).save(tmp_path / "f.tif")
    refused(tmp_path / "f.tif", "floating-point")


def test_a_pipe_or_an_unreadable_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    refused(tmp_path / "pipe.jpg", "is not a plain file")
    with pytest.raises(PhotoError, match="does not exist"):
        read_photo("photo\0.jpg")
    with pytest.raises(PhotoError, match="cannot be opened"):
        read_photo("x" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(scene()), "JPEG"))
    path.chmod(0)
    refused(path, "change its permissions")


def test_too_large_is_refused_before_its_pixels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.new("1", (2000, 1100)).save(path)
    refused(path, "more than 2 megapixels", max_megapixels=2)
    assert read_photo(path, max_megapixels=3).shape == (1100, 2000, 3)
    small = Image.new("1", (8, 8))
    for side in (12_000, 30_000):  # beyond Pillow's warning, beyond its limit
        small.save(path)
        claimed = bytearray(path.read_bytes())
        claimed[16:24] = side.to_bytes(4) * 2  # the header's width and height, its checksum made good below
        claimed[29:33] = zlib.crc32(claimed[12:29]).to_bytes(4)
        path.write_bytes(claimed)
        refused(path, "more than 120 megapixels")


@pytest.mark.filterwarnings("error")
def test_damaged_exif_does_not_spoil_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    for junk in (
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 99,
    ):
        path.write_bytes(encoded(Image.fromarray(scene()), "JPEG", exif=junk))
        assert quarters(read_photo(path)) == UPRIGHT


SMALL = {
    kind: encoded(Image.fromarray(scene(48, 36)), kind) for kind in ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
}
SMALL["EXIF"] = oriented(6, "JPEG")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(SMALL)),
    keep=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 7)), max_size=6),
    fit=st.sampled_from([None, (16, 16)]),
)
@pytest.mark.filterwarnings("error")
def test_damage_is_read_or_refused_nothing_else(
    tmp_path: Path,
    kind: str,
    keep: float,
    flips: list[tuple[float, int]],
    fit: tuple[int, int] | None,
) -> None:
    data = bytearray(SMALL[kind])
    for place, bit in flips:
        data[int(place * len(data))] ^= 1 << bit
    path = tmp_path / "photo"
    path.write_bytes(data[: round(keep * len(data))])
    try:
        image = read_photo(path, fit=fit, max_megapixels=4)
    except PhotoError as error:
        message = str(error)
        assert "\n" not in message
    else:
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert image.size
        assert image.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.jpg", True), ("A.JPEG", True), ("b.tif", True), ("c.webp", True), ("d.gif", False), ("jpg", False)],
)
def test_photos_are_known_by_suffix(name: str, expected: bool) -> None:
    assert is_photo(name) is expected


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    across=st.integers(1, 200),
    down=st.integers(1, 200),
)
@settings(max_examples=60, deadline=None)
def test_scaling_fits_and_never_enlarges(width: int, height: int, across: int, down: int) -> None:
    image: NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)
    scaled = scaled_into(image, (across, down))
    assert 1 <= scaled.shape[0] <= max(1, min(height, down))
    assert 1 <= scaled.shape[1] <= max(1, min(width, across))


def test_real_photos() -> None:
    photos = sorted(PHOTOS.glob("*.jpg"))
    if not photos:
        pytest.skip(f"no photos: put JPEG files into {PHOTOS}")
    for photo in photos:
        image = read_photo(photo)
        small = read_photo(photo, fit=(640, 480))
        assert small.shape[0] <= 480
        assert small.shape[1] <= 640
        again = scaled_into(image, (640, 480))
        assert np.abs(again.astype(float) - small).mean() < 4
