"""Keys of USB and Bluetooth devices, through evdev: remotes, foot pedals, presenters; extra `keys`.

Most Bluetooth remotes press volume-up. Devices may come, sleep and come back: they are looked for all the
time. A device that is used is taken from the rest of the system, so that its keys do nothing else.
"""

import logging
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Literal, Protocol

from pydantic import Field

from framecue.errors import ShutterError
from framecue.shutter import Ask
from framecue.shutter.press import PressSettings
from framecue.shutter.watch import PressWatch

_log: Final = logging.getLogger(__name__)
_EV_KEY: Final = 1
_UP, _DOWN = 0, 1  # 2 is a key that repeats by itself while it is held


class Settings(PressSettings):
    """Which keys count, and of which devices. Keyboards debounce by themselves."""

    kind: Literal["keys"] = "keys"
    keys: tuple[str, ...] = Field(
        ("KEY_VOLUMEUP", "KEY_ENTER", "KEY_PAGEDOWN", "KEY_CAMERA"),
        min_length=1,
        description="keys that shoot, as `evtest` names them",
    )
    device: str = Field(
        "", description="part of the device's name, as `evtest` shows it; empty: any with the keys"
    )
    grab: bool = Field(True, description="whether to keep the device's keys from the rest of the system")
    search_s: float = Field(2.0, ge=0.2, le=60, description="seconds between looks for devices")
    min_press_s: float = Field(
        0.0, ge=0, le=0.2, description="seconds a key must be held to count; remotes let go at once"
    )


class Devices(Protocol):
    """What is used of evdev. Its devices have `fd`, `name`, `read`, `grab`, `close` and `active_keys`."""

    def paths(self) -> list[str]:
        """Paths of all input devices that may be read."""

    def open(self, path: str) -> Any:
        """Open one; raises OSError where it is gone."""

    def codes(self, names: tuple[str, ...]) -> frozenset[int]:
        """Numbers of keys; raises KeyError for a name there is not."""

    def keys_of(self, device: Any) -> frozenset[int]:
        """Numbers of the keys a device has."""


class Driver:
    """Asks for what presses of the keys mean. Two devices are one shutter: together they make one press.

    devices: where they are found; None for evdev's. clock: seconds, monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        ask: Ask,
        devices: Devices | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._devices: Devices = _Evdev() if devices is None else devices
        try:
            self._codes = self._devices.codes(settings.keys)
        except KeyError as error:
            raise ShutterError(
                f"keys: there is no key {error.args[0]}; `evtest` shows each key's name"
            ) from None
        self._open: dict[str, Any] = {}
        self._held: set[tuple[str, int]] = set()
        self._watch = PressWatch("keys", settings, ask, lambda: bool(self._held), clock)
        self._closing = threading.Event()
        self._watch.start()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """See at once what has become due, instead of at the right moment."""
        self._watch.look()

    def close(self) -> None:
        """As in Shutter. May be called twice."""
        self._closing.set()
        self._watch.stop()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        searched_s = -float("inf")
        while not self._closing.is_set():
            now_s = time.monotonic()
            if now_s - searched_s >= self._settings.search_s:
                searched_s = now_s
                self._search()
            self._listen()
        for path in list(self._open):
            self._lose(path)

    def _search(self) -> None:
        """Open the devices that are new and have the keys."""
        for path in self._devices.paths():
            if path in self._open:
                continue
            try:
                device = self._devices.open(path)
            except OSError:  # gone again, or not for us
                continue
            if self._wanted(device):
                self._open[path] = device
                _log.info("keys: %s", device.name)
                if self._settings.grab:
                    with suppress(OSError):  # another program has it
                        device.grab()
            else:
                device.close()

    def _wanted(self, device: Any) -> bool:
        named = self._settings.device.lower() in device.name.lower()
        return named and bool(self._codes & self._devices.keys_of(device))

    def _listen(self) -> None:
        """Read what the devices have to tell, for a moment."""
        by_fd = {device.fd: path for path, device in self._open.items()}
        if not by_fd:
            self._closing.wait(min(self._settings.search_s, 0.2))
            return
        ready, _, _ = select.select(list(by_fd), [], [], 0.2)
        for fd in ready:
            path = by_fd[fd]
            try:
                events = list(self._open[path].read())
            except OSError:  # unplugged, or out of reach
                self._lose(path)
                continue
            for event in events:
                self._see(path, event)

    def _see(self, path: str, event: Any) -> None:
        if event.type != _EV_KEY or event.code not in self._codes or event.value not in (_UP, _DOWN):
            return
        key = path, event.code
        before = bool(self._held)
        if event.value == _DOWN:
            self._held.add(key)
        else:
            self._held.discard(key)
        if bool(self._held) != before:
            self._watch.edge(bool(self._held))

    def _lose(self, path: str) -> None:
        device = self._open.pop(path)
        if not self._closing.is_set():
            _log.warning("keys: %s is gone; it is looked for", device.name)
        self._held = {key for key in self._held if key[0] != path}
        if not self._held:
            self._watch.forget()  # a key that was held does not count as let go
        with suppress(OSError):
            device.close()


class _Evdev:
    """The real devices. Raises ShutterError where evdev is not installed."""

    def __init__(self) -> None:
        try:
            import evdev
        except ImportError as error:
            raise ShutterError("keys: evdev is not installed; pip install 'framecue[keys]'") from error
        self._evdev: Any = evdev

    def paths(self) -> list[str]:
        return list(self._evdev.list_devices())

    def open(self, path: str) -> Any:
        return self._evdev.InputDevice(path)

    def codes(self, names: tuple[str, ...]) -> frozenset[int]:
        return frozenset(self._evdev.ecodes.ecodes[name] for name in names)

    def keys_of(self, device: Any) -> frozenset[int]:
        return frozenset(device.capabilities().get(_EV_KEY, ()))
