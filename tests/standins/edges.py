"""Edge trains of buttons as oscilloscopes show them, and how many shots each is worth.

A train is [(seconds, closed), ...], rising in time. What they are made after was measured by others:

- Ganssle, A Guide to Debouncing: 18 switches bounced for 1.6 ms on average; all but one for 6.2 ms at most,
  that one for 157 ms when it opened.
- github.com/adamfk/bouncy-button and bouncy-button-data, recorded with an Arduino: new tactile buttons bounce
  for up to 14 ms; rocker switches chatter a hundred times within 1 ms; a push button parts again 17 to 77 ms
  after it closed, for 43 to 87 ms, with chatter before and after, and settles within 133 ms.

No recording comes along: none was found that may be passed on. `framecue doctor --edges FILE` makes them, and
files of its kind in the folder that FRAMECUE_EDGES names are played as well.
"""

import random

from framecue.shutter.edges import Train


def press(rng: random.Random, at_s: float, held_s: float, bounce_s: float) -> Train:
    """One press with bounces when it closes and when it opens."""
    return [*_chatter(rng, at_s, bounce_s, True), *_chatter(rng, at_s + held_s, bounce_s, False)]


def bouncing(seed: int) -> tuple[Train, int]:
    """A press of a finger on a contact between good and worn out; and how many shots it is worth."""
    rng = random.Random(seed)
    bounce_s = rng.choice([0.001, 0.002, 0.004, 0.01, 0.02, 0.035])
    return press(rng, 0.1, rng.uniform(0.09, 0.4), bounce_s), 1


def worn(seed: int) -> tuple[Train, int]:
    """A contact that closes, parts again for long, and closes for good; and bounces for long when let go."""
    rng = random.Random(seed)
    train, at_s = _chatter(rng, 0.1, 0.001, True), 0.1
    for _ in range(rng.choice([1, 1, 2])):
        at_s += rng.uniform(0.017, 0.077)
        train += _chatter(rng, at_s, 0.0015, False)
        at_s += rng.uniform(0.043, 0.087)
        train += _chatter(rng, at_s, 0.0015, True)
    at_s = 0.1 + rng.uniform(0.4, 1.5)
    train += _chatter(rng, at_s, 0.001, False)
    until_s = at_s + 0.157
    while (at_s := at_s + rng.uniform(0.01, 0.05)) < until_s - 0.013:
        train += _chatter(rng, at_s, 0.001, True)
        at_s += rng.uniform(0.003, 0.012)
        train += _chatter(rng, at_s, 0.001, False)
    return train, 1


def chattering(seed: int) -> tuple[Train, int]:
    """A new contact that closes and opens a hundred times within a thousandth of a second."""
    rng = random.Random(seed)
    times = sorted(0.1 + rng.uniform(0, 0.001) for _ in range(2 * rng.randint(30, 80)))
    train: Train = [(0.1, True), *((time_s, number % 2 == 1) for number, time_s in enumerate(times))]
    return [*train, *_chatter(rng, 0.1 + rng.uniform(0.09, 0.4), 0.001, False)], 1


def grazed(seed: int) -> tuple[Train, int]:
    """A button touched for less than a press."""
    rng = random.Random(seed)
    return press(rng, 0.1, rng.uniform(0.002, 0.02), 0.001), 0


def hum(seed: int) -> tuple[Train, int]:
    """A long wire beside a mains cable: closed for a part of each half wave, for ten seconds."""
    rng = random.Random(seed)
    period_s = rng.choice([1 / 50, 1 / 60, 1 / 100, 1 / 120])
    share = rng.uniform(0.05, 0.6)
    train: Train = []
    for cycle in range(int(10 / period_s)):
        start = cycle * period_s + rng.uniform(0, 0.0005)
        train += [(start, True), (start + share * period_s, False)]
    return train, 0


def spikes(seed: int) -> tuple[Train, int]:
    """Lamps and motors being switched: bursts of microseconds, now and then, for a minute."""
    rng = random.Random(seed)
    train: Train = []
    at_s = 0.0
    while at_s < 60:
        at_s += rng.expovariate(0.5)
        for _ in range(rng.randint(1, 15)):
            wide_s = rng.uniform(2e-6, 3e-3)
            train += [(at_s, True), (at_s + wide_s, False)]
            at_s += wide_s + rng.uniform(1e-4, 5e-3)
    return train, 0


def press_in_spikes(seed: int) -> tuple[Train, int]:
    """A press in the middle of spikes that open the contact for moments."""
    rng = random.Random(seed)
    train, end_s = press(rng, 0.1, 0.3, 0.003), 0.4
    held = [time_s for time_s, _ in train if time_s < 0.3]
    at_s = held[-1]
    glitches: Train = []
    while (at_s := at_s + rng.uniform(0.02, 0.05)) < end_s - 0.02:
        glitches += [(at_s, False), (at_s + rng.uniform(1e-5, 1e-3), True)]
    return sorted(train + glitches), 1


def stuck(seed: int) -> tuple[Train, int]:
    """Jammed since before the booth started, let go at last."""
    rng = random.Random(seed)
    return [(0.0, True), *_chatter(rng, rng.uniform(1, 120), 0.004, False)], 0


def shorted(seed: int) -> tuple[Train, int]:
    """Wires that touch after a knock, with chatter, and never part again: it begins as a press does."""
    rng = random.Random(seed)
    return _chatter(rng, 1.0, rng.uniform(0.001, 0.03), True), 1


def double(seed: int) -> tuple[Train, int]:
    """A nervous finger: two presses within half a second mean one photo."""
    rng = random.Random(seed)
    first = press(rng, 0.1, 0.09, 0.002)
    return [*first, *press(rng, 0.1 + rng.uniform(0.2, 0.4), 0.09, 0.002)], 1


def _chatter(rng: random.Random, at_s: float, bounce_s: float, closed: bool) -> Train:
    """Edges that end closed or open, after bouncing for a while."""
    edges = sorted(at_s + rng.uniform(0, bounce_s) for _ in range(2 * rng.randint(0, 6)))
    train: Train = [(at_s, closed)]
    for number, edge_s in enumerate(edges):
        train.append((edge_s, closed if number % 2 else not closed))
    return train
