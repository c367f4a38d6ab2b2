"""One press is one shot, at once; a long hold stops; nothing else does anything."""

import os
import queue
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPin
from pydantic import ValidationError

from framecue.errors import ShutterError
from framecue.shutter import SHUTTERS, Request, button, keyboard

SOON = 5.0  # seconds that something which must happen may take


class Asked:
    """The booth's end of a shutter."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Request] = queue.Queue()

    def __call__(self, request: Request) -> None:
        self._queue.put(request)

    def next(self) -> Request:
        return self._queue.get(timeout=SOON)

    def all(self) -> list[Request]:
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def clock() -> Clock:
    return Clock()


# The button


class Pressable:
    """A button on a mock pin; what is due is looked at when the test says so."""

    def __init__(self, asked: Asked, clock: Clock, **settings: Any) -> None:
        self.factory = MockFactory()
        self.settings = button.Settings(**settings)
        self.clock = clock
        self.driver = button.Driver(self.settings, asked, pin_factory=self.factory, clock=clock)
        self.pin = self.factory.pin(self.settings.pin)

    def press(self) -> None:
        self.pin.drive_low() if self.settings.pull_up else self.pin.drive_high()

    def release(self) -> None:
        self.pin.drive_high() if self.settings.pull_up else self.pin.drive_low()

    def after(self, seconds: float) -> None:
        self.clock.now += seconds
        self.driver.look()


@pytest.mark.parametrize("pull_up", [True, False])
def test_a_press_shoots_at_once_and_letting_go_does_nothing(
    pull_up: bool, asked: Asked, clock: Clock
) -> None:
    shutter = Pressable(asked, clock, pull_up=pull_up)
    assert asked.all() == []
    shutter.press()
    shutter.after(0.03)
    assert asked.all() == ["shoot"]
    shutter.release()
    shutter.after(0.03)
    assert asked.all() == []
    shutter.driver.close()


def test_a_bouncing_contact_or_a_nervous_finger_gives_one_shot(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    for _ in range(10):
        shutter.press()
        shutter.after(0.02)
        shutter.release()
        shutter.after(0.001)
    shutter.press()
    shutter.after(0.04)
    shutter.release()
    shutter.after(0.1)
    shutter.press()
    shutter.after(0.04)
    assert asked.all() == ["shoot"]
    shutter.release()
    shutter.after(0.5)
    shutter.press()
    shutter.after(0.04)
    assert asked.all() == ["shoot"]
    shutter.driver.close()


def test_a_press_is_noticed_by_itself_within_60_ms(asked: Asked) -> None:
    factory = MockFactory()
    driver = button.Driver(button.Settings(), asked, pin_factory=factory)
    pressed_s = time.monotonic()
    factory.pin(26).drive_low()
    assert asked.next() == "shoot"
    waited_s = time.monotonic() - pressed_s
    assert 0.03 <= waited_s < 1.0  # `python -m tests.bench.press` tells how long on a machine that is quiet
    driver.close()


def test_a_long_hold_stops_after_the_shot_of_its_press_once_it_is_let_go(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    shutter.press()
    shutter.after(0.04)
    assert asked.all() == ["shoot"]
    shutter.after(5.1)
    assert asked.all() == ["stop_armed"]
    shutter.release()
    shutter.after(0.11)
    assert asked.all() == ["stop"]
    shutter.driver.close()


def test_a_button_that_is_jammed_when_the_booth_starts_asks_for_nothing(
    asked: Asked, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Jammed(MockPin):
        def _set_pull(self, value: str) -> None:
            super()._set_pull(value)
            self.drive_low()

    factory = MockFactory(pin_class=Jammed)
    driver = button.Driver(button.Settings(), asked, pin_factory=factory, clock=clock)
    clock.now += 60
    driver.look()
    factory.pin(26).drive_high()
    clock.now += 1
    driver.look()
    assert asked.all() == []
    assert [record.message for record in caplog.records] == [
        "button: is held down; it counts once it has been let go"
    ]
    factory.pin(26).drive_low()
    clock.now += 0.1
    driver.look()
    assert asked.all() == ["shoot"]
    driver.close()


def test_a_jammed_button_is_mentioned_once(
    asked: Asked, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    shutter = Pressable(asked, clock)
    for _ in range(3):
        shutter.press()
        for _ in range(30):
            shutter.after(1.0)
        shutter.release()
        shutter.after(1.0)
    assert asked.all() == ["shoot", "stop_armed"] * 3
    assert len(caplog.records) == 1
    assert "jammed" in caplog.records[0].message
    shutter.driver.close()


def test_a_closed_button_asks_for_nothing_and_lets_its_pin_go(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    shutter.driver.close()
    shutter.driver.close()
    shutter.press()
    assert asked.all() == []
    LED(shutter.settings.pin, pin_factory=shutter.factory).close()


def test_without_pins_the_button_says_so_in_one_line(asked: Asked) -> None:
    with pytest.raises(ShutterError, match=r"^button: GPIO pins cannot be used \([^\n]+; run on [^\n]+$"):
        button.Driver(button.Settings(), asked)


@pytest.mark.parametrize("wrong", [{"pin": 28}, {"min_press_s": -1}, {"hold_s": 0.2}, {"bounce": 1}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SHUTTERS.settings({"kind": "button", **wrong})


# The keyboard


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as ours, os.fdopen(writing, "wb", buffering=0) as theirs:
        yield ours, theirs


def test_lines_from_a_pipe_shoot_and_q_stops(
    pipe: tuple[IO[bytes], IO[bytes]], asked: Asked, clock: Clock
) -> None:
    ours, theirs = pipe
    driver = keyboard.Driver(keyboard.Settings(), asked, ours, clock)
    theirs.write(b"\n  \nhello\nQ")
    theirs.write(b"\n")
    assert [asked.next() for _ in range(3)] == ["shoot", "shoot", "stop"]
    driver.close()
    driver.close()
    assert asked.all() == []


def test_the_end_of_the_input_only_ends_the_listening(
    pipe: tuple[IO[bytes], IO[bytes]], asked: Asked, clock: Clock
) -> None:
    ours, theirs = pipe
    driver = keyboard.Driver(keyboard.Settings(), asked, ours, clock)
    theirs.write(b"\nq")  # that q was never entered
    theirs.close()
    driver._thread.join(SOON)
    assert not driver._thread.is_alive()
    assert asked.all() == ["shoot"]
    driver.close()


def test_a_keyboard_nobody_touches_can_be_closed(
    pipe: tuple[IO[bytes], IO[bytes]], asked: Asked, clock: Clock
) -> None:
    driver = keyboard.Driver(keyboard.Settings(), asked, pipe[0], clock)
    driver.close()
    assert not driver._thread.is_alive()


def test_enter_held_down_on_a_terminal_gives_one_shot(asked: Asked, clock: Clock) -> None:
    theirs, ours = os.openpty()
    with os.fdopen(ours, "rb") as stream:
        driver = keyboard.Driver(keyboard.Settings(), asked, stream, clock)
        os.write(theirs, b"\n\n\n\nq\n")
        assert [asked.next(), asked.next()] == ["shoot", "stop"]
        clock.now += 1
        os.write(theirs, b"\n")
        assert asked.next() == "shoot"
        driver.close()
    os.close(theirs)


def test_a_terminal_that_hangs_up_ends_the_listening(asked: Asked, clock: Clock) -> None:
    theirs, ours = os.openpty()
    with os.fdopen(ours, "rb") as stream:
        driver = keyboard.Driver(keyboard.Settings(), asked, stream, clock)
        os.close(theirs)
        driver._thread.join(SOON)
        assert not driver._thread.is_alive()
        driver.close()
    assert asked.all() == []


def test_a_booth_in_the_background_leaves_the_terminal_alone(
    asked: Asked, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def somebody_else(_terminal: int) -> int:
        looked.set()
        return os.getpgrp() + 1

    monkeypatch.setattr(os, "tcgetpgrp", somebody_else)
    theirs, ours = os.openpty()
    with os.fdopen(ours, "rb") as stream:
        driver = keyboard.Driver(keyboard.Settings(), asked, stream, clock)
        os.write(theirs, b"\n")
        assert looked.wait(SOON)
        driver.close()
        assert asked.all() == []
        assert os.read(ours, 10) == b"\n"  # still there for whoever has the foreground
    os.close(theirs)


def test_standard_input_that_is_closed_is_a_shutter_fault(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ShutterError, match="standard input is closed"):
        keyboard.Driver(keyboard.Settings(), asked)


def test_button_and_keyboard_are_found_by_name() -> None:
    assert {"button", "keyboard"} <= set(SHUTTERS.kinds())
