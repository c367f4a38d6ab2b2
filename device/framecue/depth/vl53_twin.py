"""The simulated twin of VL53L5CX and VL53L8CX: an I2C bus with a chip that boots, takes firmware, measures.

It keeps what ST's driver relies on: pages of registers behind 0x7FFF, a boot that ends only with whole
firmware, commands that end at 0x2FFF of page 2, and packets of blocks that the host has chosen. Words are
turned round on the wire.
"""

import errno
import math
import os
from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from framecue.depth.tof import Tof

Fault = Literal["none", "silent", "frozen", "stuck", "nonsense", "lies", "torn", "deaf"]

_PAGE: Final = 0x7FFF
_STATUS, _ANSWER, _END = 0x2C00, 0x2C04, 0x2FFF  # of page 2
_FIRMWARE_PAGES: Final = (9, 10, 11)
_FIRMWARE_BYTES: Final = 0x15000
_OUTPUTS, _ENABLES, _LENGTH = 0xCD78, 0xCD68, 0xCD60  # what the host chose to be told
_ZONES_ALONG: Final = 0x5450
_RATE: Final = 0x5458
_READ_NOW: Final = 1  # flag of an I2C message that reads
_VALID, _NO_TARGET = 5, 255


class TwinVl53:
    """A sensor; the identity (0xF0, 0x0C) makes it a VL53L8CX.

    zones_m: (8, 8) float32 true metres, upright, seen from behind it, 0 endless.

    Fault stuck: no new packet. frozen: the same map for ever. deaf: it forgets its firmware. lies: it tells
    4/10 of the distance. torn: packets end early.
    """

    def __init__(
        self,
        identity: tuple[int, int] = (0xF0, 0x02),
        clock: Callable[[], float] = lambda: 0.0,
        seed: int = 0,
    ) -> None:
        self.identity, self._clock = identity, clock
        self.fault: Fault = "none"
        self.zones_m = np.full((8, 8), 2.0, np.float32)
        self.settings: dict[int, bytes] = {_ZONES_ALONG: bytes([4, 4, 0, 0, 8, 8, 0, 0])}
        self.ranging = False
        self._rng = np.random.default_rng(seed)
        self._tof = Tof(4.0, 0.006, 0.002, holes=0.02, flying=0.0)
        self._memory: dict[tuple[int, int], int] = {}
        self._page, self._pointer = 0, 0
        self._firmware: set[tuple[int, int]] = set()
        self._booted = self._running = self._started = self._stopped = False
        self._since_s, self._count = 0.0, -1
        self._packet = b""
        self._last: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @property
    def newer(self) -> bool:
        """Whether it is a VL53L8CX."""
        return self.identity == (0xF0, 0x0C)

    def write(self, data: bytes) -> None:
        """Bytes are written: a register's address, and what it and those after it become."""
        self._pointer = int.from_bytes(data[:2], "big")
        if self._pointer == _PAGE and len(data) == 3:  # within a longer run it is memory like any other
            self._page = data[2]
            return
        for value in data[2:]:
            self._set(self._pointer, value)
            self._pointer = self._pointer + 1 & 0xFFFF

    def read(self, length: int) -> bytes:
        """Bytes are read on from where the last write pointed to."""
        if self._page == 2 and self._pointer == 0 and self.ranging:
            self._measure()
        found = bytes(self._get(self._pointer + at) for at in range(length))
        self._pointer += length
        return found

    def _set(self, register: int, value: int) -> None:
        page = self._page
        self._memory[page, register] = value
        if page in _FIRMWARE_PAGES and self.fault != "deaf":
            self._firmware.add((page, register))
        if page == 0 and register == 0x0A and value == 0x03:  # reset
            self._booted, self._running, self._started, self.ranging = True, False, False, False
            self._firmware.clear()
        if page == 0 and register == 0x0B and value == 0x01:  # start, if there is something to run
            self._running, self._started = self._whole(), True
        if page == 0 and register == 0x14:
            self._stopped = value == 1
            self.ranging &= not self._stopped
        if page == 2 and register == _END and self._running:
            self._obey()

    def _get(self, register: int) -> int:
        page = self._page
        if page == 0:
            special = {0: self.identity[0], 1: self.identity[1], 6: self._state()}
            return special.get(register, self._memory.get((page, register), 0))
        if page == 1 and register == 0x21 and self.newer:
            return 0x04 if self._memory.get((1, 0x06)) == 0x01 else 0x00
        if page == 1 and register == 0x21:  # what firmware can be written to, and whether it has arrived
            loading = (_FIRMWARE_PAGES[0], 0) in self._firmware
            return 0x10 if not loading or self._whole() else 0x00
        if page == 2 and register < len(self._packet):
            return self._packet[register]
        return self._memory.get((page, register), 0)

    def _state(self) -> int:
        if self._stopped:
            return 0x80
        if self.newer and self._started:
            return 0x01 if self._running else 0x80
        return 0 if self._running else int(self._booted)

    def _whole(self) -> bool:
        return len(self._firmware) == _FIRMWARE_BYTES

    def _obey(self) -> None:
        """A command has been written whole; its last four bytes say which."""
        kind = self._bytes(_END - 3, 4)
        if kind[:2] == b"\x05\x01":
            size = int.from_bytes(kind[2:], "big") - 8
            start = _END - (size + 12) + 1
            index = int.from_bytes(self._bytes(start, 2), "big")
            self.settings[index] = _turned(self._bytes(start + 4, size))
        elif kind == b"\x00\x02\x00\x08":
            head = self._bytes(_END - 11, 4)
            index, size = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:], "big") >> 4
            stored = self.settings.get(index, b"")[:size].ljust(size, b"\0")
            self._put(_ANSWER, head + _turned(stored) + bytes(8))
        elif kind == b"\x00\x03\x00\x00":
            self.ranging, self._since_s, self._count = True, self._clock(), -1
        self._put(_STATUS, bytes([2, 3, 0, 0]))

    def _measure(self) -> None:
        """Make the packet that is due by now."""
        rate = max(self.settings.get(_RATE, b"\0\x01")[1], 1)
        count = math.floor((self._clock() - self._since_s) * rate) - 1
        if count <= self._count or self.fault == "stuck":
            return
        self._count = count
        if self.fault != "frozen" or self._last is None:
            self._last = self._tof.sense(self.zones_m, self._rng)
        metres, sure = self._last
        if self.fault == "lies":
            metres = metres * np.float32(0.4)
        if self.fault == "nonsense":
            metres = self._rng.uniform(-30, 30, metres.shape).astype(np.float32)
        packet = self._encoded(np.fliplr(metres).ravel(), np.fliplr(sure).ravel(), count)
        self._packet = packet[: len(packet) // 3] if self.fault == "torn" else packet

    def _encoded(self, metres: NDArray[np.float32], sure: NDArray[np.float32], count: int) -> bytes:
        known = sure > 0
        per_m = 4000 if self.newer else 1000
        content = {
            0xCF7C: known.astype(np.uint8).tobytes(),
            0xCFBC: (sure * 2048 * 50).astype("<u4").tobytes(),
            0xD2BC: np.full(64, 8 * 128, "<u2").tobytes(),
            0xD33C: np.where(known, np.rint(metres * per_m), 0).astype("<i2").tobytes(),
            0xD43C: np.full(64, 40, np.uint8).tobytes(),
            0xD47C: np.where(known, _VALID, _NO_TARGET).astype(np.uint8).tobytes(),
        }
        enabled = int.from_bytes(self.settings[_ENABLES][:4], "little")
        length = int.from_bytes(self.settings[_LENGTH][:4], "little")
        blocks = b""
        listed = np.frombuffer(self.settings[_OUTPUTS], "<u4")
        for number, header in enumerate(listed.tolist()):
            kind, size, index = header & 0xF, header >> 4 & 0xFFF, header >> 16
            if not enabled >> number & 1 or number == 0:
                continue
            wide = kind * size if 1 < kind < 0xD else size
            blocks += header.to_bytes(4, "little") + content.get(index, b"").ljust(wide, b"\0")[:wide]
        head = _turned(bytes([count % 255, 0x05, 0x05, 0x10])) + bytes(12)
        return _turned((head + blocks).ljust(length, b"\0"))

    def _bytes(self, start: int, length: int) -> bytes:
        return bytes(self._memory.get((2, start + at), 0) for at in range(length))

    def _put(self, start: int, data: bytes) -> None:
        self._memory.update({(2, start + at): value for at, value in enumerate(data)})


class TwinBus:
    """An I2C bus with one chip; keeps what is used of smbus2.SMBus, `i2c_rdwr`."""

    def __init__(self, chip: TwinVl53, address: int = 0x29) -> None:
        self.chip, self.address = chip, address
        self.closed = False

    def i2c_rdwr(self, *messages: Any) -> None:
        """As smbus2's."""
        for message in messages:
            if self.closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            if message.addr != self.address or self.chip.fault == "silent":
                raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
            if message.flags & _READ_NOW:
                for at, value in enumerate(self.chip.read(message.len)):
                    message.buf[at] = bytes([value])
            else:
                self.chip.write(bytes(message))

    def close(self) -> None:
        """As smbus2's."""
        self.closed = True


def _turned(data: bytes) -> bytes:
    """Every word of four bytes turned round."""
    return np.frombuffer(data, ">u4").astype("<u4").tobytes()
