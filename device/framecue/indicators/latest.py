"""A thread that keeps up: it works on the newest item only, so that slow hardware never lags behind."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from framecue.errors import IndicatorError

_T = TypeVar("_T")


class Latest(Generic[_T]):
    """Does one thing after another, each with the newest item put; those in between are skipped.

    act: what is done, on the thread. limit_s: seconds it may take before it counts as hung. every_s: seconds
    from one beginning to the next at the least, to leave the processor to others.
    """

    def __init__(
        self,
        name: str,
        act: Callable[[_T], None],
        limit_s: float,
        every_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._act, self._clock = name, act, clock
        self._limit_s, self._every_s = limit_s, every_s
        self._changed = threading.Condition()  # guards all below
        self._newest: list[_T] = []  # none or one
        self._began_s: float | None = None
        self._fault: Exception | None = None
        self._ended = self._hurry = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: _T, at_once: bool = False) -> None:
        """Have this done next, instead of what still waits; at_once: without a pause before it.

        Raises the error of what was done last, once, or IndicatorError where that has not come back in time.
        """
        with self._changed:
            self._newest, self._hurry = [item], self._hurry or at_once
            self._changed.notify_all()
            fault, self._fault = self._fault, None
            began_s = self._began_s
        if fault is not None:
            raise fault
        if began_s is not None and self._clock() - began_s > self._limit_s:
            raise IndicatorError(f"{self._name} does not come back; unplug and plug it, or restart the booth")

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing waits or is being done; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: self._began_s is None and not self._newest, timeout_s)

    def stop(self, timeout_s: float) -> bool:
        """Do what still waits, then end; whether the thread has ended in time. May be called twice."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._newest) or self._ended)
                if not self._newest:
                    return
                item = self._newest.pop()
                began_s = self._began_s = self._clock()
                self._hurry = False
            fault: Exception | None = None
            try:
                self._act(item)
            except Exception as error:  # noqa: BLE001  told at the next put, on the caller's thread
                fault = error
            with self._changed:
                self._fault, self._began_s = fault, None
                self._changed.notify_all()
                pause_s = self._every_s - (self._clock() - began_s)
                self._changed.wait_for(lambda: self._hurry or self._ended, max(pause_s, 0.0))
