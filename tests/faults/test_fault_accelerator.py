"""An accelerator that hangs, dies or answers nonsense: cues within 2 s, and it is taken back later."""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from faults import PATIENCE_S, report, times
from framecue.segmentation.models import Models
from framecue.segmentation.process import ModelProcess
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
from framecue.segmentation.standby import StandbySegmenter

PICTURE = np.full((240, 320, 3), 128, np.uint8)
# The worker as it is, but for a file that says what its accelerator does from now on.
WORKER = """
import os, pathlib, sys, time
from framecue.segmentation import worker
told, real = pathlib.Path({told!r}), worker.Runtime
class Faulty(real):
    def invoke(self, *words, **more):
        fault = told.read_text() if told.exists() else ""
        if fault == "hangs":
            time.sleep(60)
        if fault == "dies":
            os.abort()
        return super().invoke(*words, **more)
worker.Runtime = Faulty
sys.exit(worker.main(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hangs", "dies", "answers nonsense"])
def test_cues_come_again_within_two_seconds(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, told, worst_s = max(times(51) // 3, 2), tmp_path / "fault", 0.0
    code = _nonsense(told) if fault == "answers nonsense" else WORKER.format(told=str(told))
    settings = SegmenterSettings(model="fast", answer_limit_s=1.0)
    models = Models(settings.folders)

    def main() -> object:
        with monkeypatch.context() as patch:
            staged = partial(ModelProcess, command=[sys.executable, "-c", code])
            patch.setattr("framecue.segmentation.segmenter.ModelProcess", staged)
            return open_segmenter(settings, models, tmp_path)

    standby = settings.model_copy(update={"answer_limit_s": 30.0})
    segmenter = StandbySegmenter(
        main,  # type: ignore[arg-type]
        lambda: open_segmenter(standby, models, tmp_path),
        wait=lambda event, _seconds: event.wait(0.05),
    )
    try:
        for _ in range(rounds):
            _until_main(segmenter)
            told.write_text(fault)
            began = time.monotonic()
            segmenter.segment(PICTURE)
            worst_s = max(worst_s, time.monotonic() - began)
            assert segmenter.fallback is not None
            told.unlink()
    finally:
        segmenter.close()
    report(f"accelerator {fault}", rounds=rounds, longest_gap_s=round(worst_s, 2))
    assert worst_s < 2.0


def _until_main(segmenter: StandbySegmenter) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while segmenter.fallback is not None:
        assert time.monotonic() < deadline, segmenter.fallback
        segmenter.segment(PICTURE)
        time.sleep(0.01)


def _nonsense(told: Path) -> str:
    """A worker that sends something else than an answer."""
    return (
        "import pathlib, socket, sys\n"
        "from framecue.segmentation import worker\n"
        f"told, send = pathlib.Path({str(told)!r}), socket.socket.send\n"
        "class Faulty(socket.socket):\n"
        "    def send(self, data, *more):\n"
        "        return super().send(b'nonsense' if told.exists() else data, *more)\n"
        "socket.socket = Faulty\n"
        "sys.exit(worker.main(sys.argv[1]))\n"
    )
