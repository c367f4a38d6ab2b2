"""`framecue bench live`: frame to cue against the bare invoke of the same model, in alternating blocks."""

import io
import json
import os
import platform
import time
from dataclasses import asdict
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.bench.daemon import measure_daemon
from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.frame import Frame
from framecue.indicators.console import Driver as Console
from framecue.indicators.console import Settings as ConsoleSettings
from framecue.indicators.panel import Panel
from framecue.live import Pipeline
from framecue.segmentation.models import Models
from framecue.segmentation.runtime import Runtime
from framecue.segmentation.segmenter import ProcessSegmenter, open_segmenter
from framecue.settings import find_settings_file, load_settings
from framecue.studio import Scene, render

BLOCK: Final = 25  # frames of one kind in a row; short, so that a drifting machine slows both kinds alike
WARM_UP: Final = 10
WIDTH, HEIGHT, FOV_DEG = 640, 480, 48.0


def bench_live(frames: int, model: str | None, as_json: bool) -> None:
    """Time `frames` frames, and a running daemon; prints a table, or one JSON object.

    Raises ModelError when the model cannot be used.
    """
    settings = load_settings(find_settings_file()).segmenter
    if model is not None:
        settings = settings.model_copy(update={"model": model})
    pictures = _pictures()
    cv2.setNumThreads(1)  # as the daemon does
    models = Models(settings.folders)
    with open_segmenter(settings, models) as segmenter:
        name = segmenter.model
        # The same model as published, at the same input size, in this process: nothing but invoke is timed.
        bare = Runtime(models.locate(name), (), settings.threads)
        bare.resize(*segmenter.input_size(HEIGHT, WIDTH))
        timed = _alternate(segmenter, bare, pictures, frames)
    report = {
        "model": name,
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "threads": settings.threads,
        },
        "frame": [WIDTH, HEIGHT],
        "frames": frames,
        **timed,
        "daemon": asdict(measure_daemon(name, pictures[0])),
    }
    print(json.dumps(report) if as_json else _table(report))


def _pictures() -> list[NDArray[np.uint8]]:
    """A slowly turning view of somebody in a room, so that no two frames are alike."""
    scene = Scene.random(seed=3)
    pans = np.linspace(-4, 4, 12)
    return [render(scene, Pinhole(WIDTH, HEIGHT, FOV_DEG, z=-3.4, pan_deg=float(pan))).image for pan in pans]


def _alternate(
    segmenter: ProcessSegmenter, bare: Runtime, pictures: list[NDArray[np.uint8]], frames: int
) -> dict[str, Any]:
    console = Console(ConsoleSettings(), stream=io.StringIO())
    guide = Guide(load_look("full-body"), FOV_DEG, GuideSettings())
    pipeline = Pipeline(segmenter, guide, Panel([console]))
    bare_ms: list[float] = []
    whole_ms: list[float] = []
    stages_ms: dict[str, list[float]] = {}
    for number in range(-WARM_UP, frames):
        if number % BLOCK == 0:
            bare_ms += [_bare_invoke_ms(bare) for _ in range(BLOCK)]
        frame = Frame(pictures[number % len(pictures)], time.monotonic(), number)
        start = time.perf_counter()
        moment = pipeline.run(frame)
        took_ms = (time.perf_counter() - start) * 1000
        if number >= 0:
            whole_ms.append(took_ms)
            for stage, ms in _stages(segmenter, moment.stages, took_ms).items():
                stages_ms.setdefault(stage, []).append(ms)
    reference, whole = _spread(bare_ms), _spread(whole_ms)
    return {
        "bare_invoke_ms": reference,
        "frame_to_cue_ms": whole,
        "ratio_p50": round(whole["p50"] / reference["p50"], 2),
        "above_p50_ms": round(whole["p50"] - reference["p50"], 2),
        "stages_ms": {stage: _spread(values) for stage, values in stages_ms.items()},
    }


def _bare_invoke_ms(runtime: Runtime) -> float:
    start = time.perf_counter()
    runtime.invoke()
    return (time.perf_counter() - start) * 1000


def _stages(segmenter: ProcessSegmenter, outer: dict[str, float], took_ms: float) -> dict[str, float]:
    """All stages of one frame in their order, milliseconds; `rest` is what lies between them."""
    timing = segmenter.last_timing
    assert timing is not None
    inner = {name.removesuffix("_s"): seconds * 1000 for name, seconds in asdict(timing).items()}
    stages = {**inner, **{name: ms for name, ms in outer.items() if name != "segment"}}
    return {**stages, "rest": took_ms - sum(stages.values())}


def _spread(values: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 3), "p99": round(float(p99), 3)}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = [
                line.partition(":")[2].strip() for line in file if line.startswith(("model name", "Model"))
            ]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _table(report: dict[str, Any]) -> str:
    machine, daemon = report["machine"], report["daemon"]
    rows = [
        ("bare invoke", report["bare_invoke_ms"]),
        ("frame to cue", report["frame_to_cue_ms"]),
        *((f"  {stage}", spread) for stage, spread in report["stages_ms"].items()),
    ]
    width, height = report["frame"]
    return "\n".join(
        [
            f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, "
            f"Python {machine['python']}",
            f"{report['model']}, {width}x{height}, {report['frames']} frames, milliseconds",
            "",
            f"{'':<16}{'p50':>9}{'p99':>9}",
            *(f"{name:<16}{spread['p50']:>9.2f}{spread['p99']:>9.2f}" for name, spread in rows),
            "",
            f"frame to cue is {report['ratio_p50']:.2f} x the bare invoke (limit 1.60), "
            f"{report['above_p50_ms']:.2f} ms above it (limit 4.00)",
            f"daemon: first cue {daemon['first_cue_s']:.2f} s after starting (limit 3), "
            f"{daemon['rss_mb']:.0f} MB resident in both processes (limit 250), "
            f"stop {daemon['stop_s']:.2f} s (limit 2)",
        ]
    )
