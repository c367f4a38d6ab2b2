"""`framecue bench portrait`: a 12-megapixel portrait's time and memory, and what it costs the live path."""

import importlib
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.errors import ModelError
from framecue.frame import Frame
from framecue.indicators.console import Driver as Console
from framecue.indicators.console import Settings as ConsoleSettings
from framecue.indicators.panel import Panel
from framecue.live import Pipeline
from framecue.portrait import PortraitSettings
from framecue.portrait.files import read_original
from framecue.portrait.jobs import Job, LocalWorkers
from framecue.portrait.make import Wanted, opened_maker
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
from framecue.settings import find_settings_file, load_settings
from framecue.studio import Scene, render

WIDTH, HEIGHT, FOV_DEG = 3000, 4000, 48.0
LIVE_S: Final = 3.0  # of live frames, at most, alone and beside a job
CAMERA_PER_S: Final = 30.0
LIMITS: Final = {"matte_s": 0.45, "whole_s": 1.2, "peak_mb": 450.0, "live_share": 0.8}


def bench_portrait(runs: int, model: str | None, as_json: bool) -> None:
    """Make the same portrait `runs` times; prints a table, or one JSON object.

    Raises ModelError when the model cannot be used.
    """
    segmenter = load_settings(find_settings_file()).segmenter
    if model is not None:
        segmenter = segmenter.model_copy(update={"model": model})
    settings = PortraitSettings(effect="blur", pets=False)
    with tempfile.TemporaryDirectory() as name:
        photo, out = Path(name) / "photo.jpg", Path(name) / "portrait.jpg"
        Image.fromarray(_picture(WIDTH, HEIGHT, 2.5)).save(photo, quality=92)
        job = Job(Wanted(photo, out), settings, segmenter)
        # A process of its own: its peak memory is the job's, and nothing else is in it.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            report = apart.submit(_timed, job, runs).result()
        report["live"] = _live(job)
    report = {
        "model": segmenter.model,
        "photo": [WIDTH, HEIGHT],
        "cores": len(os.sched_getaffinity(0)),
        "runs": runs,
        **report,
    }
    print(json.dumps(report) if as_json else _table(report))


def _picture(width: int, height: int, noise: float = 0.0) -> NDArray[np.uint8]:
    return render(
        Scene.random(seed=3), Pinhole(width, height, FOV_DEG, y=1.2, z=-3.0, pitch_deg=-2), noise
    ).image


def _timed(job: Job, runs: int) -> dict[str, Any]:
    """In the job's own process: medians of every stage, seconds, and its peak memory with its model's."""
    with opened_maker(job.settings, job.segmenter) as maker:
        maker.make(job.wanted)
        peak, model = _peak_mb("self"), sum(_peak_mb(child) for child in _children())
        pixels = read_original(job.wanted.photo).pixels
        matte_s = []
        for _ in range(runs):
            start = time.perf_counter()
            maker.matte(pixels, maker.choose(pixels)).apply(pixels)
            matte_s.append(time.perf_counter() - start)
        del pixels
        whole_s = _seconds(lambda: maker.make(job.wanted), runs)
        start = time.process_time()
        maker.make(job.wanted)
        whole_cpu_s = time.process_time() - start
    recipe_s = _seconds(_plain(job), runs)
    return {
        **_reference(job),
        "matte_s": round(median(matte_s), 3),
        "whole_s": round(whole_s, 3),
        "whole_cpu_s": round(whole_cpu_s, 3),
        "plain_recipe_s": round(recipe_s, 3),
        "peak_mb": round(peak),
        "model_process_mb": round(model),
    }


def _reference(job: Job) -> dict[str, float | None]:
    """Seconds of pymatting's closed form and foreground estimate at full resolution; None without it.

    Once only, with what the own matte leaves open as the unknown: it takes minutes and gigabytes.
    """
    if importlib.util.find_spec("pymatting") is None:
        return {"pymatting_s": None, "pymatting_foreground_s": None}
    pymatting: Any = importlib.import_module("pymatting")  # compiles for half a minute, which does not count
    with opened_maker(job.settings, job.segmenter) as maker:
        pixels = read_original(job.wanted.photo).pixels
        alpha = maker.matte(pixels, maker.choose(pixels)).apply(pixels) / 255
    trimap = np.where(alpha > 0.99, 1.0, np.where(alpha < 0.01, 0.0, 0.5))
    unit = pixels / 255.0
    spans = []
    for image, known in ((unit[::16, ::16], trimap[::16, ::16]), (unit, trimap)):
        start = time.perf_counter()
        found = pymatting.estimate_alpha_cf(image, known)
        middle = time.perf_counter()
        pymatting.estimate_foreground_ml(image, found)
        spans = [middle - start, time.perf_counter() - middle]
    return {"pymatting_s": round(spans[0], 1), "pymatting_foreground_s": round(spans[1], 1)}


def _peak_mb(process: str) -> float:
    """Peak resident memory; unlike getrusage's, without that of the process it was started from."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def _plain(job: Job) -> Callable[[], None]:
    """What is usually done: a mask, DeepLab's where it is installed, a threshold, and a box blur."""
    settings = job.segmenter.model_copy(update={"answer_limit_s": 30.0})
    try:
        segmenter = open_segmenter(settings.model_copy(update={"model": "deeplab"}))
    except ModelError:
        segmenter = open_segmenter(settings)
    out = job.wanted.photo.with_name("plain.jpg")

    def recipe() -> None:
        image = np.asarray(cv2.imread(str(job.wanted.photo), cv2.IMREAD_COLOR_RGB), np.uint8)
        height, width = image.shape[:2]
        small = np.asarray(cv2.resize(image, (768, 1024), interpolation=cv2.INTER_AREA), np.uint8)
        mask = (segmenter.segment(small).person > 0.5).astype(np.uint8)
        blurred = cv2.blur(image, (71, 71))
        cv2.copyTo(image, cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), blurred)
        cv2.imwrite(str(out), cv2.cvtColor(blurred, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 93])

    return recipe


def _seconds(work: Callable[[], object], runs: int) -> float:
    """Median seconds of some work, done once before it counts."""
    work()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def _live(job: Job) -> dict[str, float]:
    """Frames a second through the live path, alone and while jobs run, in turns."""
    picture = _picture(640, 480)
    settings: SegmenterSettings = job.segmenter.model_copy(update={"answer_limit_s": 30.0})
    guide = Guide(load_look("full-body"), FOV_DEG, GuideSettings())
    alone, beside = [], []
    cv2.setNumThreads(1)
    workers = LocalWorkers(job.settings.job_mb, 1)
    try:
        with open_segmenter(settings) as segmenter:
            pipeline = Pipeline(segmenter, guide, Panel([Console(ConsoleSettings(), stream=StringIO())]))
            workers.submit(job).result()  # its process is up and its model loaded
            for _ in range(2):
                alone.append(_rate(pipeline, picture, lambda: False))
                done = workers.submit(job)
                beside.append(_rate(pipeline, picture, done.done))
                done.result()
    finally:
        workers.close(at_once=True)
    return {
        "alone_per_s": round(median(alone), 1),
        "beside_per_s": round(median(beside), 1),
        "share": round(median(beside) / median(alone), 3),
    }


def _rate(pipeline: Pipeline, picture: NDArray[np.uint8], ended: Callable[[], bool]) -> float:
    """Frames a second of a camera that gives CAMERA_PER_S, for LIVE_S or until ended."""
    start = time.monotonic()
    frames = 0
    while (now := time.monotonic()) - start < LIVE_S and not ended():
        pipeline.run(Frame(picture, now, frames))
        frames += 1
        time.sleep(max(0.0, now + 1 / CAMERA_PER_S - time.monotonic()))
    return frames / (time.monotonic() - start)


def _table(report: dict[str, Any]) -> str:
    live = report["live"]
    width, height = report["photo"]
    return "\n".join(
        [
            f"{report['model']}, {width}x{height}, {report['cores']} cores, medians of {report['runs']}",
            f"matte                     {report['matte_s']:.2f} s    (limit {LIMITS['matte_s']:.2f})",
            f"whole portrait, JPEG both {report['whole_s']:.2f} s    (limit {LIMITS['whole_s']:.2f})",
            f"  time on its cores       {report['whole_cpu_s']:.2f} s    (the model's aside)",
            f"mask, threshold, box blur {report['plain_recipe_s']:.2f} s",
            "pymatting, full size, and colours "
            + (
                "not installed"
                if report["pymatting_s"] is None
                else f"{report['pymatting_s']:.1f} s and {report['pymatting_foreground_s']:.1f} s, once"
            ),
            f"peak memory               {report['peak_mb']} MB   (limit {LIMITS['peak_mb']:.0f}), "
            f"model's process {report['model_process_mb']} MB",
            f"live path                 {live['alone_per_s']} frames/s alone, {live['beside_per_s']} "
            f"beside a job: {live['share']:.0%} (limit {LIMITS['live_share']:.0%})",
        ]
    )
