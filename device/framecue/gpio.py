"""GPIO pins, as lights and buttons need them: gpiozero's, on a Pi by itself, on a Jetson through gpiod."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from framecue.errors import FramecueError

COMPATIBLE: Final = Path("/proc/device-tree/compatible")
Pin = Annotated[int, Field(ge=0, le=27)]  # GPIO number, as "GPIO17" on the 40-pin header
_log = logging.getLogger(__name__)


@contextmanager
def opening_pins(kind: str, fault: type[FramecueError]) -> Iterator[None]:
    """Turn whatever goes wrong while pins are claimed into one line."""
    with warnings.catch_warnings(record=True) as fallbacks:
        warnings.simplefilter("always")
        try:
            yield
        except Exception as error:  # pin libraries raise classes of their own, without a common base
            reason = " ".join(str(error).split()) or type(error).__name__
            raise fault(
                f"{kind}: GPIO pins cannot be used ({reason}); run on a board with GPIO, as a user of group "
                "gpio, with pins nobody else holds, or remove this entry from the settings"
            ) from error
        finally:
            for fallback in fallbacks:  # why gpiozero took another pin library than its first choice
                _log.debug("%s: %s", kind, fallback.message)


def board_pins(given: Any = None) -> Any:
    """The pin factory to use: the one given, a Jetson's where this is one, else None for gpiozero's choice.

    One board has one factory, or the same pin could be claimed twice; gpiozero keeps it as its default.
    """
    if given is not None:
        return given
    try:
        compatible = COMPATIBLE.read_text(encoding="ascii", errors="replace")
    except OSError:  # no device tree: a PC
        return None
    if "nvidia,tegra" not in compatible:
        return None
    from gpiozero import Device

    if Device.pin_factory is None:
        Device.pin_factory = _jetson_pins(compatible)
    return Device.pin_factory


def _jetson_pins(compatible: str) -> Any:
    import gpiod  # the extra `jetson`

    from framecue.gpiod_pins import GpiodFactory, lines_of

    lines = lines_of(compatible)
    if lines is None:
        boards = ", ".join(board for board in compatible.split("\0") if board)
        raise ValueError(f"the pins of this Jetson are not known: {boards}")
    return GpiodFactory(lines, gpiod, sorted(str(path) for path in Path("/dev").glob("gpiochip*")))
