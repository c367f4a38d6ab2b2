"""Eight simulated hours, a shot each 20 s, guided all the while: memory, handles and threads stay equal."""

import gc
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from faults import FULL, PATIENCE_S, Lamp, StillFeed, report, shots_of
from framecue.album import AlbumSettings, open_album
from framecue.album.copies import Copies
from framecue.album.verify import verify
from framecue.album.watch import AlbumWatch
from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as StudioSettings
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.indicators.panel import Panel
from framecue.live import Pace, Pipeline
from framecue.studio.exact import ExactSegmenter

EVERY_S = 20
HOURS = 8.0 if FULL else 0.5
FRAMES = 4  # of the live path for each shot; each measured and guided as any other


def evening(folder: Path, hours: float) -> dict[str, Any]:
    """A booth's two paths at accelerated time; what was used after the first tenth, and at the end."""
    now = [0.0]
    camera = StudioCamera(StudioSettings(width=96, height=128), clock=lambda: now[0], wait=lambda _: None)
    settings = AlbumSettings(folder=folder / "album", min_free_mb=10, second=folder / "second")
    album, lamp = open_album(settings), Lamp()
    panel = Panel((lamp,), clock=lambda: now[0])
    copies = Copies(settings, panel.notice, mounts=list, clock=lambda: now[0])
    copies._refuse_same_disk = lambda _second: None  # type: ignore[method-assign]
    watch = AlbumWatch(album, 0, panel.notice, clock=lambda: now[0])
    pipeline = Pipeline(
        ExactSegmenter(lambda: camera), Guide(load_look("full-body", ()), 48.0, GuideSettings()), panel
    )
    start = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    shots = shots_of(StillFeed((64, 64)), album, lamp, now=lambda: start + timedelta(seconds=now[0]))
    shots.start()
    pace, presses = Pace(), round(hours * 3600 / EVERY_S)
    used: list[dict[str, float]] = []
    for number in range(presses):
        for _ in range(FRAMES):
            now[0] += EVERY_S / FRAMES
            pipeline.run(camera.read(1.0))
            pace.add(8.0)
        shots.press()
        lamp.wait_for(1, "saved")
        lamp.told.clear()
        watch.step()
        if number % 90 == 0:
            copies.step(new_shot=True)
            pace.summary(now[0])
        if number in (presses // 10, presses - 1):
            used.append(_used())
    shots.stop(PATIENCE_S)
    states = [finding.state for finding in verify(settings.folder)]
    album.close()
    return {
        "pressed": presses,
        "kept": states.count("ok"),
        "lost": shots.lost,
        "first": used[0],
        "last": used[-1],
    }


def _used() -> dict[str, float]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "megabytes": round(pages * os.sysconf("SC_PAGESIZE") / 1e6, 1),
        "handles": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
    }


@pytest.mark.slow
def test_a_night_keeps_every_shot_and_uses_no_more_at_its_end_than_early_on(tmp_path: Path) -> None:
    # A process of its own, whose memory is its own.
    words = [sys.executable, __file__, str(tmp_path), str(HOURS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    first, last = found["first"], found["last"]
    growth = last["megabytes"] / first["megabytes"] - 1
    report("hours", hours=HOURS, **found, growth=f"{growth:.2%}")
    assert found["kept"] == found["pressed"]
    assert found["lost"] == 0
    assert growth < 0.02
    assert (last["handles"], last["threads"]) == (first["handles"], first["threads"])


if __name__ == "__main__":
    print(json.dumps(evening(Path(sys.argv[1]), float(sys.argv[2]))))
