"""One press one shot, none without: what edges of bad contacts and wires become."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from framecue.errors import ShutterError
from framecue.shutter import edges as edge_files
from framecue.shutter.press import Event, Press, PressSettings
from standins import edges
from standins.edges import Train

TRAINS: list[Callable[[int], tuple[Train, int]]] = [
    edges.bouncing,
    edges.worn,
    edges.chattering,
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
    """As the product plays it, with settings by name."""
    return edge_files.played(train, until_s, Settings(**settings), closed)  # type: ignore[arg-type]


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
    assert happened[2][0] == pytest.approx(7.10, abs=0.01)


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


def test_a_contact_that_parts_again_in_a_press_still_counts_as_held() -> None:
    worn: Train = [(1.0, True), (1.05, False), (1.13, True), (7.0, False)]
    assert [event for _, event in played(worn, 10)] == ["shoot", "stop_armed", "stop"]
    assert [event for _, event in played([*worn[:3], (2.5, False)], 10, countdown_hold_s=1.0)] == [
        "heard",
        "countdown_armed",
        "countdown",
    ]


# Recordings


def test_what_a_button_did_is_written_read_and_played_again(tmp_path: Path) -> None:
    train, _ = edges.worn(3)
    file = tmp_path / "button.csv"
    edge_files.write_train(file, train, "a worn button\nof nobody")
    again = edge_files.read_train(file)
    assert file.read_text().startswith("# a worn button\n# of nobody\nseconds,closed\n0.000000,1\n")
    assert [closed for _, closed in again] == [closed for _, closed in train]
    assert [time_s for time_s, _ in again] == pytest.approx([time_s - 0.1 for time_s, _ in train], abs=1e-6)
    assert shots(played(again, 10)) == 1


@pytest.mark.parametrize("line", ["0.1", "0.1,2", "soon,1", "-1,1", "nan,1", "0.005,1", "0.1,1,1", '"0.1,1'])
def test_a_line_that_is_no_edge_is_told_with_its_number(line: str, tmp_path: Path) -> None:
    file = tmp_path / "button.csv"
    file.write_text(f"# mine\nseconds,closed\n0.01,1\n{line}\n")
    with pytest.raises(ShutterError, match=r"button\.csv, line 4"):
        edge_files.read_train(file)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    for name in ("photo.jpg", "none.csv"):
        with pytest.raises(ShutterError, match="cannot be read"):
            edge_files.read_train(tmp_path / name)
    with pytest.raises(ShutterError, match="cannot be written"):
        edge_files.write_train(tmp_path / "no" / "b.csv", [(0.0, True)], "")


def test_recorded_presses_are_shots_one_each() -> None:
    """Files of FRAMECUE_EDGES, one press and its release each, or as many as `NAME.3.csv` says."""
    folder = os.environ.get("FRAMECUE_EDGES")
    if not folder:
        pytest.skip("set FRAMECUE_EDGES to a folder of recordings made with `framecue doctor --edges`")
    files = sorted(Path(folder).glob("*.csv"))
    assert files, f"no recordings in {folder}"
    for file in files:
        train = edge_files.read_train(file)
        number = file.stem.rpartition(".")[2]
        happened = played(train, train[-1][0] + 10, closed=not train[0][1], min_interval_s=0)
        assert shots(happened) == (int(number) if number.isdigit() else 1), file.name
