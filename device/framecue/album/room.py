"""Making room: which pictures beside the originals may go when a disk fills up."""

import re
from collections.abc import Iterable

from framecue.album.shot import number_in, read_original

_BESIDE = re.compile(r"(?P<stem>[^.]+)\.(?P<word>[^./]+)\.(?:jpe?g|png|webp|tiff?)")
DEPTH = "depth"  # the word in the name of a shot's depth map
_TAKEN = re.compile(rf"ev[+-]\d.*|{DEPTH}")  # brackets and depth come from sensors: nothing makes them anew


def renders(names: Iterable[str]) -> list[str]:
    """Of the names in an album, the pictures that can be made again, those of the oldest shot first.

    Only what was made from an original that is still there: never an original, never a bracket's frame
    or a depth map, never a file of somebody else.
    """
    there = set(names)
    found = [name for name in there if _is_render(name, there)]
    return sorted(found, key=lambda name: (number_in(name), name))


def _is_render(name: str, there: set[str]) -> bool:
    match = _BESIDE.fullmatch(name)
    if match is None or _TAKEN.fullmatch(match["word"]):
        return False
    original = f"{match['stem']}.jpg"
    return original in there and read_original(original) is not None
