"""A power cut or a failing disk, at any moment, costs no shot that was reported as saved."""

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from framecue.album import Album
from framecue.album.disk import Space
from framecue.errors import AlbumError, AlbumFullError, AlbumUnwritableError
from framecue.frame import Still

FOLDER = Path("/album")
PIXELS = np.zeros((2, 2, 3), np.uint8)


class PowerCutError(Exception):
    """The lights go out. Not an OSError: no code of ours may handle it."""


@dataclass
class Inode:
    content: bytes = b""
    durable: bytes = b""


@dataclass
class StagedDisk:
    """A folder in memory that knows what would survive a power cut, and fails when told to.

    fault: given an operation's name and its running number, an error to raise instead of doing it.
    cut_after: the running number of the operation after which the power is gone.
    """

    names_now: dict[str, Inode] = field(default_factory=dict)
    names_durable: dict[str, Inode] = field(default_factory=dict)
    fault: Callable[[str, int], OSError | None] = lambda _name, _number: None
    cut_after: int | None = None
    free_bytes: int = 10**9
    read_only: bool = False
    done: list[str] = field(default_factory=list)
    _handles: dict[int, Inode] = field(default_factory=dict)

    def _step(self, name: str) -> Iterator[None]:
        if self.cut_after is not None and len(self.done) > self.cut_after:
            raise PowerCutError
        self.done.append(name)
        error = self.fault(name, len(self.done) - 1)
        if error is not None:
            raise error
        yield
        if self.cut_after is not None and len(self.done) > self.cut_after:
            raise PowerCutError

    def make_folder(self, folder: Path) -> None:
        for _ in self._step("make_folder"):
            assert folder == FOLDER

    def lock(self, file: Path) -> int:
        for _ in self._step("lock"):
            self.names_now.setdefault(file.name, Inode())
        return -1

    def names(self, _folder: Path) -> list[str]:
        for _ in self._step("names"):
            pass
        return list(self.names_now)

    def read(self, file: Path) -> bytes:
        for _ in self._step("read"):
            pass
        return self.names_now[file.name].content

    def create(self, file: Path) -> int:
        for _ in self._step("create"):
            if file.name in self.names_now:
                raise FileExistsError(errno.EEXIST, "File exists")
            self.names_now[file.name] = Inode()
        return self._handle(self.names_now[file.name])

    def open(self, file: Path) -> int:
        for _ in self._step("open"):
            pass
        return self._handle(self.names_now[file.name])

    def _handle(self, inode: Inode) -> int:
        self._handles[len(self._handles)] = inode
        return len(self._handles) - 1

    def write(self, handle: int, data: memoryview) -> int:
        for _ in self._step("write"):
            some = bytes(data[: len(data) // 2 + 1])
            self._handles[handle].content += some
        return len(some)

    def fsync(self, handle: int) -> None:
        for _ in self._step("fsync"):
            self._handles[handle].durable = self._handles[handle].content

    def close(self, _handle: int) -> None:
        for _ in self._step("close"):
            pass

    def link(self, old: Path, new: Path) -> None:
        for _ in self._step("link"):
            if new.name in self.names_now:
                raise FileExistsError(errno.EEXIST, "File exists")
            self.names_now[new.name] = self.names_now[old.name]

    def rename(self, old: Path, new: Path) -> None:
        for _ in self._step("rename"):
            self.names_now[new.name] = self.names_now.pop(old.name)

    def remove(self, file: Path) -> None:
        for _ in self._step("remove"):
            if file.name not in self.names_now:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")
            del self.names_now[file.name]

    def fsync_folder(self, _folder: Path) -> None:
        for _ in self._step("fsync_folder"):
            self.names_durable = dict(self.names_now)

    def space(self, _folder: Path) -> Space:
        for _ in self._step("space"):
            pass
        return Space(self.free_bytes, self.read_only)

    def after_the_cut(self, survives: str) -> "StagedDisk":
        """The disk as the next boot finds it, in one of the ways a file system may leave it."""
        kept = {
            "only what was synced": self.names_durable,
            "all names, but content only where synced": self.names_now,
            "all names, the content of unsynced files torn": self.names_now,
            "removals, but no new names": {
                name: inode for name, inode in self.names_durable.items() if name in self.names_now
            },
            "everything": self.names_now,
        }[survives]
        copies: dict[int, Inode] = {}
        for inode in kept.values():
            content = inode.durable
            if survives == "everything":
                content = inode.content
            elif "torn" in survives and inode.content != inode.durable:
                content = inode.content[: len(inode.content) // 2]
            copies[id(inode)] = Inode(content, content)
        names = {name: copies[id(inode)] for name, inode in kept.items()}
        return StagedDisk(dict(names), dict(names))


WAYS = [
    "only what was synced",
    "all names, but content only where synced",
    "all names, the content of unsynced files torn",
    "removals, but no new names",
    "everything",
]


def jpeg(number: int) -> bytes:
    return b"\xff\xd8\xff" + bytes([number]) * 50 + b"\xff\xd9"


PHOTOS = {jpeg(number) for number in range(10)}


def open_album(disk: StagedDisk) -> Album:
    return Album(FOLDER, 200, disk=disk, clock=lambda: 0.0)


def press(album: Album, number: int) -> tuple[str, bytes]:
    """Save photo `number`; the name and content that were reported as kept."""
    taken = datetime(2026, 11, 21, 14, 12, number, tzinfo=UTC)
    still = Still(PIXELS, float(number), jpeg(number))
    shot = album.save(still, look="Full body", composition=None, cue=None, camera="staged", taken=taken)
    return shot.original.name, jpeg(number)


def assert_sound(disk: StagedDisk, reported: list[tuple[str, bytes]]) -> None:
    """Every shot reported is there whole, and nothing under a final name is not."""
    for name, content in reported:
        assert disk.names_now[name].content == content
    for name, inode in disk.names_now.items():
        if name.endswith(".jpg"):
            assert inode.content in PHOTOS
        elif name.endswith(".json"):
            assert json.loads(inode.content)["file"] == name.replace(".json", ".jpg")


def shoot_until_the_cut(disk: StagedDisk) -> list[tuple[str, bytes]]:
    reported: list[tuple[str, bytes]] = []
    with suppress(PowerCutError):
        album = open_album(disk)
        for number in range(3):
            reported.append(press(album, number))
    return reported


@pytest.fixture(scope="module")
def all_steps() -> int:
    disk = StagedDisk()
    assert len(shoot_until_the_cut(disk)) == 3
    assert {"link", "fsync", "fsync_folder", "remove", "write"} <= set(disk.done)
    return len(disk.done)


@pytest.mark.parametrize("survives", WAYS)
def test_no_reported_shot_is_lost_wherever_the_power_is_cut(survives: str, all_steps: int) -> None:
    for step in range(all_steps):
        disk = StagedDisk(cut_after=step)
        reported = shoot_until_the_cut(disk)
        rebooted = disk.after_the_cut(survives)
        assert_sound(rebooted, reported)  # already before anything is tidied
        album = open_album(rebooted)
        assert not [name for name in rebooted.names_now if name.endswith(".part")]
        numbers = [shot.number for shot in album.shots()]
        fresh = press(album, 5)
        assert album.shots()[-1].original.name == fresh[0]
        assert album.shots()[-1].number > max(numbers, default=0)
        assert_sound(rebooted, [*reported, fresh])


@pytest.mark.parametrize("survives", WAYS)
def test_a_second_power_cut_while_tidying_up_loses_nothing_either(survives: str, all_steps: int) -> None:
    for step in range(all_steps):
        disk = StagedDisk(cut_after=step)
        reported = shoot_until_the_cut(disk)
        for second in range(12):
            rebooted = disk.after_the_cut("everything")
            rebooted.cut_after = second
            with suppress(PowerCutError):
                open_album(rebooted)
            again = rebooted.after_the_cut(survives)
            open_album(again)
            assert_sound(again, reported)


@pytest.mark.parametrize("survives", WAYS)
def test_a_booth_killed_and_restarted_before_the_power_is_cut_loses_nothing(
    survives: str, all_steps: int
) -> None:
    for step in range(all_steps):
        disk = StagedDisk(cut_after=step)
        reported = shoot_until_the_cut(disk)
        disk.cut_after = None  # only the process ended: what it wrote is there, synced or not
        album = open_album(disk)
        reported += [(shot.original.name, content_of(disk, shot.original.name)) for shot in album.shots()]
        assert_sound(disk.after_the_cut(survives), reported)
        reported.append(press(album, 5))
        assert_sound(disk.after_the_cut(survives), reported)


def content_of(disk: StagedDisk, name: str) -> bytes:
    return disk.names_now[name].content


def test_a_picture_that_was_whole_when_the_power_went_is_recovered() -> None:
    disk = StagedDisk()
    album = open_album(disk)
    disk.cut_after = len(disk.done) + [*_steps_of_a_save()].index("fsync")
    with pytest.raises(PowerCutError):
        press(album, 1)
    rebooted = disk.after_the_cut("everything")
    (shot,) = open_album(rebooted).shots()
    assert rebooted.names_now[shot.original.name].content == jpeg(1)
    assert shot.sidecar is None


def _steps_of_a_save() -> list[str]:
    disk = StagedDisk()
    album = open_album(disk)
    before = len(disk.done)
    press(album, 0)
    return disk.done[before:]


def fails_at(step: int, code: int, _name: str, number: int) -> OSError | None:
    return OSError(code, "staged") if number == step else None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES])
def test_a_disk_that_fails_at_any_step_costs_only_that_shot_and_says_so(code: int) -> None:
    steps = len(_steps_of_a_save())
    lost = 0
    for step in range(steps):
        disk = StagedDisk()
        album = open_album(disk)
        reported = [press(album, 0)]
        failing = len(disk.done) + step
        disk.fault = partial(fails_at, failing, code)
        error: AlbumError | None = None
        try:
            reported.append(press(album, 1))
        except AlbumError as caught:
            error = caught
        if error is not None:
            lost += 1
            full = code in (errno.ENOSPC, errno.EDQUOT)
            assert type(error) is (AlbumFullError if full else AlbumUnwritableError)
            assert "\n" not in str(error)
        assert_sound(disk, reported)
        reported.append(press(album, 2))  # the disk works again
        assert_sound(disk, reported)
        open_album(disk)
        assert_sound(disk, reported)
        assert not [name for name in disk.names_now if name.endswith(".part")]
    assert 5 < lost < steps  # the sidecar's steps cost nothing


def test_a_disk_that_stays_full_keeps_every_earlier_shot_and_no_half_one() -> None:
    disk = StagedDisk()
    album = open_album(disk)
    reported = [press(album, 0)]
    before = set(disk.names_now)
    disk.fault = lambda name, _number: OSError(errno.ENOSPC, "staged") if name == "write" else None
    for number in range(1, 4):
        with pytest.raises(AlbumFullError, match="move pictures away"):
            press(album, number)
    assert set(disk.names_now) == before
    assert_sound(disk, reported)


def test_too_little_free_space_refuses_the_shot_before_anything_is_written() -> None:
    disk = StagedDisk(free_bytes=199_999_999)
    album = open_album(disk)
    before = len(disk.done)
    with pytest.raises(AlbumFullError, match="199 MB free"):
        press(album, 0)
    with pytest.raises(AlbumFullError):
        album.check()
    assert set(disk.done[before:]) == {"space", "names"}
    disk.free_bytes = 200_000_000
    album.check()
    press(album, 0)


def test_a_shot_whose_sidecar_cannot_be_written_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    disk = StagedDisk()
    album = open_album(disk)
    original_is_safe = _steps_of_a_save().index("fsync_folder")
    failing = len(disk.done) + original_is_safe
    disk.fault = lambda name, number: (
        OSError(errno.ENOSPC, "No space left") if number > failing and name == "write" else None
    )
    name, content = press(album, 1)
    assert disk.names_now[name].content == content
    assert album.shots()[0].sidecar is None
    assert "without its sidecar" in caplog.text
    assert not [name for name in disk.names_now if name.endswith(".part")]


def test_a_stick_without_links_is_written_all_the_same(all_steps: int) -> None:
    def no_links(name: str, _number: int) -> OSError | None:
        return OSError(errno.EPERM, "Operation not permitted") if name == "link" else None

    for step in [*range(all_steps), None]:
        disk = StagedDisk(fault=no_links, cut_after=step)
        reported = shoot_until_the_cut(disk)
        assert "rename" in disk.done or len(reported) < 3
        for survives in WAYS:
            rebooted = disk.after_the_cut(survives)
            open_album(rebooted)
            assert_sound(rebooted, reported)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_has_a_shots_name_is_never_replaced(links: bool) -> None:
    disk = StagedDisk()
    album = open_album(disk)
    if not links:
        disk.fault = lambda name, _number: OSError(errno.EPERM, "staged") if name == "link" else None
    taken = datetime(2026, 11, 21, 14, 12, 1, tzinfo=UTC).astimezone()
    name = f"{taken:%Y%m%d-%H%M%S}-0001-full-body.jpg"
    disk.names_now[name] = Inode(b"somebody else's")
    with pytest.raises(AlbumUnwritableError, match="File exists"):
        press(album, 1)
    assert disk.names_now[name].content == b"somebody else's"
    press(album, 1)  # under the next number


def test_check_notices_a_disk_that_became_read_only_within_a_second() -> None:
    disk = StagedDisk()
    album = open_album(disk)
    album.check()
    disk.read_only = True
    with pytest.raises(AlbumUnwritableError, match="Read-only"):
        album.check()


def test_check_writes_a_probe_seldom_but_at_once_when_something_is_wrong() -> None:
    now = 0.0
    disk = StagedDisk()
    album = Album(FOLDER, 200, disk=disk, clock=lambda: now)
    for _ in range(60):
        album.check()
        now += 1
    assert disk.done.count("create") == 2
    disk.fault = lambda name, _number: OSError(errno.EIO, "I/O error") if name == "create" else None
    now += 30
    for _ in range(3):
        with pytest.raises(AlbumUnwritableError, match="I/O error"):
            album.check()
    disk.fault = lambda _name, _number: None
    album.check()
    assert not [name for name in disk.names_now if name.endswith(".probe")]


def test_a_failed_shot_makes_the_next_check_look_for_itself() -> None:
    disk = StagedDisk()
    album = open_album(disk)
    album.check()
    disk.fault = lambda name, _number: OSError(errno.EIO, "I/O error") if name == "create" else None
    with pytest.raises(AlbumUnwritableError):
        press(album, 0)
    with pytest.raises(AlbumUnwritableError):
        album.check()


def test_a_probe_left_by_a_power_cut_is_no_fault() -> None:
    disk = StagedDisk()
    album = open_album(disk)
    disk.names_now[".framecue.probe"] = Inode(b"?")
    album.check()
