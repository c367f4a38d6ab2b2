"""`framecue portrait` from file to file: bad input of every kind, and what goes along with the pixels."""

import io
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from framecue.errors import NobodyError, PhotoError
from framecue.parts import Part
from framecue.portrait.files import upright
from framecue.portrait.make import Wanted
from portraits import maker, view


def saved(path: Path, mode: str = "RGB", **options: object) -> Path:
    """The studio's photo in another mode and format."""
    image = Image.fromarray(view().image)
    if mode == "I;16":
        grey = np.asarray(image.convert("L"), np.uint16) * 257
        image = Image.fromarray(grey)
    elif mode != "RGB":
        image = image.convert(mode)
    image.save(path, **options)
    return path


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Maker"
    found.get_ifd(0x8769)[0x9003] = "2026:11:21 12:00:00"
    return found


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.jpg", "RGB"), ("a.jpg", "L"), ("a.jpg", "CMYK"), ("a.png", "RGBA"), ("a.png", "P"),
        ("a.png", "I;16"), ("a.tif", "RGB"), ("a.webp", "RGB"), ("a.bmp", "RGB"), ("a.png", "LA"),
        ("a.png", "1"),
    ],
)  # fmt: skip
def test_every_kind_of_picture_becomes_a_portrait(tmp_path: Path, name: str, mode: str) -> None:
    photo = saved(tmp_path / name, mode)
    before = photo.read_bytes()
    out = tmp_path / "out.png"
    maker().make(Wanted(photo, out))
    found = pixels(out)
    assert found.shape == view().image.shape
    mine = view().parts == Part.TORSO
    if mode == "RGB" and name.endswith(("png", "bmp", "tif")):
        assert np.abs(found[mine].astype(int) - view().image[mine]).mean() < 1
    assert np.abs(found.astype(int) - pixels(photo)).mean() > 0.3, "the background is blurred"
    assert photo.read_bytes() == before


def test_the_background_is_blurred_and_somebody_is_not(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.png"), tmp_path / "out.png"
    maker().make(Wanted(photo, out))
    image, found = pixels(photo).astype(int), pixels(out).astype(int)
    deep = np.isin(view().parts, (Part.TORSO, Part.LEG, Part.FACE))
    assert np.median(np.abs(found - image)[deep]) == 0
    far = view().parts[:200] == 0

    def sharpest(picture: NDArray[np.int64]) -> float:
        steps = np.abs(np.diff(picture[:200].mean(axis=2), axis=1))[far[:, 1:]]
        return float(np.percentile(steps, 99.8))

    assert sharpest(found) < 0.7 * sharpest(image)


def test_exif_and_profile_go_along_and_the_picture_stays_upright(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lying = Image.fromarray(view().image).transpose(Image.Transpose.ROTATE_90)
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        photo = tmp_path / f"lying{suffix}"
        lying.save(photo, exif=exif(6), icc_profile=profile, quality=95)
        out = tmp_path / f"out{suffix}"
        maker().make(Wanted(photo, out))
        with Image.open(out) as made:
            assert made.size == (view().image.shape[1], view().image.shape[0])
            assert made.getexif().get(0x0112, 1) == 1
            if suffix != ".tif":
                assert made.getexif()[0x010F] == "Maker"
                assert made.getexif().get_ifd(0x8769)[0x9003] == "2026:11:21 12:00:00"
            assert made.info["icc_profile"] == profile


def test_a_profile_of_other_inks_is_left_out(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    cmyk = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    cmyk[16:20] = b"CMYK"
    Image.fromarray(view().image).convert("CMYK").save(photo, icc_profile=bytes(cmyk))
    out = tmp_path / "out.jpg"
    maker().make(Wanted(photo, out))
    with Image.open(out) as made:
        assert made.mode == "RGB"
        assert "icc_profile" not in made.info


def test_odd_exif_is_left_as_it_is() -> None:
    for block in (
        b"",
        b"II*\x00",
        b"XX" + bytes(40),
        b"II*\x00\xff\xff\xff\xff" + bytes(20),
        b"MM\x00*" + b"\xff" * 40,
    ):
        assert upright(block) == block


def test_no_effect_copies_the_photo(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.jpg", exif=exif()), tmp_path / "out.jpg"
    maker(effect="none").make(Wanted(photo, out))
    assert out.read_bytes() == photo.read_bytes()
    matte = tmp_path / "matte.png"
    maker(effect="none").make(Wanted(photo, out, matte_out=matte))
    alpha = np.asarray(Image.open(matte))
    assert alpha.dtype == np.uint8
    assert alpha.shape == view().parts.shape
    assert np.abs(alpha / 255 - (view().parts > 0)).mean() < 0.02


def test_a_photo_of_nobody_is_told_and_makes_nothing(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.jpg"), tmp_path / "out.jpg"
    with pytest.raises(NobodyError, match="nobody"):
        maker(np.zeros((50, 40), np.uint8)).make(Wanted(photo, out))
    assert not out.exists()


def test_several_people_are_all_kept(tmp_path: Path) -> None:
    seen = view(7, 3)
    photo, out, matte = tmp_path / "a.png", tmp_path / "out.png", tmp_path / "m.png"
    Image.fromarray(seen.image).save(photo)
    made = maker(np.ascontiguousarray(seen.parts[::3, ::3])).make(Wanted(photo, out, matte_out=matte))
    assert made.people >= 1
    alpha = np.asarray(Image.open(matte)) > 127
    for number in range(1, 4):
        mine = seen.owner == number
        assert alpha[mine].mean() > 0.93, number


def test_a_mask_that_is_full_leaves_the_photo_as_it_is(tmp_path: Path) -> None:
    parts = np.full((80, 60), Part.TORSO, np.uint8)
    parts[:30] = Part.FACE
    photo, out = saved(tmp_path / "a.png"), tmp_path / "out.png"
    maker(parts).make(Wanted(photo, out))
    assert np.abs(pixels(out).astype(int) - pixels(photo)).mean() < 0.5


def depth_png(path: Path, values: NDArray[np.uint16]) -> Path:
    Image.fromarray(values).save(path)
    return path


def test_depth_of_another_size_is_fitted(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.png"), tmp_path / "out.png"
    millimetres = np.round(view().depth_m * 1000).astype(np.uint16)
    for index, step in enumerate((1, 3, 16)):
        depth = depth_png(tmp_path / f"d{index}.png", np.ascontiguousarray(millimetres[::step, ::step]))
        made = maker().make(Wanted(photo, out, depth=depth))
        assert made.notes == ()
        assert np.abs(pixels(out).astype(int) - pixels(photo)).mean() > 0.2


def test_depth_that_knows_nothing_is_told_and_gone_without(tmp_path: Path) -> None:
    photo, out, plain = saved(tmp_path / "a.png"), tmp_path / "out.png", tmp_path / "plain.png"
    depth = depth_png(tmp_path / "d.png", np.zeros((48, 64), np.uint16))
    made = maker().make(Wanted(photo, out, depth=depth))
    assert "knows nothing" in made.notes[0]
    maker().make(Wanted(photo, plain))
    assert (pixels(out) == pixels(plain)).all()


@pytest.mark.parametrize("kind", ["missing", "torn", "colour", "eight"])
def test_depth_that_is_none_is_one_line(tmp_path: Path, kind: str) -> None:
    photo, out, depth = saved(tmp_path / "a.png"), tmp_path / "out.png", tmp_path / "d.png"
    if kind == "torn":
        depth.write_bytes(b"\x89PNG\r\n\x1a\nxx")
    elif kind == "colour":
        Image.fromarray(view().image).save(depth)
    elif kind == "eight":
        Image.fromarray(view().parts).save(depth)
    with pytest.raises(PhotoError, match="depth") as error:
        maker().make(Wanted(photo, out, depth=depth))
    assert "\n" not in str(error.value)
    assert not out.exists()


@pytest.mark.parametrize("kind", ["missing", "torn", "tiny", "colour"])
def test_a_backdrop_that_is_none_is_one_line(tmp_path: Path, kind: str) -> None:
    photo, out, backdrop = saved(tmp_path / "a.png"), tmp_path / "out.png", tmp_path / "b.png"
    if kind == "torn":
        backdrop.write_bytes(saved(tmp_path / "c.png").read_bytes()[:900])
    elif kind == "tiny":
        Image.new("RGB", (9, 9)).save(backdrop)
    named = "#00z140" if kind == "colour" else str(backdrop)
    with pytest.raises(PhotoError, match="backdrop") as error:
        maker(effect="backdrop", backdrop=named).make(Wanted(photo, out))
    assert "\n" not in str(error.value)
    assert not out.exists()


@pytest.mark.parametrize("size", [(64, 64), (5000, 200), (200, 5000), (3000, 4000)])
def test_a_backdrop_of_any_size_and_mode_fills_the_photo(tmp_path: Path, size: tuple[int, int]) -> None:
    photo, out, backdrop = saved(tmp_path / "a.png"), tmp_path / "out.png", tmp_path / "b.png"
    Image.new("RGBA", size, (60, 90, 200, 255)).save(backdrop)
    maker(effect="backdrop", backdrop=str(backdrop)).make(Wanted(photo, out))
    found = pixels(out)
    far = found[:150, :60].reshape(-1, 3).mean(axis=0)
    assert far[2] > far[0] + 30


def test_chroma_green_is_exactly_that(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.png"), tmp_path / "out.png"
    maker(effect="backdrop").make(Wanted(photo, out))
    found = pixels(out)
    assert (found[:40, :40] == (0, 177, 64)).all()


def test_places_that_cannot_be_written_are_one_line_before_any_work(tmp_path: Path) -> None:
    photo = saved(tmp_path / "a.jpg")
    for out in (tmp_path / "no" / "out.jpg", tmp_path / "out.xyz", tmp_path):
        with pytest.raises(PhotoError) as error:
            maker().make(Wanted(photo, out))
        assert "\n" not in str(error.value)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on file sizes stands in for the full disk."""
    photo, out = saved(tmp_path / "a.png"), tmp_path / "out.png"
    work = maker()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(PhotoError, match="cannot be written"):
            work.make(Wanted(photo, out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png"]


def test_a_torn_jpeg_is_one_line(tmp_path: Path) -> None:
    photo, out = saved(tmp_path / "a.jpg"), tmp_path / "out.jpg"
    photo.write_bytes(photo.read_bytes()[:4000])
    with pytest.raises(PhotoError, match="damaged"):
        maker().make(Wanted(photo, out))


@pytest.mark.parametrize("size", [(1, 1), (8, 6), (3, 200)])
def test_tiny_photos_are_one_line_or_a_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    photo, out = tmp_path / "a.png", tmp_path / "out.png"
    Image.fromarray(view().image).resize(size).save(photo)
    try:
        maker().make(Wanted(photo, out))
    except NobodyError:
        return
    with Image.open(out) as made:
        assert made.size == size


def command(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "framecue", "portrait", *map(str, arguments)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "FRAMECUE_SEGMENTER__MODEL": "fine", "FRAMECUE_PORTRAIT__PETS": "false"},
    )  # fmt: skip


@pytest.mark.slow
def test_the_command_makes_a_portrait_and_a_matte(tmp_path: Path) -> None:
    photo, out, matte = saved(tmp_path / "a.jpg"), tmp_path / "out.jpg", tmp_path / "m.png"
    done = command(photo, "--out", out, "--matte", matte, "--aperture", 1.4)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out)
    assert pixels(out).shape == view().image.shape
    alpha = np.asarray(Image.open(matte)) / 255
    assert np.abs(alpha - (view().parts > 0)).mean() < 0.03
    again = command(photo, "--out", photo)
    assert again.returncode == 1
    assert "never changed" in again.stderr
    assert "Traceback" not in again.stderr


@pytest.mark.slow
def test_a_folder_goes_on_where_it_ended(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.jpg", "b.png"):
        saved(folder / name)
    (folder / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    Image.new("RGB", (300, 200), (90, 120, 90)).save(folder / "empty.jpg")
    done = command(folder, "--out", out, "--workers", 1)
    assert done.returncode == 1, "one photo is torn"
    assert sorted(path.name for path in out.iterdir()) == ["a.jpg", "b.png"]
    assert sum(line.startswith("framecue:") for line in done.stderr.splitlines()) == 2
    stamp = (out / "b.png").stat().st_mtime_ns
    (out / "a.jpg").unlink()
    command(folder, "--out", out, "--workers", 1)
    assert (out / "a.jpg").exists()
    assert (out / "b.png").stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_fifty_megapixels_stay_within_their_memory(tmp_path: Path) -> None:
    """In a process of its own, whose peak is read at its end."""
    photo, out = tmp_path / "large.jpg", tmp_path / "out.jpg"
    Image.fromarray(view().image).resize((6123, 8164), Image.Resampling.BILINEAR).save(photo, quality=88)
    code = (
        "import sys; sys.path[:0] = sys.argv[3:]; from pathlib import Path; import portraits;"
        "from framecue.portrait.make import Wanted;"
        "portraits.view(); portraits.maker().make(Wanted(Path(sys.argv[1]), Path(sys.argv[2])));"
        "print([int(line.split()[1]) // 1024 for line in open('/proc/self/status') if 'VmHWM' in line][0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(photo), str(out), str(Path(__file__).parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 480  # the studio and its picture are in it
    with Image.open(io.BytesIO(out.read_bytes())) as made:
        assert made.size == (6123, 8164)
