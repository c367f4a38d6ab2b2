"""What the booth does when a shutter asks: a shot at once, several, or one after a countdown."""

import threading
from collections.abc import Callable

from framecue.indicators import Indicator, Notice
from framecue.shutter import Request


class Presses:
    """Takes requests from shutters, from any thread; returns at once.

    shoot: asks for one shot. stop: ends the booth. countdown_s: whole seconds. burst: shots for one press.
    wait: waits for an event at most so many seconds, and tells whether it came; tests pass their own.
    """

    def __init__(
        self,
        shoot: Callable[[], None],
        stop: Callable[[], None],
        indicator: Indicator,
        *,
        countdown_s: int = 3,
        burst: int = 1,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._shoot_one, self._stop, self._indicator = shoot, stop, indicator
        self._countdown_s, self._burst, self._wait = countdown_s, burst, wait
        self._turn = threading.Lock()
        self._given_up: threading.Event | None = None  # of the countdown that is under way

    @property
    def counting(self) -> bool:
        """Whether a countdown is under way."""
        return self._given_up is not None

    def ask(self, request: Request) -> None:
        """Do what a shutter asks for. A press during a countdown shoots at once, and ends it."""
        if request == "heard":
            self._indicator.notice(Notice("shooting", "Heard"))
        elif request == "shoot":
            self.give_up()
            self._shoot()
        elif request == "countdown_armed":
            self._indicator.notice(Notice("countdown", str(self._countdown_s)))
        elif request == "countdown":
            self._begin_countdown()
        elif request == "stop_armed":
            self._indicator.notice(Notice("stopping", "Let go to switch off"))
        else:
            self.give_up()
            self._stop()

    def give_up(self) -> None:
        """End a countdown without a shot."""
        with self._turn:
            if self._given_up is not None:
                self._given_up.set()
                self._given_up = None

    def _begin_countdown(self) -> None:
        self.give_up()
        given_up = threading.Event()
        with self._turn:
            self._given_up = given_up
        threading.Thread(target=self._count, args=(given_up,), name="countdown", daemon=True).start()

    def _count(self, given_up: threading.Event) -> None:
        for left in range(self._countdown_s, 0, -1):
            self._indicator.notice(Notice("countdown", str(left)))
            if self._wait(given_up, 1.0):
                return
        with self._turn:
            if given_up.is_set():
                return
            self._given_up = None
        self._shoot()

    def _shoot(self) -> None:
        for _ in range(self._burst):
            self._shoot_one()
