"""Says one thing at a time through a player program, and always the newest that is left to say."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from framecue.errors import IndicatorError

_LOOK_S: Final = 0.05  # between looks at a running player


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is to be said: its name, and the player's command with its arguments."""

    name: str
    command: tuple[str, ...]


class Speaker:
    """A thread that runs one player after another; none of its methods waits for one.

    limit_s: seconds a player may take before it is killed. on_begin: told each name as it is begun.
    """

    def __init__(
        self,
        limit_s: float,
        on_begin: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s, self._on_begin, self._clock = limit_s, on_begin, clock
        self._changed = threading.Condition()  # guards all below
        self._next: Utterance | None = None
        self._busy = self._cut_short = self._ended = False
        self._fault: IndicatorError | None = None
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._thread.start()

    def say(self, utterance: Utterance | None, at_once: bool = False) -> None:
        """Say this when the present sentence is over, instead of what waits; None: nothing waits any more.

        at_once: the present sentence is cut short. Raises IndicatorError when a player failed since the
        last call, once.
        """
        with self._changed:
            self._next = utterance
            self._cut_short = self._cut_short or (at_once and self._busy)
            fault, self._fault = self._fault, None
            self._changed.notify_all()
        if fault is not None:
            raise fault

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is said or waits; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and self._next is None, timeout_s)

    def stop(self, timeout_s: float) -> None:
        """Fall silent, and end. May be called twice."""
        with self._changed:
            self._ended = self._cut_short = True
            self._next = None
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._next is not None or self._ended)
                utterance, self._next = self._next, None
                if utterance is None or self._ended:
                    return
                self._busy, self._cut_short = True, False
            fault: IndicatorError | None = None
            try:
                self._on_begin(utterance.name)
                self._play(utterance.command)
            except IndicatorError as error:
                fault = error
            with self._changed:
                self._busy, self._fault = False, fault or self._fault
                self._changed.notify_all()

    def _play(self, command: Sequence[str]) -> None:
        began_s = self._clock()
        try:
            player = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )
        except OSError as error:
            raise IndicatorError(
                f"voice: {command[0]} cannot be run ({error.strerror}); install it, or set another player"
            ) from error
        while True:
            try:
                _, complaint = player.communicate(timeout=_LOOK_S)
                break
            except subprocess.TimeoutExpired:
                if self._cut_short or self._clock() - began_s > self._limit_s:
                    self._kill(player)
                    if self._cut_short:
                        return
                    raise IndicatorError(
                        f"voice: {command[0]} hangs and was ended; check the sound output"
                    ) from None
        if player.returncode:
            reason = (complaint.strip().splitlines() or [f"exit code {player.returncode}"])[-1]
            raise IndicatorError(f"voice: {command[0]} failed ({reason}); check the sound output")

    @staticmethod
    def _kill(player: "subprocess.Popen[str]") -> None:
        """With all that it has started itself."""
        os.killpg(player.pid, signal.SIGKILL)
        player.communicate()
