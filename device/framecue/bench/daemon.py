"""A daemon of its own, watched from outside: time to the first cue, memory, time to stop."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.errors import FramecueError

SETTLE_S: Final = 4.0  # runs this long after the first cue, so that memory is what it stays at
START_LIMIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class DaemonFigures:
    """first_cue_s: from starting the command to its first cue. rss_mb: resident memory of both processes
    added up, libraries they share counted twice. pss_mb: the same, shared pages split among their users.
    stop_s: from SIGTERM to its end.
    """

    first_cue_s: float
    rss_mb: float
    pss_mb: float
    stop_s: float


def measure_daemon(model: str, picture: NDArray[np.uint8]) -> DaemonFigures:
    """Run `framecue run` on a picture. Raises FramecueError when no cue comes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(picture).save(folder / "scene.png")
        (folder / "booth.toml").write_text(
            f'[camera]\nkind = "files"\npath = "{folder}/scene.png"\nrate = 15\n'
            f'[segmenter]\nmodel = "{model}"\n[album]\nfolder = "{folder}/album"\nmin_free_mb = 10\n'
        )
        start = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "framecue", "run", "--config", str(folder / "booth.toml")],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
        ) as daemon:
            try:
                return _watch(daemon, start)
            finally:
                daemon.kill()


def _watch(daemon: "subprocess.Popen[bytes]", start_s: float) -> DaemonFigures:
    first_cue_s = _first_cue(daemon) - start_s
    time.sleep(SETTLE_S)
    processes = [daemon.pid, *_children(daemon.pid)]
    rss_mb = sum(_memory_mb(pid, "Rss") for pid in processes)
    pss_mb = sum(_memory_mb(pid, "Pss") for pid in processes)
    asked_s = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(10)
    return DaemonFigures(first_cue_s, rss_mb, pss_mb, time.monotonic() - asked_s)


def _first_cue(daemon: "subprocess.Popen[bytes]") -> float:
    """When the daemon said that it works, which it does right after its first cue; then drains its output."""
    assert daemon.stderr is not None
    timer = threading.Timer(START_LIMIT_S, daemon.kill)
    timer.start()
    lines = []
    for line in daemon.stderr:
        if b"working" in line:
            timer.cancel()
            threading.Thread(target=daemon.stderr.read, daemon=True).start()
            return time.monotonic()
        lines.append(line.decode(errors="replace").strip())
    timer.cancel()
    raise FramecueError(f"the daemon ended before its first cue: {' '.join(lines[-2:])}")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _memory_mb(pid: int, key: str) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
