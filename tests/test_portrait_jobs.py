"""Renders as jobs: done once, after restarts too, and by processes that may die."""

import json
import os
import time
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import pytest

from framecue.album import Shot
from framecue.errors import SettingsError
from framecue.portrait import PortraitSettings
from framecue.portrait.darkroom import Darkroom, mark_of
from framecue.portrait.jobs import Job, LocalWorkers, Outcome, fitting, open_workers
from framecue.portrait.make import Wanted
from framecue.segmentation.segmenter import SegmenterSettings

BLUR = PortraitSettings(effect="blur", pets=False)
MODEL = SegmenterSettings(model="fine")


def copy(job: Job) -> Outcome:
    """What stands in for rendering: fast, and it tells in which process and how modestly it ran."""
    assert job.wanted.out is not None
    job.wanted.out.write_text(f"{os.getpid()} {os.nice(0)}")
    return Outcome("made")


def die_once(job: Job) -> Outcome:
    """Ends its process at the first try, as the kernel does when memory is short."""
    assert job.wanted.out is not None
    tried = job.wanted.out.with_suffix(".tried")
    if not tried.exists():
        tried.touch()
        os._exit(9)
    return copy(job)


def die(_job: Job) -> Outcome:
    os._exit(9)


class Counting:
    """Workers that note every job and do it at once."""

    count = 1

    def __init__(self, state: str = "made") -> None:
        self.jobs: list[Job] = []
        self.state = state
        self.closed = False

    def submit(self, job: Job) -> "Future[Outcome]":
        self.jobs.append(job)
        done: Future[Outcome] = Future()
        if self.state == "made" and job.wanted.out is not None:
            job.wanted.out.write_bytes(b"x")
        done.set_result(Outcome(self.state, "why"))  # type: ignore[arg-type]
        return done

    def close(self, at_once: bool = False) -> None:
        self.closed = at_once


def shot(folder: Path, number: int) -> Shot:
    original = folder / f"20261121-1412{number:02d}-{number:04d}-full-body.jpg"
    original.write_bytes(b"jpeg")
    return Shot(original, number, datetime.now(UTC), "full-body", None)


def darkroom(folder: Path, workers: Counting, **settings: object) -> Darkroom:
    wanted = BLUR.model_copy(update=settings)
    return Darkroom(wanted, MODEL, folder, open_workers=lambda _: workers)


def test_a_job_is_done_once_and_not_again_after_a_restart(tmp_path: Path) -> None:
    workers, told = Counting(), []
    first = Darkroom(BLUR, MODEL, tmp_path, ready=told.append, open_workers=lambda _: workers)
    one = shot(tmp_path, 1)
    first.add(one)
    first.add(one)
    assert first.wait(5)
    assert len(workers.jobs) == 1
    assert told == [tmp_path / "20261121-141201-0001-full-body.portrait.jpg"]
    assert json.loads(mark_of(one.original).read_text())["state"] == "made"
    first.stop()
    assert workers.closed
    again = Counting()
    darkroom(tmp_path, again).start()
    assert again.jobs == []


def test_what_was_left_undone_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        shot(tmp_path, number)
    mark_of(shot(tmp_path, 2).original).write_text("{}")
    (tmp_path / "20261121-141203-0003-full-body.crop.jpg").write_bytes(b"made by others")
    workers = Counting()
    room = darkroom(tmp_path, workers)
    room.start()
    assert room.wait(5)
    assert [job.wanted.photo.name[16:20] for job in workers.jobs] == ["0001", "0003"]


@pytest.mark.parametrize("state", ["nobody", "failed"])
def test_what_cannot_be_rendered_is_not_tried_for_ever(tmp_path: Path, state: str) -> None:
    workers = Counting(state)
    room = darkroom(tmp_path, workers)
    room.add(shot(tmp_path, 1))
    assert room.wait(5)
    again = Counting(state)
    darkroom(tmp_path, again).start()
    assert again.jobs == []


def test_without_an_effect_nothing_is_rendered(tmp_path: Path) -> None:
    workers = Counting()
    room = darkroom(tmp_path, workers, effect="none")
    shot(tmp_path, 1)
    room.start()
    room.add(shot(tmp_path, 2))
    assert workers.jobs == []


def job(folder: Path, name: str) -> Job:
    return Job(Wanted(folder / f"{name}.jpg", folder / f"{name}.out"), BLUR, MODEL)


@pytest.mark.slow
def test_jobs_run_in_other_processes_that_give_way(tmp_path: Path) -> None:
    workers = LocalWorkers(450, 1, do=copy)
    try:
        assert workers.submit(job(tmp_path, "a")).result(60) == Outcome("made")
    finally:
        workers.close()
    pid, nice = (tmp_path / "a.out").read_text().split()
    assert int(pid) != os.getpid()
    assert int(nice) == 19


@pytest.mark.slow
def test_a_process_that_dies_costs_a_second_try_and_no_more(tmp_path: Path) -> None:
    workers = LocalWorkers(450, 1, do=die_once)
    try:
        assert workers.submit(job(tmp_path, "a")).result(60) == Outcome("made")
    finally:
        workers.close()
    workers = LocalWorkers(450, 1, do=die)
    try:
        outcome = workers.submit(job(tmp_path, "b")).result(60)
        assert outcome.state == "failed"
        assert "\n" not in outcome.message
    finally:
        workers.close(at_once=True)


def wait_long(_job: Job) -> Outcome:
    import threading

    threading.Event().wait(60)
    return Outcome("made")


@pytest.mark.slow
def test_closing_at_once_does_not_wait(tmp_path: Path) -> None:
    workers = LocalWorkers(450, 1, do=wait_long)
    promised = workers.submit(job(tmp_path, "a"))
    start = time.monotonic()
    workers.close(at_once=True)
    assert promised.cancelled() or promised.result(30).state == "failed"
    assert time.monotonic() - start < 30


def test_as_many_at_once_as_memory_holds() -> None:
    assert fitting(10) == len(os.sched_getaffinity(0))
    assert fitting(100_000_000) == 1


def test_addresses_that_are_none_are_one_line() -> None:
    with pytest.raises(SettingsError, match="dask://HOST:PORT"):
        open_workers("http://example.org", 450)


def test_a_dask_cluster_does_the_same_jobs(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    from PIL import Image

    from portraits import view

    Image.fromarray(view().image).save(tmp_path / "a.png")
    wanted = Wanted(tmp_path / "a.png", tmp_path / "out.png")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        workers = open_workers(cluster.scheduler_address.replace("tcp://", "dask://"), 450)
        try:
            assert workers.submit(Job(wanted, BLUR, MODEL)).result(120) == Outcome("made")
        finally:
            workers.close()
    assert (tmp_path / "out.png").exists()
