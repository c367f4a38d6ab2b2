"""What the photographer sees: the same sign everywhere, told without colours, and no lamp stops the booth."""

import io
import logging
import os
import threading
import time
from typing import Any, get_args

import pytest
from gpiozero import LED, RGBLED
from gpiozero.pins.mock import MockFactory
from pydantic import ValidationError

from framecue.composition.cue import Cue, CueName, Detail
from framecue.errors import IndicatorError
from framecue.indicators import INDICATORS, Notice, NoticeName, console, leds
from framecue.indicators.panel import Panel
from framecue.indicators.table import CUE_SIGNS, DETAIL_SIGNS, NOTICE_SIGNS, Arrow, Pattern, Sign

UP = Cue("tilt_up", "Tilt up 4°", 4.2, "deg")
SAVED = Notice("saved", "Saved 20261121-141203-0007-full-body.jpg")
OPPOSITES = [
    ("step_back", "step_closer"),
    ("lower", "raise"),
    ("tilt_down", "tilt_up"),
    ("pan_left", "pan_right"),
    ("roll_left", "roll_right"),
    ("guests_back", "guests_closer"),
    ("guests_left", "guests_right"),
]


# The table


def test_every_cue_and_every_notice_has_a_sign() -> None:
    assert set(CUE_SIGNS) == set(get_args(CueName))
    assert set(DETAIL_SIGNS) == set(get_args(Detail))
    assert set(NOTICE_SIGNS) == set(get_args(NoticeName))


def test_no_two_signs_are_told_apart_by_colour_alone() -> None:
    own = [(name, sign) for name, sign in DETAIL_SIGNS.items() if sign not in CUE_SIGNS.values()]
    signs = [*CUE_SIGNS.items(), *own, *NOTICE_SIGNS.items()]
    seen: dict[object, str] = {}
    for name, sign in signs:
        assert sign.without_colour not in seen, f"{name} looks like {seen.get(sign.without_colour)}"
        seen[sign.without_colour] = name


@pytest.mark.parametrize(("back", "ahead"), OPPOSITES)
def test_opposite_moves_light_opposite_arrows_and_are_alike_otherwise(back: CueName, ahead: CueName) -> None:
    there, here = CUE_SIGNS[back], CUE_SIGNS[ahead]
    assert (there.arrow.ahead, there.arrow.back) == (False, True)
    assert (here.arrow.ahead, here.arrow.back) == (True, False)
    assert (there.colour, there.pattern) == (here.colour, here.pattern)
    assert there.arrow.glyph != here.arrow.glyph


def test_ready_is_steady_green_and_only_trouble_is_red() -> None:
    assert (CUE_SIGNS["ready"].colour, CUE_SIGNS["ready"].pattern) == ("green", Pattern.STEADY)
    assert not [name for name, sign in CUE_SIGNS.items() if sign.colour == "red"]
    assert {name for name, sign in NOTICE_SIGNS.items() if sign.colour == "red"} == {"not_saved", "fault"}


# LEDs


class Lamps:
    """Five LEDs on mock pins; blinking is noted instead of done, so that nothing has to wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.factory = MockFactory()
        self.settings = leds.Settings(**settings)
        self.blinks: list[tuple[float, float]] = []
        monkeypatch.setattr(RGBLED, "blink", self._blink_rgb)
        monkeypatch.setattr(LED, "blink", self._blink)
        self.driver = leds.Driver(self.settings, pin_factory=self.factory)

    def _blink_rgb(self, on: float, off: float, on_color: tuple[int, int, int]) -> None:
        self.blinks.append((on, off))
        self.driver._light.value = on_color

    def _blink(self, on: float, off: float) -> None:
        self.blinks.append((on, off))

    def high(self) -> set[str]:
        """Which legs are high."""
        legs = ("red", "green", "blue", "ahead", "back")
        return {leg for leg in legs if self.factory.pin(getattr(self.settings, leg)).state}


LEGS = {
    "red": {"red"},
    "green": {"green"},
    "blue": {"blue"},
    "yellow": {"red", "green"},
    "cyan": {"green", "blue"},
    "magenta": {"red", "blue"},
    "white": {"red", "green", "blue"},
}


def expected_high(sign: Sign) -> set[str]:
    arrows = {name for name in ("ahead", "back") if getattr(sign.arrow, name)}
    return LEGS[sign.colour] | (set() if sign.arrow_blinks else arrows)


def expected_blinks(sign: Sign) -> list[tuple[float, float]]:
    lamps = (sign.arrow.ahead + sign.arrow.back) if sign.arrow_blinks else 0
    light = [] if sign.pattern is Pattern.STEADY else [sign.pattern.value]
    return [*light, *[(0.25, 0.25)] * lamps]


@pytest.mark.parametrize("name", get_args(CueName))
def test_the_leds_show_each_cue_as_the_table_says(name: CueName, monkeypatch: pytest.MonkeyPatch) -> None:
    lamps = Lamps(monkeypatch)
    lamps.driver.show(Cue(name, "words"))
    assert lamps.high() == expected_high(CUE_SIGNS[name])
    assert lamps.blinks == expected_blinks(CUE_SIGNS[name])


@pytest.mark.parametrize("name", get_args(NoticeName))
def test_the_leds_show_each_notice_as_the_table_says(
    name: NoticeName, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamps = Lamps(monkeypatch)
    lamps.driver.notice(Notice(name, "words"))
    assert lamps.high() == expected_high(NOTICE_SIGNS[name])
    assert lamps.blinks == expected_blinks(NOTICE_SIGNS[name])


def test_a_cue_that_comes_with_every_frame_does_not_start_its_blinking_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lamps = Lamps(monkeypatch)
    for tenth in range(100):
        lamps.driver.show(Cue("tilt_up", "Tilt up", 4 + tenth / 10, "deg"))
    assert len(lamps.blinks) == 1


def test_no_arrow_stays_lit_from_the_cue_before(monkeypatch: pytest.MonkeyPatch) -> None:
    lamps = Lamps(monkeypatch)
    lamps.driver.show(Cue("step_back", "Step back"))
    assert lamps.high() == {"blue", "back"}
    lamps.driver.show(Cue("ready", "Ready"))
    assert lamps.high() == {"green"}


def test_the_leds_really_blink_and_go_dark_at_the_end() -> None:
    factory = MockFactory()
    driver = leds.Driver(leds.Settings(), pin_factory=factory)
    driver.show(Cue("hold", "Hold still"))  # the fast pattern
    red = factory.pin(17)
    seen = [state.state for state in red.states]
    deadline = time.monotonic() + 5
    while seen[-2:] != [True, False] and time.monotonic() < deadline:
        seen = [state.state for state in red.states]
    assert seen[-2:] == [True, False]
    driver.show(Cue("step_back", "Step back"))
    assert [factory.pin(pin).state for pin in (17, 27, 22, 23, 24)] == [False, False, True, False, True]
    driver.close()
    driver.close()
    assert not any(factory.pin(pin).state for pin in (17, 27, 22, 23, 24))
    leds.Driver(leds.Settings(), pin_factory=factory).close()  # the pins are free again


def test_common_anode_leds_are_lit_by_low_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    lamps = Lamps(monkeypatch, active_high=False)
    lamps.driver.show(Cue("ready", "Ready"))
    assert lamps.high() == {"red", "blue", "ahead", "back"}


def test_without_pins_the_leds_say_so_in_one_line() -> None:
    with pytest.raises(IndicatorError, match=r"^leds: GPIO pins cannot be used \([^\n]+; run on [^\n]+$"):
        leds.Driver(leds.Settings())


def test_a_pin_somebody_else_holds_is_named_and_the_others_are_let_go() -> None:
    factory = MockFactory()
    taken = LED(24, pin_factory=factory)
    with pytest.raises(IndicatorError, match="GPIO24"):
        leds.Driver(leds.Settings(), pin_factory=factory)
    taken.close()
    leds.Driver(leds.Settings(), pin_factory=factory).close()


@pytest.mark.parametrize("wrong", [{"red": 28}, {"red": -1}, {"red": 27}, {"ahead": 24}, {"purple": 4}])
def test_pins_that_cannot_be_are_refused_with_the_settings(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        INDICATORS.settings({"kind": "leds", **wrong})


# The console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_log_gets_a_line_for_each_change_and_no_more() -> None:
    log = io.StringIO()
    driver = console.Driver(console.Settings(), log)
    for amount in (4.2, 4.3, 3.8, 4.4):
        driver.show(Cue("tilt_up", f"Tilt up {amount:.0f}°", amount, "deg"))
    driver.show(Cue("tilt_up", "Tilt up 3°", 3.2, "deg"))
    back = Cue("step_back", "Step back 0.4 m", 0.42, "m")
    driver.show(back)
    driver.notice(SAVED)
    driver.show(back)
    driver.show(Cue("feet_hidden", "The feet are cut off: tilt down 4°", also=Cue("tilt_down", "", 4, "deg")))
    driver.show(Cue("feet_hidden", "The feet are cut off: tilt down 3°", also=Cue("tilt_down", "", 3, "deg")))
    driver.close()
    assert log.getvalue().splitlines() == [
        "↑ Tilt up 4°",
        "↑ Tilt up 3°",
        "←→ Step back 0.4 m",
        "Saved 20261121-141203-0007-full-body.jpg",
        "↓ The feet are cut off: tilt down 4°",
        "↓ The feet are cut off: tilt down 3°",
    ]


def test_a_terminal_has_one_live_line_that_is_written_only_when_it_changes(terminal: Terminal) -> None:
    driver = console.Driver(console.Settings(), terminal)
    for _ in range(30):
        driver.show(UP)
    assert terminal.getvalue() == "\r\x1b[2K\x1b[1;35m↑ Tilt up 4°\x1b[0m"
    driver.show(Cue("ready", "Ready: shoot"))
    assert terminal.getvalue().endswith("\r\x1b[2K\x1b[1;32m· Ready: shoot\x1b[0m")
    assert "\n" not in terminal.getvalue()


def test_a_notice_stands_above_the_live_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    driver = console.Driver(console.Settings(), terminal)
    driver.show(UP)
    driver.notice(SAVED)
    driver.close()
    assert terminal.getvalue().split("\r\x1b[2K") == [
        "",
        "↑ Tilt up 4°",
        f"{SAVED.text}\n↑ Tilt up 4°\n",
    ]


def test_a_long_line_is_cut_so_that_it_can_be_rewritten(terminal: Terminal) -> None:
    console.Driver(console.Settings(), terminal).show(Cue("light", "x" * 500))
    assert terminal.getvalue().count("x") < 80


def test_a_real_terminal_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = os.openpty()
    with open(theirs, "w", encoding="utf-8") as stream:  # noqa: PTH123 a descriptor, no path
        console.Driver(console.Settings(), stream).show(UP)
        assert os.read(ours, 4096).decode().startswith("\r\x1b[2K")
    os.close(ours)


def test_a_terminal_that_knows_no_arrows_still_gets_the_words() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as stream:
        console.Driver(console.Settings(), stream).show(UP)
        assert raw.getvalue() == b"? Tilt up 4?\n"


def test_a_terminal_that_is_gone_is_an_indicator_fault() -> None:
    stream = io.StringIO()
    driver = console.Driver(console.Settings(), stream)
    stream.close()
    with pytest.raises(IndicatorError, match="terminal is gone"):
        driver.show(UP)


def test_no_standard_error_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with pytest.raises(IndicatorError, match="no standard error"):
        console.Driver(console.Settings())


# Several at once


class Recorder:
    """An indicator that remembers what it was told, and fails while `broken`."""

    def __init__(self, error: Exception | None = None) -> None:
        self.told: list[object] = []
        self.error = error

    def _take(self, what: object) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(what)

    def show(self, cue: Cue) -> None:
        self._take(cue.cue)

    def notice(self, notice: Notice) -> None:
        self._take(notice.name)

    def close(self) -> None:
        self._take("close")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_all_indicators_show_the_same(clock: Clock) -> None:
    first, second = Recorder(), Recorder()
    panel = Panel([first, second], clock)
    panel.show(UP)
    panel.notice(SAVED)
    panel.close()
    assert first.told == second.told == ["tilt_up", "saved", "close"]


def test_a_notice_can_be_read_before_the_next_cue_replaces_it(clock: Clock) -> None:
    lamp = Recorder()
    panel = Panel([lamp], clock)
    panel.notice(Notice("shooting", "Shooting"))
    panel.show(UP)
    panel.notice(SAVED)  # another notice does not wait
    clock.now += 0.9
    panel.show(UP)
    assert lamp.told == ["shooting", "saved"]
    clock.now += 0.2
    panel.show(UP)
    assert lamp.told == ["shooting", "saved", "tilt_up"]


@pytest.mark.parametrize("error", [IndicatorError("leds: gone"), OSError("bus error"), ZeroDivisionError()])
def test_a_broken_indicator_is_mentioned_once_and_stops_nobody(
    error: Exception, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    broken, works = Recorder(error), Recorder()
    panel = Panel([broken, works], clock)
    with caplog.at_level(logging.INFO):
        for _ in range(1000):
            clock.now += 1 / 30
            panel.show(UP)
        panel.notice(SAVED)
    assert len(works.told) == 1001
    assert len(caplog.records) == 1
    broken.error = None
    clock.now += 10
    with caplog.at_level(logging.INFO):
        panel.show(UP)
    assert broken.told == ["tilt_up"]
    assert "works again" in caplog.records[-1].message


def test_an_indicator_gets_one_call_at_a_time_whoever_calls(clock: Clock) -> None:
    presses: list[threading.Thread] = []

    class Busy(Recorder):
        def show(self, cue: Cue) -> None:
            press = threading.Thread(target=panel.notice, args=(SAVED,))
            press.start()
            press.join(0.05)
            assert press.is_alive()  # it waits its turn
            presses.append(press)
            super().show(cue)

    lamp = Busy()
    panel = Panel([lamp], clock)
    panel.show(UP)
    presses[0].join()
    assert lamp.told == ["tilt_up", "saved"]


def test_closing_reaches_every_indicator_even_behind_a_broken_one(clock: Clock) -> None:
    broken, works = Recorder(OSError("gone")), Recorder()
    panel = Panel([broken, works], clock)
    panel.show(UP)
    panel.close()
    assert works.told == ["tilt_up", "close"]


def test_the_console_and_the_leds_are_found_by_name() -> None:
    assert {"console", "leds"} <= set(INDICATORS.kinds())
    assert isinstance(INDICATORS.driver(INDICATORS.settings({"kind": "console"})), console.Driver)


def test_arrow_glyphs_are_all_different() -> None:
    assert len({arrow.glyph for arrow in Arrow}) == len(Arrow)
