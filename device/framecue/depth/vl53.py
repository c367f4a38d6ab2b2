"""The VL53L5CX and VL53L8CX, 8 x 8 zones on the I2C bus, through SparkFun's library.

The library brings the older sensor's firmware along, see `vl53l8cx` for the newer one's. Packets are read
here by their block headers, as in ST's "Ultra Lite Driver" (UM2884): the library's own reading takes data for
headers now and then.
"""

import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.depth import DepthFrame, DepthSettings, Seen, field_optics, vl53l8cx
from framecue.errors import DepthError

_FIELD_DEG: Final = 45.0  # both ways; 63 across the corners
_ZONES: Final = 8
_VL53L5CX: Final = (0xF0, 0x02)  # device and revision
_PAGE: Final = 0x7FFF  # register that selects a page of registers
_HEADER: Final = 16  # bytes before the first block of a packet
_CONFIDENT: Final = {5: 1.0, 6: 0.5, 9: 0.5, 10: 0.3}  # by target status; all others say nothing
_SIGMA_SCALE: Final = 128
_POLL_S: Final = 0.01
_FASTEST: Final = 15  # maps per second of 8 x 8 zones
_FARTHEST_M: Final = 4.5


class Settings(DepthSettings):
    """Where it is on the bus, and how its board is turned."""

    kind: Literal["vl53"] = "vl53"
    bus: int = Field(1, ge=0, le=31, description="I2C bus; 1 is on pins 3 and 5 of a Pi")
    address: int = Field(0x29, ge=0x08, le=0x77, description="I2C address: 41 unless it was changed")
    firmware: Path | None = Field(
        None, description="for a VL53L8CX: vl53l8cx_buffers.h of ST's driver STSW-IMG040"
    )
    turn: int = Field(
        0, multiple_of=90, ge=0, le=270, description="degrees clockwise that make its picture upright"
    )


class Bus(Protocol):
    """What is used of smbus2.SMBus."""

    def i2c_rdwr(self, *messages: Any) -> None:
        """Do reads and writes, smbus2's i2c_msg; raises OSError when nobody answers."""

    def close(self) -> None:
        """Let the bus go."""


class Driver:
    """One open sensor. bus: an open I2C bus to use; None opens the one of the settings."""

    lively: Final = True

    def __init__(
        self,
        settings: Settings,
        _seen: Seen | None = None,
        *,
        bus: Bus | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings, self._clock, self._wait = settings, clock, wait
        self._place = f"depth sensor at 0x{settings.address:02x} of I2C bus {settings.bus}"
        library = _imported()
        self._wire = _Wire(_opened(settings.bus) if bus is None else bus)
        self._chip: Any = library.QwiicVL53L5CX(settings.address, self._wire)
        self._number, self._per_m = 0, 1000.0
        try:
            if self._told(self._identity) == vl53l8cx.IDENTITY:
                firmware = vl53l8cx.read_firmware(self._newer_firmware())
                self._chip = vl53l8cx.chip(library, settings.address, self._wire, firmware)
                self._per_m *= vl53l8cx.QUARTERS
            self._told(self._begin)
        except BaseException:
            self._wire.close()
            raise

    def read(self, timeout_s: float) -> DepthFrame:
        """As in DepthSensor."""
        ends_s = self._clock() + timeout_s
        while not self._told(self._chip.check_data_ready):
            if self._clock() >= ends_s:
                raise DepthError(
                    f"{self._place} gave no map in {timeout_s:.0f} s; switch its power off and on"
                )
            self._wait(_POLL_S)
        size = self._chip.data_read_size
        packet = bytes(self._told(lambda: self._chip.rd_multi(self._settings.address, 0, size)))
        depth_m, confidence = self._zones(_blocks(packet))
        turns = -self._settings.turn // 90
        self._number += 1
        return DepthFrame(
            np.rot90(depth_m, turns).copy(),
            np.rot90(confidence, turns).copy(),
            self._clock(),
            self._number,
            field_optics(_ZONES, _ZONES, _FIELD_DEG, _FIELD_DEG),
        )

    def close(self) -> None:
        """As in DepthSensor."""
        self._wire.close()

    def _identity(self) -> tuple[int, int]:
        """Device and revision; raises DepthError where it is no sensor of this family."""
        chip, address = self._chip, self._settings.address
        chip.wr_byte(address, _PAGE, 0)
        found = chip.rd_byte(address, 0), chip.rd_byte(address, 1)
        chip.wr_byte(address, _PAGE, 2)
        if found not in (_VL53L5CX, vl53l8cx.IDENTITY):
            raise DepthError(
                f"{self._place} says it is 0x{found[0]:02x}{found[1]:02x}, which is another sensor; "
                "set depth.kind and address"
            )
        return found

    def _newer_firmware(self) -> Path:
        if self._settings.firmware is None:
            raise DepthError(
                f"{self._place} is a VL53L8CX, whose firmware no package brings; set depth.firmware to "
                "vl53l8cx_buffers.h of ST's STSW-IMG040"
            )
        return self._settings.firmware

    def _begin(self) -> None:
        """Load the firmware, some seconds, and start to measure all 64 zones."""
        chip = self._chip
        loaded = chip.begin() and not chip.set_resolution(chip.kResolution8x8)
        # To the library silence is success: ask what must be so now.
        if not loaded or chip.get_resolution() != chip.kResolution8x8:
            raise DepthError(f"{self._place} takes no firmware; check its supply, switch it off and on")
        wrong = chip.set_ranging_mode(chip.kRangingModeContinous)
        wrong |= not chip.set_ranging_frequency_hz(max(1, min(round(self._settings.rate), _FASTEST)))
        wrong |= chip.start_ranging()
        if wrong:
            raise DepthError(f"{self._place} does not begin to measure; switch its power off and on")

    def _zones(self, blocks: dict[int, bytes]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Depth and confidence, each (8, 8) float32, seen from behind the sensor."""
        chip = self._chip
        wanted = (chip.kDistanceIdx, "<i2"), (chip.kTargetStatusIdx, "u1"), (chip.kNbTargetDetectedIdx, "u1")
        count = _ZONES * _ZONES
        try:
            distance, status, targets = (np.frombuffer(blocks[at], kind, count) for at, kind in wanted)
        except (KeyError, ValueError):
            raise DepthError(f"{self._place} gave a torn map; check its cable, keep it short") from None
        sure = np.zeros(count, np.float32)
        for code, confidence in _CONFIDENT.items():
            sure[status == code] = confidence
        metres = distance.astype(np.float32) / np.float32(self._per_m)
        known = (sure > 0) & (targets > 0) & (metres > 0) & (metres <= _FARTHEST_M)
        shape = (_ZONES, _ZONES)  # its rows run from right to left
        return (
            np.fliplr(np.where(known, metres, 0).astype(np.float32).reshape(shape)),
            np.fliplr(np.where(known, sure, 0).astype(np.float32).reshape(shape)),
        )

    def _told(self, call: Callable[[], Any]) -> Any:
        """What a call gives; a bus that fails is told in one line."""
        try:
            return call()
        except OSError as error:
            reason = error.strerror or "no answer"
            raise DepthError(
                f"{self._place} does not answer ({reason}); check its cable and `i2cdetect -y 1`"
            ) from error


def _blocks(packet: bytes) -> dict[int, bytes]:
    """The blocks of a packet by their index; words come with their bytes turned round."""
    content = np.frombuffer(packet[: len(packet) // 4 * 4], ">u4").astype("<u4").tobytes()
    found, at = dict[int, bytes](), _HEADER
    while at + 4 <= len(content):
        header = int.from_bytes(content[at : at + 4], "little")
        kind, size, index = header & 0xF, header >> 4 & 0xFFF, header >> 16
        length = kind * size if 1 < kind < 0xD else size
        found[index] = content[at + 4 : at + 4 + length]
        at += 4 + length
    return found


class _Wire:
    """The bus as SparkFun's library asks for it. Raises OSError when nobody answers."""

    def __init__(self, bus: Bus) -> None:
        from smbus2 import i2c_msg

        self._bus: Bus | None = bus
        self._message = i2c_msg

    def isDeviceConnected(self, _address: int) -> bool:  # noqa: N802
        """Its identity was read already."""
        return True

    def write_block(self, address: int, register: int, values: list[int]) -> None:
        """Write bytes; the first is the high half of a register's address."""
        self._send(self._message.write(address, [register, *values]))

    def write_byte(self, address: int, register: int, value: int) -> None:
        """Write two bytes."""
        self._send(self._message.write(address, [register, value]))

    def read_block(self, address: int, _register: None, length: int) -> list[int]:
        """Read on from where the last write pointed to."""
        message: Any = self._message.read(address, length)
        self._send(message)
        return [int(value) for value in message]

    def read_byte(self, address: int, _register: None) -> int:
        """Read one byte on."""
        return self.read_block(address, None, 1)[0]

    def close(self) -> None:
        """Let the bus go."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()

    def _send(self, message: Any) -> None:
        if self._bus is None:
            raise OSError("the bus is closed")
        self._bus.i2c_rdwr(message)


def _imported() -> ModuleType:
    try:
        from qwiic_vl53l5cx import qwiic_vl53l5cx
    except ImportError as error:
        raise DepthError("sparkfun-qwiic-vl53l5cx is not installed; pip install 'framecue[tof]'") from error
    found: ModuleType = qwiic_vl53l5cx
    return found


def _opened(number: int) -> Bus:
    """/dev/i2c-NUMBER; raises DepthError."""
    from framecue.errors import ImuError
    from framecue.imu.bus import open_bus

    try:
        bus: Bus = open_bus(number)
    except ImuError as error:
        raise DepthError(str(error)) from None
    return bus
