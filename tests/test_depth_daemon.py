"""Depth in the booth as it runs: a process of its own, shots with maps, a sensor that dies and returns."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as StudioSettings
from framecue.depth.stored import read_map

pytestmark = pytest.mark.slow
SETTINGS = """
{camera}
[depth]
kind = "{depth}"
[segmenter]
model = "fast"
answer_limit_s = 10
[album]
folder = "{folder}/album"
min_free_mb = 10
[crop]
on = false
[booth]
status_every_s = 5
start_limit_s = 60
still_limit_s = 30
"""
STUDIO = """[camera]
kind = "studio"
width = 320
height = 240
still_width = 640
still_height = 480
rate = 10"""


class Daemon:
    """`framecue run`, shot at by Enter; what it logs is read until a line says what is waited for."""

    def __init__(self, folder: Path, camera: str, depth: str) -> None:
        self.album = folder / "album"
        settings = folder / "framecue.toml"
        settings.write_text(SETTINGS.format(camera=camera, depth=depth, folder=folder))
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "framecue", "run", "--config", str(settings)],
            env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, words: str) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if words in line:
                return
        raise AssertionError(f"ended without {words!r}: {self.lines[-20:]}")

    def shoot(self) -> Path:
        """Press, wait until it is safe; its original."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.wait_for("shot kept: ")
        return Path(self.lines[-1].split("shot kept: ")[1].strip())

    def stop(self) -> str:
        """Stop it as systemd does; all it has said."""
        self.process.terminate()
        _, rest = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return "".join(self.lines) + rest


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    started: list[Daemon] = []
    yield started
    for each in started:
        each.process.kill()
        each.process.wait()


def test_shots_of_the_daemon_keep_what_its_depth_sensor_saw(tmp_path: Path, daemons: list[Daemon]) -> None:
    daemons.append(daemon := Daemon(tmp_path, STUDIO, "studio"))
    daemon.wait_for("depth sensor: maps of")
    original = daemon.shoot()
    said = daemon.stop()
    depth_m = read_map(original.with_suffix(".depth.png"))
    known = depth_m[depth_m > 0]
    assert 1.0 < float(np.percentile(known, 5)) < float(np.percentile(known, 95)) < 20.0
    assert known.size > 0.5 * depth_m.size
    assert "Traceback" not in said


def test_a_depth_sensor_that_dies_is_left_out_and_taken_back_while_shots_go_on(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    camera = StudioCamera(StudioSettings(kind="studio", seed=3, width=320, height=240, distance_m=3.4))
    frame = camera.read(5)
    Image.fromarray(frame.image).save(photos / "one.png")
    assert frame.depth_m is not None
    millimetres = np.clip(np.nan_to_num(frame.depth_m, posinf=0.0) * 1000, 0, 65535).astype(np.uint16)
    _, whole = cv2.imencode(".png", millimetres)
    stored = photos / "one.depth.png"
    stored.write_bytes(whole.tobytes())
    shown = f'[camera]\nkind = "files"\npath = "{photos}/one.png"\nrate = 10'
    daemons.append(daemon := Daemon(tmp_path, shown, "files"))
    daemon.wait_for("depth sensor: maps of")
    shots = [daemon.shoot()]
    stored.write_bytes(b"\x89PNG torn")
    daemon.wait_for("distances are told from sizes in the picture")
    time.sleep(0.6)  # the double press's guard
    shots.append(daemon.shoot())
    stored.write_bytes(whole.tobytes())
    daemon.wait_for("depth sensor: maps of")
    shots.append(daemon.shoot())
    said = daemon.stop()
    assert [shot.with_suffix(".depth.png").exists() for shot in shots] == [True, False, True]
    assert said.count("distances are told from sizes in the picture") == 1
    assert "3 shots kept" in said
    assert "Traceback" not in said
