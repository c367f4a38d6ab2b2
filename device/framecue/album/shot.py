"""A shot: one press as it is kept, and the names of its files.

`20261121-141203-0007-full-body.jpg`: local time by the clock of that moment, the shot's number, the look.
What belongs to a shot beside its original has one more word: `...-full-body.merged.jpg`.
The number only ever counts up, across restarts too; it orders the shots when the clock was wrong.
While a file is being written it is `.NAME.HASH.part`, HASH the first 16 digits of its content's SHA-256,
so that after a power cut a part tells by itself whether it is whole.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_ORIGINAL = re.compile(r"(\d{8}-\d{6})-(\d{4,})(?:-([^/.]+))?\.jpg")
_NUMBERED = re.compile(r"\.?\d{8}-\d{6}-(\d{4,})[-.].*")
_PART = re.compile(r"\.(?P<name>\d{8}-\d{6}-\d{4,}[^/]*\.(?:jpg|json|png))\.(?P<hash>[0-9a-f]{16})\.part")
_TIME = "%Y%m%d-%H%M%S"
_SLUG_LENGTH = 40  # with four bytes a letter and the part's extras a name stays below 255 bytes


@dataclass(frozen=True, slots=True)
class Shot:
    """One kept shot.

    original: the picture's file. number: counts up from 1 in an album, across restarts.
    taken: when, by the clock of that moment, in the machine's time zone; whole seconds when listed.
    look: the look as it stands in the name (lower case, words joined by "-"), or None.
    sidecar: the file with everything measured; None where it is missing.
    """

    original: Path
    number: int
    taken: datetime
    look: str | None
    sidecar: Path | None


@dataclass(frozen=True, slots=True)
class Part:
    """A file that was being written: its own name, its final name, the hash its content must have."""

    file: str
    name: str
    digest: str


def slug(look: str | None) -> str | None:
    """A look's name as it stands in a file name; None where nothing of it is left."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", look or "").lower())
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or None


def stem(taken: datetime, number: int, look: str | None) -> str:
    """A shot's name without its ending."""
    named = slug(look)
    return f"{taken.astimezone():{_TIME}}-{number:04d}" + (f"-{named}" if named else "")


def part_name(name: str, sha256: str) -> str:
    """The name a file of that content has until it is whole."""
    return f".{name}.{sha256[:16]}.part"


def number_in(name: str) -> int:
    """The shot's number in the name of an original, a sidecar or a part; 0 in any other."""
    match = _NUMBERED.fullmatch(name)
    return 0 if match is None else int(match[1])


def read_original(name: str) -> tuple[int, datetime, str | None] | None:
    """Number, time and look of an original's name; None for any other file."""
    match = _ORIGINAL.fullmatch(name)
    if match is None:
        return None
    try:
        taken = datetime.strptime(match[1], _TIME).astimezone()
    except (ValueError, OverflowError):  # digits, but no date
        return None
    return int(match[2]), taken, match[3]


def read_part(file: str) -> Part | None:
    """What a part's name says; None for any other file."""
    match = _PART.fullmatch(file)
    return None if match is None else Part(file, match["name"], match["hash"])
