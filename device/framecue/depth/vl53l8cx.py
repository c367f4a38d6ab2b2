"""The VL53L8CX on top of SparkFun's library for its older sister: another start, longer packets.

As in ST's "VL53L8CX Ultra Lite Driver" (UM3109). No package brings its firmware: it is read from the file
`vl53l8cx_buffers.h` of that driver, which ST gives away as STSW-IMG040.
"""

import re
import time
from pathlib import Path
from typing import Any, Final

from framecue.errors import DepthError

IDENTITY: Final = (0xF0, 0x0C)  # device and revision
QUARTERS: Final = 4  # it tells distances in quarters of a millimetre

_SIZES: Final = {"FIRMWARE": 0x15000, "DEFAULT_CONFIGURATION": 972, "DEFAULT_XTALK": 776, "GET_NVM_CMD": 40}
_LONGER: Final = 4  # bytes of a packet
_PAGE: Final = 0x7FFF
_BOOT_TRIES: Final = 500
_RESET: Final = (
    (0x0009, 0x04), (0x000F, 0x40), (0x000A, 0x03), (0x000C, 0x01), (0x0101, 0x00), (0x0102, 0x00),
    (0x010A, 0x01), (0x4002, 0x01), (0x4002, 0x00), (0x010A, 0x03), (0x0103, 0x01), (0x000C, 0x00),
    (0x000F, 0x43),
)  # fmt: skip
_POWER: Final = (
    (0x0101, 0x00), (0x0102, 0x00), (0x010A, 0x01), (0x4002, 0x01), (0x4002, 0x00), (0x010A, 0x03),
    (0x0103, 0x01), (0x400F, 0x00), (0x021A, 0x43), (0x021A, 0x03), (0x021A, 0x01), (0x021A, 0x00),
    (0x0219, 0x00), (0x021B, 0x00),
)  # fmt: skip
_BOOT: Final = (
    (0x0114, 0x00), (0x0115, 0x00), (0x0116, 0x42), (0x0117, 0x00), (0x000B, 0x00), (0x000C, 0x00),
    (0x000B, 0x01),
)  # fmt: skip


def read_firmware(path: Path) -> dict[str, bytes]:
    """The arrays of ST's header by the ends of their names; raises DepthError where it is another file."""
    try:
        text = path.expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DepthError(f"firmware {path} cannot be read ({error.strerror}); check depth.firmware") from None
    found = {}
    for name, size in _SIZES.items():
        array = re.search(rf"VL53L8CX_{name}\s*\[[^\]]*\]\s*=\s*\{{([^}}]*)\}}", text)
        plain = "" if array is None else re.sub(r"/\*.*?\*/|//[^\n]*", "", array[1], flags=re.DOTALL)
        values = re.findall(r"0[xX][0-9a-fA-F]+|\d+", plain)
        if not size - 4 <= len(values) <= size or any(int(value, 0) > 255 for value in values):
            raise DepthError(f"firmware {path} is not ST's vl53l8cx_buffers.h: its {name} is missing or torn")
        found[name] = bytes(int(value, 0) for value in values)
    return found


def chip(library: Any, address: int, wire: Any, firmware: dict[str, bytes]) -> Any:
    """A sensor as SparkFun's library has them, that starts as this one does."""

    class Chip(library.QwiicVL53L5CX):  # type: ignore[misc]
        def begin(self) -> bool:
            """Load the firmware and the default settings; False where it does not take them."""
            ok = self._reset() and self._load()
            if not ok:
                return False
            self._page(2)
            self.wr_multi(self.address, 0x2FD8, list(firmware["GET_NVM_CMD"]))
            wrong = self.poll_for_answer(4, 0, self.kUiCmdStatus, 0xFF, 2)
            self.offset_data = self.rd_multi(self.address, self.kUiCmdStart, self.kNvmDataSize)
            self.offset_data = self.offset_data[: self.kOffsetBufferSize]
            wrong |= self.send_offset_data(self.kResolution4x4)
            self.xtalk_data = list(firmware["DEFAULT_XTALK"])
            wrong |= self.send_xtalk_data(self.kResolution4x4)
            self.wr_multi(self.address, 0x2C34, list(firmware["DEFAULT_CONFIGURATION"]))
            wrong |= self.poll_for_answer(4, 1, self.kUiCmdStatus, 0xFF, 3)
            wrong |= self.dci_write_data([1, 0, 1, 0], self.kDciPipeControl, 4)
            wrong |= self.dci_write_data([1, 0, 0, 0], self.kDciSingleRange, 4)
            return bool(wrong == 0)

        def dci_write_data(self, data: list[int], index: int, data_size: int) -> int:
            """As the library's, but for the length of packets."""
            if index == self.kDciOutputConfig:
                self.data_read_size += _LONGER
                data[:4] = list(self.data_read_size.to_bytes(4, "little"))
            return int(super().dci_write_data(data, index, data_size))

        def _reset(self) -> bool:
            self._page(0)
            self._write(_RESET)
            time.sleep(0.001)
            self._write(((0x000F, 0x40), (0x000A, 0x01)))
            time.sleep(0.1)
            wrong = self.poll_for_answer(1, 0, 0x06, 0xFF, 1)
            self._write(((0x000E, 0x01),))
            self._page(1)
            self._write(((0x06, 0x01),))
            wrong |= self.poll_for_answer(1, 0, 0x21, 0xFF, 4)
            self._page(0)
            self._write(((0x0C, 0x01), *_POWER))
            self._page(1)
            self._write(((0x20, 0x07), (0x20, 0x06)))
            return bool(wrong == 0)

        def _load(self) -> bool:
            content = firmware["FIRMWARE"]
            for page, start in ((9, 0), (10, 0x8000), (11, 0x10000)):
                self._page(page)
                self.wr_multi(self.address, 0, list(content[start : start + 0x8000]), 2048)
            self._page(1)
            self._write(((0x06, 0x03),))
            time.sleep(0.005)
            self._page(0)
            self._write(((0x0C, 0x01), *_BOOT))
            for _ in range(_BOOT_TRIES):
                state = self.rd_byte(self.address, 0x06)
                if state & 0x81:
                    return not state & 0x80
                time.sleep(0.001)
            return False

        def _page(self, number: int) -> None:
            self.wr_byte(self.address, _PAGE, number)

        def _write(self, pairs: tuple[tuple[int, int], ...]) -> None:
            for register, value in pairs:
                self.wr_byte(self.address, register, value)

    return Chip(address, wire)
