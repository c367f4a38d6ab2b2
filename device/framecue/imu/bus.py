"""The I2C bus, as sensors of this family need it."""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from framecue.errors import ImuError
from framecue.imu import Reading, Triple

_RAIL: Final = 32760  # raw values from here on are at the end of their range
_REPEATS: Final = 25  # identical readings in a row, noise and all, that only a stuck sensor gives


class Bus(Protocol):
    """What is used of smbus2.SMBus."""

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        """So many bytes from a register on; raises OSError when nobody answers."""

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        """Write one register; raises OSError when nobody answers."""

    def close(self) -> None:
        """Let the bus go."""


def open_bus(number: int) -> Any:
    """/dev/i2c-NUMBER; raises ImuError."""
    try:
        from smbus2 import SMBus
    except ImportError as error:
        raise ImuError("smbus2 is not installed; pip install 'framecue[imu]'") from error
    try:
        return SMBus(number)
    except PermissionError as error:
        raise ImuError(f"/dev/i2c-{number} may not be used by this user; add it to group i2c") from error
    except OSError as error:
        raise ImuError(f"there is no /dev/i2c-{number}; switch I2C on with raspi-config") from error


class Chip:
    """One sensor on a bus: its registers, and its faults told in one line.

    name: for messages. clock: seconds, monotonic. A bus given is used; otherwise number is opened.
    """

    def __init__(
        self,
        name: str,
        number: int,
        address: int,
        bus: Bus | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = f"{name} at 0x{address:02x} of I2C bus {number}"
        self._address, self._clock = address, clock
        self._bus: Bus = open_bus(number) if bus is None else bus
        self._last: bytes | None = None
        self._repeats = 0

    def write(self, register: int, value: int) -> None:
        """Write one register; raises ImuError."""
        try:
            self._bus.write_byte_data(self._address, register, value)
        except OSError as error:
            raise self._silent(error) from error

    def block(self, register: int, length: int) -> bytes:
        """So many bytes from a register on; raises ImuError."""
        try:
            return bytes(self._bus.read_i2c_block_data(self._address, register, length))
        except OSError as error:
            raise self._silent(error) from error

    def require(self, register: int, known: frozenset[int]) -> None:
        """Refuse a sensor whose identity register holds none of the known values."""
        found = self.block(register, 1)[0]
        if found not in known:
            raise ImuError(
                f"{self._place} says it is 0x{found:02x}, which is another sensor; set imu.kind and address"
            )

    def reading(self, register: int, length: int, gyro_at: int, scales: tuple[float, float]) -> Reading:
        """Values of one burst: three big-endian words of acceleration first, of turning from byte gyro_at on.

        scales: raw values of 1 g and of 1 degree per second. Raises ImuError also when values never change.
        """
        data = self.block(register, length)
        self._repeats = self._repeats + 1 if data == self._last else 0
        self._last = data
        if self._repeats >= _REPEATS:
            raise ImuError(f"{self._place} repeats one value; switch the power off and on, check its cable")
        accel, gyro = _words(data), _words(data[gyro_at:])
        return Reading(
            _scaled(accel, scales[0]),
            _scaled(gyro, scales[1]),
            self._clock(),
            saturated=any(abs(value) >= _RAIL for value in (*accel, *gyro)),
        )

    def close(self) -> None:
        """Let the bus go."""
        self._bus.close()

    def _silent(self, error: OSError) -> ImuError:
        reason = error.strerror or "no answer"
        return ImuError(f"{self._place} does not answer ({reason}); check its cable and `i2cdetect -y 1`")


def _words(data: bytes) -> tuple[int, int, int]:
    x, y, z = (int.from_bytes(data[at : at + 2], "big", signed=True) for at in (0, 2, 4))
    return x, y, z


def _scaled(raw: tuple[int, int, int], scale: float) -> Triple:
    return raw[0] / scale, raw[1] / scale, raw[2] / scale
