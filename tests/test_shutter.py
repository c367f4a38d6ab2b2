"""One press is one shot, at once; a long hold stops; nothing else does anything."""

import os
import queue
import threading
from collections.abc import Iterator
from typing import IO, Any

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory
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
    """A button on a mock pin."""

    def __init__(self, asked: Asked, clock: Clock, **settings: Any) -> None:
        self.factory = MockFactory()
        # hold_s may be shorter here than settings allow, so that no test has to hold for a second.
        self.settings = button.Settings().model_copy(update=settings)
        self.driver = button.Driver(self.settings, asked, pin_factory=self.factory, clock=clock)
        self.pin = self.factory.pin(self.settings.pin)

    def press(self) -> None:
        self.pin.drive_low() if self.settings.pull_up else self.pin.drive_high()

    def release(self) -> None:
        self.pin.drive_high() if self.settings.pull_up else self.pin.drive_low()


@pytest.mark.parametrize("pull_up", [True, False])
def test_a_press_shoots_at_once_and_letting_go_does_nothing(
    pull_up: bool, asked: Asked, clock: Clock
) -> None:
    shutter = Pressable(asked, clock, pull_up=pull_up)
    assert asked.all() == []
    shutter.press()
    assert asked.all() == ["shoot"]
    shutter.release()
    assert asked.all() == []
    shutter.driver.close()


def test_a_bouncing_contact_or_a_nervous_finger_gives_one_shot(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    for _ in range(10):
        shutter.press()
        shutter.release()
        clock.now += 0.04
    assert asked.all() == ["shoot"]
    clock.now += 0.5
    shutter.press()
    assert asked.all() == ["shoot"]
    shutter.driver.close()


def test_a_hum_on_the_wire_cannot_keep_the_button_dead(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    for _ in range(80):  # 10 s of phantom edges, each within half a second of the last
        shutter.press()
        shutter.release()
        clock.now += 0.125
    assert len(asked.all()) == 20
    shutter.driver.close()


def test_the_debounce_time_reaches_the_pin(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock, debounce_s=0.04)
    assert shutter.pin.bounce == 0.04
    shutter.driver.close()


def test_a_long_hold_stops_after_the_shot_of_its_press(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock, hold_s=0.01)
    shutter.press()
    assert asked.next() == "shoot"
    assert asked.next() == "stop"
    shutter.driver.close()
    assert asked.all() == []


def test_a_hold_whose_release_was_missed_stops_nothing(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock)
    shutter.press()
    assert asked.next() == "shoot"
    shutter.pin._state = True  # let go, without an edge
    shutter.driver._button.when_held()
    assert asked.all() == []
    shutter.driver.close()


def test_holding_can_be_made_to_stop_nothing(asked: Asked, clock: Clock) -> None:
    shutter = Pressable(asked, clock, hold_s=0.01, hold_stops=False)
    assert shutter.driver._button.when_held is None
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


@pytest.mark.parametrize("wrong", [{"pin": 28}, {"debounce_s": 0}, {"hold_s": 0.2}, {"bounce": 1}])
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
