"""Looks: learning them from photos, letting them grow, showing them, and cards that pick them.

What a look is, and how its file is read, is in composition/look.py.
"""

from pathlib import Path

from pydantic import Field

from framecue.table import Table


class LooksSettings(Table):
    """Where looks are, and how one is picked at the booth."""

    folders: tuple[Path, ...] = Field(
        (), description="folders of your own looks, searched first; new looks are written to the first"
    )
    cards: bool = Field(True, description="whether a printed card held to the camera picks its look")
    card_every_s: float = Field(
        0.35, ge=0.1, le=10, description="seconds from one search for a card to the next"
    )
    card_lasts_s: float = Field(
        60.0, ge=0, le=3600, description="seconds without anybody after which guide.look is back; 0 = never"
    )
