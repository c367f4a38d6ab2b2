"""USB and Bluetooth keys: the same promises as a button's, and devices that come and go."""

import errno
import os
import queue
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from framecue.errors import ShutterError
from framecue.shutter import SHUTTERS, Request, keys

SOON = 10.0
VOLUME_UP, ENTER, LETTER_A = 115, 28, 30


class Device:
    """An input device behind a real descriptor, so that waiting for it is real."""

    def __init__(self, path: str, name: str, codes: set[int]) -> None:
        self.path, self.name, self.codes = path, name, codes
        self.fd, self._other = os.pipe()
        os.set_blocking(self.fd, False)
        self._events: queue.Queue[Any] = queue.Queue()
        self.grabbed = self.gone = False
        self.opened = threading.Event()
        self.closed = threading.Event()

    def tell(self, code: int, value: int, type_: int = 1) -> None:
        self._events.put(SimpleNamespace(type=type_, code=code, value=value))
        os.write(self._other, b".")

    def unplug(self) -> None:
        self.gone = True
        os.write(self._other, b".")

    def read(self) -> Iterator[Any]:
        if self.gone:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        waiting = os.read(self.fd, 4096)
        return iter([self._events.get() for _ in waiting])

    def grab(self) -> None:
        self.grabbed = True

    def close(self) -> None:
        self.closed.set()


class Machine:
    """The devices there are."""

    def __init__(self, *devices: Device) -> None:
        self.there = list(devices)

    def paths(self) -> list[str]:
        return [device.path for device in self.there]

    def open(self, path: str) -> Device:
        for device in self.there:
            if device.path == path:
                device.opened.set()
                return device
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))

    def codes(self, names: tuple[str, ...]) -> frozenset[int]:
        known = {"KEY_VOLUMEUP": VOLUME_UP, "KEY_ENTER": ENTER}
        return frozenset(known[name] for name in names)

    def keys_of(self, device: Device) -> frozenset[int]:
        return frozenset(device.codes)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Rig:
    def __init__(self, *devices: Device, **settings: Any) -> None:
        self.asked: queue.Queue[Request] = queue.Queue()
        self.clock, self.machine = Clock(), Machine(*devices)
        made = keys.Settings(keys=("KEY_VOLUMEUP", "KEY_ENTER"), search_s=0.2, **settings)
        self.driver = keys.Driver(made, self.asked.put, self.machine, self.clock)

    def next(self) -> Request:
        return self.asked.get(timeout=SOON)


def remote(path: str = "/dev/input/event4", name: str = "AB Shutter3 Consumer Control") -> Device:
    return Device(path, name, {VOLUME_UP, 114})


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig(remote(), Device("/dev/input/event0", "Power Button", {116}))
    yield made
    made.driver.close()


def tap(device: Device, code: int = VOLUME_UP) -> None:
    device.tell(code, 1)
    device.tell(code, 0)


def test_a_remote_that_lets_go_at_once_shoots_once(rig: Rig) -> None:
    device = rig.machine.there[0]
    tap(device)
    assert rig.next() == "shoot"
    tap(device)  # within half a second: a nervous thumb
    rig.clock.now += 1
    device.tell(LETTER_A, 1)
    device.tell(0, 0, type_=0)
    tap(device)
    assert rig.next() == "shoot"
    assert rig.asked.empty()
    assert device.grabbed


def test_only_devices_with_the_keys_are_taken(rig: Rig) -> None:
    assert rig.machine.there[1].closed.wait(SOON)
    assert not rig.machine.there[1].grabbed


def test_a_key_that_repeats_while_it_is_held_is_one_press(rig: Rig) -> None:
    device = rig.machine.there[0]
    device.tell(VOLUME_UP, 1)
    assert rig.next() == "shoot"
    for _ in range(50):
        rig.clock.now += 0.03
        device.tell(VOLUME_UP, 2)
    device.tell(VOLUME_UP, 0)
    rig.clock.now += 1
    tap(device)
    assert rig.next() == "shoot"
    assert rig.asked.empty()


def test_a_long_hold_stops_once_it_is_let_go(rig: Rig) -> None:
    device = rig.machine.there[0]
    device.tell(VOLUME_UP, 1)
    assert rig.next() == "shoot"
    rig.clock.now += 6
    rig.driver.look()
    assert rig.next() == "stop_armed"
    device.tell(VOLUME_UP, 0)
    assert rig.next() == "stop"


def test_a_remote_that_goes_out_of_reach_while_held_stops_nothing_and_comes_back(rig: Rig) -> None:
    device = rig.machine.there.pop(0)
    device.tell(VOLUME_UP, 1)
    assert rig.next() == "shoot"
    rig.clock.now += 6
    device.unplug()
    assert device.closed.wait(SOON)
    again = remote("/dev/input/event7")
    rig.machine.there.append(again)
    assert again.opened.wait(SOON)
    tap(again)
    found = [rig.next()]
    if found == ["stop_armed"]:  # the clock was looked at before the device was lost
        found = [rig.next()]
    assert found == ["shoot"]
    assert rig.asked.empty()


def test_a_device_can_be_chosen_by_its_name() -> None:
    keyboard, pedal = Device("/dev/input/event1", "Keyboard", {ENTER}), remote(name="USB Foot Switch")
    rig = Rig(keyboard, pedal, device="foot", grab=False)
    assert keyboard.closed.wait(SOON)
    tap(pedal)
    assert rig.next() == "shoot"
    assert not pedal.grabbed
    rig.driver.close()
    rig.driver.close()
    assert pedal.closed.is_set()


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ShutterError, match=r"^keys: there is no key KEY_SHUTTER; `evtest` shows"):
        keys.Driver(keys.Settings(keys=("KEY_SHUTTER",)), lambda _: None, Machine())


def test_evdev_itself_knows_the_keys_and_devices() -> None:
    pytest.importorskip("evdev")
    driver = keys.Driver(keys.Settings(), lambda _: None)
    assert VOLUME_UP in driver._codes
    driver.close()


def test_without_evdev_the_keys_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(ShutterError, match=r"pip install 'framecue\[keys\]'"):
        keys.Driver(keys.Settings(), lambda _: None)


@pytest.mark.parametrize("wrong", [{"keys": []}, {"search_s": 0}, {"name": "x"}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SHUTTERS.settings({"kind": "keys", **wrong})
