"""gpiozero's pins on a Jetson, through gpiod 2: the drivers of lamps and buttons stay as they are.

Pins keep their Raspberry Pi numbers, which name places on the 40-pin header: GPIO17 is its pin 11 on both
boards. Line names are from NVIDIA's pinmux tables. Two things differ from a Pi: there is no PWM, and a Jetson
has no pull-up resistors that Linux may switch, so a button needs one of its own (10 kilohms to 3.3 V).
"""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gpiozero.exc import PinInvalidPin, PinPWMUnsupported, PinSetInput
from gpiozero.pins.pi import PiFactory, PiPin

_ORIN_NANO: Final = {
    4: "PAC.06", 5: "PQ.05", 6: "PQ.06", 7: "PZ.07", 8: "PZ.06", 9: "PZ.04", 10: "PZ.05", 11: "PZ.03",
    12: "PG.06", 13: "PH.00", 16: "PR.05", 17: "PR.04", 18: "PH.07", 19: "PI.02", 20: "PI.01", 21: "PI.00",
    22: "PN.01", 23: "PY.04", 24: "PY.03", 25: "PY.01", 26: "PY.02", 27: "PY.00",
}  # fmt: skip
_AGX_ORIN: Final = {
    4: "PQ.06", 5: "PAA.01", 6: "PAA.00", 7: "PZ.07", 8: "PZ.06", 9: "PZ.04", 10: "PZ.05", 11: "PZ.03",
    12: "PBB.00", 13: "PAA.02", 16: "PR.05", 17: "PR.04", 18: "PH.07", 19: "PI.02", 20: "PI.01", 21: "PI.00",
    22: "PN.01", 23: "PBB.01", 24: "PH.00", 25: "PP.04", 26: "PAA.03", 27: "PR.00",
}  # fmt: skip
_XAVIER_NX: Final = {
    4: "PS.04", 5: "PQ.05", 6: "PQ.06", 7: "PZ.07", 8: "PZ.06", 9: "PZ.04", 10: "PZ.05", 11: "PZ.03",
    12: "PR.00", 13: "PN.01", 16: "PR.05", 17: "PR.04", 18: "PT.05", 19: "PU.00", 20: "PT.07", 21: "PT.06",
    22: "PCC.04", 23: "PY.04", 24: "PY.03", 25: "PY.01", 26: "PY.02", 27: "PY.00",
}  # fmt: skip
# By the module's part number, which ends the board's name in the device tree.
_BOARDS: Final[Mapping[str, Mapping[int, str]]] = {
    "p3767": _ORIN_NANO,  # Orin Nano and Orin NX
    "p3701": _AGX_ORIN,
    "p3668": _XAVIER_NX,
}
_FORTY_PIN_PI: Final = 0xC03111  # its header has the places that the numbers name


def lines_of(compatible: str) -> Mapping[int, str] | None:
    """Line names by GPIO number for a device tree's `compatible`; None for what is no known Jetson."""
    for board in compatible.split("\0"):
        module = board.rpartition("+")[2].partition("-")[0]
        if "nvidia," in board and module in _BOARDS:
            return _BOARDS[module]
    return None


class GpiodFactory(PiFactory):  # type: ignore[misc]
    """Makes pins. lines: line names by GPIO number. gpiod: the module or its twin. chips: their paths."""

    def __init__(self, lines: Mapping[int, str], gpiod: Any, chips: Iterable[str]) -> None:
        super().__init__()
        self.gpiod, self._lines = gpiod, lines
        self._chips = [gpiod.Chip(path) for path in chips]
        self.pin_class = GpiodPin

    def line(self, number: int) -> tuple[Any, int]:
        """The chip and the offset of a GPIO number's line."""
        name = self._lines.get(number)
        for chip in self._chips if name is not None else ():
            try:
                return chip, chip.line_offset_from_id(name)
            except OSError:  # on another chip
                continue
        raise PinInvalidPin(f"GPIO{number} is not a line of this board")

    def close(self) -> None:
        """Let all pins and chips go."""
        super().close()
        while self._chips:
            self._chips.pop().close()

    def ticks(self) -> float:
        """Seconds."""
        return time.monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds in between."""
        return later - earlier

    def _get_revision(self) -> int:
        return _FORTY_PIN_PI


class GpiodPin(PiPin):  # type: ignore[misc]
    """One line; requested anew whenever what it is used for changes."""

    def __init__(self, factory: GpiodFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._chip, self._offset = factory.line(self._number)
        self._line, self._gpiod = factory.gpiod.line, factory.gpiod
        self._function, self._pull, self._edges = "input", "floating", "both"
        self._bounce: float | None = None
        self._request: Any = None
        self._listener: threading.Thread | None = None
        self._deaf = threading.Event()
        self._claim()

    def close(self) -> None:
        """Let the line go; as an input, so that it drives nothing any more."""
        self.when_changed = None
        if self._request is not None:
            self._request.release()
            self._request = None

    def output_with_state(self, state: float) -> None:
        """Become an output that begins high or low."""
        self._function = "output"
        self._claim(bool(state))

    def input_with_pull(self, pull: str) -> None:
        """Become an input with its resistor at once."""
        self._function, self._pull = "input", pull
        self._claim()

    def _claim(self, state: bool = False, listening: bool = False) -> None:
        """Request the line as it is to be used now."""
        if self._request is not None:
            self._request.release()
            self._request = None
        line = self._line
        if self._function == "output":
            settings = self._gpiod.LineSettings(
                direction=line.Direction.OUTPUT, output_value=line.Value(int(state))
            )
        else:
            bias = {"up": line.Bias.PULL_UP, "down": line.Bias.PULL_DOWN, "floating": line.Bias.DISABLED}
            settings = self._gpiod.LineSettings(
                direction=line.Direction.INPUT,
                bias=bias[self._pull],
                edge_detection=line.Edge.BOTH if listening else line.Edge.NONE,
            )
        self._request = self._chip.request_lines(config={self._offset: settings}, consumer="framecue")

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        self._function = value
        self._claim()

    def _get_state(self) -> int:
        return int(self._request.get_value(self._offset).value)

    def _set_state(self, value: float) -> None:
        if self._function != "output":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        self._request.set_value(self._offset, self._line.Value(int(bool(value))))

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        self._pull = value
        self._claim()

    def _get_frequency(self) -> None:
        return None

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise PinPWMUnsupported(f"there is no PWM on {self!r} of a Jetson")

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        self._bounce = value  # presses are told from bounces by `framecue.shutter.press`

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        self._edges = value

    def _enable_event_detect(self) -> None:
        self._claim(listening=True)
        self._deaf = threading.Event()
        self._listener = threading.Thread(
            target=self._listen, args=(self._request, self._deaf), name=f"{self!r}", daemon=True
        )
        self._listener.start()

    def _disable_event_detect(self) -> None:
        self._deaf.set()
        if self._listener is not None and self._listener is not threading.current_thread():
            self._listener.join()
        self._listener = None
        if self._request is not None:
            self._claim()

    def _listen(self, request: Any, deaf: threading.Event) -> None:
        """Pass edges on, with the kernel's time of each."""
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE
        while not deaf.is_set():
            if not request.wait_edge_events(0.1):
                continue
            for event in request.read_edge_events():
                if self._when_changed is not None:
                    self._call_when_changed(event.timestamp_ns / 1e9, int(event.event_type is rising))
