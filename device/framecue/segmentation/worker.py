"""The model's own process: started by ModelProcess, ended by the end of its socket.

Light on purpose: numpy and LiteRT, nothing else, so that a replacement is there within a second.

It reads one message a run, REQUEST: the run's number and the picture's height and width, which lies at
the start of the input memory as (h, w, 3) uint8 RGB. It answers with ANSWER: its kind, the number, and
seconds spent in the bare invoke. Everything rarer is a JSON object: "fixed_size" when the model is loaded,
"layout" before the first answer of a size (for each output its name, dtype, shape, scale, zero point and
where it lies in the output memory), "error" as its last word. The parent only ever grows the input memory,
this process the output memory.
"""

import json
import mmap
import os
import socket
import struct
import sys
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framecue.errors import FramecueError
from framecue.segmentation.runtime import Runtime

REQUEST: Final = struct.Struct("<III")
ANSWER: Final = struct.Struct("<cId")
ANSWER_KIND: Final = b"A"  # no JSON object starts with it
MESSAGE_LIMIT: Final = 65536  # bytes, either way
_ALIGNMENT: Final = 64


class Worker:
    """Answers requests on a socket until it ends."""

    def __init__(self, runtime: Runtime, outputs: list[str], input_fd: int, output_fd: int) -> None:
        self._runtime = runtime
        self._outputs = outputs
        self._input_fd, self._output_fd = input_fd, output_fd

    def serve(self, channel: socket.socket) -> None:
        """Answer until the other end is closed."""
        now = (0, 0)
        picture = np.empty((0, 0, 3), np.uint8)
        there: dict[str, NDArray[Any]] = {}
        while request := channel.recv(REQUEST.size):
            number, height, width = REQUEST.unpack(request)
            if (height, width) != now:
                self._runtime.resize(height, width)
                picture = _memory(self._input_fd, height * width * 3).reshape(height, width, 3)
                there = {}
                now = (height, width)
            self._runtime.put(picture)
            start = perf_counter()
            self._runtime.invoke()
            seconds = perf_counter() - start
            if not there:
                there, layout = self._lay_out()
                channel.send(json.dumps({"layout": layout}).encode())
            for name, place in there.items():
                self._runtime.copy_to(name, place)
            channel.send(ANSWER.pack(ANSWER_KIND, number, seconds))

    def _lay_out(self) -> tuple[dict[str, NDArray[Any]], list[dict[str, Any]]]:
        """Places for the outputs in the output memory, by name, and what the parent is told of them."""
        tensors = {name: self._runtime.tensor(name) for name in self._outputs}
        layout: list[dict[str, Any]] = []
        end = 0
        for name, tensor in tensors.items():
            entry = {"name": name, "dtype": tensor.raw.dtype.name, "shape": tensor.raw.shape, "offset": end}
            layout.append({**entry, "scale": tensor.scale, "zero_point": tensor.zero_point})
            end += -(-tensor.raw.nbytes // _ALIGNMENT) * _ALIGNMENT
        memory = _memory(self._output_fd, end)
        there: dict[str, NDArray[Any]] = {
            entry["name"]: np.ndarray(entry["shape"], entry["dtype"], memory.data, entry["offset"])
            for entry in layout
        }
        return there, layout


def _memory(fd: int, size: int) -> NDArray[np.uint8]:
    """The first `size` bytes of a shared memory, which grows where it is smaller."""
    if os.fstat(fd).st_size < size:
        os.ftruncate(fd, size)
    return np.frombuffer(mmap.mmap(fd, size), np.uint8)


def main(arguments: str) -> int:
    """Serve as told by the parent's JSON object; returns the exit status."""
    order = json.loads(arguments)
    channel = socket.socket(fileno=order["channel_fd"])
    try:
        model = Path(f"/proc/self/fd/{order['model_fd']}")
        runtime = Runtime(model, order["outputs"], order["threads"], order["edge_tpu"])
        channel.send(json.dumps({"fixed_size": runtime.fixed_size}).encode())
        Worker(runtime, order["outputs"], order["input_fd"], order["output_fd"]).serve(channel)
    except FramecueError as error:
        channel.send(json.dumps({"error": type(error).__name__, "message": str(error)}).encode())
        return 1
    except ConnectionError:  # the parent died in the middle of it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
