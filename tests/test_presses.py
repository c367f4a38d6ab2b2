"""What a request becomes: a shot at once, several, or one after a countdown that everybody can see."""

import queue
import threading

from framecue.composition.cue import Cue
from framecue.indicators import Notice
from framecue.presses import Presses

SOON = 10.0


class Booth:
    """Shots, and what was shown, in order; time passes when the test says so."""

    def __init__(self, **settings: int) -> None:
        self.told: queue.Queue[str] = queue.Queue()
        self.seconds: queue.Queue[bool] = queue.Queue()
        self.presses = Presses(
            lambda: self.told.put("shot"), lambda: self.told.put("stop"), self, wait=self._wait, **settings
        )

    def _wait(self, given_up: threading.Event, _seconds: float) -> bool:
        self.seconds.get(timeout=SOON)
        return given_up.is_set()

    def show(self, cue: Cue) -> None:
        raise AssertionError(cue)

    def notice(self, notice: Notice) -> None:
        self.told.put(f"{notice.name} {notice.text}")

    def close(self) -> None:
        pass

    def next(self) -> str:
        return self.told.get(timeout=SOON)

    def second(self) -> None:
        self.seconds.put(True)


def test_a_press_is_a_shot_and_a_burst_several() -> None:
    booth = Booth(burst=3)
    booth.presses.ask("shoot")
    assert [booth.next() for _ in range(3)] == ["shot"] * 3
    assert booth.told.empty()


def test_a_countdown_is_shown_each_second_and_ends_with_a_shot() -> None:
    booth = Booth(countdown_s=3)
    booth.presses.ask("heard")
    booth.presses.ask("countdown_armed")
    booth.presses.ask("countdown")
    assert [booth.next(), booth.next()] == ["shooting Heard", "countdown 3"]
    for left in (3, 2, 1):
        assert booth.next() == f"countdown {left}"
        assert booth.told.empty()
        booth.second()
    assert booth.next() == "shot"


def test_a_press_during_a_countdown_shoots_at_once_and_only_once() -> None:
    booth = Booth(countdown_s=3)
    booth.presses.ask("countdown")
    assert booth.next() == "countdown 3"
    booth.presses.ask("shoot")
    assert booth.next() == "shot"
    booth.second()
    for thread in threading.enumerate():
        if thread.name == "countdown":
            thread.join(SOON)
    assert booth.told.empty()


def test_stopping_ends_a_countdown_without_a_shot() -> None:
    booth = Booth(countdown_s=2)
    booth.presses.ask("countdown")
    assert booth.next() == "countdown 2"
    booth.presses.ask("stop_armed")
    booth.presses.ask("stop")
    booth.second()
    for thread in threading.enumerate():
        if thread.name == "countdown":
            thread.join(SOON)
    assert [booth.next(), booth.next()] == ["stopping Let go to switch off", "stop"]
    assert booth.told.empty()
