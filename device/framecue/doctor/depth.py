"""The part that measures distances."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np

from framecue.depth import DepthFrame, DepthSensor
from framecue.doctor import Result, World
from framecue.errors import DepthError

MAPS: Final = 20
READ_S: Final = 5.0
LEAST_KNOWN: Final = 0.15  # share of a map below which it sees next to nothing
NOISY: Final = 0.03  # deviation of one pixel from map to map, as a share of its distance
SLOW_SHARE: Final = 0.6  # of the rate asked for


def check_depth(open_sensor: Callable[[], DepthSensor], rate: float, world: World) -> Result:
    """Open the depth sensor, read some maps of what should stand still, and judge rate, reach and noise."""
    try:
        sensor = open_sensor()
    except (DepthError, OSError) as error:
        return Result("depth", "broken", str(error), "check its cable and [depth]; stop a booth that runs")
    try:
        sensor.read(READ_S)  # the first takes longest, and says nothing about the rate
        began = world.clock()
        frames = [sensor.read(READ_S) for _ in range(MAPS)]
        seconds = world.clock() - began
    except (DepthError, OSError) as error:
        return Result("depth", "broken", str(error), "switch its power off and on; try another cable")
    finally:
        with suppress(DepthError, OSError):
            sensor.close()
    numbers = _measured(frames, seconds)
    rows, columns = frames[0].depth_m.shape
    found = (
        f"{numbers['maps_per_s']:g} maps/s of {columns} x {rows}, {numbers['known']:.0%} known, "
        f"{numbers['distance_m']:g} m away, noise {numbers['noise_mm']:g} mm"
    )
    advice = _advice(numbers, rate)
    return Result("depth", "warning" if advice else "ok", found, advice, numbers)


def _measured(frames: list[DepthFrame], seconds: float) -> dict[str, float]:
    """Rate, share of pixels known, median distance, and the median deviation of a pixel over time."""
    depths = np.stack([frame.depth_m for frame in frames])
    always = (depths > 0).mean(axis=0) > 0.8
    series = np.where(depths > 0, depths, np.nan)[:, always]
    noise_m = float(np.median(np.nanstd(series, axis=0))) if always.any() else 0.0
    return {
        "maps_per_s": round(len(frames) / max(seconds, 1e-6), 1),
        "known": round(float((depths > 0).mean()), 3),
        "distance_m": round(float(np.nanmedian(series)), 2) if always.any() else 0.0,
        "noise_mm": round(1000 * noise_m, 1),
    }


def _advice(numbers: dict[str, float], rate: float) -> str:
    if numbers["known"] < LEAST_KNOWN:
        return "it sees next to nothing: uncover it, put somebody within its range, take it out of the sun"
    if numbers["noise_mm"] > 1000 * NOISY * numbers["distance_m"]:
        return "its distances jump: hold still and try again; less sun, no glass before it, a firm supply"
    if numbers["maps_per_s"] < SLOW_SHARE * rate:
        return "maps come slowly: a lower rate in [depth], or a faster bus (dtparam=i2c_arm_baudrate=400000)"
    return ""
