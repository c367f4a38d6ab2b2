"""Records what a button's contact does, so that it can be looked at and played again."""

from pathlib import Path
from typing import Any, Final

from framecue.doctor import Result, World
from framecue.errors import ShutterError
from framecue.gpio import opening_pins
from framecue.shutter import button
from framecue.shutter.edges import Train, longest_flutter_s, played, write_train

NOTE: Final = "GPIO {pin}, {limit_s:g} s; add which button it is, how old, and how it was pressed"


def record_button(
    settings: button.Settings, limit_s: float, file: Path, world: World, pin_factory: Any = None
) -> Result:
    """Write a button's edges of so many seconds to a file, and say what the booth makes of them."""
    part = f"shutter {settings.kind}"
    try:
        train, closed = _recorded(settings, limit_s, world, pin_factory)
        write_train(file, train, NOTE.format(pin=settings.pin, limit_s=limit_s))
    except (ShutterError, OSError) as error:
        return Result(part, "broken", str(error), "check its wires and its table in the settings")
    if not train:
        why = (
            "it is jammed, or its wires touch" if closed else "check its wires: one to the pin, one to ground"
        )
        return Result(part, "broken", f"no edge within {limit_s:g} s", why)
    began_s = train[0][0]
    train = [(time_s - began_s, level) for time_s, level in train]
    events = [event for _, event in played(train, limit_s, settings, closed)]
    presses = sum(event in ("shoot", "heard") for event in events)
    bounce_ms = longest_flutter_s(train) * 1000
    found = f"{len(train)} edges, the longest bounce {bounce_ms:.1f} ms, {presses} presses heard; in {file}"
    numbers = {"edges": len(train), "presses": presses, "bounce_ms": round(bounce_ms, 3)}
    if "noisy" in events:
        return Result(part, "warning", f"interference: {found}", "twist its wire, 100 nF across it", numbers)
    return Result(part, "ok", found, "were there as many? else its wire or contact is bad", numbers)


def _recorded(
    settings: button.Settings, limit_s: float, world: World, pin_factory: Any
) -> tuple[Train, bool]:
    """The edges, at the kernel's times where the board tells them, and whether it was closed before."""
    train: Train = []

    def note(ticks: float, level: int) -> None:
        train.append((ticks, bool(level) != settings.pull_up))

    with opening_pins("button", ShutterError), button.contact(settings, pin_factory) as device:
        closed = bool(device.value)
        device.pin.when_changed = note
        world.say(f"button: press it as guests do ({limit_s:g} s)")
        world.wait(limit_s)
        device.pin.when_changed = None
    return train, closed
