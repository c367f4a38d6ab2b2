"""One press one shot, none without: what edges of bad contacts and wires become."""

import random
from collections.abc import Callable

import pytest

from framecue.shutter.press import Event, Press, PressSettings
from standins import edges
from standins.edges import Train

TRAINS: list[Callable[[int], tuple[Train, int]]] = [
    edges.bouncing,
    edges.grazed,
    edges.hum,
    edges.spikes,
    edges.press_in_spikes,
    edges.stuck,
    edges.shorted,
    edges.double,
]


class Settings(PressSettings):
    kind: str = "test"


def played(
    train: Train, until_s: float, closed: bool = False, **settings: object
) -> list[tuple[float, Event]]:
    """All that follows of a train, each with its time; looked at whenever something is due."""
    press = Press(Settings(**settings), closed, 0.0)  # type: ignore[arg-type]
    happened: list[tuple[float, Event]] = []
    level = closed
    for time_s, after in [*train, (until_s, None)]:
        while (due := press.due()) is not None and due < time_s:
            happened += [(due, event) for event in press.look(level, due)]
        if after is not None:
            happened += [(time_s, event) for event in press.edge(after, time_s)]
            level = after
    return happened


def shots(happened: list[tuple[float, Event]]) -> int:
    return sum(event == "shoot" for _, event in happened)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("kind", TRAINS, ids=lambda kind: kind.__name__)
def test_one_press_is_one_shot_and_there_is_none_without(
    kind: Callable[[int], tuple[Train, int]], seed: int
) -> None:
    train, worth = kind(seed)
    happened = played(train, train[-1][0] + 200, closed=train[0] == (0.0, True))
    assert shots(happened) == worth
    assert not any(event == "stop" for _, event in happened)


@pytest.mark.parametrize("seed", range(100))
def test_with_a_countdown_a_bouncing_press_is_one_shot_as_well_and_a_short_circuit_none(seed: int) -> None:
    train, _ = edges.bouncing(seed)
    assert shots(played(train, 10, countdown_hold_s=1.0)) == 1
    train, _ = edges.shorted(seed)
    happened = [event for _, event in played(train, 300, countdown_hold_s=1.0)]
    assert happened == ["heard", "countdown_armed", "stop_armed", "stuck"]


@pytest.mark.parametrize("bounce_s", [0.0, 0.001, 0.005, 0.01])
def test_a_press_is_heard_within_60_ms_of_the_first_contact(bounce_s: float) -> None:
    for seed in range(50):
        train = edges.press(random.Random(seed), 1.0, 0.2, bounce_s)
        ((heard_s, event),) = played(train, 5)
        assert event == "shoot"
        assert 0.029 < heard_s - 1.0 < 0.06


def test_a_press_goes_on_while_its_contact_flickers() -> None:
    train: Train = [(1.0, True)]
    for tenth in range(1, 60):  # held for six seconds, with a spike each tenth
        train += [(1 + tenth / 10, False), (1.001 + tenth / 10, True)]
    happened = played([*train, (7.0, False)], 10)
    assert [event for _, event in happened] == ["shoot", "stop_armed", "stop"]


def test_a_long_hold_stops_when_it_is_let_go() -> None:
    happened = played([(1.0, True), (7.0, False)], 10)
    assert [event for _, event in happened] == ["shoot", "stop_armed", "stop"]
    assert happened[1][0] == pytest.approx(6.03, abs=0.01)
    assert happened[2][0] == pytest.approx(7.03, abs=0.01)


def test_a_jammed_button_stops_nothing_and_works_again_once_it_is_free() -> None:
    happened = played([(1.0, True), (40.0, False), (50.0, True), (50.1, False)], 60)
    assert [event for _, event in happened] == ["shoot", "stop_armed", "stuck", "shoot"]


def test_holding_can_be_made_to_stop_nothing() -> None:
    assert [event for _, event in played([(1.0, True), (7.0, False)], 10, hold_stops=False)] == ["shoot"]


@pytest.mark.parametrize(
    ("held_s", "expected"),
    [
        (0.2, ["heard", "shoot"]),
        (1.5, ["heard", "countdown_armed", "countdown"]),
        (6.0, ["heard", "countdown_armed", "stop_armed", "stop"]),
    ],
)
def test_with_a_countdown_the_length_of_a_press_says_what_it_means(
    held_s: float, expected: list[str]
) -> None:
    happened = played([(1.0, True), (1.0 + held_s, False)], 10, countdown_hold_s=1.0)
    assert [event for _, event in happened] == expected
    assert happened[0][0] - 1.0 < 0.06


def test_presses_are_shots_again_after_the_interval() -> None:
    train: Train = []
    for start in (1.0, 1.3, 1.6, 2.2, 2.8):
        train += [(start, True), (start + 0.1, False)]
    times = [time_s for time_s, event in played(train, 10) if event == "shoot"]
    assert times == pytest.approx([1.03, 1.63, 2.23, 2.83])


def test_interference_is_told_and_a_press_after_it_counts() -> None:
    train, _ = edges.hum(1)
    last_s = train[-1][0]
    happened = played([*train, (last_s + 1, True), (last_s + 1.1, False)], last_s + 5)
    assert [event for _, event in happened] == ["noisy", "shoot"]


def test_a_release_that_was_missed_is_seen_at_the_next_look() -> None:
    press = Press(Settings(), False, 0.0)
    press.edge(True, 1.0)
    assert press.look(True, 1.05) == ["shoot"]
    press.look(False, 3.0)  # no edge came
    assert press.look(False, 3.1) == []
    assert press.edge(True, 4.0) == []
    assert press.look(True, 4.05) == ["shoot"]


def test_a_clock_that_is_asked_late_makes_no_difference() -> None:
    press = Press(Settings(), False, 0.0)
    assert press.edge(True, 1.0) == []
    assert press.edge(False, 1.2) == ["shoot"]  # nobody looked in between
    assert press.edge(True, 9.0) == []
    assert press.look(True, 9.5) == ["shoot"]


def test_without_a_minimum_a_press_counts_at_once() -> None:
    press = Press(Settings(min_press_s=0), False, 0.0)
    assert press.edge(True, 1.0) + press.look(True, 1.0) == ["shoot"]
