"""Copying an album to another disk: what has its final name there is whole and has been read back."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from framecue.album.index import told_sha256
from framecue.album.room import renders
from framecue.album.shot import number_in, read_original
from framecue.errors import CopyError

_CHUNK: Final = 1 << 20
_SPARE: Final = 4_000_000  # bytes left free on the other disk
_UNFINISHED: Final = ".framecue.unfinished"  # there while a copy is being made


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to: files copied now, files that were there already, originals not worth copying.

    damaged: names of originals that are not what their checksum says, or could not be read.
    """

    copied: int
    there: int
    damaged: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Files that are now on the other disk."""
        return self.copied + self.there


class StoppedError(Exception):
    """The copy was asked to end early."""


def copy_album(
    source: Path,
    target: Path,
    *,
    with_renders: bool = True,
    told: Callable[[int, int], None] = lambda *_: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Copied:
    """Copy all shots of a folder that another does not have yet; originals first, then what is beside them.

    Each file is written under a name of its own, synced, read back from the disk and compared, and only then
    gets its final name. A copy that broke off, as when a stick is pulled out, goes on the next time, and what
    is there is compared anew.
    told: files done and in all, after each. stopping: asked before each file.
    Raises CopyError where the other disk fails, is full or is gone; StoppedError where it was asked to end.
    """
    try:
        names = _wanted(source, with_renders)
    except OSError as error:
        raise CopyError(f"album {source}: cannot be read ({error.strerror}); check the path") from None
    copied = there = 0
    damaged: list[str] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        disk = target.stat().st_dev
        unfinished = target / _UNFINISHED
        unsure = begun = unfinished.exists()  # a disk pulled out in the middle may hold what only looks whole
        for done, name in enumerate(names, 1):
            if stopping():
                raise StoppedError
            if target.stat().st_dev != disk:  # pulled out: what is there now is the folder it was mounted on
                raise OSError(errno.ENODEV, "the disk is gone")
            try:
                size = (source / name).stat().st_size
            except FileNotFoundError:  # a render that was dropped meanwhile
                continue
            if _is_there(source / name, target / name, size, unsure):
                there += 1
                told(done, len(names))
                continue
            if not begun:
                unfinished.touch()
                _sync_folder(target)
                begun = True
            if _copy(source / name, target, size):
                copied += 1
            else:
                damaged.append(name)
            told(done, len(names))
        if copied:
            _sync_folder(target)
        if begun:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CopyError(
            f"{target}: {copied + there} of {len(names)} files copied, then it failed ({reason}); "
            "plug it in again, or use another disk"
        ) from None
    return Copied(copied, there, tuple(damaged))


def _wanted(source: Path, with_renders: bool) -> list[str]:
    names = [file.name for file in source.iterdir() if number_in(file.name) and not file.name.startswith(".")]
    made = set(renders(names))
    files = [name for name in names if with_renders or name not in made]
    return sorted(files, key=lambda name: (_rank(name, made), number_in(name), name))


def _rank(name: str, made: set[str]) -> int:
    """Originals are worth most, then what the camera gave beside them and sidecars, then renders."""
    if read_original(name) is not None:
        return 0
    return 2 if name in made else 1


def _copy(source: Path, target: Path, size: int) -> bool:
    """Copy one file; whether it was worth it. Raises OSError only for what is wrong with the target."""
    expected = told_sha256(source) if read_original(source.name) is not None else None
    if shutil.disk_usage(target).free < size + _SPARE:
        raise OSError(errno.ENOSPC, f"full: {size // 1_000_000 + 1} MB are needed for the next file")
    part = target / f".{source.name}.copy"
    try:
        sha256 = _write(source, part)
        if sha256 is None or (expected is not None and sha256 != expected):
            return False
        if _read_back(part) != sha256:
            raise OSError(errno.EIO, "what was written reads back differently")
        part.replace(target / source.name)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return True


def _write(source: Path, part: Path) -> str | None:
    """The SHA-256 of what was written and synced; None where the source cannot be read."""
    digest = hashlib.sha256()
    with part.open("wb") as writing:
        try:
            reading = source.open("rb")
        except OSError:
            return None
        with reading:
            while chunk := _read(reading.fileno()):
                digest.update(chunk)
                writing.write(chunk)
            if chunk is None:
                return None
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _read(handle: int) -> bytes | None:
    """Some more of the source; None where it cannot be read."""
    try:
        return os.read(handle, _CHUNK)
    except OSError:
        return None


def _read_back(file: Path) -> str:
    """The SHA-256 of what is on the disk, not of what memory still holds of it."""
    with file.open("rb") as content:
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(content, "sha256").hexdigest()


def _is_there(source: Path, copy: Path, size: int, unsure: bool) -> bool:
    """Whether a file needs no copying: it has the right size, and the right content where that is unsure."""
    try:
        if copy.stat().st_size != size:
            return False
    except FileNotFoundError:
        return False
    if not unsure:
        return True
    try:
        return _read_back(copy) == _read_back(source)
    except OSError:  # one of them cannot be read: copying it will tell which
        return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some file systems of sticks cannot; each file's content is synced by itself
            os.fsync(handle)
    finally:
        os.close(handle)
