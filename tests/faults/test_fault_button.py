"""A button that bounces, jams, is shorted or has a noisy wire: one press one shot, none without."""

from faults import report, times
from framecue.shutter.press import Event
from standins import edges
from test_press import played, shots


def test_one_press_is_one_shot_whatever_its_contact_does_and_noise_is_none() -> None:
    wrong = 0
    for kind in (edges.bouncing, edges.worn, edges.chattering, edges.press_in_spikes, edges.double):
        wrong += _wrong(kind.__name__, [kind(seed) for seed in range(times(100))])
    for kind in (edges.stuck, edges.shorted, edges.grazed, edges.hum, edges.spikes):
        wrong += _wrong(kind.__name__, [kind(seed) for seed in range(times(100))])
    assert wrong == 0


def _wrong(kind: str, trains: list[tuple[edges.Train, int]]) -> int:
    """How many trains made another number of shots than they are worth, or stopped the booth."""
    found: list[tuple[int, int, list[Event]]] = []
    for train, worth in trains:
        happened = played(train, train[-1][0] + 200, closed=train[0] == (0.0, True))
        found.append((worth, shots(happened), [event for _, event in happened]))
    wrong = sum(worth != made or "stop" in events for worth, made, events in found)
    report(
        f"button {kind}",
        trains=len(trains),
        presses=sum(worth for worth, _, _ in found),
        shots=sum(made for _, made, _ in found),
        wrong=wrong,
    )
    return wrong
