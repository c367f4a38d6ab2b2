"""A simulated twin of gpiod 2: chips with lines that a test drives, and that remember what they were asked.

Keeps what is used of the `gpiod` module, so that `framecue.gpiod_pins` runs on it unchanged.
"""

import errno
import os
import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any


class Value(Enum):
    """As gpiod.line.Value."""

    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    """As gpiod.line.Direction."""

    AS_IS = 1
    INPUT = 2
    OUTPUT = 3


class Bias(Enum):
    """As gpiod.line.Bias."""

    AS_IS = 1
    DISABLED = 3
    PULL_UP = 4
    PULL_DOWN = 5


class Edge(Enum):
    """As gpiod.line.Edge."""

    NONE = 1
    RISING = 2
    FALLING = 3
    BOTH = 4


@dataclass
class LineSettings:
    """As gpiod.LineSettings, as far as used."""

    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    output_value: Value = Value.INACTIVE


class EdgeType(Enum):
    """As gpiod.EdgeEvent.Type."""

    RISING_EDGE = 1
    FALLING_EDGE = 2


@dataclass
class EdgeEvent:
    """As gpiod.EdgeEvent, as far as used."""

    event_type: EdgeType
    timestamp_ns: int


class TwinLine:
    """One line. level: what is outside drives it to; None leaves it to its resistor."""

    def __init__(self) -> None:
        self.level: bool | None = None
        self.request: TwinRequest | None = None
        self.settings = LineSettings()

    @property
    def high(self) -> bool:
        """What a voltmeter says."""
        if self.settings.direction is Direction.OUTPUT:
            return bool(self.settings.output_value.value)
        return self.settings.bias is Bias.PULL_UP if self.level is None else self.level


class TwinRequest:
    """As gpiod.LineRequest, of one line."""

    def __init__(self, line: TwinLine, offset: int) -> None:
        self._line, self._offset = line, offset
        self.events: queue.Queue[EdgeEvent] = queue.Queue()

    def get_value(self, offset: int) -> Value:
        """Whether the line is high."""
        self._require(offset)
        return Value(int(self._line.high))

    def set_value(self, offset: int, value: Value) -> None:
        """Drive the line."""
        self._require(offset)
        if self._line.settings.direction is not Direction.OUTPUT:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        self._line.settings.output_value = value

    def wait_edge_events(self, timeout: float) -> bool:
        """Whether an edge came in time."""
        try:
            event = self.events.get(timeout=timeout)
        except queue.Empty:
            return False
        self.events.queue.appendleft(event)
        return True

    def read_edge_events(self) -> list[EdgeEvent]:
        """All edges that have come."""
        return [self.events.get() for _ in range(self.events.qsize())]

    def release(self) -> None:
        """Let the line go."""
        self._line.request = None

    def _require(self, offset: int) -> None:
        if self._line.request is not self or offset != self._offset:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class TwinChip:
    """As gpiod.Chip, with lines of the given names, numbered from 0."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self.lines = [TwinLine() for _ in names]
        self.closed = False

    def line_offset_from_id(self, name: str) -> int:
        """The number of a line; raises OSError where there is none of that name."""
        if name not in self._names:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._names.index(name)

    def request_lines(self, config: Mapping[int, LineSettings], consumer: str) -> TwinRequest:
        """Claim a line; raises OSError where somebody else has it."""
        ((offset, settings),) = config.items()
        line = self.lines[offset]
        if line.request is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), consumer)
        line.settings, line.request = settings, TwinRequest(line, offset)
        return line.request

    def drive(self, name: str, high: bool | None) -> None:
        """Drive a line from outside, as a button does; the edge is seen where somebody listens."""
        line = self.lines[self.line_offset_from_id(name)]
        before, line.level = line.high, high
        listens = line.request is not None and line.settings.edge_detection is not Edge.NONE
        if line.high != before and listens and line.request is not None:
            kind = EdgeType.RISING_EDGE if line.high else EdgeType.FALLING_EDGE
            line.request.events.put(EdgeEvent(kind, time.monotonic_ns()))

    def close(self) -> None:
        """Let the chip go."""
        self.closed = True


def twin_gpiod(chips: Mapping[str, TwinChip]) -> Any:
    """A module like gpiod, whose chips are these, by their path."""

    def open_chip(path: str) -> TwinChip:
        if path not in chips:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return chips[path]

    return SimpleNamespace(
        Chip=open_chip,
        LineSettings=LineSettings,
        EdgeEvent=SimpleNamespace(Type=EdgeType),
        line=SimpleNamespace(Value=Value, Direction=Direction, Bias=Bias, Edge=Edge),
    )
