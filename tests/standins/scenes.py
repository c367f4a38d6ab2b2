"""What the camera tests show and measure with, and how the stand-ins take their place."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

RED, GREEN, BLUE, GREY = (250, 0, 0), (0, 250, 0), (0, 0, 250), (120, 120, 120)
QUARTERS = [RED, GREEN, BLUE, GREY]  # top left, top right, bottom left, bottom right


def scene(width: int = 160, height: int = 120, colours: list[tuple[int, int, int]] = QUARTERS) -> Picture:
    """A picture whose quarters tell which way is up, and red from blue."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = colours[0]
    picture[: height // 2, width // 2 :] = colours[1]
    picture[height // 2 :, : width // 2] = colours[2]
    picture[height // 2 :, width // 2 :] = colours[3]
    return picture


def quarters(image: Picture) -> list[tuple[int, ...]]:
    """The nearest colour of QUARTERS in the middle of each quarter."""
    height, width = image.shape[:2]
    spots = [image[height * y // 4, width * x // 4] for y, x in ((1, 1), (1, 3), (3, 1), (3, 3))]
    return [
        min(QUARTERS, key=lambda colour: float(np.abs(spot - np.array(colour, float)).sum()))
        for spot in spots
    ]


class Clock:
    """Each look at it is a hundredth of a second later; sleeping takes no time."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.now_s += 0.01
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


def video(path: Path, pictures: list[Picture]) -> Path:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    for picture in pictures:
        writer.write(picture[..., ::-1].copy())
    writer.release()
    return path


def fresh_picamera2(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stand-in packages in place of picamera2 and libcamera, as new; returns the first."""
    for name in ("picamera2", "libcamera"):
        sys.modules.pop(f"standins.{name}", None)
        monkeypatch.setitem(sys.modules, name, importlib.import_module(f"standins.{name}"))
    module: ModuleType = sys.modules["picamera2"]
    monkeypatch.setitem(sys.modules, "picamera2.allocators", module)
    setattr(module, "scene", scene())  # noqa: B010  the module's own, set by tests
    return module
