"""Every kind of depth sensor before a wall or a scene, on simulated hardware and simulated time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from framecue.depth import DEPTHS, DepthFrame, DepthSensor, DepthSettings, arducam, files, studio, vl53
from framecue.depth.arducam_twin import TwinArducam
from framecue.depth.vl53_twin import TwinBus, TwinVl53
from framecue.frame import Frame

KINDS = ("arducam", "vl53", "files", "studio")
HARDWARE = ("arducam", "vl53", "vl53l8cx")


class Clock:
    """Time that passes only when a test, or somebody who waits, lets it."""

    def __init__(self) -> None:
        self.now_s = 10.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


class DepthRig:
    """One kind of sensor, looking straight at a wall two metres away; the studio's at its own scene."""

    def __init__(self, kind: str, folder: Path, **more: Any) -> None:
        self.clock = Clock()
        self.newer = kind == "vl53l8cx"
        if self.newer:
            kind, more = "vl53", {"firmware": st_header(folder), **more}
        settings = DEPTHS.settings({"kind": kind, **more})
        assert isinstance(settings, DepthSettings)
        self.settings: DepthSettings = settings
        self.arducam = TwinArducam(self.clock.wait)
        self.chip = TwinVl53((0xF0, 0x0C) if self.newer else (0xF0, 0x02), self.clock)
        self.bus = TwinBus(self.chip)
        self.photo = folder / "photo.jpg"
        self.frame: Frame | None = None
        if kind == "files":
            cv2.imwrite(str(folder / "photo.depth.png"), np.full((90, 120), 2000, np.uint16))
            self.frame = Frame(np.zeros((90, 120, 3), np.uint8), 10.0, 1, metadata={"photo": str(self.photo)})
        if kind == "studio":
            pose = {"x_m": 0.0, "y_m": 1.2, "z_m": -3.0, "pitch_deg": 0.0, "pan_deg": 0.0, "roll_deg": 0.0}
            told = {"camera": "studio", "seed": 3, "people": 1, "pose": pose}
            self.frame = Frame(np.zeros((120, 160, 3), np.uint8), 10.0, 1, metadata=told)

    def seen(self, _: float) -> Frame | None:
        """The camera's newest frame."""
        return self.frame

    def open(self) -> DepthSensor:
        made: dict[str, Callable[[Any], DepthSensor]] = {
            "arducam": lambda s: arducam.Driver(s, self.seen, library=self.arducam, clock=self.clock),
            "vl53": lambda s: vl53.Driver(
                s, self.seen, bus=self._wired(), clock=self.clock, wait=self.clock.wait
            ),
            "files": lambda s: files.Driver(s, self.seen, self.clock, self.clock.wait),
            "studio": lambda s: studio.Driver(s, self.seen, self.clock, self.clock.wait),
        }
        return made[self.settings.kind](self.settings)

    def read(self, sensor: DepthSensor, count: int = 1) -> DepthFrame:
        """The last of so many maps."""
        for _ in range(count):
            frame = sensor.read(3.0)
        return frame

    def break_it(self, fault: Any) -> None:
        """Stage a fault of the hardware."""
        self.arducam.fault = self.chip.fault = fault

    def _wired(self) -> TwinBus:
        self.bus.closed = False
        return self.bus


def st_header(folder: Path) -> Path:
    """A file like ST's vl53l8cx_buffers.h, its firmware noise."""
    sizes = {"FIRMWARE": 0x15000, "DEFAULT_CONFIGURATION": 972, "DEFAULT_XTALK": 776, "GET_NVM_CMD": 40}
    rng = np.random.default_rng(0)
    text = "/* ST's */\n"
    for name, size in sizes.items():
        values = rng.integers(0, 256, size)
        values[-4:] = (0, 0, 0, 0)
        listed = ",".join(f"0x{value:02x}" for value in values)
        text += f"const uint8_t VL53L8CX_{name}[] = {{ /* one */ {listed} }};\n"
    path = folder / "vl53l8cx_buffers.h"
    path.write_text(text)
    return path
