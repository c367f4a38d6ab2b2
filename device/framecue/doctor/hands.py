"""The parts that people see and press: indicators and shutters."""

import sys
import threading
from collections.abc import Callable
from typing import Final

from framecue.composition.cue import Cue
from framecue.doctor import Result, World
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError, ShutterError
from framecue.indicators import INDICATORS, Indicator, Notice
from framecue.shutter import SHUTTERS, Ask, Shutter

SHOWN_S: Final = 1.0
POLL_S: Final = 0.1


def check_indicator(
    settings: DriverSettings, world: World, make: Callable[..., Indicator] | None = None
) -> Result:
    """Show each colour and each arrow in turn; whether they are seen, only who looks can tell."""
    part = f"indicator {settings.kind}"
    try:
        indicator = (make or INDICATORS.driver)(settings)
        try:
            for what, show in _turns(indicator):
                world.say(f"{settings.kind}: {what}")
                show()
                world.wait(SHOWN_S)
        finally:
            indicator.close()
    except (IndicatorError, OSError) as error:
        return Result(part, "broken", str(error), "check its wires and its table in the settings")
    return Result(
        part, "ok", "showed red, green, blue, ahead, back", "were all of them seen? else check its wires"
    )


def _turns(indicator: Indicator) -> list[tuple[str, Callable[[], None]]]:
    def cue(name: str, text: str) -> Callable[[], None]:
        return lambda: indicator.show(Cue(name, text))  # type: ignore[arg-type]

    return [
        ("red, both arrows", lambda: indicator.notice(Notice("fault", "Red, both arrows"))),
        ("green", cue("ready", "Green")),
        ("blue, arrow back", cue("step_back", "Blue, arrow back")),
        ("blue, arrow ahead", cue("step_closer", "Blue, arrow ahead")),
        ("magenta, arrow ahead", cue("tilt_up", "Magenta, arrow ahead")),
    ]


def check_shutter(
    settings: DriverSettings, limit_s: float, world: World, make: Callable[..., Shutter] | None = None
) -> Result:
    """Wait for a press. limit_s: how long; 0 = only see whether it can be opened."""
    part = f"shutter {settings.kind}"
    heard = threading.Event()
    ask: Ask = lambda _: heard.set()  # noqa: E731 a name of its own says what it is
    try:
        shutter = (make or SHUTTERS.driver)(settings, ask)
    except (ShutterError, OSError) as error:
        return Result(part, "broken", str(error), "check its wires and its table in the settings")
    try:
        if limit_s <= 0 or (settings.kind == "keyboard" and not sys.stdin.isatty()):
            return Result(part, "skipped", "opened, not pressed", "run again with --press to try it")
        world.say(f"{settings.kind}: press it now ({limit_s:g} s)")
        began = world.clock()
        while not heard.is_set() and world.clock() - began < limit_s:
            world.wait(POLL_S)
    finally:
        shutter.close()
    if heard.is_set():
        return Result(part, "ok", f"pressed after {world.clock() - began:.1f} s")
    return Result(
        part, "broken", f"no press within {limit_s:g} s", "check its wires: one to the pin, one to ground"
    )
