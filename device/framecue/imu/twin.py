"""The sensors' simulated twin: an I2C bus with chips on it that keep the same registers.

The real drivers run on it unchanged. A chip is turned with `tilt`, and broken with `fault`.
"""

import errno
import math
import os
from typing import Final, Literal

import numpy as np

from framecue.composition.geometry import Pinhole

Fault = Literal["none", "silent", "frozen", "saturated", "noise", "lies"]
_ACCEL_RANGE: Final = (16384.0, 8192.0, 4096.0, 2048.0)
_MPU_GYRO_RANGE: Final = (131.0, 65.5, 32.8, 16.4)


class TwinChip:
    """A sensor mounted like the default settings say: x to the camera's right, y up, z back.

    identity: what its identity register holds. While it sleeps, as after power-on, its values are 0.
    Fault lies: what is felt leans by `lie_deg` more roll than there is. Fault noise: values mean nothing.
    """

    address = 0x68
    gyro_range = _MPU_GYRO_RANGE

    def __init__(self, identity: int, seed: int = 0) -> None:
        self.identity = identity
        self.fault: Fault = "none"
        self.lie_deg = 12.0
        self.gyro_dps = (0.0, 0.0, 0.0)  # what is felt beside the sensor's own offset
        self.offset_dps = (0.6, -0.4, 0.3)
        self.shake_g = (0.0, 0.0, 0.0)  # acceleration beside gravity
        self.pitch_deg = self.roll_deg = 0.0
        self.registers: dict[tuple[int, int], int] = {}  # written values, by bank and register
        self._rng = np.random.default_rng(seed)
        self._stuck: list[int] | None = None

    def tilt(self, pitch_deg: float, roll_deg: float) -> None:
        """Turn the camera it sits on: up positive, clockwise from behind positive."""
        self.pitch_deg, self.roll_deg = pitch_deg, roll_deg

    def write(self, register: int, value: int) -> None:
        """A register is written."""
        self.registers[self.bank(), register] = value

    def read(self, register: int, length: int) -> list[int]:
        """A run of registers is read."""
        return [self.registers.get((self.bank(), register), 0)] * length

    def bank(self) -> int:
        """The selected bank; a chip without banks has bank 0."""
        return 0

    def values(self, gyro_range: float, accel_range: float) -> list[int]:
        """Twelve bytes: acceleration and turning, big-endian, as they are felt now."""
        if self.fault == "frozen" and self._stuck is not None:
            return self._stuck
        roll = self.roll_deg + (self.lie_deg if self.fault == "lies" else 0.0)
        right, up, forward = Pinhole(2, 2, 60, pitch_deg=self.pitch_deg, roll_deg=roll).axes()[:, 1]
        accel = np.array([right, up, -forward]) + self.shake_g + self._rng.normal(0, 0.004, 3)
        gyro = np.array(self.gyro_dps) + self.offset_dps + self._rng.normal(0, 0.05, 3)
        raw = np.concatenate([accel * accel_range, gyro * gyro_range])
        if self.fault == "saturated":
            raw[:3] = 40000
        if self.fault == "noise":
            raw = self._rng.uniform(-32768, 32767, 6)
        words = np.clip(np.rint(raw), -32768, 32767).astype(">i2")
        self._stuck = list(words.tobytes())
        return self._stuck


class TwinMpu6050(TwinChip):
    """An MPU-6050. A block read runs on over its temperature."""

    def __init__(self, identity: int = 0x68, seed: int = 0) -> None:
        super().__init__(identity, seed)

    def read(self, register: int, length: int) -> list[int]:
        """As in TwinChip."""
        if register == 0x75:
            return [self.identity]
        if register == 0x3B and length == 14:
            if self.registers.get((0, 0x6B), 0x40) & 0x40:  # sleeping
                return [0] * 14
            accel = _ACCEL_RANGE[self.registers.get((0, 0x1C), 0) >> 3 & 3]
            values = self.values(self.gyro_range[self.registers.get((0, 0x1B), 0) >> 3 & 3], accel)
            return [*values[:6], 0xF0, 0x10, *values[6:]]
        return super().read(register, length)


class TwinIcm20948(TwinChip):
    """An ICM-20948: four banks of registers behind REG_BANK_SEL."""

    address = 0x69

    def __init__(self, identity: int = 0xEA, seed: int = 0) -> None:
        super().__init__(identity, seed)
        self._bank = 2  # as a program that was killed may have left it

    def bank(self) -> int:
        """As in TwinChip."""
        return self._bank

    def write(self, register: int, value: int) -> None:
        """As in TwinChip."""
        if register == 0x7F:
            self._bank = value >> 4 & 3
        else:
            super().write(register, value)

    def read(self, register: int, length: int) -> list[int]:
        """As in TwinChip."""
        if self._bank == 0 and register == 0x00:
            return [self.identity]
        if self._bank == 0 and register == 0x2D and length == 12:
            if self.registers.get((0, 0x06), 0x41) & 0x40:
                return [0] * 12
            accel = _ACCEL_RANGE[self.registers.get((2, 0x14), 1) >> 1 & 3]
            return self.values(self.gyro_range[self.registers.get((2, 0x01), 1) >> 1 & 3], accel)
        return super().read(register, length)


class TwinBus:
    """An I2C bus with one chip; keeps what is used of smbus2.SMBus. address: the chip's own if None."""

    def __init__(self, chip: TwinChip, address: int | None = None) -> None:
        self.chip = chip
        self.address = chip.address if address is None else address
        self.closed = False

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        """As smbus2's."""
        self._require(address)
        return self.chip.read(register, length)

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        """As smbus2's."""
        self._require(address)
        self.chip.write(register, value)

    def close(self) -> None:
        """As smbus2's."""
        self.closed = True

    def _require(self, address: int) -> None:
        if self.closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if address != self.address or self.chip.fault == "silent":
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))


def swaying(time_s: float, sway_deg: float) -> tuple[float, float]:
    """Pitch and roll of a hand that tries to hold still, degrees."""
    return sway_deg * math.sin(1.9 * time_s), sway_deg * math.sin(1.3 * time_s + 1)
