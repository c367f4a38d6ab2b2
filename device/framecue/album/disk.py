"""The few operations an album asks of a disk, so that tests can stand in a disk that fails or loses power."""

import errno
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Errors of a link that say "this kind of file system has no links": FAT and exFAT sticks.
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True, slots=True)
class Space:
    """What is left on the disk a folder lies on: bytes free for us, and whether it is read-only."""

    free_bytes: int
    read_only: bool


class Disk(Protocol):
    """Each operation is one step that either happened or raised OSError, as `os` does."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, durably; one that is there already is fine."""

    def lock(self, file: Path) -> int:
        """Make or open a file and hold it for this process alone until closed; BlockingIOError if held."""

    def names(self, folder: Path) -> list[str]:
        """Names of everything in the folder, in any order."""

    def read(self, file: Path) -> bytes:
        """A file's whole content."""

    def create(self, file: Path) -> int:
        """Open a new file for writing; FileExistsError if there is one."""

    def open(self, file: Path) -> int:
        """Open a file that exists, so that it can be fsynced."""

    def write(self, handle: int, data: memoryview) -> int:
        """Write some of the data; returns how many bytes."""

    def fsync(self, handle: int) -> None:
        """Return once the file's content is on the disk."""

    def close(self, handle: int) -> None:
        """Close a handle of create, open or lock."""

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name in the same folder; FileExistsError if that name is taken."""

    def rename(self, old: Path, new: Path) -> None:
        """Change a file's name; replaces what had the new name."""

    def remove(self, file: Path) -> None:
        """Remove a name."""

    def fsync_folder(self, folder: Path) -> None:
        """Return once the folder's names are on the disk."""

    def space(self, folder: Path) -> Space:
        """What is left where the folder lies."""


class RealDisk:
    """The disk itself."""

    def make_folder(self, folder: Path) -> None:
        """As in Disk."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self.fsync_folder(folder.parent)

    def lock(self, file: Path) -> int:
        """As in Disk. A record lock: a child process does not inherit it, a death releases it."""
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        return handle

    def names(self, folder: Path) -> list[str]:
        """As in Disk."""
        return os.listdir(folder)  # noqa: PTH208 names are wanted, not paths

    def read(self, file: Path) -> bytes:
        """As in Disk."""
        return file.read_bytes()

    def create(self, file: Path) -> int:
        """As in Disk."""
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)

    def open(self, file: Path) -> int:
        """As in Disk."""
        return os.open(file, os.O_RDWR | os.O_CLOEXEC)

    def write(self, handle: int, data: memoryview) -> int:
        """As in Disk."""
        return os.write(handle, data)

    def fsync(self, handle: int) -> None:
        """As in Disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """As in Disk."""
        os.close(handle)

    def link(self, old: Path, new: Path) -> None:
        """As in Disk."""
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """As in Disk."""
        old.rename(new)

    def remove(self, file: Path) -> None:
        """As in Disk."""
        file.unlink()

    def fsync_folder(self, folder: Path) -> None:
        """As in Disk."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some FUSE file systems cannot, and say so this way
                raise
        finally:
            os.close(handle)

    def space(self, folder: Path) -> Space:
        """As in Disk."""
        found = os.statvfs(folder)
        return Space(found.f_bavail * found.f_frsize, bool(found.f_flag & os.ST_RDONLY))
