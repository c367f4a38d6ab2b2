"""A camera that shows photos or a video instead of a sensor: for trials, demonstrations and tests."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.camera.picture import before_turning, turned
from framecue.errors import CameraError, CameraMissingError, EndOfFramesError, PhotoError
from framecue.frame import Frame, Still
from framecue.photo import JPEG_START, is_photo, read_photo, scaled_into

_log: Final = logging.getLogger(__name__)

# One decoded picture: its pixels, upright and fitted to the preview, and what is known of it.
_Shown = tuple[NDArray[np.uint8], dict[str, object]]


class Settings(CameraSettings):
    """A photo, the photos of a folder by name, or a video.

    Pictures are scaled down into width x height with their own shape and never enlarged, so frames of
    different photos may differ in size.
    """

    kind: Literal["files"] = "files"
    path: Path = Field(description="a photo, a folder of photos, or a video")
    loop: bool = Field(True, description="start again at the end; off: the source ends there")
    seconds_per_photo: float = Field(
        0.0, ge=0, le=86400, description="seconds each photo stays; 0 = one frame each"
    )


class Source(Protocol):
    """Where the pictures come from; raises CameraError where there are none."""

    def pictures(self) -> Iterator[_Shown]:
        """The preview pictures of one pass; `still` belongs to the one given last."""

    def still(self) -> tuple[NDArray[np.uint8], bytes | None, dict[str, object]]:
        """Full-resolution pixels, the file's bytes if they are a JPEG, and metadata."""

    def close(self) -> None:
        """Let files go."""


class Driver:
    """Shows the files at the asked rate. Metadata: "photo" (absolute path), or "video" and "position"."""

    lively: Final = False  # photos stand still

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._source = _source(settings)
        self._pass = self._source.pictures()
        self._upcoming: _Shown | None = None
        self._next_s: float | None = None
        self._number = 0

    def read(self, timeout_s: float) -> Frame:
        """Wait until the next picture is due, at most timeout_s, and give it."""
        image, metadata = self._next_picture()
        self._wait_until_due(timeout_s)
        self._number += 1
        return Frame(turned(image, self._settings.turn), self._clock(), self._number, metadata=metadata)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002  files answer in their own time
        """The picture shown last (before any: the first) at full resolution; its exposure is what it is.

        A JPEG comes with its own bytes, unless `turn` makes them other than what is seen.
        """
        if self._number == 0 and self._upcoming is None:
            self._upcoming = self._next_picture()  # kept for the first read
        image, jpeg, metadata = self._source.still()
        turn = self._settings.turn
        return Still(turned(image, turn), self._clock(), None if turn else jpeg, metadata)

    def close(self) -> None:
        """Let the files go."""
        self._source.close()

    def _next_picture(self) -> _Shown:
        if self._upcoming is not None:
            upcoming, self._upcoming = self._upcoming, None
            return upcoming
        shown = next(self._pass, None)
        if shown is None:
            if not self._settings.loop:
                raise EndOfFramesError(
                    f"{self._settings.path.absolute()} has been shown; loop = true repeats"
                )
            self._pass = self._source.pictures()
            shown = next(self._pass)
        return shown

    def _wait_until_due(self, timeout_s: float) -> None:
        now_s = self._clock()
        due_s = now_s if self._next_s is None else self._next_s
        if due_s > now_s:
            self._sleep(min(due_s - now_s, timeout_s))
        # From when it was due, so that the rate holds; from now after a pause, so that nothing is hurried.
        period_s = 1 / self._settings.rate
        self._next_s = max(due_s, now_s - period_s) + period_s


class _Photos:
    """Photos in turn; what cannot be read is passed over and said once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.path.absolute()
        self._unreadable: set[Path] = set()
        self._current: Path | None = None
        self._decoded: tuple[Path, int, NDArray[np.uint8]] | None = None
        self._list()

    def pictures(self) -> Iterator[_Shown]:
        shown = 0
        reason: PhotoError | None = None
        for path in self._list():  # listed anew each pass: photos may have come
            try:
                image = self._read(path)
            except PhotoError as error:
                reason = error
                self._warn(path, error)
                continue
            self._current = path
            for _ in range(self._frames_per_photo()):
                shown += 1
                yield image, {"photo": str(path), "unreadable": len(self._unreadable)}
        if not shown:
            raise CameraError(f"no photo in {self._path} can be read: {reason}")

    def still(self) -> tuple[NDArray[np.uint8], bytes | None, dict[str, object]]:
        if self._current is None:
            raise CameraError(f"no photo of {self._path} has been shown yet; read a frame first")
        try:
            image = read_photo(self._current)
            data = self._current.read_bytes()
        except (PhotoError, OSError) as error:
            raise CameraError(str(error)) from error
        return image, data if data.startswith(JPEG_START) else None, {"photo": str(self._current)}

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self, path: Path) -> NDArray[np.uint8]:
        """The photo fitted to the preview; one shown over and over is decoded once."""
        try:
            changed_ns = path.stat().st_mtime_ns
        except OSError:
            changed_ns = 0  # reading it will say what is wrong
        if self._decoded is None or self._decoded[:2] != (path, changed_ns):
            self._decoded = path, changed_ns, read_photo(path, fit=before_turning(self._settings))
        return self._decoded[2]

    def _list(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            # Names that begin with a dot are what other systems leave beside photos.
            found = sorted(p for p in self._path.iterdir() if is_photo(p) and not p.name.startswith("."))
        except OSError as error:
            raise CameraMissingError(f"{self._path} cannot be listed ({error.strerror}); check it") from error
        if not found:
            raise CameraMissingError(f"{self._path} holds no photos; put JPEG, PNG or TIFF files there")
        return found

    def _frames_per_photo(self) -> int:
        return max(1, round(self._settings.seconds_per_photo * self._settings.rate))

    def _warn(self, path: Path, error: PhotoError) -> None:
        if path not in self._unreadable:
            self._unreadable.add(path)
            _log.warning("photo passed over: %s", error)


class _Video:
    """A video's frames, one after the other; none is skipped to keep up."""

    def __init__(self, settings: Settings) -> None:
        self._fit = before_turning(settings)
        self._path = settings.path.absolute()
        self._capture: cv2.VideoCapture | None = None
        self._full: NDArray[np.uint8] | None = None
        self._position = 0
        self._open()

    def pictures(self) -> Iterator[_Shown]:
        capture = self._open()
        self._position = 0
        while True:
            there, bgr = capture.read()
            if not there or bgr is None:
                break
            self._full = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
            self._position += 1
            yield scaled_into(self._full, self._fit), self._metadata()
        if self._position == 0:
            raise CameraError(f"{self._path} holds no frame that can be read; convert it to H.264 in MP4")

    def still(self) -> tuple[NDArray[np.uint8], bytes | None, dict[str, object]]:
        if self._full is None:
            raise CameraError(f"no frame of {self._path} has been shown yet; read a frame first")
        return self._full, None, self._metadata()

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> cv2.VideoCapture:
        self.close()
        self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise CameraError(f"{self._path} is neither a photo nor a video; name a JPEG, PNG or MP4 file")
        return self._capture

    def _metadata(self) -> dict[str, object]:
        return {"video": str(self._path), "position": self._position}


def _source(settings: Settings) -> Source:
    path = settings.path.absolute()
    if not path.exists():
        raise CameraMissingError(f"{path} does not exist; set the camera's path to photos or a video")
    return _Photos(settings) if path.is_dir() or is_photo(path) else _Video(settings)
