"""The feed: a thread that owns the camera, keeps its newest frame, takes stills and outlives its faults."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from framecue.camera import Camera
from framecue.errors import CameraError, CameraStalledError, EndOfFramesError
from framecue.frame import Frame, Still

_log: Final = logging.getLogger(__name__)

_T = TypeVar("_T")
FeedState = Literal["opening", "live", "fault", "ended"]

_HANG_S: Final = 10.0  # how far past its time limit a driver's call may run before it counts as hung
_OPEN_S: Final = 20.0  # time limit of opening or closing a camera, which take none of their own
_STILL_S: Final = 4.0  # what one try of a still may take; then the camera is reopened, and it is tried again
_WORKED_FRAMES: Final = 3  # with so many since it was opened, opening it anew has helped
_STOP_S: Final = 0.8  # how long `stop` waits for the thread


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What the feed is doing and has done.

    state: opening until the first frame; live; fault until frames come again; ended when a source that
        plays once is over or the feed was stopped.
    fault: what is wrong, one line; None unless state is fault.
    frames: read in all. dropped: of these, replaced before anybody took them.
    reopened: how often the camera was opened again.
    """

    state: FeedState
    fault: str | None
    frames: int
    dropped: int
    reopened: int


class _StillRequest:
    def __init__(self, deadline_s: float, ev: float) -> None:
        self.deadline_s, self.ev = deadline_s, ev
        self.done = threading.Event()
        self.still: Still | None = None


class Feed:
    """Reads a camera in a thread of its own; every method may be called from any thread.

    open_camera: makes the camera; called again after each fault.
    read_timeout_s: what a frame may take; longer than the time between two frames.
    frozen_limit_s: seconds of identical pictures after which a lively camera counts as stalled; 0 = never.
    first_wait_s, longest_wait_s: pause before the first reopening; it doubles up to the longest.
    wait: waits for an event at most so many seconds; tests pass their own.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
        read_timeout_s: float = 2.0,
        frozen_limit_s: float = 3.5,
        first_wait_s: float = 0.2,
        longest_wait_s: float = 3.0,
    ) -> None:
        self._open_camera = open_camera
        self._clock = clock
        self._wait = wait
        self._read_timeout_s = read_timeout_s
        self._frozen = _Frozen(frozen_limit_s)
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s

        self._changed = threading.Condition()  # guards all below
        self._status = FeedStatus("opening", None, 0, 0, 0)
        self._newest: Frame | None = None
        self._taken = True
        self._stills: deque[_StillRequest] = deque()
        self._call_ends_s: float | None = None  # when the driver's present call should be over
        self._faults_said: set[str] = set()

        self._stopping = threading.Event()
        self._wake = threading.Event()  # ends a pause between openings
        self._openings = 0
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Start reading; returns at once, whether or not there is a camera."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading and close the camera; within a second, even if the driver is stuck in a call."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_STOP_S)
        self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """The newest frame, once its number is greater than `after`; None if that takes too long.

        Frames in between are skipped, numbers go on rising when the camera is reopened, and a frame from
        before a fault is never given as new. Returns None at once when no more frames will come.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._newer(after) is not None or self._status.state == "ended", timeout_s
            )
            frame = self._newer(after)
            if frame is not None:
                self._taken = True
            return frame

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """Have the camera take a picture, so many stops brighter than it would by itself, and wait for it.

        A fault meanwhile reopens the camera and tries again until the time is up. Several callers each get
        a picture of their own, in order. Raises CameraError when there was none in time, EndOfFramesError
        when the feed has ended.
        """
        request = _StillRequest(self._clock() + timeout_s, ev)
        with self._changed:
            if self._status.state != "ended":
                self._stills.append(request)
                self._wake.set()
            else:
                request.done.set()
        request.done.wait(timeout_s)
        with self._changed:
            if request.still is not None:
                return request.still
            if request in self._stills:
                self._stills.remove(request)
        status = self.status()
        if status.state == "ended":
            raise EndOfFramesError("no picture was taken: the camera has been stopped; start again")
        reason = status.fault or "the camera was too slow"
        raise CameraError(f"no picture within {timeout_s:g} s: {reason}; press again")

    def status(self) -> FeedStatus:
        """What the feed is doing now; a driver stuck in a call counts as a fault."""
        with self._changed:
            status, ends_s = self._status, self._call_ends_s
        if ends_s is not None and status.state != "ended" and self._clock() > ends_s:
            hung = "the camera's driver does not answer; restart the program, or unplug and plug the camera"
            return replace(status, state="fault", fault=hung)
        return status

    @property
    def state(self) -> FeedState:
        """opening, live, fault or ended, as in FeedStatus."""
        return self.status().state

    @property
    def fault(self) -> str | None:
        """What is wrong, one line, or None."""
        return self.status().fault

    # What follows runs in the feed's thread.

    def _run(self) -> None:
        wait_s = self._first_wait_s
        while not self._stopping.is_set():
            before = self._status.frames
            try:
                self._live_until_fault()
            except EndOfFramesError as end:
                _log.info("camera: %s", end)
                break
            except Exception as error:  # noqa: BLE001  whatever a driver throws, opening it anew may help
                self._note_fault(error)
            if self._status.frames - before >= _WORKED_FRAMES:
                wait_s = self._first_wait_s  # a new fault, not the old one
            self._pause(wait_s)
            wait_s = min(2 * wait_s, self._longest_wait_s)
        self._end()

    def _live_until_fault(self) -> None:
        camera = self._in_time(_OPEN_S, self._open_camera)
        try:
            self._openings += 1
            lively = getattr(camera, "lively", False)
            read = partial(camera.read, self._read_timeout_s)
            while not self._stopping.is_set():
                self._take_stills(camera)
                frame = self._in_time(self._read_timeout_s, read)
                if lively:
                    self._frozen.check(frame)
                self._keep(frame)
        finally:
            self._close(camera)

    def _close(self, camera: Camera) -> None:
        try:
            self._in_time(_OPEN_S, camera.close)
        except Exception:  # noqa: BLE001  it is being given up anyway
            _log.debug("closing the camera failed", exc_info=True)

    def _take_stills(self, camera: Camera) -> None:
        while not self._stopping.is_set():
            with self._changed:
                if not self._stills:
                    return
                request = self._stills[0]  # stays there until it is served, whatever happens
            left_s = min(max(request.deadline_s - self._clock(), 0.1), _STILL_S)
            still = self._in_time(left_s, partial(camera.still, left_s, request.ev))
            with self._changed:
                request.still = still
                if request in self._stills:
                    self._stills.remove(request)
            request.done.set()

    def _in_time(self, limit_s: float, call: Callable[[], _T]) -> _T:
        with self._changed:
            self._call_ends_s = self._clock() + limit_s + _HANG_S
        try:
            return call()
        finally:
            with self._changed:
                self._call_ends_s = None

    def _keep(self, frame: Frame) -> None:
        with self._changed:
            before = self._status
            if before.state == "ended":
                return
            self._newest = replace(frame, number=before.frames + 1)
            self._status = FeedStatus(
                "live",
                None,
                before.frames + 1,
                before.dropped + (not self._taken),
                self._openings - 1,
            )
            self._taken = False
            self._changed.notify_all()
        if before.state != "live":
            self._faults_said.clear()
            _log.info("camera: live after %s, %s x %s", before.state, *frame.image.shape[1::-1])

    def _note_fault(self, error: Exception) -> None:
        text = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, CameraError):
            text = f"the camera's driver failed ({type(error).__name__}: {text}); it is opened again"
        with self._changed:
            if self._status.state == "ended":
                return
            # What was seen before a fault is not what is there now.
            dropped = self._status.dropped + (self._newest is not None and not self._taken)
            self._status = replace(self._status, state="fault", fault=text, dropped=dropped)
            self._newest = None
            self._taken = True
            self._changed.notify_all()
        if text not in self._faults_said:  # once each, not for every retry
            self._faults_said.add(text)
            _log.warning("camera: %s", text)
        _log.debug("camera fault", exc_info=error)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if self._stills:  # somebody pressed and waits
                seconds = self._first_wait_s
        if not self._stopping.is_set():
            self._wait(self._wake, seconds)
            self._wake.clear()

    def _end(self) -> None:
        with self._changed:
            self._status = replace(self._status, state="ended", fault=None)
            for request in self._stills:
                request.done.set()
            self._stills.clear()
            self._changed.notify_all()

    def _newer(self, after: int) -> Frame | None:
        frame = self._newest
        return frame if frame is not None and frame.number > after else None


class _Frozen:
    """Tells when a camera repeats one picture, as some drivers do instead of failing."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._patience_s = limit_s
        self._image: NDArray[np.uint8] | None = None
        self._since_s = 0.0

    def check(self, frame: Frame) -> None:
        """Raise CameraStalledError when pictures have been identical for the limit; 0 = never.

        Where opening the camera anew changes nothing, as under a lens cap, the limit doubles each time.
        """
        if self._limit_s <= 0:
            return
        if self._image is None or not np.array_equal(frame.image, self._image):
            self._image, self._since_s, self._patience_s = frame.image, frame.time_s, self._limit_s
        elif frame.time_s - self._since_s >= self._patience_s:
            self._since_s = frame.time_s
            self._patience_s *= 2
            raise CameraStalledError("the camera repeats one picture; it is opened again, check the lens")
