"""Verifying an album: is every original still what the camera gave?"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from framecue.album.index import Index, told_sha256
from framecue.album.shot import read_original
from framecue.errors import AlbumError

State = Literal["ok", "damaged", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one original. text: what is wrong and what to do; empty where it is ok."""

    name: str
    state: State
    text: str = ""


def verify(folder: Path, progress: Callable[[int, int], None] = lambda *_: None) -> Iterator[Finding]:
    """Read every original in a folder and compare it with the checksum taken when it was new.

    Originals that the index or a sidecar knows and that are gone are missing. progress: done and all.
    Works beside a running booth. Raises AlbumError where the folder cannot be read.
    """
    try:
        names = {file.name for file in folder.iterdir()}
        index = Index(folder)
        index.follow()
    except OSError as error:
        raise AlbumError(f"album {folder}: cannot be read ({error.strerror}); check the path") from None
    known = index.records()
    sidecars = {f"{name.removesuffix('.json')}.jpg" for name in names if name.endswith(".json")}
    expected = {name for name in {*names, *known, *sidecars} if read_original(name) is not None}
    ordered = sorted(expected, key=_order)
    for done, name in enumerate(ordered, 1):
        record = known.get(name)
        yield _find(folder / name, told_sha256(folder / name) or (None if record is None else record.sha256))
        progress(done, len(ordered))


def _find(original: Path, sha256: str | None) -> Finding:
    try:
        with original.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        text = "is gone; take it from a copy, or `framecue album rebuild` if it was removed on purpose"
        return Finding(original.name, "missing", text)
    except OSError as error:
        text = f"cannot be read ({error.strerror}); copy the album away and check the disk"
        return Finding(original.name, "unreadable", text)
    if sha256 is not None and found != sha256:
        text = "is not what was saved; take it from a copy, and check the disk"
        return Finding(original.name, "damaged", text)
    return Finding(original.name, "ok")


def _order(name: str) -> tuple[int, str]:
    found = read_original(name)
    return (0 if found is None else found[0]), name
