"""Sensors' watches whose threads wait for a test to let them go on."""

import threading
from typing import Any, Self


class Stepped:
    """Goes on one reading or pause at a time. A subclass sets `watch`, whose thread calls `hold` at each."""

    watch: Any

    def __init__(self) -> None:
        self._go, self._waiting = threading.Semaphore(0), threading.Semaphore(0)

    def hold(self) -> None:
        """Wait, in the watch's thread, for the next step."""
        self._waiting.release()
        assert self._go.acquire(timeout=20)

    def __enter__(self) -> Self:
        self.watch.start()
        assert self._waiting.acquire(timeout=20)
        return self

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self._go.release()
            assert self._waiting.acquire(timeout=20)

    def __exit__(self, *_: object) -> None:
        self.watch._stopping.set()
        self._go.release()
        self.watch.stop()
