"""Watches a contact in time: looks again when a press is due, and asks for what it led to."""

import logging
import threading
import time
from collections.abc import Callable
from typing import cast

from framecue.shutter import Ask, Request
from framecue.shutter.press import Event, Press, PressSettings

_log = logging.getLogger(__name__)


class PressWatch:
    """A thread beside a contact. Edges may come from any thread.

    name: of the contact, for the log. read: whether it is closed now. clock: seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        settings: PressSettings,
        ask: Ask,
        read: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._ask, self._read, self._clock = name, ask, read, clock
        self._settings = settings
        self._changed = threading.Condition(threading.RLock())  # guards all below
        self._ended = False
        self._complained: set[Event] = set()
        closed = read()
        self._press = Press(settings, closed, clock())
        if closed:
            _log.warning("%s: is held down; it counts once it has been let go", name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; call once."""
        self._thread.start()

    def edge(self, closed: bool) -> None:
        """The contact closes or opens now."""
        with self._changed:
            if not self._ended:
                self._tell(self._press.edge(closed, self._clock()))
                self._changed.notify_all()

    def look(self) -> None:
        """See what has become due; the thread does it by itself, at the right moment."""
        with self._changed:
            if not self._ended:
                self._tell(self._press.look(self._read(), self._clock()))

    def forget(self) -> None:
        """Start afresh with an open contact, as after a keyboard was unplugged with a key held."""
        with self._changed:
            self._press = Press(self._settings, False, self._clock())

    def stop(self) -> None:
        """Ask for nothing more. May be called twice, and from within an ask."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended:
            with self._changed:
                due_s = self._press.due()
                self._changed.wait(None if due_s is None else max(due_s - self._clock(), 0.001))
            self.look()

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            if event in ("noisy", "stuck"):
                self._complain(event)
            else:
                self._ask(cast(Request, event))

    def _complain(self, event: Event) -> None:
        text = {
            "noisy": "has interference on its wire; twist or shield it, or put 100 nF across the contact",
            "stuck": "is jammed, or its wires touch; it counts again once it has been let go",
        }[event]
        if event not in self._complained:  # once a night is enough
            self._complained.add(event)
            _log.warning("%s: %s", self._name, text)
