"""What is known of Raspberry Pi's camera modules, and which of a sensor's modes to use."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

Mode = Mapping[str, Any]  # an entry of picamera2's sensor_modes

# Focal length, sensor width and height, millimetres, of the modules with a lens of their own; data sheets.
_MODULES: Final = {
    "ov5647": (3.60, 3.629, 2.722),
    "imx219": (3.04, 3.674, 2.760),
    "imx708": (4.74, 6.451, 3.629),
    "imx708_wide": (2.75, 6.451, 3.629),
    "imx500": (4.74, 6.287, 4.712),
}


def module_fov_deg(model: str, size: tuple[int, int], turn: int) -> float | None:
    """Vertical field of view of an upright picture, degrees; None where the lens is the owner's choice.

    size: (width, height) before turning, cut from the middle of the sensor. turn: as in the settings.
    """
    known = _MODULES.get(model.removesuffix("_noir"))
    if known is None:
        return None
    focal, across, down = known
    width, height = size
    scale = min(across / width, down / height)
    seen = (width if turn in (90, 270) else height) * scale
    return math.degrees(2 * math.atan(seen / 2 / focal))


def whole_view_mode(modes: Sequence[Mode], size: tuple[int, int], rate: float) -> Mode | None:
    """The smallest mode that sees as much as any, has `size` pixels, and gives `rate` frames a second.

    What cannot be had is given up: first the rate, then the size. None where there are no such modes, as
    with USB cameras. Left to itself libcamera takes the smallest mode, which on several sensors sees only
    the middle.
    """
    raw = [mode for mode in modes if "crop_limits" in mode]
    if not raw:
        return None

    def seen(mode: Mode) -> int:
        return int(mode["crop_limits"][2] * mode["crop_limits"][3])

    widest = max(seen(mode) for mode in raw)
    whole = [mode for mode in raw if seen(mode) >= 0.98 * widest]
    large = [mode for mode in whole if mode["size"][0] >= size[0] and mode["size"][1] >= size[1]]
    large = large or [max(whole, key=lambda mode: mode["size"])]
    fast = [mode for mode in large if mode["fps"] >= rate]
    fastest = [max(large, key=lambda mode: float(mode["fps"]))]
    return min(fast or fastest, key=lambda mode: (mode["size"], -mode["bit_depth"]))
