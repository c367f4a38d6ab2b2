"""The parts that see: camera and model."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.camera import Camera
from framecue.doctor import Result, World
from framecue.errors import CameraError, EndOfFramesError, FramecueError
from framecue.segmentation.segmenter import ProcessSegmenter

FRAMES: Final = 30
READ_S: Final = 3.0
SLOW_SHARE: Final = 0.7  # of the rate asked for
BLURRED: Final = 15.0  # sharpness below which even a plain room is out of focus
DARK: Final = 12.0  # mean grey level of a lens cap, or of a room without light
SLOW_MODEL_MS: Final = 120.0  # cues come less than six times a second then


def check_camera(
    open_camera: Callable[[], Camera], rate: float, still_limit_s: float, world: World
) -> Result:
    """Open the camera, read a second of frames, take a picture, and judge all three."""
    try:
        camera = open_camera()
    except (CameraError, OSError) as error:
        return Result("camera", "broken", str(error), "check its cable and [camera]; stop a booth that runs")
    try:
        images, seconds = _frames(camera, world)
        began = world.clock()
        still = camera.still(still_limit_s)
        still_s = world.clock() - began
    except (CameraError, OSError) as error:
        return Result("camera", "broken", str(error), "unplug and plug it in again; try another cable")
    finally:
        with suppress(CameraError, OSError):
            camera.close()
    height, width = still.image.shape[:2]
    numbers = {
        "frames_per_s": round((len(images) - 1) / max(seconds, 1e-6), 1),
        "sharpness": round(float(np.median([sharpness(image) for image in images[-5:]])), 1),
        "brightness": round(float(images[-1].mean()), 1),
        "still_s": round(still_s, 2),
        "still_megapixels": round(width * height / 1e6, 2),
    }
    found = (
        f"{numbers['frames_per_s']:g} frames/s of {rate:g}, sharpness {numbers['sharpness']:g}, "
        f"a picture of {width} x {height} in {still_s:.1f} s"
    )
    advice = _camera_advice(numbers, rate)
    return Result("camera", "warning" if advice else "ok", found, advice, numbers)


def _frames(camera: Camera, world: World) -> tuple[list[NDArray[np.uint8]], float]:
    camera.read(READ_S)  # the first takes longest, and says nothing about the rate
    began, images = world.clock(), []
    with suppress(EndOfFramesError):
        for _ in range(FRAMES):
            images.append(camera.read(READ_S).image)
    if not images:
        raise CameraError("the camera gave one picture and no more")
    return images, world.clock() - began


def _camera_advice(numbers: dict[str, float], rate: float) -> str:
    if numbers["brightness"] < DARK:
        return "the picture is black: take the lens cap off, put a light on"
    if numbers["sharpness"] < BLURRED:
        return "the picture is blurred: clean the lens, turn its focus ring, or take off its protective film"
    if numbers["frames_per_s"] < SLOW_SHARE * rate:
        return "frames come slowly: more light, a lower rate or size in [camera], or another USB port"
    return ""


def sharpness(image: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of an (h, w, 3) uint8 RGB picture at 320 pixels across; above 0."""
    small = cv2.resize(
        image, (320, round(image.shape[0] * 320 / image.shape[1])), interpolation=cv2.INTER_AREA
    )
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def check_model(open_model: Callable[[], ProcessSegmenter], image: NDArray[np.uint8]) -> Result:
    """Run the model on a picture, and tell what it runs on and how long the bare invoke takes."""
    try:
        with open_model() as model:
            times = []
            for _ in range(12):
                model.segment(image)
                assert model.last_timing is not None
                times.append(model.last_timing.invoke_s * 1000)
            name, fallback = model.model, model.fallback
    except FramecueError as error:
        return Result("model", "broken", str(error), "framecue models verify; framecue models list")
    median = float(np.median(times[2:]))
    found = f"{name} answers in {median:.1f} ms"
    numbers = {"invoke_ms": round(median, 2)}
    if fallback is not None:
        return Result(
            "model", "warning", f"{found}, without its Edge TPU: {fallback}", "plug it in again", numbers
        )
    if median > SLOW_MODEL_MS:
        return Result("model", "warning", found, "slow: a smaller long_side, model fast, or cooling", numbers)
    return Result("model", "ok", found, numbers=numbers)
