"""The wiring diagram shows the pins that the drivers use."""

import re
from pathlib import Path

import pytest

from framecue.indicators import fill, lamp, leds, screen
from framecue.pantilt import servo
from framecue.shutter import button

DIAGRAM = Path(__file__).parents[1] / "device/pictures/wiring.svg"
HEADER = {
    17: 11,
    27: 13,
    22: 15,
    23: 16,
    24: 18,
    16: 36,
    26: 37,
    18: 12,
    2: 3,
    3: 5,
    10: 19,
    11: 23,
    8: 24,
    25: 22,
    5: 29,
    12: 32,
    13: 33,
}  # GPIO: pin of the header


def shown() -> dict[int, int]:
    pairs = re.findall(r">GPIO(\d+)[^<]*</text>\s*<rect[^>]*/><text[^>]*>(\d+)<", DIAGRAM.read_text())
    return {int(gpio): int(pin) for gpio, pin in pairs}


def test_each_gpio_stands_at_its_pin_of_the_header() -> None:
    assert shown() == HEADER


@pytest.mark.parametrize(
    "settings",
    [
        leds.Settings(),
        fill.Settings(),
        lamp.Settings(),
        button.Settings(),
        screen.Settings(),
        servo.Settings(),
    ],
    ids=lambda s: str(s.kind),
)
def test_every_default_pin_is_in_the_diagram(settings: object) -> None:
    names = ("pin", "red", "green", "blue", "ahead", "back", "dc", "reset", "pan_pin", "tilt_pin")
    pins = {getattr(settings, name) for name in names if hasattr(settings, name)}
    assert pins
    assert pins <= shown().keys()
