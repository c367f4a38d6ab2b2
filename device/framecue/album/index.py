"""The index: every original of an album with its checksum, in one SQLite file beside them.

It holds nothing that the files do not say, or said when they were new, so it is never worth saving: a damaged
or missing one is made anew from them. What it adds is speed, and memory of originals that are gone since.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from framecue.album.shot import read_original

NAME: Final = ".framecue.index.sqlite"
_SCHEMA: Final = 1
_TABLE: Final = """CREATE TABLE IF NOT EXISTS originals
    (name TEXT PRIMARY KEY, number INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL)"""
_BUSY_S: Final = 2.0  # how long another process may hold the index before it is left alone
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Record:
    """An original as it was when it was kept: file name, number, size in bytes, SHA-256 in hex."""

    name: str
    number: int
    size: int
    sha256: str


class Index:
    """The index of one album's folder; one thread at a time. Raises nothing but what reading files raises.

    One that is damaged is made anew, and logged. One that cannot be written or read, as on a disk that
    refuses it, is logged once; what it misses then it learns the next time it follows the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._folder = folder
        self._told = False
        self._doing(self._prepare, None)

    def add(self, record: Record) -> None:
        """Remember an original; one of the same name is replaced."""
        self._doing(lambda base: _insert(base, record), None)

    def records(self) -> dict[str, Record]:
        """Every original ever added, by name."""
        nothing: Sequence[Record] = ()
        found = self._doing(_records, nothing)
        return {record.name: record for record in found}

    def follow(self) -> int:
        """Add the originals of the folder that are not in it; returns how many. Raises OSError."""
        known = self.records()
        new = [name for name in _originals(self._folder) if name not in known]
        for name in new:
            with suppress(FileNotFoundError):  # removed meanwhile
                self.add(record_of(self._folder / name))
        return len(new)

    def forget(self) -> None:
        """Make it anew from the files that are there. Raises OSError where they cannot be read."""
        self._remove()
        self._doing(self._prepare, None)
        self.follow()

    def _prepare(self, base: sqlite3.Connection) -> None:
        version = base.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _SCHEMA):
            raise sqlite3.DatabaseError(f"written by another version ({version})")
        if base.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its pages do not fit together")
        base.execute(f"PRAGMA user_version = {_SCHEMA}")

    def _doing(self, act: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Do something with the index; one that is damaged is made anew and asked again."""
        try:
            return self._with_base(act)
        except sqlite3.OperationalError as error:  # the disk, its rights, or another process: not the content
            return self._give_up(error, otherwise)
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            _log.warning("album index %s is damaged (%s): made anew from the files", self._file, error)
        try:
            self._remove()
            self._with_base(self._prepare)
            for name in _originals(self._folder):
                self._with_base(partial(_insert, record=record_of(self._folder / name)))
            return self._with_base(act)
        except (sqlite3.Error, OSError) as error:
            return self._give_up(error, otherwise)

    def _give_up(self, error: Exception, otherwise: _T) -> _T:
        if not self._told:
            _log.warning("album index %s cannot be kept (%s): going on without it", self._file, error)
        self._told = True
        return otherwise

    def _with_base(self, act: Callable[[sqlite3.Connection], _T]) -> _T:
        # Opened for each use: a disk that is pulled out and put back must not leave a dead handle here.
        with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as base, base:
            base.execute("PRAGMA synchronous = OFF")  # losing it costs nothing but making it anew
            base.execute(_TABLE)
            return act(base)

    def _remove(self) -> None:
        for file in (self._file, self._file.with_name(f"{NAME}-journal")):
            file.unlink(missing_ok=True)


def record_of(original: Path) -> Record:
    """An original's record: its checksum as its sidecar tells, or made now where that tells none.

    Raises OSError where it cannot be read, ValueError for a file that is no original.
    """
    found = read_original(original.name)
    if found is None:
        raise ValueError(f"{original} is no original")
    size = original.stat().st_size
    return Record(original.name, found[0], size, told_sha256(original) or _sha256_of(original))


def told_sha256(original: Path) -> str | None:
    """The checksum that an original's sidecar tells; None where there is none, or it is of another file."""
    try:
        told: Any = json.loads(original.with_suffix(".json").read_bytes())
        right = told["file"] == original.name
        return str(told["sha256"]) if right else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _records(base: sqlite3.Connection) -> Sequence[Record]:
    return [Record(*row) for row in base.execute("SELECT name, number, size, sha256 FROM originals")]


def _insert(base: sqlite3.Connection, record: Record) -> None:
    row = (record.name, record.number, record.size, record.sha256)
    base.execute("INSERT OR REPLACE INTO originals VALUES (?, ?, ?, ?)", row)


def _sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _originals(folder: Path) -> Iterator[str]:
    return (file.name for file in folder.iterdir() if read_original(file.name) is not None)
