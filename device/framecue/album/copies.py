"""The copies of an album: a second disk that follows it, and USB sticks that are plugged in."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from framecue.album.copy import Copied, StoppedError, copy_album
from framecue.errors import CopyError
from framecue.indicators import Notice

if TYPE_CHECKING:  # the settings are beside the album that this is a part of
    from framecue.album import AlbumSettings

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 2.0  # between looks for new sticks
SECOND_EVERY_S: Final = 60.0  # between tries of a second disk that fails, or without a new shot
TELL_EVERY_S: Final = 4.0  # between notices of how far a copy is
MARK: Final = "framecue"  # the folder on a stick that asks for the shots, and that gets them


class Copies:
    """A thread that keeps copies of an album; nothing that goes wrong with them touches the album.

    notice: tells the photographer. mounts: folders where disks are mounted now. clock: monotonic seconds.
    host: name of this machine, so that one stick can hold the shots of several booths.
    """

    def __init__(
        self,
        settings: "AlbumSettings",
        notice: Callable[[Notice], None],
        *,
        mounts: Callable[[], Sequence[Path]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        host: str | None = None,
    ) -> None:
        self._settings, self._notice, self._clock = settings, notice, clock
        self._album = settings.folder.expanduser()
        self._mounts = (lambda: mounted_below(settings.stick_roots)) if mounts is None else mounts
        self._host = host or socket.gethostname()
        self._seen: set[Path] = set()
        self._second_due_s = clock()
        self._told_s = -TELL_EVERY_S
        self._kicked, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="copies", daemon=True)
        self.fault: str | None = None  # of the second disk, one line

    def start(self) -> None:
        """Begin; call once. Does nothing where the settings want no copies."""
        if self._settings.second is not None or self._settings.sticks != "off":
            self._thread.start()

    def kick(self) -> None:
        """There is a new shot. From any thread, returns at once."""
        self._kicked.set()

    def stop(self, timeout_s: float) -> None:
        """End before the next file, or give up waiting for that."""
        self._stopping.set()
        self._kicked.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def step(self, new_shot: bool = False) -> None:
        """Look once for what is to be copied, and copy it; raises StoppedError when asked to end."""
        if self._settings.second is not None and (new_shot or self._clock() >= self._second_due_s):
            self._follow(self._settings.second.expanduser())
            self._second_due_s = self._clock() + SECOND_EVERY_S
        if self._settings.sticks != "off":
            there = set(self._mounts())
            self._seen &= there
            for stick in sorted(there - self._seen):
                self._seen.add(stick)
                if self._wanted(stick):
                    self._copy_to(stick)

    def _run(self) -> None:
        while not self._stopping.is_set():
            new_shot = self._kicked.wait(LOOK_EVERY_S)
            self._kicked.clear()
            try:
                self.step(new_shot)
            except StoppedError:
                return
            except Exception:  # a bug here must not cost the rest of the night's copies
                log.exception("album copies")

    def _follow(self, second: Path) -> None:
        try:
            self._refuse_same_disk(second)
            done = copy_album(self._album, second, stopping=self._stopping.is_set)
        except CopyError as error:
            if self.fault is None:
                log.error("second copy: %s", error)
                self._notice(Notice("fault", "No second copy"))
            self.fault = f"second copy: {error}"
            return
        if self.fault is not None:
            log.info("second copy: works again")
        self.fault = None
        self._tell_damaged(done)

    def _refuse_same_disk(self, second: Path) -> None:
        """A disk that is not mounted leaves an empty folder, and a copy there would fill the first disk."""
        above = next(folder for folder in (second, *second.parents) if folder.exists())
        try:
            same = above.stat().st_dev == self._album.stat().st_dev
        except OSError as error:
            raise CopyError(f"{second}: cannot be read ({error.strerror}); check the disk") from None
        if same:
            raise CopyError(f"{second}: is on the album's own disk; mount the second disk there")

    def _wanted(self, stick: Path) -> bool:
        if self._album.is_relative_to(stick):
            return False  # the album itself lives there
        return self._settings.sticks == "any" or (stick / MARK).is_dir()

    def _copy_to(self, stick: Path) -> None:
        log.info("stick %s: copying", stick)
        self._notice(Notice("copying", "Copying to the stick"))
        self._told_s = self._clock()
        try:
            done = copy_album(
                self._album,
                stick / MARK / self._host,
                told=self._tell_progress,
                stopping=self._stopping.is_set,
            )
        except CopyError as error:
            log.error("stick %s", error)
            self._notice(Notice("fault", "Stick NOT complete: plug it in again"))
            return
        self._tell_damaged(done)
        log.info("stick %s: complete, %d files new, %d in all", stick, done.copied, done.total)
        self._notice(Notice("copied", f"Copied {done.total} files: take the stick out"))

    def _tell_progress(self, done: int, total: int) -> None:
        if self._clock() - self._told_s >= TELL_EVERY_S:
            self._told_s = self._clock()
            self._notice(Notice("copying", f"Copying {done} of {total}"))

    def _tell_damaged(self, done: Copied) -> None:
        if done.damaged:
            log.error(
                "not copied, damaged in the album: %s; run framecue album verify", ", ".join(done.damaged)
            )


def mounted_below(roots: Sequence[Path], table: Path = Path("/proc/self/mountinfo")) -> list[Path]:
    """Folders below the roots where something writable is mounted now, as the kernel tells."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        fields = line.split()
        place = Path(os.fsdecode(fields[4].encode().decode("unicode_escape").encode("latin-1")))
        writable = "rw" in fields[5].split(",")
        if writable and any(root in place.parents for root in roots):
            found.append(place)
    return found
