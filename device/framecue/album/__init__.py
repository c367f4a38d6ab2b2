"""The album: where shots live and survive.

A flat folder of originals, each with a JSON sidecar of the same stem. An original is whole on the disk
before its shot is reported; nothing half-written ever bears a final name.
"""

from pathlib import Path

from pydantic import Field

from framecue.album.shot import Shot
from framecue.album.store import Album
from framecue.table import Table

__all__ = ["Album", "AlbumSettings", "Shot"]


class AlbumSettings(Table):
    """Where shots go, and when there is no room for more."""

    folder: Path = Field(Path("~/Pictures/framecue"), description="folder the shots are kept in")
    min_free_mb: int = Field(
        200, ge=10, le=1_000_000, description="megabytes that must be free for a shot to be taken"
    )
    jpeg_quality: int = Field(
        95, ge=50, le=100, description="JPEG quality of originals that come from the camera as pixels"
    )
