"""The power goes: the disk's writes, replayed in any legal order, lose nothing that was reported."""

import errno
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from faults import is_whole, jpeg, report, times
from framecue.album import Album, Shot
from framecue.frame import Still
from test_album_power import FOLDER, Inode, PowerCutError, StagedDisk

PIXELS = np.zeros((2, 2, 3), np.uint8)


@dataclass
class ReplayedDisk(StagedDisk):
    """A disk that remembers what was written since the last sync, and can replay some of it after a cut.

    Legal is what a file system without any order of its own may do: of the names changed since the folder was
    synced any may have reached the disk and any not; a file that was not synced may be whole, cut short, hold
    zeros, or be empty.
    """

    pending: list[tuple[str, str, Inode | None]] = field(default_factory=list)  # what, name, its file

    def create(self, file: Path) -> int:
        handle = super().create(file)
        self.pending.append(("add", file.name, self.names_now[file.name]))
        return handle

    def link(self, old: Path, new: Path) -> None:
        super().link(old, new)
        self.pending.append(("add", new.name, self.names_now[new.name]))

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self.pending.append(("move", f"{old.name}/{new.name}", self.names_now[new.name]))  # in one step

    def remove(self, file: Path) -> None:
        super().remove(file)
        self.pending.append(("drop", file.name, None))

    def fsync_folder(self, folder: Path) -> None:
        super().fsync_folder(folder)
        self.pending.clear()

    def replayed(self, chance: random.Random) -> "ReplayedDisk":
        """The disk as the next boot finds it."""
        names = dict(self.names_durable)
        share = chance.random()
        for what, name, inode in self.pending:
            if chance.random() >= share:
                continue
            old, _, new = name.partition("/")
            if what in {"drop", "move"}:
                names.pop(old, None)
            if inode is not None:
                names[new or old] = inode
        found: dict[int, Inode] = {}
        for inode in names.values():
            content = inode.durable if inode.content == inode.durable else self._torn(inode, chance)
            found[id(inode)] = Inode(content, content)
        copied = {name: found[id(inode)] for name, inode in names.items()}
        return ReplayedDisk(dict(copied), dict(copied))

    @staticmethod
    def _torn(inode: Inode, chance: random.Random) -> bytes:
        size = len(inode.content)
        cut = chance.randrange(size + 1)
        return chance.choice(
            [
                inode.durable,
                inode.content,
                inode.content[:cut],
                b"\0" * size,
                inode.content[:cut] + b"\0" * (size - cut),
            ]
        )


def press(album: Album, number: int) -> Shot:
    taken = datetime(2026, 11, 21, 14, 12, number % 60, tzinfo=UTC)
    still = Still(PIXELS, 0.0, jpeg(number))
    return album.save(still, look="Full body", composition=None, cue=None, camera="staged", taken=taken)


def assert_sound(disk: ReplayedDisk, reported: dict[str, bytes]) -> None:
    for name, content in reported.items():
        assert disk.names_now[name].content == content, name
    for name, inode in disk.names_now.items():
        if name.endswith(".jpg"):
            assert is_whole(inode.content), name
    originals = [name for name in disk.names_now if name.endswith("body.jpg")]
    assert len({disk.names_now[name].content for name in originals}) == len(originals)


def test_any_legal_order_of_the_last_writes_keeps_what_was_reported() -> None:
    rounds, cuts, recovered = times(200), 0, 0
    for seed in range(rounds):
        chance = random.Random(seed)
        links = seed % 3 > 0  # a stick has none

        def no_links(name: str, _number: int, links: bool = links) -> OSError | None:
            return None if links or name != "link" else OSError(errno.EPERM, "staged")

        disk, reported = ReplayedDisk(fault=no_links), dict[str, bytes]()
        for start in range(3):  # three evenings that each end with the plug
            disk.cut_after = len(disk.done) + chance.randrange(5, 120)
            number = 0
            with suppress(PowerCutError):
                album = Album(FOLDER, 10, disk=disk, clock=lambda: 0.0)
                found = {shot.original.name for shot in album.shots()}
                recovered += len(found - set(reported))
                for number in range(start * 20 + 1, start * 20 + 15):
                    shot = press(album, number)
                    reported[shot.original.name] = jpeg(number)
                    album.save_beside(shot, "crop", Still(PIXELS, 0.0, jpeg(number)))
            cuts += 1
            disk = disk.replayed(chance)
            disk.fault = no_links
            Album(FOLDER, 10, disk=disk, clock=lambda: 0.0)
            assert_sound(disk, reported)
    report("power cut", rounds=rounds, cuts=cuts, recovered_though_never_reported=recovered, lost=0)
