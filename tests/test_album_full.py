"""The album beyond one shot: its index, its checksums, its room, and its copies on other disks."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecue.album import Album, AlbumSettings, Shot, copy, open_album
from framecue.album.copies import Copies, mounted_below
from framecue.album.copy import StoppedError, copy_album
from framecue.album.disk import RealDisk, Space
from framecue.album.index import NAME, Index
from framecue.album.room import renders
from framecue.album.verify import verify
from framecue.album.watch import WARN_EVERY_S, AlbumWatch
from framecue.errors import AlbumFullError, AlbumUnwritableError, CopyError
from framecue.frame import Still
from framecue.indicators import Notice

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PIXELS = np.zeros((2, 2, 3), np.uint8)
MB = 1_000_000


def jpeg(number: int) -> bytes:
    return b"\xff\xd8\xff" + bytes([number % 256]) * 5000 + b"\xff\xd9"


def press(album: Album, number: int = 0) -> Shot:
    still = Still(PIXELS, 0.0, jpeg(number))
    return album.save(still, look="Full body", composition=None, cue=None, camera="studio", taken=NOON)


def opened(folder: Path, **other: Any) -> Album:
    return open_album(AlbumSettings(folder=folder, min_free_mb=10, **other))


@pytest.fixture
def album(tmp_path: Path) -> Album:
    return opened(tmp_path / "album")


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if not file.name.startswith(".")}


# --- the index


def test_the_index_knows_every_shot_and_is_made_of_the_files_where_it_is_missing(album: Album) -> None:
    shots = [press(album, number) for number in range(3)]
    assert shots[1].sidecar is not None
    shots[1].sidecar.unlink()  # its checksum is then made of the file itself
    kept = Index(album.folder).records()
    assert [kept[shot.original.name].number for shot in shots] == [1, 2, 3]
    (album.folder / NAME).unlink()
    again = Index(album.folder)
    assert again.follow() == 3
    assert again.records() == kept


@pytest.mark.parametrize(
    "damage", [b"", b"SQLite format 3\0" + b"\xff" * 9000, b"no database at all" * 500, "cut"]
)
def test_a_damaged_index_is_made_anew_by_itself(album: Album, damage: bytes | str) -> None:
    for number in range(40):
        press(album, number)
    file = album.folder / NAME
    kept = Index(album.folder).records()
    content = file.read_bytes()
    file.write_bytes(damage if isinstance(damage, bytes) else content[: len(content) // 2])
    press(album, 41)  # a running booth meets it in the middle of a shot
    assert len(Index(album.folder).records()) >= 1
    found = Index(album.folder)
    found.follow()
    assert found.records().items() >= kept.items()
    assert len(found.records()) == 41


def test_a_disk_that_refuses_the_index_costs_no_shot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).mkdir()
    album = opened(tmp_path)
    press(album)
    press(album)
    assert len(album.shots()) == 2
    assert caplog.text.count("going on without it") == 1


# --- verifying


def states(folder: Path) -> dict[str, str]:
    return {finding.name: finding.state for finding in verify(folder)}


def test_verify_finds_what_is_damaged_or_gone(album: Album) -> None:
    whole, rotten, gone, bare = (press(album, number) for number in range(4))
    assert bare.sidecar is not None
    bare.sidecar.unlink()
    content = bytearray(rotten.original.read_bytes())
    content[2000] ^= 1  # one bit
    rotten.original.write_bytes(content)
    gone.original.unlink()
    found = states(album.folder)
    assert found == {
        whole.original.name: "ok",
        rotten.original.name: "damaged",
        gone.original.name: "missing",
        bare.original.name: "ok",
    }
    bare.original.write_bytes(jpeg(9))  # no sidecar: the index remembers
    assert states(album.folder)[bare.original.name] == "damaged"


def framecue(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "framecue", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_commands_verify_list_copy_and_forget_what_was_removed_on_purpose(
    album: Album, tmp_path: Path
) -> None:
    first, second = press(album, 1), press(album, 2)
    assert framecue("album", "verify", "--folder", album.folder).stdout.endswith(": 2 ok\n")
    second.original.unlink()
    bad = framecue("album", "verify", "--folder", album.folder)
    assert bad.returncode == 1
    assert f"{second.original.name}: is gone" in bad.stdout
    assert bad.stderr == ""
    assert second.sidecar is not None
    second.sidecar.unlink()
    assert "1 originals indexed" in framecue("album", "rebuild", "--folder", album.folder).stdout
    lines = framecue("album", "verify", "--folder", album.folder, "--json").stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["ok"]
    listed = json.loads(framecue("album", "list", "--folder", album.folder, "--json").stdout)
    assert (listed["number"], listed["original"]) == (1, str(first.original))
    assert "2 files copied" in framecue("album", "copy", tmp_path / "to", "--folder", album.folder).stdout


# --- room


class SmallDisk(RealDisk):
    """A disk on which each file takes a megabyte."""

    def __init__(self, free_mb: int) -> None:
        self.free_mb = free_mb

    def remove(self, file: Path) -> None:
        super().remove(file)
        self.free_mb += 1

    def space(self, folder: Path) -> Space:  # noqa: ARG002
        return Space(self.free_mb * MB, read_only=False)


def test_the_oldest_renders_go_first_and_nothing_else_ever_does(tmp_path: Path) -> None:
    disk = SmallDisk(1000)
    album = Album(tmp_path, 10, render_free_mb=100, disk=disk)
    shots = [press(album, number) for number in range(4)]
    for shot in shots:
        for word in ("crop", "merged", "ev-1_0"):
            album.save_beside(shot, word, Still(PIXELS, 0.0, jpeg(0)))
    (tmp_path / "holiday.crop.jpg").write_bytes(b"somebody's")
    (tmp_path / f"{shots[0].original.stem}.notes.txt").write_bytes(b"somebody's")
    shots[1].original.unlink()  # all that is left of it are its renders
    before = names(tmp_path)
    disk.free_mb = 97
    album.check()
    stem = shots[0].original.stem
    dropped = {f"{stem}.crop.jpg", f"{stem}.merged.jpg", f"{shots[2].original.stem}.crop.jpg"}
    assert before - names(tmp_path) == dropped
    disk.free_mb = 3
    with pytest.raises(AlbumFullError):
        press(album, 9)
    left = names(tmp_path)
    assert {shot.original.name for shot in shots} - left == {shots[1].original.name}
    assert {f"{shots[1].original.stem}.crop.jpg", "holiday.crop.jpg"} <= left
    assert len([name for name in left if ".ev-1_0." in name]) == 4
    assert len(renders(left)) == 0


def test_room_is_told_in_shots_and_a_full_disk_early_and_now_and_then(tmp_path: Path) -> None:
    now, told = 0.0, []
    disk = SmallDisk(1000)
    album = Album(tmp_path, 10, disk=disk)
    watch = AlbumWatch(album, 50, told.append, clock=lambda: now)
    watch.step()
    assert told == []
    disk.free_mb = 250
    for _ in range(3):
        watch.step()
    assert [notice.text for notice in told] == ["Room for 40 more shots"]
    now += WARN_EVERY_S
    watch.step()
    assert len(told) == 2
    disk.free_mb = 5
    watch.step()
    watch.step()
    assert (told[-1].text, len(told)) == ("Disk FULL: no photos", 3)
    assert watch.fault is not None
    assert watch.sound_s == now  # a restart would not empty it
    disk.free_mb = 1000
    watch.step()
    assert told[-1].name == "recovered"


def test_a_folder_that_is_gone_is_told_and_makes_the_watchdog_hungry(album: Album) -> None:
    now, told = 0.0, []
    watch = AlbumWatch(album, 0, told.append, clock=lambda: now)
    watch.step()
    away = album.folder.rename(album.folder.with_name("away"))
    now = 5.0
    watch.step()
    assert (watch.sound_s, told[-1].text) == (0.0, "No place for photos")
    away.rename(album.folder)
    watch.step()
    assert (watch.sound_s, watch.fault) == (5.0, None)


# --- copies


def test_a_copy_is_whole_goes_on_where_it_broke_off_and_repeats_nothing(album: Album, tmp_path: Path) -> None:
    for number in range(3):
        album.save_beside(press(album, number), "crop", Still(PIXELS, 0.0, jpeg(number)))
    target = tmp_path / "stick"
    told: list[tuple[int, int]] = []
    with pytest.raises(StoppedError):
        copy_album(album.folder, target, told=lambda *d: told.append(d), stopping=lambda: len(told) == 4)
    assert {shot.original.name for shot in album.shots()} <= names(target)
    done = copy_album(album.folder, target)
    assert (done.copied, done.there, done.damaged) == (5, 4, ())
    assert names(target) == names(album.folder)
    assert {f.name: f.read_bytes() for f in target.iterdir()} == {
        name: (album.folder / name).read_bytes() for name in names(album.folder)
    }
    assert copy_album(album.folder, target).copied == 0


def test_an_original_that_rotted_does_not_replace_a_good_copy_nor_become_one(
    album: Album, tmp_path: Path
) -> None:
    good, rotten = press(album, 1), press(album, 2)
    rotten.original.write_bytes(jpeg(7))
    done = copy_album(album.folder, tmp_path / "stick")
    assert done.damaged == (rotten.original.name,)
    assert good.original.name in names(tmp_path / "stick")
    assert rotten.original.name not in names(tmp_path / "stick")


def test_a_disk_that_lies_about_what_it_wrote_is_caught(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(album)
    monkeypatch.setattr(copy, "_read_back", lambda _file: "another")
    with pytest.raises(CopyError, match="reads back differently"):
        copy_album(album.folder, tmp_path / "stick")
    assert [file.name for file in (tmp_path / "stick").iterdir()] == [".framecue.unfinished"]


class Sticks:
    """USB sticks that are folders here; Copies looks at them when told."""

    def __init__(self, tmp_path: Path, album: Album, **settings: Any) -> None:
        self.now, self.told, self.mounted = 0.0, [], []
        self.root = tmp_path / "media"
        self.copies = Copies(
            AlbumSettings(folder=album.folder, **settings),
            self.notice,
            mounts=lambda: self.mounted,
            clock=lambda: self.now,
            host="booth1",
        )

    def notice(self, notice: Notice) -> None:
        self.told.append(notice)

    def plug_in(self, name: str, marked: bool = True) -> Path:
        stick = self.root / name
        (stick / "framecue" if marked else stick).mkdir(parents=True, exist_ok=True)
        self.mounted = [*self.mounted, stick]
        self.copies.step()
        return stick / "framecue" / "booth1"


def test_a_stick_gets_every_shot_with_progress_and_a_clear_end(album: Album, tmp_path: Path) -> None:
    for number in range(3):
        press(album, number)
    sticks = Sticks(tmp_path, album)
    copied = sticks.plug_in("A")
    assert names(copied) == names(album.folder)
    assert [notice.name for notice in sticks.told] == ["copying", "copied"]
    assert "take the stick out" in sticks.told[-1].text
    sticks.copies.step()
    assert len(sticks.told) == 2  # once for each time it is plugged in
    press(album, 4)
    sticks.mounted = []
    sticks.copies.step()
    assert names(sticks.plug_in("A")) == names(album.folder)


def test_progress_is_told_while_a_copy_takes_long(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        press(album, number)
    sticks = Sticks(tmp_path, album)
    real = copy._copy

    def slowly(*args: Any) -> bool:
        sticks.now += 3.0
        return real(*args)

    monkeypatch.setattr(copy, "_copy", slowly)
    sticks.plug_in("A")
    assert [notice.text for notice in sticks.told[1:4]] == [
        "Copying 2 of 8",
        "Copying 4 of 8",
        "Copying 6 of 8",
    ]


def test_no_guest_carries_the_albums_away_on_a_stick_of_their_own(album: Album, tmp_path: Path) -> None:
    press(album)
    sticks = Sticks(tmp_path, album)
    sticks.plug_in("guest", marked=False)
    assert sticks.told == []
    assert names(tmp_path / "media" / "guest") == set()
    anybodys = Sticks(tmp_path / "b", album, sticks="any")
    assert names(anybodys.plug_in("guest", marked=False)) == names(album.folder)


def test_a_stick_pulled_out_in_the_middle_is_told_and_finished_the_next_time(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        press(album, number)
    sticks = Sticks(tmp_path, album)
    real, copied = copy._copy, []

    def until_pulled(*args: Any) -> bool:
        copied.append(args)
        if len(copied) == 3:
            raise OSError(5, "Input/output error")
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(copy, "_copy", until_pulled)
        target = sticks.plug_in("A")
    assert sticks.told[-1].name == "fault"
    assert len(names(target)) == 2
    sticks.mounted = []
    sticks.copies.step()
    sticks.plug_in("A")
    assert sticks.told[-1].name == "copied"
    assert names(target) == names(album.folder)


def test_what_a_stick_spoilt_when_it_was_pulled_out_is_copied_anew(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        press(album, number)
    sticks = Sticks(tmp_path, album)
    with monkeypatch.context() as patch:
        patch.setattr(copy, "_sync_folder", pulled_at_the_end())
        target = sticks.plug_in("A")
    assert sticks.told[-1].name == "fault"
    spoilt = next(target.glob("*.jpg"))
    spoilt.write_bytes(b"\0" * spoilt.stat().st_size)  # as a file system without a journal may leave it
    sticks.mounted = []
    sticks.copies.step()
    sticks.plug_in("A")
    assert sticks.told[-1].name == "copied"
    assert spoilt.read_bytes() == (album.folder / spoilt.name).read_bytes()
    assert {each.name for each in target.iterdir()} == names(album.folder)


def pulled_at_the_end() -> Callable[[Path], None]:
    """A folder that can be synced once, and then is gone."""
    left = [None]

    def sync(_folder: Path) -> None:
        if not left:
            raise OSError(5, "Input/output error")
        left.pop()

    return sync


def test_a_second_disk_follows_the_album_but_never_its_own_disk(
    album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(album, 1)
    sticks = Sticks(tmp_path, album, second=tmp_path / "second")
    sticks.copies.step()
    assert sticks.copies.fault is not None
    assert "the album's own disk" in sticks.copies.fault
    assert not (tmp_path / "second").exists()
    monkeypatch.setattr(Copies, "_refuse_same_disk", lambda *_: None)  # as if another disk were mounted there
    press(album, 2)
    sticks.copies.step(new_shot=True)
    assert sticks.copies.fault is None
    assert names(tmp_path / "second") == names(album.folder)


def test_what_is_mounted_below_a_root_is_found_read_only_disks_are_not(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "36 35 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "40 36 8:17 / /media/My\\040Stick rw,nosuid - vfat /dev/sdb1 rw\n"
        "41 36 8:33 / /media/pi/caf\\303\\251 rw - exfat /dev/sdc1 rw\n"
        "42 36 8:49 / /media/locked ro - vfat /dev/sdd1 ro\n"
        "43 36 8:50 / /mnt/other rw - ext4 /dev/sde1 rw\n"
    )
    found = mounted_below([Path("/media")], table)
    assert found == [Path("/media/My Stick"), Path("/media/pi/café")]
    assert mounted_below([Path("/media")], tmp_path / "none") == []


def test_a_save_still_fails_clearly_on_a_folder_that_is_gone(album: Album) -> None:
    album.folder.rename(album.folder.with_name("away"))
    with pytest.raises(AlbumUnwritableError):
        album.shots_left()
