"""What a strip of lights shows for a sign, and how that goes over the wire."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from framecue.indicators.table import Colour, Sign

Rgb = tuple[int, int, int]  # 0..255 each
Colours = list[Rgb]

SPI_HZ: Final = 6_400_000  # eight bits of the bus make one of the strip's: 1.25 microseconds
_ZERO: Final = 0b11000000  # high for 0.31 microseconds
_ONE: Final = 0b11111000  # high for 0.78 microseconds
_LATCH: Final = bytes(300)  # low for 0.38 milliseconds: the lights take over what they were sent
_ARROW_BLINK_S: Final = 0.5  # on and off
_COLOURS: Final[dict[Colour, Rgb]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 160, 0),
    "cyan": (0, 200, 200),
    "magenta": (220, 0, 200),
    "white": (200, 200, 200),
}


class Wire(Protocol):
    """What is used of spidev.SpiDev."""

    def writebytes2(self, data: Sequence[int]) -> None:
        """Send bytes in one go; raises OSError."""

    def close(self) -> None:
        """Let the bus go."""


def pixels_of(sign: Sign, age_s: float, count: int, brightness: float, lit: int | None = None) -> Colours:
    """The lights of a strip, age_s seconds after it began to show this sign.

    The first quarter is the back lamp, the last the ahead lamp, what is between the main light; lit: how
    many of those are lit at most.
    """
    red, green, blue = _COLOURS[sign.colour]
    on: Rgb = (round(red * brightness), round(green * brightness), round(blue * brightness))
    dark: Rgb = (0, 0, 0)
    end = max(1, count // 4)
    middle = count - 2 * end
    on_s, off_s = sign.pattern.value
    main = on if age_s % (on_s + off_s) < on_s else dark
    shown = not sign.arrow_blinks or age_s % _ARROW_BLINK_S < _ARROW_BLINK_S / 2
    back = on if sign.arrow.back and shown else dark
    ahead = on if sign.arrow.ahead and shown else dark
    bright = middle if lit is None else min(lit, middle)
    return [back] * end + [main] * bright + [dark] * (middle - bright) + [ahead] * end


def encoded(pixels: Colours, order: str = "GRB") -> bytes:
    """The bytes that an SPI bus of SPI_HZ sends for these lights."""
    columns = ["RGB".index(colour) for colour in order]
    bits = np.unpackbits(np.asarray(pixels, np.uint8)[:, columns].reshape(-1))
    return bytes(1) + np.where(bits, _ONE, _ZERO).astype(np.uint8).tobytes() + _LATCH


class TwinStrip:
    """A strip without hardware: reads the wire as the lights do, and keeps what they show.

    While `broken` is set, writing raises OSError.
    """

    def __init__(self, order: str = "GRB") -> None:
        self.order, self.pixels, self.written = order, list[Rgb](), 0
        self.broken = self.closed = False

    def writebytes2(self, data: Sequence[int]) -> None:
        """As spidev's."""
        if self.broken or self.closed:
            raise OSError(5, "Input/output error")
        sent = np.frombuffer(bytes(data), np.uint8)
        if len(sent) > 4096:
            raise OSError(90, "Message too long")  # spidev would send it in pieces, and the lights restart
        high = np.unpackbits(sent[sent > 0].reshape(-1, 1), axis=1).sum(
            1
        )  # of each bit, in 0.156 microseconds
        values = np.packbits(high >= 4).reshape(-1, 3)[:, [self.order.index(colour) for colour in "RGB"]]
        self.pixels = [(int(r), int(g), int(b)) for r, g, b in values]
        self.written += 1

    def close(self) -> None:
        """As spidev's."""
        self.closed = True
