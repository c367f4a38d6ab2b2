"""From pixels to an original, where the camera gives no JPEG of its own."""

from datetime import datetime
from io import BytesIO

from framecue.frame import Still

_DATE_TIME, _SOFTWARE, _EXIF, _DATE_TIME_ORIGINAL, _OFFSET_ORIGINAL = 0x0132, 0x0131, 0x8769, 0x9003, 0x9011


def is_jpeg(data: bytes | None) -> bool:
    """Whether data starts and ends as a JPEG does; padding after the end is allowed."""
    return data is not None and data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-65536:]


def encode(still: Still, quality: int, taken: datetime) -> bytes:
    """The still as a JPEG with full colour resolution and the time taken in its EXIF."""
    from PIL import Image

    local = taken.astimezone()
    exif = Image.Exif()
    exif[_DATE_TIME] = f"{local:%Y:%m:%d %H:%M:%S}"
    exif[_SOFTWARE] = "Framecue"
    details = exif.get_ifd(_EXIF)
    details[_DATE_TIME_ORIGINAL] = exif[_DATE_TIME]
    details[_OFFSET_ORIGINAL] = _offset(local)
    written = BytesIO()
    Image.fromarray(still.image).save(written, "JPEG", quality=quality, subsampling=0, exif=exif)
    return written.getvalue()


def _offset(local: datetime) -> str:
    plain = f"{local:%z}"  # +0900
    return f"{plain[:3]}:{plain[3:5]}"
