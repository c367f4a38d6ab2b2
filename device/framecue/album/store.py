"""The album on its disk: saving, checking, listing, and tidying up after a power cut."""

import errno
import hashlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from framecue.album.disk import NO_LINKS, Disk, RealDisk, Space
from framecue.album.encode import encode, is_jpeg
from framecue.album.index import Index, Record
from framecue.album.room import DEPTH, renders
from framecue.album.shot import Part, Shot, number_in, part_name, read_original, read_part, slug, stem
from framecue.album.sidecar import Circumstances, Original, clock_looks_set, sidecar
from framecue.composition.cue import Cue
from framecue.composition.subject import Composition
from framecue.errors import AlbumError, AlbumFullError, AlbumUnwritableError
from framecue.frame import Still

MEGABYTE = 1_000_000
PROBE_EVERY_S = 30.0  # a probe writes to the SD card; a save that worked proves as much
DROP_EVERY_S = 60.0  # listing a large folder each second would be work for nothing
USUAL_SHOT_BYTES = 6_000_000  # of a shot with its renders, until some were kept
LOCK, PROBE = ".framecue.lock", ".framecue.probe"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_log = logging.getLogger(__name__)


class Album:
    """The shots in one folder, which one process holds at a time; methods may be called from any thread.

    min_free_mb: what must be free for a shot. render_free_mb: below it the oldest renders are dropped, never
    anything else.

    Opening makes the folder, finishes or removes what a power cut left half-written, and finds the last
    number. It raises AlbumUnwritableError where that cannot be, and AlbumFullError only where the disk has
    no room for the folder itself: otherwise a full disk shows in `check` and `save`.
    """

    def __init__(
        self,
        folder: Path,
        min_free_mb: int = 200,
        *,
        jpeg_quality: int = 95,
        render_free_mb: int = 0,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder.expanduser()
        self._min_free = min_free_mb * MEGABYTE
        self._render_free = max(render_free_mb, min_free_mb) * MEGABYTE
        self._quality = jpeg_quality
        self._index: Index | None = None
        self._nothing_to_drop_s: float | None = None  # when no render was left to drop
        self._shot_bytes = USUAL_SHOT_BYTES
        self._disk = RealDisk() if disk is None else disk
        self._clock = clock
        self._busy = threading.Lock()
        self._proven_s: float | None = None  # when the folder last proved writable
        self._newest: datetime | None = None
        try:
            self._disk.make_folder(self.folder)
            self._lock: int | None = self._hold()
            self._tidy()
            self._number = self._last_number()
        except FileExistsError:
            raise AlbumUnwritableError(f"album {self.folder}: is a file; name a folder instead") from None
        except OSError as error:
            raise self._fault(error) from None

    def save(
        self,
        still: Still,
        *,
        look: str | None,
        composition: Composition | None,
        cue: Cue | None,
        camera: str,
        taken: datetime,
    ) -> Shot:
        """Keep a still; when this returns, its original will survive a power cut.

        taken: when the picture was taken; without a time zone it is local time.
        camera: the camera's name, for the sidecar.

        The original goes first. Where its sidecar then cannot be written the shot is kept all the same:
        a warning is logged and the shot's `sidecar` is None.

        Raises AlbumFullError or AlbumUnwritableError when the original could not be made safe. Nothing
        saved before is touched, and what was written of this shot is removed; only when the disk failed
        after the whole original got its name does it stay, unreported.
        """
        seen = Circumstances(look, composition, cue, camera, taken)
        content = self._original(still, taken)
        with self._busy:
            self._refuse_if_full()
            self._number += 1  # a number that failed is not used again
            name = stem(taken, self._number, look)
            original = Original(content, _sha256(content), self._number, name)
            try:
                file = self._keep(f"{name}.jpg", content, original.sha256)
            except OSError as error:
                self._proven_s = None
                raise self._fault(error) from None
            beside = self._keep_sidecar(original, still, seen)
            self._shot_bytes += (len(content) - self._shot_bytes) // 8
            if self._index is not None:
                self._index.add(Record(file.name, original.number, len(content), original.sha256))
            self._proven_s = self._clock()
            self._newest = max(filter(None, (self._newest, taken.astimezone().replace(microsecond=0))))
            return Shot(file, original.number, taken.astimezone(), slug(look), beside)

    def save_beside(self, shot: Shot, word: str, still: Still) -> Path:
        """Keep another picture of a shot, named as its original with a word more; as durable as `save`.

        word: letters, digits, "-" and "+" only, such as "merged". Raises AlbumError as `save` does, also
        where that name is taken.
        """
        return self._keep_beside(f"{shot.original.stem}.{word}.jpg", self._original(still, shot.taken))

    def save_depth(self, shot: Shot, png: bytes) -> Path:
        """Keep a shot's depth map, a PNG, as `NAME.depth.png`; durable and raising as `save_beside`."""
        return self._keep_beside(f"{shot.original.stem}.{DEPTH}.png", png)

    def check(self) -> bool:
        """Raise AlbumFullError or AlbumUnwritableError where a save would fail now; whether it could look.

        Cheap enough for every second: free space each time, a probe file only when nothing has proved the
        folder writable for 30 s, or the last proof failed. Never waits for a save under way in another
        thread, but returns False: that one will tell, unless the disk hangs.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            self._refuse_if_full()
            now = self._clock()
            if self._proven_s is not None and now - self._proven_s < PROBE_EVERY_S:
                return True
            self._proven_s = None
            self._probe()
            self._proven_s = now
            return True
        except OSError as error:
            raise self._fault(error) from None
        finally:
            self._busy.release()

    def keep_index(self, index: Index) -> None:
        """Have an index follow this album: what is there already, and each shot from now on."""
        with self._busy:
            try:
                added = index.follow()
            except OSError as error:
                _log.warning("album %s: not indexed (%s)", self.folder, error.strerror)
                return
            self._index = index
        if added:
            _log.info("album %s: indexed %d shots", self.folder, added)

    def shots_left(self) -> int:
        """About how many more shots there is room for; raises AlbumUnwritableError as `check` does."""
        try:
            free = self._disk.space(self.folder).free_bytes
        except OSError as error:
            raise self._fault(error) from None
        return max(free - self._min_free, 0) // self._shot_bytes

    def shots(self) -> list[Shot]:
        """All shots kept, in the order they were taken. Raises AlbumError where the folder is gone."""
        return list_shots(self.folder, self._disk)

    def close(self) -> None:
        """Let another process have the album."""
        if self._lock is not None:
            self._disk.close(self._lock)
            self._lock = None

    def _keep_beside(self, name: str, content: bytes) -> Path:
        with self._busy:
            self._refuse_if_full()
            try:
                return self._keep(name, content, _sha256(content))
            except OSError as error:
                raise self._fault(error) from None

    def _hold(self) -> int:
        try:
            return self._disk.lock(self.folder / LOCK)
        except BlockingIOError:
            raise AlbumUnwritableError(
                f"album {self.folder}: another framecue is using it; stop that one first"
            ) from None

    def _original(self, still: Still, taken: datetime) -> bytes:
        if still.jpeg is not None and is_jpeg(still.jpeg):
            return still.jpeg
        if still.jpeg is not None:
            _log.warning("the camera's JPEG is damaged (%d bytes): keeping its pixels", len(still.jpeg))
        return encode(still, self._quality, taken)

    def _refuse_if_full(self) -> None:
        try:
            space = self._disk.space(self.folder)
        except OSError as error:
            raise self._fault(error) from None
        if space.read_only:
            raise self._fault(OSError(errno.EROFS, "Read-only file system"))
        if space.free_bytes < self._render_free:
            space = self._drop_renders(space)
        if space.free_bytes < self._min_free:
            raise AlbumFullError(
                f"album {self.folder}: {space.free_bytes // MEGABYTE} MB free, a shot needs "
                f"{self._min_free // MEGABYTE} MB; move pictures away or use a larger disk"
            )

    def _drop_renders(self, space: Space) -> Space:
        """Drop the oldest renders until enough is free, or none is left; what is free then."""
        now, tried_s = self._clock(), self._nothing_to_drop_s
        if tried_s is not None and now - tried_s < DROP_EVERY_S:
            return space
        dropped = 0
        with suppress(OSError):  # a disk that refuses is found out by whoever writes next
            for name in renders(self._disk.names(self.folder)):
                self._disk.remove(self.folder / name)
                dropped += 1
                space = self._disk.space(self.folder)
                if space.free_bytes >= self._render_free:
                    break
            else:
                self._nothing_to_drop_s = now
        if dropped:
            _log.warning("album %s: nearly full, dropped the %d oldest renders", self.folder, dropped)
        return space

    def _probe(self) -> None:
        file = self.folder / PROBE
        with suppress(FileNotFoundError):
            self._disk.remove(file)  # left by a power cut
        handle = self._disk.create(file)
        try:
            self._disk.write(handle, memoryview(b"?"))
        finally:
            self._disk.close(handle)
            self._disk.remove(file)

    def _keep_sidecar(self, original: Original, still: Still, seen: Circumstances) -> Path | None:
        try:
            clock_set = clock_looks_set(seen.taken.astimezone(), self._newest)
            content = sidecar(original, still, seen, clock_set)
            return self._keep(f"{original.stem}.json", content, _sha256(content))
        except (OSError, ValueError) as error:
            _log.warning("shot %s is kept, but without its sidecar: %s", original.stem, error)
            return None

    def _keep(self, name: str, content: bytes, sha256: str) -> Path:
        """Write a file whole or not at all; durable under its name on return."""
        part, final = self.folder / part_name(name, sha256), self.folder / name
        try:
            self._write(part, content)
            self._publish(part, final)
        except OSError:
            with suppress(OSError):  # the next opening removes what cannot be removed now
                self._disk.remove(part)
            raise
        return final

    def _write(self, part: Path, content: bytes) -> None:
        handle = self._disk.create(part)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self._disk.write(handle, rest) :]
            self._disk.fsync(handle)
        finally:
            self._disk.close(handle)

    def _publish(self, part: Path, final: Path) -> None:
        """Give a whole, fsynced part its final name, durably, never replacing a file that has it.

        The part's name goes last: until the final name is on the disk, it is how the picture is found.
        """
        try:
            self._disk.link(part, final)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            if final.name in self._disk.names(self.folder):
                raise FileExistsError(errno.EEXIST, "File exists", str(final)) from None
            self._disk.rename(part, final)
            self._disk.fsync_folder(self.folder)
        else:
            self._disk.fsync_folder(self.folder)
            with suppress(OSError):  # the picture is safe; the next opening removes its second name
                self._disk.remove(part)

    def _last_number(self) -> int:
        """The highest number in the folder; also remembers the latest time of a shot."""
        names = self._disk.names(self.folder)
        self._newest = max((found[1] for found in map(read_original, names) if found), default=None)
        return max(map(number_in, names), default=0)

    def _tidy(self) -> None:
        """Finish the parts that are whole, remove those that are not. A disk that refuses keeps them."""
        names = self._disk.names(self.folder)
        for part in filter(None, map(read_part, sorted(names))):
            try:
                self._settle(part, taken=part.name in names)
            except OSError as error:
                _log.warning("%s: left as it is (%s)", self.folder / part.file, error)

    def _settle(self, part: Part, taken: bool) -> None:
        file = self.folder / part.file
        whole = _sha256(self._disk.read(file)).startswith(part.digest)
        if whole and not taken:
            self._sync(file)
            self._publish(file, self.folder / part.name)
            _log.warning("%s: recovered after a power cut", self.folder / part.name)
            return
        if whole:  # it has its final name, but perhaps not yet on the disk
            self._disk.fsync_folder(self.folder)
        self._disk.remove(file)  # a torn one's save never returned

    def _sync(self, file: Path) -> None:
        handle = self._disk.open(file)
        try:
            self._disk.fsync(handle)
        finally:
            self._disk.close(handle)

    def _fault(self, error: OSError) -> AlbumError:
        reason = error.strerror or str(error)
        if error.errno in _FULL:
            return AlbumFullError(
                f"album {self.folder}: full ({reason}); move pictures away or use a larger disk"
            )
        return AlbumUnwritableError(
            f"album {self.folder}: cannot be written ({reason}); check the disk, the path and its owner"
        )


def list_shots(folder: Path, disk: Disk | None = None) -> list[Shot]:
    """All shots in a folder in the order they were taken, without opening it as an album."""
    try:
        names = set((disk or RealDisk()).names(folder))
    except OSError as error:
        raise AlbumError(f"album {folder}: cannot be read ({error.strerror}); check the path") from None
    shots = []
    for name in names:
        found = read_original(name)
        if found is not None:
            beside = f"{name.removesuffix('.jpg')}.json"
            shots.append(Shot(folder / name, *found, folder / beside if beside in names else None))
    return sorted(shots, key=lambda shot: (shot.number, shot.original.name))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
