"""The parts of the machine itself: disk, power, temperature, clock."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from framecue.album.sidecar import FIRST_BUILT
from framecue.doctor import Result, World

SAMPLE: Final = 8_000_000  # bytes: about one original and what is beside it
SLOW_MB_S: Final = 4.0  # two seconds a shot
HOT_C, TOO_HOT_C = 70.0, 82.0
_BITS: Final = (
    (0, "too little voltage now"),
    (1, "frequency capped now"),
    (2, "throttled now"),
    (3, "near its temperature limit now"),
    (16, "too little voltage since it was switched on"),
    (17, "frequency was capped"),
    (18, "was throttled"),
    (19, "was near its temperature limit"),
)


def check_disk(
    folder: Path, min_free_mb: int, world: World, write: Callable[[Path], float] | None = None
) -> Result:
    """Write and sync as much as a shot takes where shots go; ask the disk about its health.

    write: writes SAMPLE bytes into a folder and returns the seconds it took.
    """
    place = next((each for each in (folder, *folder.parents) if each.is_dir()), Path("/"))
    try:
        space = os.statvfs(place)
        took_s = (write or _write)(place)
    except OSError as error:
        reason = error.strerror or str(error)
        return Result(
            "disk", "broken", f"{place} cannot be written ({reason})", "check the disk, its mount and owner"
        )
    free_mb = space.f_bavail * space.f_frsize / 1e6
    speed = SAMPLE / 1e6 / max(took_s, 1e-6)
    worn, errors = _health(place, world.root)
    found = f"{place}: {speed:.0f} MB/s, {free_mb:.0f} MB free"
    numbers = {"write_mb_s": round(speed, 1), "free_mb": round(free_mb), "errors": float(errors)}
    if worn:
        numbers["worn_percent"] = float(worn)
    if free_mb < min_free_mb:
        advice = f"no shot fits ({min_free_mb} MB are needed): move pictures away or use a larger disk"
        return Result("disk", "broken", found, advice, numbers)
    advice = ""
    if errors:
        advice = (
            f"the file system has met {errors} errors: copy the album away, then check or replace the disk"
        )
    elif worn >= 80:
        advice = f"{worn} % worn: replace it before the next event"
    elif speed < SLOW_MB_S:
        advice = "slow: shots take seconds to be safe; use a card of class A1 or better, or a USB disk"
    return Result("disk", "warning" if advice else "ok", found, advice, numbers)


def _write(folder: Path) -> float:
    file = folder / f".framecue.doctor.{os.getpid()}"
    content = os.urandom(1 << 20) * (SAMPLE >> 20)
    began = time.monotonic()
    try:
        with file.open("wb") as writing:
            writing.write(content)
            writing.flush()
            os.fsync(writing.fileno())
        return time.monotonic() - began
    finally:
        file.unlink(missing_ok=True)


def _health(folder: Path, root: Path) -> tuple[int, int]:
    """How worn a flash disk is, percent, and how many errors its file system has met; 0 where unknown."""
    device = folder.stat().st_dev
    block = root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    worn = errors = 0
    with suppress(OSError, ValueError):
        for above in (block.resolve(), block.resolve().parent):
            life = above / "device/life_time"
            if life.is_file():  # eMMC: two numbers in tenths, the worse one counts
                worn = 10 * max(int(each, 16) for each in life.read_text().split())
    with suppress(OSError, ValueError):
        errors = int((root / "sys/fs/ext4" / block.resolve().name / "errors_count").read_text())
    return worn, errors


def check_power(world: World) -> Result:
    """What a Raspberry Pi's firmware says of its voltage and throttling."""
    try:
        told = world.command(("vcgencmd", "get_throttled"))
        bits = int(told.strip().rpartition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return Result("power", "skipped", "no vcgencmd here that tells")
    found = [text for bit, text in _BITS if bits >> bit & 1]
    numbers = {"bits": float(bits)}
    if not found:
        return Result("power", "ok", "steady since it was switched on", numbers=numbers)
    hot = bits & (1 << 3 | 1 << 19)
    advice = (
        "cool it" if hot and not bits & (1 | 1 << 16) else "use its own power supply and a short, thick cable"
    )
    return Result("power", "broken" if bits & 0b111 else "warning", ", ".join(found), advice, numbers)


def check_temperature(world: World) -> Result:
    """The hottest of the machine's thermal zones, and of Edge TPUs on PCIe."""
    celsius: dict[str, float] = {}
    for pattern in ("sys/class/thermal/thermal_zone*/temp", "sys/class/apex/apex_*/temp"):
        for zone in world.root.glob(pattern):
            with suppress(OSError, ValueError):
                celsius[zone.parent.name] = int(zone.read_text()) / 1000
    if not celsius:
        return Result("temperature", "skipped", "the kernel tells none")
    where, hottest = max(celsius.items(), key=lambda each: each[1])
    found, numbers = f"{hottest:.0f} °C ({where})", {"celsius": round(hottest, 1)}
    if hottest >= TOO_HOT_C:
        return Result(
            "temperature", "broken", found, "it throttles: a fan, a heat sink, holes in the box", numbers
        )
    if hottest >= HOT_C:
        return Result(
            "temperature", "warning", found, "warm already: a heat sink, or holes in the box", numbers
        )
    return Result("temperature", "ok", found, numbers=numbers)


def check_clock(now: datetime, world: World) -> Result:
    """Whether photos will bear the right time."""
    found = f"{now.astimezone():%Y-%m-%d %H:%M}"
    advice = "photos still sort right, by number; set it with a network, a clock module, or date -s"
    if now < FIRST_BUILT.astimezone(UTC):
        return Result("clock", "broken", f"{found}: not set", advice)
    kept = (world.root / "run/systemd/timesync/synchronized").exists() or (world.root / "dev/rtc0").exists()
    if not kept:
        return Result("clock", "warning", f"{found}, but no network and no clock module keep it", advice)
    return Result("clock", "ok", found)
