"""A disk that is full, read-only, slow or pulled out: told clearly, nothing lost, and on it goes."""

import errno
import itertools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import PATIENCE_S, Lamp, StillFeed, is_whole, report, shots_of, times
from framecue.album import Album, AlbumSettings
from framecue.album.copies import Copies
from framecue.album.copy import copy_album
from framecue.album.disk import RealDisk, Space
from framecue.album.watch import AlbumWatch
from framecue.errors import CopyError
from framecue.indicators import Notice


class Evening:
    """A still path at work on an album, with the thread that watches it."""

    def __init__(self, folder: Path, disk: RealDisk | None = None) -> None:
        self.lamp, self.feed, self.folder = Lamp(), StillFeed(), folder
        self.album = Album(folder, 10, disk=disk, clock=lambda: 0.0)
        self.shots = shots_of(self.feed, self.album, self.lamp)
        self.watch = AlbumWatch(self.album, 0, self.lamp.notice, clock=lambda: 0.0)
        self.shots.start()

    def press(self) -> str:
        """Press, and wait for what the photographer is told."""
        before = self.lamp.count("saved", "not_saved")
        self.shots.press()
        self.lamp.wait_for(before + 1, "saved", "not_saved")
        return [notice for notice in self.lamp.told if notice.name in ("saved", "not_saved")][-1].name

    def assert_sound(self) -> None:
        kept = self.album.shots()
        assert len(kept) >= len(self.shots.kept)
        for shot in self.shots.kept:
            assert is_whole(shot.original.read_bytes())
        assert all(is_whole(file.read_bytes()) for file in self.folder.glob("*.jpg"))

    def end(self) -> None:
        self.shots.stop(PATIENCE_S)
        self.album.close()


@contextmanager
def evening(folder: Path, disk: RealDisk | None = None) -> Iterator[Evening]:
    found = Evening(folder, disk)
    try:
        yield found
    finally:
        found.end()


class FaultyDisk(RealDisk):
    """A real folder on a disk that can be told to fail from some write on."""

    def __init__(self) -> None:
        self.error: int | None = None
        self.after = 0

    def _fail(self) -> None:
        if self.error is not None:
            if self.after <= 0:
                raise OSError(self.error, os.strerror(self.error))
            self.after -= 1

    def create(self, file: Path) -> int:
        self._fail()
        return super().create(file)

    def write(self, handle: int, data: memoryview) -> int:
        self._fail()
        return super().write(handle, data[: len(data) // 2 + 1])

    def fsync(self, handle: int) -> None:
        self._fail()
        super().fsync(handle)

    def space(self, folder: Path) -> Space:
        return Space(super().space(folder).free_bytes, self.error == errno.EROFS and self.after <= 0)


@pytest.mark.parametrize(
    ("error", "told"),
    [(errno.ENOSPC, "full"), (errno.EROFS, "Read-only"), (errno.EIO, "Input/output")],
    ids=["full", "read-only", "pulled"],
)
def test_a_failing_disk_costs_only_the_shots_it_fails_and_they_are_told(
    tmp_path: Path, error: int, told: str
) -> None:
    disk, rounds = FaultyDisk(), times(20)
    with evening(tmp_path, disk) as night:
        for number in range(rounds):
            disk.error = None
            assert night.press() == "saved"
            disk.error, disk.after = error, number % 4  # at another step each time
            assert night.press() == "not_saved"
            assert told in night.lamp.told[-1].text or "No such" in night.lamp.told[-1].text
            disk.after = 0
            night.watch.step()
            assert night.watch.fault is not None
            disk.error = None
            night.watch.step()
            assert night.watch.fault is None
            night.assert_sound()
        assert (len(night.shots.kept), night.shots.lost) == (rounds, rounds)
    report(f"disk {told}", rounds=rounds, kept=rounds, told_not_saved=rounds, wrong=0)


def test_a_folder_that_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    rounds = times(20)
    with evening(tmp_path / "album") as night:
        for _ in range(rounds):
            assert night.press() == "saved"
            away = night.folder.rename(tmp_path / "away")
            assert night.press() == "not_saved"
            away.rename(night.folder)
            night.assert_sound()
        assert night.press() == "saved"
    report("disk pulled out", rounds=rounds, kept=rounds + 1, told_not_saved=rounds, wrong=0)


class SlowDisk(RealDisk):
    """Each write waits until the test lets it through, as with a card that tidies itself up for seconds."""

    def __init__(self) -> None:
        self.slow = False
        self.waiting, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def write(self, handle: int, data: memoryview) -> int:
        if self.slow:
            self.waiting.release()
            assert self.go.acquire(timeout=PATIENCE_S)
        return super().write(handle, data)


def test_while_a_slow_disk_writes_presses_are_heard_nothing_is_reported_and_the_watch_goes_on(
    tmp_path: Path,
) -> None:
    disk, rounds = SlowDisk(), times(20)
    with evening(tmp_path, disk) as night:
        for number in range(rounds):
            disk.slow = True
            night.shots.press()
            assert disk.waiting.acquire(timeout=PATIENCE_S)  # in the middle of the write
            night.watch.step()  # returns
            night.shots.press()  # heard, and answered at once
            assert night.lamp.count("shooting") == 2 * number + 2
            assert night.lamp.count("saved") == 2 * number
            disk.slow = False
            disk.go.release()
            night.lamp.wait_for(2 * number + 2, "saved")
            night.assert_sound()
        assert night.watch.fault is None
    report("disk slow", rounds=rounds, kept=2 * rounds, wrong=0)


def test_a_disk_that_never_ends_a_write_makes_the_watchdog_hungry(tmp_path: Path) -> None:
    disk, now = SlowDisk(), [0.0]
    with evening(tmp_path, disk) as night:
        watch = AlbumWatch(night.album, 0, night.lamp.notice, clock=lambda: now[0])
        disk.slow = True
        night.shots.press()
        assert disk.waiting.acquire(timeout=PATIENCE_S)
        now[0] = 31.0
        watch.step()
        assert watch.sound_s == 0.0
        disk.slow = False
        disk.go.release()
        night.lamp.wait_for(1, "saved")
        watch.step()
        assert watch.sound_s == 31.0


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 16 MB, mounted; needs root."""
    place = tmp_path / "card"
    place.mkdir()
    if os.geteuid() != 0 or run("mount", "-t", "tmpfs", "-o", "size=16m", "framecue-test", place):
        pytest.skip("needs root and the right to mount")
    yield place
    run("umount", "-l", place)


def run(*words: object) -> int:
    return subprocess.run([str(word) for word in words], capture_output=True, check=False).returncode


def test_a_real_file_system_that_fills_up_and_is_pulled_out(card: Path) -> None:
    with evening(card / "album") as night:
        assert night.press() == "saved"
        ballast = card / "ballast"
        ballast.write_bytes(b"\0" * 7_000_000)
        assert night.press() == "not_saved"
        assert "MB free" in night.lamp.told[-1].text
        ballast.unlink()
        assert night.press() == "saved"
        night.assert_sound()
        assert run("umount", "-l", card) == 0
        assert night.press() == "not_saved"
        assert "No such file" in night.lamp.told[-1].text


MAKERS = {"vfat": ("mkfs.vfat",), "exfat": ("mkfs.exfat",), "ntfs": ("mkfs.ntfs", "-F", "-Q")}
MOUNTERS = {"vfat": ("vfat",), "exfat": ("exfat", "exfat-fuse"), "ntfs": ("ntfs3", "ntfs-3g")}  # kernel, FUSE


class Stick:
    """A real file system of 32 MB on a loop device, as people's sticks have; needs root.

    plug, pull: mounts it, and takes it away from under whatever uses it.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.image, self.place = kind, folder / "image", folder / "media" / "stick"
        self.fragile = False  # whether its driver spoils what it wrote before when it is pulled out
        self.place.mkdir(parents=True)
        self.image.touch()
        os.truncate(self.image, 32_000_000)
        if shutil.which(MAKERS[kind][0]) is None:
            pytest.skip(f"{MAKERS[kind][0]} is not installed")
        assert run(*MAKERS[kind], self.image) == 0

    def plug(self) -> bool:
        words = ("mount", "-o", "loop", self.image, self.place, "-t")
        if any(run(*words, driver) == 0 for driver in MOUNTERS[self.kind]):
            return True
        # A kernel without FAT: a program that takes the image itself, where it is installed.
        self.fragile = self.kind == "vfat" and shutil.which("fusefat") is not None
        return self.fragile and run("fusefat", "-o", "rw+", self.image, self.place) == 0

    def pull(self) -> None:
        assert run("umount", "-l", self.place) == 0


@pytest.fixture(params=["vfat", "exfat", "ntfs"])
def stick(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stick]:
    """One that is plugged in, if the machine can."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount")
    found = Stick(request.param, tmp_path)
    if not found.plug():
        pytest.skip(f"no loop device, or neither kernel nor FUSE knows {request.param}")
    yield found
    run("umount", "-l", found.place)


def test_a_real_stick_gets_every_shot_and_can_hold_an_album_itself(tmp_path: Path, stick: Stick) -> None:
    with evening(tmp_path / "album") as night:
        for _ in range(5):
            assert night.press() == "saved"
        done = copy_album(night.folder, stick.place / "framecue" / "booth")
        assert (done.copied, done.damaged) == (10, ())
        assert copy_album(night.folder, stick.place / "framecue" / "booth").there == 10
    with evening(stick.place / "album") as night:
        assert night.press() == "saved"
        night.assert_sound()
        stick.pull()
        assert night.press() == "not_saved"
    with pytest.raises(CopyError):
        copy_album(tmp_path / "album", Path("/proc/framecue"))


def test_a_real_stick_pulled_out_in_the_middle_is_told_and_filled_when_it_is_back(
    tmp_path: Path, stick: Stick
) -> None:
    if stick.fragile:
        pytest.skip("the kernel knows no FAT, and fusefat leaves its own tables torn when it is pulled out")
    (stick.place / "framecue").mkdir()
    settings = AlbumSettings(folder=tmp_path / "album", stick_roots=(tmp_path / "media",))
    with evening(tmp_path / "album") as night:
        for _ in range(8):
            assert night.press() == "saved"
        copies = Copies(settings, night.lamp.notice, clock=itertools.count(step=10).__next__, host="booth")

        def pull_at_the_fifth(notice: Notice) -> None:
            night.lamp.notice(notice)
            if notice.text.startswith("Copying 5 of"):
                stick.pull()

        copies._notice = pull_at_the_fifth
        copies.step()  # notices by the kernel's own table that it is there
        copies._notice = night.lamp.notice
        assert night.lamp.told[-1].text == "Stick NOT complete: plug it in again"
        copies.step()
        assert stick.plug()
        copies.step()
        assert night.lamp.told[-1].text == "Copied 16 files: take the stick out"
        night.assert_sound()
    kept = stick.place / "framecue" / "booth"
    assert {file.name for file in kept.iterdir() if file.suffix == ".jpg"} == {
        file.name for file in (tmp_path / "album").glob("*.jpg")
    }
    assert all(is_whole(file.read_bytes()) for file in kept.glob("*.jpg"))
