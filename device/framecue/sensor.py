"""A thread that keeps reading a sensor and outlives its faults: what level and depth sensors share."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from framecue.errors import FramecueError

_log: Final = logging.getLogger(__name__)

_FIRST_WAIT_S: Final = 0.5  # before a sensor that failed is opened again; doubles up to the longest
_STOP_S: Final = 0.5

Wait = Callable[[threading.Event, float], bool]


class Closable(Protocol):
    """What a watch may open."""

    def close(self) -> None:
        """Let the sensor go."""


Sensor = TypeVar("Sensor", bound=Closable)


class SensorWatch(ABC, Generic[Sensor]):
    """Opens a sensor and has `_read` read it; after each fault again, and each time after a longer wait.

    name: of the sensor, for the log. instead: what the booth goes by without it. open_sensor: makes the
    driver, in the watch's thread. wait: waits for an event at most so many seconds; tests pass their own.
    """

    def __init__(
        self, name: str, instead: str, open_sensor: Callable[[], Sensor], longest_wait_s: float, wait: Wait
    ) -> None:
        self._name, self._instead = name, instead
        self._open, self._longest_wait_s, self._wait = open_sensor, longest_wait_s, wait
        self._fault: str | None = None
        self._told: set[str] = set()
        self._worked = False  # whether the sensor can be said to have worked since it was opened
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start reading; returns at once, whether or not there is a sensor."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; does not wait for a driver that hangs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    @property
    def fault(self) -> str | None:
        """What is wrong, one line, or None."""
        return self._fault

    @abstractmethod
    def _read(self, sensor: Sensor) -> None:
        """Read until `_stopping`, or raise what is wrong; say `_works` of each reading."""

    def _works(self) -> None:
        """The sensor gave something that can be used."""
        self._worked, self._fault = True, None
        self._told.clear()

    def _is_news(self, fault: str) -> bool:
        """Whether a fault is to be logged: each once, until the sensor has worked again."""
        news = fault not in self._told
        self._told.add(fault)
        return news

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            self._worked = False
            try:
                self._use(self._open())
            except Exception as error:  # noqa: BLE001  whatever a driver throws, the booth goes on without it
                self._note(error)
            if self._stopping.is_set():
                return
            if self._worked:
                wait_s = _FIRST_WAIT_S
            self._wait(self._stopping, wait_s)
            wait_s = min(2 * wait_s, self._longest_wait_s)

    def _use(self, sensor: Sensor) -> None:
        try:
            self._read(sensor)
        finally:
            try:
                sensor.close()
            except Exception:  # noqa: BLE001  it is being given up anyway
                _log.debug("closing the %s failed", self._name, exc_info=True)

    def _note(self, error: Exception) -> None:
        text = str(error) if isinstance(error, FramecueError) else f"{type(error).__name__}: {error}"
        if self._is_news(text):
            _log.warning("%s: %s; %s", self._name, text, self._instead)
        self._fault = text
