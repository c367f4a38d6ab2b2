"""The album keeps what the camera gave, names it so that it sorts, and can always be read."""

import io
import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from framecue.album import Album, AlbumSettings, Shot
from framecue.album.disk import RealDisk
from framecue.album.shot import read_original, slug, stem
from framecue.album.store import list_shots
from framecue.composition.cue import Cue
from framecue.composition.subject import Composition, Subject
from framecue.errors import AlbumError, AlbumFullError, AlbumUnwritableError
from framecue.frame import Still

NOON = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)
GRADIENT = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8)[..., None].repeat(3, 2)


def jpeg() -> bytes:
    written = io.BytesIO()
    Image.fromarray(GRADIENT).save(written, "JPEG")
    return written.getvalue()


def press(album: Album, still: Still | None = None, **other: Any) -> Shot:
    circumstances: dict[str, Any] = {
        "look": "Full body",
        "composition": None,
        "cue": None,
        "camera": "studio",
        "taken": NOON,
    }
    return album.save(still or Still(GRADIENT, 12.5, jpeg()), **{**circumstances, **other})


def read(shot: Shot) -> dict[str, Any]:
    assert shot.sidecar is not None
    found: dict[str, Any] = json.loads(shot.sidecar.read_text())
    return found


@pytest.fixture
def album(tmp_path: Path) -> Album:
    return Album(tmp_path / "new" / "album", 10)


def test_the_cameras_own_jpeg_is_kept_bit_for_bit(album: Album) -> None:
    original = jpeg() + b"\0" * 100  # cameras pad
    assert press(album, Still(GRADIENT, 0.0, original)).original.read_bytes() == original


def test_pixels_become_a_jpeg_with_the_time_in_it(album: Album) -> None:
    shot = press(album, Still(GRADIENT, 0.0))
    with Image.open(shot.original) as picture:
        assert picture.size == (64, 48)
        assert np.abs(np.asarray(picture).astype(int) - GRADIENT).max() <= 3
        local = NOON.astimezone()
        details = picture.getexif().get_ifd(0x8769)
        assert details[0x9003] == f"{local:%Y:%m:%d %H:%M:%S}"
        assert details[0x9011].replace(":", "") == f"{local:%z}"


@pytest.mark.parametrize("damaged", [b"", b"\xff\xd8\xff", jpeg()[:-40], b"no picture at all" * 10_000])
def test_a_damaged_jpeg_from_the_camera_costs_no_photo(album: Album, damaged: bytes) -> None:
    with Image.open(press(album, Still(GRADIENT, 0.0, damaged)).original) as picture:
        picture.load()
        assert picture.size == (64, 48)


def test_the_sidecar_tells_everything_that_was_known(album: Album) -> None:
    composition = Composition(640, 480, (Subject(40.0, 90.0, 450.0, 200.0, 330.0),), 0, roll_deg=-1.25)
    cue = Cue("ready", "Ready: shoot")
    still = Still(GRADIENT, 12.5, jpeg(), {"exposure_us": 8000, "gain": 1.5})
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    shot = press(album, still, composition=composition, cue=cue, camera="v4l2 /dev/video0", taken=tokyo)
    found = read(shot)
    assert found["file"] == shot.original.name
    assert (found["width"], found["height"]) == (64, 48)
    assert found["size"] == shot.original.stat().st_size
    assert found["taken_utc"] == "2026-11-21T12:00:00.250+00:00"
    assert datetime.fromisoformat(found["taken_local"]) == NOON.replace(microsecond=250_000)
    assert found["monotonic_s"] == 12.5
    assert found["look"] == "Full body"
    assert found["composition"] == composition.as_json()
    assert found["cue"] == cue.as_json()
    assert found["camera"] == {"name": "v4l2 /dev/video0", "metadata": {"exposure_us": 8000, "gain": 1.5}}
    assert found["from_camera"] is True
    assert found["clock_set"] is True
    sums = subprocess.run(["sha256sum", shot.original], capture_output=True, text=True, check=True)
    assert sums.stdout.startswith(found["sha256"])
    assert found["framecue"]


def test_odd_metadata_does_not_cost_the_sidecar(album: Album) -> None:
    odd = {"lux": math.nan, "gains": (1.0, math.inf), "mode": Path("x"), "n": np.float32(2), 3: {"a": None}}
    metadata = read(press(album, Still(GRADIENT, 0.0, jpeg(), odd)))["camera"]["metadata"]  # type: ignore[arg-type]
    assert metadata == {"lux": None, "gains": [1.0, None], "mode": "x", "n": "2.0", "3": {"a": None}}


def test_names_carry_time_number_and_look_and_count_on_after_a_restart(tmp_path: Path) -> None:
    first = Album(tmp_path, 10)
    names = [press(first).original.name, press(first, look=None).original.name]
    first.close()
    names.append(press(Album(tmp_path, 10), look="Half/Body ❤ 2").original.name)
    time = f"{NOON.astimezone():%Y%m%d-%H%M%S}"
    assert names == [f"{time}-0001-full-body.jpg", f"{time}-0002.jpg", f"{time}-0003-half-body-2.jpg"]


def test_shots_stay_in_order_when_the_clock_was_wrong_and_the_sidecar_says_so(tmp_path: Path) -> None:
    album = Album(tmp_path, 10)
    times = [NOON, NOON - timedelta(days=300), NOON - timedelta(hours=1), NOON + timedelta(hours=1)]
    shots = [press(album, taken=time) for time in times]
    assert [shot.original for shot in album.shots()] == [shot.original for shot in shots]
    assert [read(shot)["clock_set"] for shot in shots] == [True, False, False, True]
    album.close()
    assert read(press(Album(tmp_path, 10), taken=NOON))["clock_set"] is False


def test_the_number_of_a_deleted_shot_does_not_come_back_while_its_sidecar_is_there(tmp_path: Path) -> None:
    album = Album(tmp_path, 10)
    press(album)
    press(album).original.unlink()
    album.close()
    assert press(Album(tmp_path, 10)).number == 3


def test_ten_thousand_shots_still_sort(tmp_path: Path) -> None:
    album = Album(tmp_path, 10)
    (tmp_path / "20261121-120000-9999-a.jpg").write_bytes(jpeg())
    album.close()
    album = Album(tmp_path, 10)
    assert press(album).number == 10_000
    assert [shot.number for shot in album.shots()] == [9999, 10_000]


@given(st.text(max_size=200), st.integers(1, 10**7))
def test_any_look_makes_a_name_that_can_be_read_back(look: str, number: int) -> None:
    name = stem(NOON, number, look) + ".jpg"
    assert len(os.fsencode(f".{name}.{'0' * 16}.part")) <= 255
    assert "/" not in name
    assert read_original(name) == (number, NOON.astimezone().replace(microsecond=0), slug(look))


def test_shots_are_listed_without_their_sidecars_and_nothing_else_is(album: Album) -> None:
    kept, bare, torn = press(album), press(album), press(album)
    assert bare.sidecar is not None
    assert torn.sidecar is not None
    bare.sidecar.unlink()
    torn.sidecar.write_bytes(b'{"file": "2026')
    for other in ("notes.txt", "IMG_0001.jpg", "99999999-999999-0001.jpg", "00010101-000000-0001-x.jpg.tmp"):
        (album.folder / other).write_text("not a shot")
    listed = album.shots()
    assert [shot.original for shot in listed] == [kept.original, bare.original, torn.original]
    assert [shot.sidecar for shot in listed] == [kept.sidecar, None, torn.sidecar]
    assert listed[0].taken == NOON.astimezone().replace(microsecond=0)
    assert listed[0].look == "full-body"


def test_only_parts_of_our_own_are_tidied_away(tmp_path: Path) -> None:
    torn = tmp_path / ".20261121-120000-0001-full-body.jpg.0123456789abcdef.part"
    others = [
        tmp_path / name for name in (".20261121-120000-0001-x.jpg.part", "film.part", "a.jpg", ".hidden")
    ]
    for file in [torn, *others]:
        file.write_bytes(b"half of it")
    Album(tmp_path, 10)
    assert not torn.exists()
    assert all(file.exists() for file in others)


def test_a_file_in_the_folders_place_is_refused_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "album").write_text("")
    for folder in (tmp_path / "album", tmp_path / "album" / "below"):
        with pytest.raises(AlbumUnwritableError, match=re.escape(str(tmp_path))) as caught:
            Album(folder, 10)
        assert "\n" not in str(caught.value)


def test_a_folder_that_vanishes_is_noticed_and_works_again_when_it_is_back(album: Album) -> None:
    press(album)
    away = album.folder.rename(album.folder.with_name("away"))
    with pytest.raises(AlbumUnwritableError, match="No such file"):
        album.check()
    with pytest.raises(AlbumUnwritableError):
        press(album)
    with pytest.raises(AlbumError):
        album.shots()
    away.rename(album.folder)
    album.check()
    press(album)
    assert len(album.shots()) == 2


def test_more_free_space_asked_for_than_there_is(tmp_path: Path) -> None:
    album = Album(tmp_path, 10**9)
    with pytest.raises(AlbumFullError, match="MB free"):
        album.check()
    with pytest.raises(AlbumFullError):
        press(album)
    assert album.shots() == []


def test_a_real_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    album = Album(tmp_path, 10)
    kept = press(album)
    before = sorted(tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))  # the kernel refuses all beyond 500 bytes
    try:
        with pytest.raises(AlbumFullError):
            press(album)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(tmp_path.iterdir()) == before
    assert album.shots()[0].original == kept.original


# A booth that shoots as fast as it can and reports each shot it kept.
BOOTH = """
import sys
from datetime import datetime
from pathlib import Path
import numpy as np
from framecue.album import Album
from framecue.frame import Still
album = Album(Path(sys.argv[1]), 10)
for number in range(10_000):
    jpeg = b"\\xff\\xd8\\xff" + number.to_bytes(4, "big") * 50_000 + b"\\xff\\xd9"
    shot = album.save(Still(np.zeros((2, 2, 3), np.uint8), 0.0, jpeg), look="x", composition=None, cue=None,
                      camera="c", taken=datetime.now())
    print(number, shot.original, flush=True)
"""


def start_booth(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", BOOTH, str(folder)], stdout=subprocess.PIPE, text=True)


def test_a_second_booth_keeps_its_hands_off_until_the_first_is_killed(tmp_path: Path) -> None:
    booth = start_booth(tmp_path)
    assert booth.stdout is not None
    reported = [booth.stdout.readline().split() for _ in range(20)]
    with pytest.raises(AlbumUnwritableError, match="another framecue"):
        Album(tmp_path, 10)
    assert len(list_shots(tmp_path)) >= 20  # looking is allowed
    booth.send_signal(signal.SIGKILL)
    reported += [line.split() for line in booth.stdout]
    booth.wait()
    booth.stdout.close()
    album = Album(tmp_path, 10)
    for number, file in reported:
        assert (
            Path(file).read_bytes() == b"\xff\xd8\xff" + int(number).to_bytes(4, "big") * 50_000 + b"\xff\xd9"
        )
    assert len(reported) <= len(album.shots()) <= len(reported) + 1
    assert not list(tmp_path.glob(".*.part"))
    press(album)


def test_checking_does_not_wait_for_a_save_under_way(tmp_path: Path) -> None:
    checked: list[bool] = []

    class SlowDisk(RealDisk):
        def fsync(self, handle: int) -> None:
            checking = threading.Thread(target=shots.check)  # the booth's main loop, meanwhile
            checking.start()
            checking.join(5)
            checked.append(not checking.is_alive())
            super().fsync(handle)

    shots = Album(tmp_path, 10, disk=SlowDisk())
    press(shots)
    assert checked == [True, True]


def test_settings_refuse_nonsense_and_expand_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = AlbumSettings()
    assert Album(settings.folder, 10, jpeg_quality=settings.jpeg_quality).folder.is_relative_to(tmp_path)
    for wrong in ({"min_free_mb": -1}, {"jpeg_quality": 101}, {"fodler": "x"}):
        with pytest.raises(ValidationError):
            AlbumSettings.model_validate(wrong)
