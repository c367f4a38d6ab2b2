"""Lamps and buttons on a Pi and on a Jetson: the same drivers, the same promises, over both kinds of pins."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from framecue import gpio
from framecue.composition.cue import Cue
from framecue.errors import IndicatorError, ShutterError
from framecue.gpiod_pins import GpiodFactory, lines_of
from framecue.gpiod_twin import TwinChip, twin_gpiod
from framecue.indicators import fill, lamp, leds
from framecue.shutter import button

SOON = 10.0
ORIN_NANO = "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0"
LINES = lines_of(ORIN_NANO)
assert LINES is not None


class Board:
    """One kind of pins. drive: sets a pin from outside. high: what a pin is."""

    def __init__(
        self, factory: object, drive: Callable[[int, bool], object], high: Callable[[int], bool]
    ) -> None:
        self.factory, self.drive, self.high = factory, drive, high


def pi() -> Board:
    factory = MockFactory()

    def drive(pin: int, high: bool) -> None:
        factory.pin(pin).drive_high() if high else factory.pin(pin).drive_low()

    return Board(factory, drive, lambda pin: bool(factory.pin(pin).state))


def jetson() -> Board:
    names = sorted(set(LINES.values()))
    chips = {"/dev/gpiochip0": TwinChip(names[::2]), "/dev/gpiochip1": TwinChip(names[1::2])}
    factory = GpiodFactory(LINES, twin_gpiod(chips), chips)

    def chip(pin: int) -> TwinChip:
        return next(each for each in chips.values() if LINES[pin] in each._names)

    def high(pin: int) -> bool:
        return chip(pin).lines[chip(pin).line_offset_from_id(LINES[pin])].high

    return Board(factory, lambda pin, up: chip(pin).drive(LINES[pin], up), high)


@pytest.fixture(params=["pi", "jetson"])
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    made = pi() if request.param == "pi" else jetson()
    yield made
    made.factory.close()  # type: ignore[attr-defined]


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(int(SOON / 0.01)):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError


def test_leds_light_up_on_either_board_and_go_dark(board: Board) -> None:
    driver = leds.Driver(leds.Settings(), pin_factory=board.factory)
    driver.show(Cue("step_back", ""))
    assert [board.high(pin) for pin in (17, 27, 22, 23, 24)] == [False, False, True, False, True]
    driver.close()
    assert not any(board.high(pin) for pin in (17, 27, 22, 23, 24))
    leds.Driver(leds.Settings(), pin_factory=board.factory).close()  # the pins are free again


def test_a_lamp_blinks_on_either_board(board: Board) -> None:
    driver = lamp.Driver(lamp.Settings(), pin_factory=board.factory)
    driver.show(Cue("nobody", ""))
    wait_until(lambda: board.high(16))
    wait_until(lambda: not board.high(16))
    driver.close()


@pytest.mark.parametrize("pull_up", [True, False])
def test_a_press_shoots_on_either_board(board: Board, pull_up: bool) -> None:
    asked: list[str] = []
    driver = button.Driver(button.Settings(pull_up=pull_up), asked.append, pin_factory=board.factory)
    assert asked == []
    board.drive(26, not pull_up)
    wait_until(lambda: asked == ["shoot"])
    board.drive(26, pull_up)
    driver.close()
    driver.close()
    board.drive(26, not pull_up)
    driver.look()
    assert asked == ["shoot"]
    button.Driver(button.Settings(), asked.append, pin_factory=board.factory).close()


def test_a_press_is_quick_on_either_board(board: Board) -> None:
    shot = threading.Event()
    driver = button.Driver(button.Settings(), lambda _: shot.set(), pin_factory=board.factory)
    began_s = time.monotonic()
    board.drive(26, False)
    assert shot.wait(SOON)
    assert time.monotonic() - began_s < 1.0  # tests/bench/press.py measures it on a quiet machine
    driver.close()


def test_a_pin_somebody_else_holds_is_named_and_the_others_are_let_go(board: Board) -> None:
    taken = lamp.Driver(lamp.Settings(pin=24), pin_factory=board.factory)
    with pytest.raises(IndicatorError, match="GPIO24"):
        leds.Driver(leds.Settings(), pin_factory=board.factory)
    taken.close()
    leds.Driver(leds.Settings(), pin_factory=board.factory).close()


def test_a_dimmed_light_on_a_jetson_says_that_it_cannot_be() -> None:
    with pytest.raises(IndicatorError, match=r"^fill: GPIO pins cannot be used \(there is no PWM on GPIO18"):
        fill.Driver(fill.Settings(), pin_factory=jetson().factory)


def test_a_line_another_program_holds_is_one_line_of_text() -> None:
    chip = TwinChip(sorted(set(LINES.values())))
    module = twin_gpiod({"/dev/gpiochip0": chip})
    chip.request_lines({chip.line_offset_from_id(LINES[26]): module.LineSettings()}, "other")
    factory = GpiodFactory(LINES, module, ["/dev/gpiochip0"])
    with pytest.raises(ShutterError, match=r"^button: GPIO pins cannot be used \([^\n]*busy[^\n]*\); run on"):
        button.Driver(button.Settings(), lambda _: None, pin_factory=factory)


def test_pins_without_a_line_are_named() -> None:
    with pytest.raises(IndicatorError, match="GPIO14"):
        lamp.Driver(lamp.Settings(pin=14), pin_factory=jetson().factory)


@pytest.mark.parametrize(
    ("compatible", "line_of_17"),
    [
        (ORIN_NANO, "PR.04"),
        ("nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0", "PR.04"),
        ("nvidia,p3509-0000+p3668-0001\0nvidia,p3668-0001\0nvidia,tegra194\0", "PR.04"),
        ("raspberrypi,5-model-b\0brcm,bcm2712\0", None),
        ("nvidia,jetson-nano\0nvidia,tegra210\0", None),
    ],
)
def test_a_board_is_known_by_its_device_tree(compatible: str, line_of_17: str | None) -> None:
    lines = lines_of(compatible)
    assert (None if lines is None else lines[17]) == line_of_17
    assert lines is None or len(set(lines.values())) == len(lines) == 22


@pytest.fixture
def no_factory() -> Iterator[None]:
    before, Device.pin_factory = Device.pin_factory, None
    yield
    Device.pin_factory = before


@pytest.mark.usefixtures("no_factory")
def test_a_pi_or_a_pc_is_left_to_gpiozero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpio, "COMPATIBLE", tmp_path / "compatible")
    assert gpio.board_pins() is None
    (tmp_path / "compatible").write_text("raspberrypi,5-model-b\0brcm,bcm2712\0")
    assert gpio.board_pins() is None
    assert gpio.board_pins("given") == "given"


@pytest.mark.usefixtures("no_factory")
def test_a_jetson_has_one_factory_and_an_unknown_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gpiod")
    monkeypatch.setattr(gpio, "COMPATIBLE", tmp_path / "compatible")
    (tmp_path / "compatible").write_text(ORIN_NANO)
    made = gpio.board_pins()
    assert isinstance(made, GpiodFactory)
    assert gpio.board_pins() is made
    Device.pin_factory = None
    (tmp_path / "compatible").write_text("nvidia,p9999-0000\0nvidia,tegra999\0")
    with pytest.raises(IndicatorError, match=r"pins of this Jetson are not known: nvidia,p9999-0000"):
        lamp.Driver(lamp.Settings())


def test_the_twin_keeps_what_is_used_of_gpiod() -> None:
    real = pytest.importorskip("gpiod")
    twin = twin_gpiod({})
    for name in ("Value", "Direction", "Bias", "Edge"):
        for member in getattr(twin.line, name):
            assert getattr(real.line, name)[member.name].value == member.value
    for member in twin.EdgeEvent.Type:
        assert real.EdgeEvent.Type[member.name].value == member.value
    assert set(vars(twin.LineSettings())) <= set(vars(real.LineSettings()))
    for name in ("wait_edge_events", "read_edge_events", "get_value", "set_value", "release"):
        assert callable(getattr(real.LineRequest, name))
