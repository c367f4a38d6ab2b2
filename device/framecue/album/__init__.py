"""The album: where shots live and survive.

A flat folder of originals, each with a JSON sidecar of the same stem. An original is whole on the disk
before its shot is reported; nothing half-written ever bears a final name.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from framecue.album.index import Index
from framecue.album.shot import Shot
from framecue.album.store import Album
from framecue.table import Table

__all__ = ["Album", "AlbumSettings", "Shot", "open_album"]


class AlbumSettings(Table):
    """Where shots go, and when there is no room for more."""

    folder: Path = Field(Path("~/Pictures/framecue"), description="folder the shots are kept in")
    min_free_mb: int = Field(
        200, ge=10, le=1_000_000, description="megabytes that must be free for a shot to be taken"
    )
    render_free_mb: int = Field(
        600,
        ge=0,
        le=1_000_000,
        description="megabytes free below which the oldest renders are dropped; originals never are",
    )
    warn_shots: int = Field(
        200, ge=0, le=100_000, description="shots there is still room for when the booth begins to warn"
    )
    second: Path | None = Field(
        None, description="folder on another disk that each shot is copied to once it is safe"
    )
    sticks: Literal["marked", "any", "off"] = Field(
        "marked",
        description="USB sticks that shots are copied to when plugged in: those with a folder named framecue",
    )
    stick_roots: tuple[Path, ...] = Field(
        (Path("/media"), Path("/run/media")), description="folders below which sticks appear"
    )
    jpeg_quality: int = Field(
        95, ge=50, le=100, description="JPEG quality of originals that come from the camera as pixels"
    )


def open_album(settings: AlbumSettings) -> Album:
    """The album of the settings, its index following its files. Raises AlbumError as Album does."""
    album = Album(
        settings.folder,
        settings.min_free_mb,
        jpeg_quality=settings.jpeg_quality,
        render_free_mb=settings.render_free_mb,
    )
    album.keep_index(Index(album.folder))
    return album
