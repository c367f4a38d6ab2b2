"""The parent's side of the model's process: feed it, wait for it, kill it, replace it."""

import fcntl
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from framecue import errors
from framecue.errors import FramecueError, SegmenterError
from framecue.segmentation import Tensor
from framecue.segmentation.worker import ANSWER, ANSWER_KIND, MESSAGE_LIMIT, REQUEST

START_LIMIT_S: Final = 15.0  # a Pi Zero takes five to import numpy and find its Edge TPU
FIRST_TIMES: Final = 5  # as long may a process's first run take: it packs the weights, cold and beside others
REAP_LIMIT_S: Final = 1.0  # a process stuck in a driver may outlive its SIGKILL
BACKOFF_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # by deaths since the last answer
ENDED: Final = "the model's process was ended"
WORKER: Final = (sys.executable, "-P", "-m", "framecue.segmentation.worker")


@dataclass(frozen=True, slots=True)
class Answer:
    """One run's outputs by name, and seconds: in the bare invoke, and on the way there and back."""

    outputs: dict[str, Tensor]
    invoke_s: float
    hop_s: float


class ModelProcess:
    """A model in a process of its own that can hang or die without taking anything with it.

    model: the model's bytes, kept here, so a replacement needs no disk.
    outputs: names of the tensors wanted. threads: CPU threads. edge_tpu: library, "" for the CPU.
    answer_limit_s: seconds after which a run counts as hung; a new process's first has five times as long.
    clock: seconds, monotonic; command: what to start instead of the worker; both for staging faults.

    Use from one thread at a time; `close` may come from another. Whatever goes wrong in `input` or `invoke`
    raises SegmenterError, and the replacement is on its way by then; its cause is the error that the model's
    process reported, if it did. A process that keeps dying before it answers is started less and less often.
    """

    def __init__(
        self,
        model: bytes,
        outputs: Sequence[str],
        *,
        threads: int = 2,
        edge_tpu: str = "",
        answer_limit_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        command: Sequence[str] = WORKER,
    ) -> None:
        self._order = {"outputs": list(outputs), "threads": threads, "edge_tpu": edge_tpu}
        self._answer_limit_s = answer_limit_s
        self._clock, self._command = clock, command
        self._model = _shared("framecue-model", model)
        self._child: _Child | None = None
        self._turn = threading.RLock()  # who holds it may use the child's descriptors
        self._closing = False
        self._deaths, self._not_before, self._number = 0, 0.0, 0
        self.fixed_size: tuple[int, int] | None = None
        try:
            self._start()
        except SegmenterError:
            self.close()
            raise

    @property
    def pid(self) -> int | None:
        """The process's id; None between a death and the replacement's start."""
        return None if self._child is None else self._child.process.pid

    def wait_ready(self) -> None:
        """Wait until the model is loaded, starting its process where there is none.

        `fixed_size` is then the input (height, width) of a model that takes no other, else None.
        Raises SegmenterError, with the reported error as its cause, when it does not start.
        """
        with self._turn:
            if self._closing:
                raise SegmenterError(ENDED)
            if self._child is None:
                wait_s = self._not_before - self._clock()
                if wait_s > 0:
                    raise SegmenterError(f"the model's process keeps dying; next try in {wait_s:.1f} s")
                self._start()
            if self._child is not None and not self._child.ready:
                told = self._told(self._receive(START_LIMIT_S))
                try:
                    size = told["fixed_size"]
                    self.fixed_size = size and (int(size[0]), int(size[1]))
                except (KeyError, TypeError, ValueError, IndexError) as error:
                    self._fail(f"answered nonsense ({error!r})")
                self._child.ready = True

    def input(self, height: int, width: int) -> NDArray[np.uint8]:
        """Where to write the next picture: (height, width, 3) uint8 RGB in memory the process sees.

        Valid until the next call of `input` after a fault; write, then `invoke`.
        """
        with self._turn:
            self.wait_ready()
            assert self._child is not None
            return self._child.input(height, width)

    def invoke(self) -> Answer:
        """Run the model on what was written to the last `input`; the outputs are copies."""
        with self._turn:
            return self._invoke()

    def close(self) -> None:
        """End the process, in the middle of a run if need be; may be called twice."""
        self._closing = True
        child = self._child
        if child is not None:
            child.hang_up()  # whoever waits for an answer gets its end, and lets go of its turn
        with self._turn:
            if self._child is not None:
                self._child.end()
                self._child = None
            if self._model >= 0:
                os.close(self._model)
                self._model = -1

    def _invoke(self) -> Answer:
        child = self._child
        if child is None or not child.ready:
            raise SegmenterError("the model's process was lost before the run")
        self._number += 1
        start = time.perf_counter()
        try:
            child.channel.send(REQUEST.pack(self._number, *child.size))
        except OSError:
            self._fail("died")
        limit_s = self._answer_limit_s * (1 if child.answered else FIRST_TIMES)
        message = self._receive(limit_s)
        try:
            if not message.startswith(ANSWER_KIND):
                child.lay_out(self._told(message)["layout"])
                message = self._receive(limit_s)
            _, number, invoke_s = ANSWER.unpack(message)
            if number != self._number or list(child.outputs) != self._order["outputs"]:
                raise ValueError(f"run {number} with {list(child.outputs)}")
        except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
            self._fail(f"answered nonsense ({error})")
        outputs = {name: replace(there, raw=there.raw.copy()) for name, there in child.outputs.items()}
        self._deaths, child.answered = 0, True
        return Answer(outputs, invoke_s, time.perf_counter() - start - invoke_s)

    def _start(self) -> None:
        try:
            self._child = _Child(self._command, self._order, self._model)
        except OSError as error:  # out of memory, of processes or of file descriptors
            raise SegmenterError(f"the model's process cannot be started: {error.strerror}") from error

    def _receive(self, limit_s: float) -> bytes:
        assert self._child is not None
        try:
            self._child.channel.settimeout(limit_s)
            message = self._child.channel.recv(MESSAGE_LIMIT)
        except TimeoutError:
            self._fail(f"gave no answer within {limit_s:g} s")
        except OSError:
            message = b""
        if not message:
            self._fail("died")
        return message

    def _told(self, message: bytes) -> dict[str, Any]:
        try:
            told = json.loads(message)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            self._fail(f"answered nonsense ({message[:40]!r})")
        if "error" in told:
            self._fail(f"gave up: {told.get('message')}", _reported(told))
        return told

    def _fail(self, reason: str, cause: FramecueError | None = None) -> NoReturn:
        """Kill the process, start its replacement or set the time for that, and raise."""
        assert self._child is not None
        child, self._child = self._child, None
        if self._closing:
            child.end()
            raise SegmenterError(ENDED)
        # Its socket ends a moment before it does, and how it ended is worth knowing.
        last_words = child.kill(patience_s=0.2 if reason == "died" else 0.0)
        delay_s = BACKOFF_S[min(self._deaths, len(BACKOFF_S) - 1)]
        self._deaths += 1
        self._not_before = self._clock() + delay_s
        if child.ready and delay_s == 0:
            self._start()
        what = f"the model's process {reason}{last_words}"
        raise SegmenterError(f"{what}; it is being replaced") from cause


class _Child:
    """One life of the process: its socket, its memory and what it said last."""

    def __init__(self, command: Sequence[str], order: dict[str, Any], model_fd: int) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._input_fd, self._output_fd = _shared("framecue-input"), _shared("framecue-output")
        self._errors_fd = os.memfd_create("framecue-errors")
        fds = {"model_fd": model_fd, "input_fd": self._input_fd, "output_fd": self._output_fd}
        fds["channel_fd"] = theirs.fileno()
        try:
            with theirs:
                self.process = subprocess.Popen(
                    [*command, json.dumps({**order, **fds})],
                    pass_fds=list(fds.values()),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors_fd,
                    # Ctrl-C and `timeout` signal whole groups; the parent decides when this one ends.
                    process_group=0,
                    # LiteRT has threads of its own; numpy's would only cost memory.
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                )
        except OSError:
            self.channel.close()
            self._close_memory()
            raise
        self.ready = self.answered = False
        self.size = (0, 0)
        self.outputs: dict[str, Tensor] = {}
        self._input = np.empty(0, np.uint8)

    def input(self, height: int, width: int) -> NDArray[np.uint8]:
        """The start of the input memory as (height, width, 3), grown where it is too small."""
        size = height * width * 3
        if self._input.size < size:
            os.ftruncate(self._input_fd, size)
            self._input = np.frombuffer(mmap.mmap(self._input_fd, size), np.uint8)
        self.size = (height, width)
        return self._input[:size].reshape(height, width, 3)

    def lay_out(self, layout: list[dict[str, Any]]) -> None:
        """See the outputs where they lie; ValueError, TypeError or KeyError where that makes no sense."""
        memory = mmap.mmap(self._output_fd, 0, prot=mmap.PROT_READ)
        self.outputs = {}
        for entry in layout:
            shape, offset = tuple(int(length) for length in entry["shape"]), int(entry["offset"])
            dtype = np.dtype(entry["dtype"])
            if dtype.kind not in "iuf" or min(shape, default=0) < 0 or offset < 0:
                raise ValueError(f"output {entry}")
            there: NDArray[Any] = np.ndarray(shape, dtype, memory, offset)  # refuses to reach past the end
            self.outputs[entry["name"]] = Tensor(there, float(entry["scale"]), int(entry["zero_point"]))

    def hang_up(self) -> None:
        """End its socket, and so, in a while, the process. From any thread."""
        with suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Let it end by itself if it can; an Edge TPU killed in the middle may need replugging."""
        self.channel.close()
        if self.ready:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(REAP_LIMIT_S)
        self.kill()

    def kill(self, patience_s: float = 0.0) -> str:
        """Kill it and let everything go; returns how it ended, for the message."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_s)
        killed = self.process.returncode is None
        self.process.kill()
        self.channel.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(REAP_LIMIT_S)
        words = _last_line(self._errors_fd)
        self._close_memory()
        status = self.process.returncode
        if killed or status is None:
            return words
        return f" ({signal.Signals(-status).name if status < 0 else f'exit status {status}'}){words}"

    def _close_memory(self) -> None:
        """What is mapped stays readable until nobody looks at it any more."""
        for fd in (self._input_fd, self._output_fd, self._errors_fd):
            os.close(fd)


def _shared(name: str, content: bytes = b"") -> int:
    """A new memory file that nobody can shrink under the other's feet."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.truncate(fd, len(content))
    os.pwrite(fd, content, 0)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    return fd


def _last_line(fd: int) -> str:
    """What the process said last on its stderr, LiteRT's own chatter left out."""
    size = os.fstat(fd).st_size
    lines = os.pread(fd, 2000, max(0, size - 2000)).decode(errors="replace").splitlines()
    told = [line.strip() for line in lines if line.strip() and not line.startswith(("INFO:", "WARNING:"))]
    return f": {told[-1][:200]}" if told else ""


def _reported(answer: dict[str, Any]) -> FramecueError:
    """The error that the process met, as the class it named."""
    kind = getattr(errors, str(answer["error"]), None)
    if not (isinstance(kind, type) and issubclass(kind, FramecueError)):
        kind = SegmenterError
    return kind(str(answer.get("message")))
