"""LiteRT: one model in this process, on the CPU or on an Edge TPU."""

import mmap
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framecue.errors import AcceleratorError, ModelCorruptError, ModelError, SegmenterError
from framecue.segmentation import Tensor
from framecue.segmentation.resize import resized


class Runtime:
    """One model, loaded and ready. Only the named outputs are ever read.

    path: the model's file. outputs: names of the tensors wanted. threads: CPU threads, 1 or more.
    edge_tpu: the Edge TPU library to load, by name or path; "" for the CPU.

    Raises ModelCorruptError when the file is damaged or holds another model than the outputs tell,
    AcceleratorError when the Edge TPU's library or device is missing, and ModelError when no LiteRT
    is installed.
    """

    def __init__(self, path: Path, outputs: Sequence[str], threads: int, edge_tpu: str = "") -> None:
        self._path, self._outputs, self._threads = path, tuple(outputs), threads
        compiled = _compiled_for_edge_tpu(path)
        if compiled and not edge_tpu:
            raise AcceleratorError(
                "the model is compiled for the Edge TPU and cannot run on the CPU: set edge_tpu to the "
                "library's path, or choose a model for the CPU"
            )
        litert = _litert()
        delegates = [_delegate(litert, edge_tpu)] if edge_tpu else None
        try:
            self._interpreter = litert.Interpreter(
                model_path=str(path), num_threads=threads, experimental_delegates=delegates
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            if delegates:
                raise AcceleratorError(
                    f"the Edge TPU does not take the model: {one_line(error)}; unplug it and plug it in "
                    "again, and see that the library fits the runtime"
                ) from error
            raise ModelCorruptError(f"the model does not load: {one_line(error)}; fetch it again") from error
        self._input: int = self._check_input()
        self._names = self._check_outputs()
        # A compiled model has its input size baked in; asking for another would only break it.
        self.fixed_size: tuple[int, int] | None = self.size if compiled else None

    @property
    def size(self) -> tuple[int, int]:
        """The input's (height, width) now, pixels."""
        _, height, width, _ = self._interpreter.get_input_details()[0]["shape"]
        return int(height), int(width)

    def resize(self, height: int, width: int) -> None:
        """Take pictures of that size from now on; raises SegmenterError where the model cannot."""
        if (height, width) == self.size:
            return
        try:
            self._interpreter.resize_tensor_input(self._input, [1, height, width, 3])
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            self._rewrite(height, width, error)

    def put(self, image: NDArray[np.uint8]) -> None:
        """Copy an (h, w, 3) uint8 RGB picture of the input's size in."""
        self._interpreter.set_tensor(self._input, image[np.newaxis])

    def invoke(self) -> None:
        """Run the model; raises SegmenterError when it fails."""
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise SegmenterError(f"the model's run failed: {one_line(error)}") from error

    def tensor(self, name: str) -> Tensor:
        """A copy of one of the outputs, batch dimension included."""
        index, scale, zero_point = self._names[name]
        return Tensor(self._interpreter.get_tensor(index), scale, zero_point)

    def copy_to(self, name: str, there: NDArray[Any]) -> None:
        """Copy the raw values of one of the outputs into an array of its shape and dtype."""
        np.copyto(there, self._interpreter.tensor(self._names[name][0])())

    def _rewrite(self, height: int, width: int, reason: Exception) -> None:
        """Load the model once more with the sizes in its file changed; its weights are the same."""
        try:
            content = resized(self._path.read_bytes(), height, width)
            self._interpreter = _litert().Interpreter(model_content=content, num_threads=self._threads)
            self._interpreter.allocate_tensors()
            self._input, self._names = self._check_input(), self._check_outputs()
        except (ValueError, RuntimeError, ImportError, OSError) as error:
            raise SegmenterError(
                f"the model takes no {width}x{height} pictures: {one_line(reason)}; {one_line(error)}"
            ) from error

    def _check_input(self) -> int:
        details = self._interpreter.get_input_details()
        shape = [list(detail["shape"]) for detail in details]
        if len(details) != 1 or len(shape[0]) != 4 or (shape[0][0], shape[0][3]) != (1, 3):
            raise ModelCorruptError(
                f"the model is another one: its input has shape {shape}, not [1, h, w, 3]"
            )
        if details[0]["dtype"] is not np.uint8:
            raise ModelCorruptError("the model is another one: its input is not 8-bit unsigned")
        return int(details[0]["index"])

    def _check_outputs(self) -> dict[str, tuple[int, float, int]]:
        names = {}
        for detail in self._interpreter.get_output_details():
            scale, zero_point = detail["quantization"]
            names[detail["name"]] = (int(detail["index"]), float(scale), int(zero_point))
        missing = [name for name in self._outputs if name not in names]
        if missing:
            raise ModelCorruptError(f"the model is another one: it has no output {', '.join(missing)}")
        return names


def one_line(error: BaseException) -> str:
    """An exception's message on one line, at most 300 characters."""
    return " ".join(str(error).split())[:300]


def _litert() -> Any:
    for name in ("ai_edge_litert", "tflite_runtime"):
        try:
            return import_module(f"{name}.interpreter")
        except ImportError as error:
            reason = one_line(error)
    raise ModelError(f"no LiteRT to run models with ({reason}): pip install ai-edge-litert")


def _delegate(litert: Any, library: str) -> Any:
    try:
        return litert.load_delegate(library)
    except OSError as error:
        raise AcceleratorError(
            f"the Edge TPU library {library} does not load: {one_line(error)}; "
            "install libedgetpu, or set edge_tpu to its path"
        ) from error
    except ValueError as error:
        raise AcceleratorError(
            f"{library} finds no Edge TPU ({one_line(error)}); see that it is plugged in and not in use"
        ) from error


def _compiled_for_edge_tpu(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(8)[4:] != b"TFL3":
            raise ModelCorruptError("the model does not load: it is no LiteRT file; fetch it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"edgetpu-custom-op") >= 0
