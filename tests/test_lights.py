"""The button's lamp and the strip: they show what the one table says."""

import threading
from collections.abc import Iterator
from typing import get_args

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory
from pydantic import ValidationError

from framecue.composition.cue import Cue, CueName
from framecue.errors import IndicatorError
from framecue.indicators import INDICATORS, Notice, NoticeName, lamp, strip
from framecue.indicators.pixels import SPI_HZ, TwinStrip, encoded, pixels_of
from framecue.indicators.table import CUE_SIGNS, NOTICE_SIGNS, Pattern

DARK = (0, 0, 0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


# The lamp in the button


class ButtonLamp:
    """A lamp on a mock pin; blinking is noted instead of done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.factory = MockFactory()
        self.blinks: list[tuple[float, float]] = []
        monkeypatch.setattr(LED, "blink", lambda _self, on, off: self.blinks.append((on, off)))
        self.driver = lamp.Driver(lamp.Settings(), pin_factory=self.factory)

    @property
    def lit(self) -> bool:
        return bool(self.factory.pin(16).state)


@pytest.mark.parametrize("name", get_args(CueName))
def test_the_buttons_lamp_is_steady_only_when_a_press_is_worth_it(
    name: CueName, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = ButtonLamp(monkeypatch)
    button.driver.show(Cue(name, ""))
    assert button.lit == (name == "ready")
    expected = {"ready": [], "best_possible": [Pattern.WINK.value]}.get(name, [Pattern.BLIP.value])
    assert button.blinks == expected


@pytest.mark.parametrize("name", get_args(NoticeName))
def test_the_buttons_lamp_shows_notices_as_the_table_says(
    name: NoticeName, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = ButtonLamp(monkeypatch)
    button.driver.notice(Notice(name, ""))
    pattern = NOTICE_SIGNS[name].pattern
    assert button.lit == (pattern is Pattern.STEADY)
    assert button.blinks == ([] if pattern is Pattern.STEADY else [pattern.value])


def test_the_lamp_goes_dark_at_the_end_and_lets_its_pin_go(monkeypatch: pytest.MonkeyPatch) -> None:
    button = ButtonLamp(monkeypatch)
    button.driver.show(Cue("ready", ""))
    button.driver.close()
    button.driver.close()
    assert not button.lit
    lamp.Driver(lamp.Settings(), pin_factory=button.factory).close()


def test_without_pins_the_lamp_says_so_in_one_line() -> None:
    with pytest.raises(IndicatorError, match=r"^lamp: GPIO pins cannot be used \([^\n]+; run on [^\n]+$"):
        lamp.Driver(lamp.Settings())


# The strip


class Strip:
    """A strip that a test refreshes at times of its own."""

    def __init__(self, **settings: object) -> None:
        self.clock, self.twin = Clock(), TwinStrip()
        self.driver = strip.Driver(
            strip.Settings(count=12, brightness=1, **settings),  # type: ignore[arg-type]
            self.twin,
            self.clock,
            wait=lambda event, _: event.wait(),  # refreshes only when told something new
        )

    def at(self, time_s: float) -> list[tuple[int, int, int]]:
        """What is seen so long after the last change."""
        self.clock.now = time_s
        self.driver.refresh()
        return self.twin.pixels


@pytest.fixture
def lights() -> Iterator[Strip]:
    made = Strip()
    yield made
    made.twin.broken = False
    made.driver.close()


@pytest.mark.parametrize("name", get_args(CueName))
def test_the_strip_shows_each_cue_as_the_table_says(name: CueName, lights: Strip) -> None:
    sign = CUE_SIGNS[name]
    lights.driver.show(Cue(name, ""))
    seen = lights.at(0.01)
    assert DARK not in seen[3:9]
    assert (seen[0] != DARK) == (seen[2] != DARK) == sign.arrow.back
    assert (seen[9] != DARK) == (seen[11] != DARK) == sign.arrow.ahead
    on_s, off_s = sign.pattern.value
    dark = lights.at(on_s + off_s / 2)
    assert (DARK in dark[3:9]) == (sign.pattern is not Pattern.STEADY)
    arrows_dark = lights.at(0.3)
    assert (arrows_dark[0] != DARK) == (sign.arrow.back and not sign.arrow_blinks)


def test_a_countdown_takes_a_light_a_second_away(lights: Strip) -> None:
    for seconds in (3, 2, 1):
        lights.driver.notice(Notice("countdown", str(seconds)))
        assert [pixel != DARK for pixel in lights.at(0.1)[3:9]] == [True] * seconds + [False] * (6 - seconds)


def test_a_strip_may_be_mounted_the_other_way_round() -> None:
    lights = Strip(turned=True)
    lights.driver.show(Cue("tilt_up", ""))
    seen = lights.at(0.1)
    assert seen[0] != DARK
    assert seen[11] == DARK
    lights.driver.close()


def test_what_has_not_changed_is_not_sent_again(lights: Strip) -> None:
    lights.driver.show(Cue("ready", ""))
    lights.at(0.0)
    written = lights.twin.written
    for tenth in range(50):
        lights.driver.show(Cue("ready", ""))
        lights.at(tenth / 10)
    assert lights.twin.written == written


def test_a_bus_that_fails_is_told_and_tried_again(lights: Strip) -> None:
    lights.twin.broken = True
    lights.driver.show(Cue("ready", ""))
    lights.at(0.0)
    with pytest.raises(IndicatorError, match=r"^strip: SPI device 0\.0 fails \([^\n]+$"):
        lights.driver.show(Cue("ready", ""))
    lights.twin.broken = False
    lights.at(0.1)
    assert DARK not in lights.twin.pixels[3:9]


def test_the_strip_blinks_by_itself_and_goes_dark_at_the_end() -> None:
    blinked = threading.Event()

    class Watched(TwinStrip):
        def writebytes2(self, data: object) -> None:
            before = list(self.pixels)
            super().writebytes2(data)  # type: ignore[arg-type]
            if before and before[5] != DARK and self.pixels[5] == DARK:
                blinked.set()

    twin = Watched()
    driver = strip.Driver(strip.Settings(), twin)
    driver.show(Cue("hold", ""))
    assert blinked.wait(10)
    driver.close()
    driver.close()
    assert set(twin.pixels) == {DARK}
    assert twin.closed


def test_every_bit_keeps_to_the_times_of_the_data_sheet() -> None:
    sent = encoded([(0x00, 0xFF, 0xA5)])
    bits = sent[1:25]
    for byte, bit in zip(bits, f"{0xFF:08b}{0x00:08b}{0xA5:08b}", strict=True):  # green first
        high_us = bin(byte).count("1") / SPI_HZ * 1e6
        low, most = (0.58, 1.0) if bit == "1" else (0.2, 0.4)
        assert low <= high_us <= most
        assert byte & 0x80
        assert not byte & 1
    assert len(sent[25:]) * 8 / SPI_HZ * 1e6 > 280  # microseconds of quiet, which show what was sent
    assert len(encoded([DARK] * 144)) <= 4096  # what spidev sends in one go


def test_brightness_holds_for_every_colour() -> None:
    for sign in (*CUE_SIGNS.values(), *NOTICE_SIGNS.values()):
        assert max(max(pixel) for pixel in pixels_of(sign, 0, 9, 0.2)) <= 51


def test_a_strip_of_three_still_has_its_arrows() -> None:
    assert [pixel != DARK for pixel in pixels_of(CUE_SIGNS["tilt_up"], 0, 3, 1)] == [False, True, True]


def test_a_simulated_strip_needs_nothing() -> None:
    driver = strip.Driver(strip.Settings(simulated=True))
    driver.show(Cue("ready", ""))
    driver.close()


def test_without_the_bus_the_strip_says_so_in_one_line() -> None:
    pytest.importorskip("spidev")
    with pytest.raises(IndicatorError, match=r"^strip: there is no /dev/spidev7\.3; switch SPI on[^\n]+$"):
        strip.Driver(strip.Settings(port=7, device=3))


@pytest.mark.parametrize("wrong", [{"count": 2}, {"count": 200}, {"brightness": 0}, {"order": "BRG"}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        INDICATORS.settings({"kind": "strip", **wrong})
