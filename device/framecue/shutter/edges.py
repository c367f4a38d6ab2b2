"""Edges of a contact in a file: what a real button does, kept to be looked at and played again.

Such a file is CSV: lines that begin with # are notes, as which button it was and how it was pressed; then
`seconds,closed`, and an edge a line in the order of time, closed being 1 or 0. What it begins with is the
opposite of its first edge.
"""

import csv
from pathlib import Path
from typing import Final

from framecue.errors import ShutterError
from framecue.shutter.press import Event, Press, PressSettings

Train = list[tuple[float, bool]]
HEADER: Final = "seconds,closed"
_FLUTTER_S: Final = 0.02  # edges nearer than that belong together


def write_train(file: Path, train: Train, note: str) -> None:
    """Write a train, its times from its first edge on. Raises ShutterError where that fails."""
    began_s = train[0][0] if train else 0.0
    lines = [f"# {line}" for line in note.splitlines()]
    lines += [HEADER, *(f"{time_s - began_s:.6f},{int(closed)}" for time_s, closed in train)]
    try:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise ShutterError(f"{file}: cannot be written ({error.strerror}); name another file") from error


def read_train(file: Path) -> Train:
    """Read a train. Raises ShutterError with the line that makes no sense."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ShutterError(f"{file}: cannot be read ({error})") from error
    train: Train = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or line.strip() in ("", HEADER):
            continue
        try:
            time, closed = next(csv.reader([line]))
            edge = float(time), {"0": False, "1": True}[closed.strip()]
        except (ValueError, KeyError):
            raise ShutterError(f"{file}, line {number}: is not `{HEADER}`, such as 0.0125,1") from None
        if not 0 <= edge[0] < float("inf") or (train and edge[0] < train[-1][0]):
            raise ShutterError(f"{file}, line {number}: goes back in time")
        train.append(edge)
    return train


def played(
    train: Train, until_s: float, settings: PressSettings, closed: bool = False
) -> list[tuple[float, Event]]:
    """All that follows of a train, each with its time, when it is looked at whenever something is due.

    until_s: how far time goes on. closed: what the contact begins with.
    """
    press = Press(settings, closed, 0.0)
    happened: list[tuple[float, Event]] = []
    level = closed
    for time_s, after in [*train, (until_s, None)]:
        while (due_s := press.due()) is not None and due_s < time_s:
            happened += [(due_s, event) for event in press.look(level, due_s)]
        if after is not None:
            happened += [(time_s, event) for event in press.edge(after, time_s)]
            level = after
    return happened


def longest_flutter_s(train: Train) -> float:
    """Seconds of the longest run of edges that follow each other at once; 0 where none do."""
    longest_s = began_s = 0.0
    for index, (time_s, _) in enumerate(train):
        if index == 0 or time_s - train[index - 1][0] > _FLUTTER_S:
            began_s = time_s
        longest_s = max(longest_s, time_s - began_s)
    return longest_s
