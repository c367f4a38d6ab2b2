"""The parts that people see and press: indicators, shutters, and a head that turns."""

import sys
import threading
from collections.abc import Callable
from typing import Final

from framecue.composition.cue import Cue
from framecue.doctor import Result, World
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError, PanTiltError, ShutterError
from framecue.indicators import INDICATORS, Indicator, Notice, Trial, Tryable
from framecue.pantilt import PAN_TILTS, PanTilt, PanTiltSettings
from framecue.shutter import SHUTTERS, Ask, Shutter

SHOWN_S: Final = 1.0
POLL_S: Final = 0.1
TURN_DEG: Final = 5.0
# espeak-ng says nothing of it, and ends as if it had spoken.
SILENT: Final = (
    "plug in a USB sound card or speaker, or switch the board's own output on; `aplay -l` lists them"
)


def check_indicator(
    settings: DriverSettings, world: World, make: Callable[..., Indicator] | None = None
) -> Result:
    """Try each of its parts in turn; whether they are seen or heard, only who is there can tell."""
    part = f"indicator {settings.kind}"
    tried = []
    try:
        indicator = (make or INDICATORS.driver)(settings)
        try:
            for what, act in indicator.trials() if isinstance(indicator, Tryable) else _cues(indicator):
                world.say(f"{settings.kind}: {what}")
                tried.append(what)
                act()
                world.wait(SHOWN_S)
        finally:
            indicator.close()
    except (IndicatorError, OSError) as error:
        return Result(part, "broken", str(error), "check its wires and its table in the settings")
    found = f"tried {', '.join(tried)}"
    if settings.kind == "voice" and not any(world.root.glob("dev/snd/pcm*p")):
        return Result(part, "broken", f"{found}, but there is no sound output", SILENT)
    return Result(
        part, "ok", found, "was all of it there? else check its wires and its table in the settings"
    )


def _cues(indicator: Indicator) -> list[Trial]:
    def cue(name: str, text: str) -> Callable[[], None]:
        return lambda: indicator.show(Cue(name, text))  # type: ignore[arg-type]

    return [
        ("red, both arrows", lambda: indicator.notice(Notice("fault", "Red, both arrows"))),
        ("green", cue("ready", "Green")),
        ("blue, arrow back", cue("step_back", "Blue, arrow back")),
        ("blue, arrow ahead", cue("step_closer", "Blue, arrow ahead")),
        ("magenta, arrow ahead", cue("tilt_up", "Magenta, arrow ahead")),
    ]


def check_head(settings: PanTiltSettings, world: World, make: Callable[..., PanTilt] | None = None) -> Result:
    """Turn a little each way and back; whether it does, only who looks can tell."""
    part = f"pan-tilt {settings.kind}"
    reach = {way: (max(low, -TURN_DEG), min(high, TURN_DEG)) for way, (low, high) in settings.limits.items()}
    (left, right), (down, up) = reach["pan"], reach["tilt"]
    turns = (("left", left, 0.0), ("right", right, 0.0), ("up", 0.0, up), ("down", 0.0, down))
    try:
        head = (make or PAN_TILTS.driver)(settings)
        try:
            for what, pan, tilt in turns:
                world.say(f"{settings.kind}: {what}")
                head.point(pan, tilt)
                world.wait(SHOWN_S)
            head.point(0.0, 0.0)
            world.wait(SHOWN_S)
        finally:
            head.close()
    except (PanTiltError, OSError) as error:
        return Result(part, "broken", str(error), "check its wires, its 5 V and its table in the settings")
    return Result(
        part,
        "ok",
        "turned left, right, up, down",
        "did it turn these ways? else set pan_reversed, tilt_reversed",
    )


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
