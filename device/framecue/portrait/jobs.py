"""Renders as jobs: in processes of low priority on this machine, or on a Dask cluster.

A job is known by its output: it is done when that file is there, so doing it again after a crash is safe.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from framecue.errors import FramecueError, NobodyError, SettingsError
from framecue.portrait import PortraitSettings
from framecue.portrait.make import Maker, Wanted, opened_maker
from framecue.segmentation.segmenter import SegmenterSettings

SPARE_MB: Final = 300  # left to everything else
_TRIES: Final = 2  # of a job whose process died
_DASK: Final = "dask://"


@dataclass(frozen=True, slots=True)
class Job:
    """One portrait to make, and how."""

    wanted: Wanted
    settings: PortraitSettings
    segmenter: SegmenterSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. message: a line for people; empty where all went as wished."""

    state: Literal["made", "nobody", "failed"]
    message: str = ""


class Workers(Protocol):
    """Whoever does the jobs."""

    count: int  # jobs done at the same time

    def submit(self, job: Job) -> "Future[Outcome]":
        """Do a job some time; its future never raises what the job itself met."""

    def close(self, at_once: bool = False) -> None:
        """Take no more jobs, and let go of those that have not begun; at once, of those that have, too."""


def render(job: Job) -> Outcome:
    """Do one job, in this process; every fault that was made for people is in the outcome."""
    try:
        made = _maker(job.settings.model_dump_json(), job.segmenter.model_dump_json()).make(job.wanted)
    except NobodyError as error:
        return Outcome("nobody", str(error))
    except FramecueError as error:
        return Outcome("failed", str(error))
    except MemoryError:
        return Outcome("failed", f"{job.wanted.photo} needs more memory than there is; scale it down first")
    return Outcome("made", "; ".join(made.notes))


class LocalWorkers:
    """Processes of this machine that give way to everything else; count: how many, by memory if None."""

    def __init__(self, job_mb: int, count: int | None = None, do: Callable[[Job], Outcome] = render) -> None:
        self.count = count or fitting(job_mb)
        self._do = do
        self._closed = False
        self._pool = self._opened()

    def submit(self, job: Job) -> "Future[Outcome]":
        """As in Workers. A job whose process died is tried once more, in a new one."""
        promised: Future[Outcome] = Future()
        self._try(job, promised, _TRIES)
        return promised

    def close(self, at_once: bool = False) -> None:
        """As in Workers."""
        self._closed = True
        processes = list((self._pool._processes or {}).values())  # 3.14 has kill_workers for this
        self._pool.shutdown(wait=not at_once, cancel_futures=True)
        if at_once:
            for process in processes:
                process.kill()

    def _try(self, job: Job, promised: "Future[Outcome]", tries: int) -> None:
        try:
            trial = self._pool.submit(self._do, job)
        except BrokenProcessPool:
            self._pool = self._opened()
            trial = self._pool.submit(self._do, job)

        def answer(done: "Future[Outcome]") -> None:
            if done.cancelled():
                promised.cancel()
                return
            error = done.exception()
            if isinstance(error, BrokenProcessPool) and tries > 1 and not self._closed:
                self._try(job, promised, tries - 1)
            elif error is not None:
                died = isinstance(error, BrokenProcessPool)
                reason = "its process was ended" if died else f"{type(error).__name__}: {error}"
                promised.set_result(Outcome("failed", f"{job.wanted.photo} was not rendered ({reason})"))
            else:
                promised.set_result(done.result())

        trial.add_done_callback(answer)

    def _opened(self) -> ProcessPoolExecutor:
        # Spawned, not forked: the booth has threads. An initializer would be lost on the pool's own restart.
        return ProcessPoolExecutor(self.count, mp_context=get_context("spawn"), initializer=_give_way)


class DaskWorkers:
    """An existing Dask cluster, whose workers see the same files under the same names."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise SettingsError(
                f"workers {address}: Dask is not installed; pip install 'framecue[cluster]'"
            ) from None
        try:
            self._client: Any = Client("tcp://" + address.removeprefix(_DASK), timeout=10)
        except (OSError, ValueError) as error:
            raise SettingsError(f"workers {address}: no cluster answers there ({error}); check it") from None
        self.count = max(1, sum(self._client.nthreads().values()))

    def submit(self, job: Job) -> "Future[Outcome]":
        """As in Workers."""
        promised: Future[Outcome] = Future()

        def answer(done: Any) -> None:
            error = done.exception()
            lost = Outcome("failed", f"{job.wanted.photo} was not rendered ({error})")
            promised.set_result(done.result() if error is None else lost)

        self._client.submit(render, job, pure=False).add_done_callback(answer)
        return promised

    def close(self, at_once: bool = False) -> None:  # noqa: ARG002
        """As in Workers; the cluster itself goes on."""
        self._client.close()


def open_workers(address: str | None, job_mb: int, count: int | None = None) -> Workers:
    """Workers at an address, such as dask://10.0.0.5:8786, or on this machine without one.

    Raises SettingsError for an address of no such kind, or where no cluster answers.
    """
    if address is None:
        return LocalWorkers(job_mb, count)
    if not address.startswith(_DASK):
        raise SettingsError(f"workers {address}: is no address of workers; write dask://HOST:PORT")
    return DaskWorkers(address)


def fitting(job_mb: int) -> int:
    """How many jobs of that size fit into the memory that is free, one a core at most, one at least."""
    free = _free_mb()
    by_memory = 1 if free is None else int((free - SPARE_MB) // job_mb)
    return max(1, min(by_memory, len(os.sched_getaffinity(0))))


def _free_mb() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) / 1024 if found else None


def _give_way() -> None:
    """Run only when nothing else wants the cores; the model's process is started from here and does too."""
    os.nice(19)


@cache
def _maker(settings: str, segmenter: str) -> Maker:
    """The process's own maker, kept for the jobs to come."""
    import atexit

    stack = ExitStack()
    maker = stack.enter_context(
        opened_maker(
            PortraitSettings.model_validate_json(settings), SegmenterSettings.model_validate_json(segmenter)
        )
    )
    atexit.register(stack.close)
    return maker
