"""A model file run in this process, for measuring: its adapter, any input size, the bare invoke timed."""

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.parts import PERSON_LEVEL, Segmentation
from framecue.segmentation import Tensor
from framecue.segmentation.bodypix import BodyPix
from framecue.segmentation.figure import LINES, OUTPUTS, PARTS, Figure
from framecue.segmentation.outline import outlined
from framecue.segmentation.patient import Patient, believed
from framecue.segmentation.resize import resized

THREADS = 2


class Runner:
    """One model at one long side. `invoke_s`: seconds of each invoke so far."""

    def __init__(self, path: Path, long_side: int) -> None:
        self._content = path.read_bytes()
        own = all(name.encode() in self._content for name in OUTPUTS[:2])
        self._adapter: Figure | BodyPix = Figure(long_side) if own else BodyPix(long_side)
        self._own = own
        self._interpreters: dict[tuple[int, int], object] = {}
        self.name = f"{path.stem} {long_side}"
        self.invoke_s: list[float] = []

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """As in Adapter."""
        return self._adapter.input_size(height, width, finer)

    def segment(self, image: NDArray[np.uint8], wanted: tuple[int, int] | None = None) -> Segmentation:
        """Segment an (h, w, 3) uint8 RGB picture; wanted: the model's input size, where not its own."""
        size = wanted or self.input_size(image.shape[0], image.shape[1])
        interpreter = self._interpreter(size)
        picture = cv2.resize(image, (size[1], size[0]), interpolation=_method(image, size))
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[None])
        start = time.perf_counter()
        interpreter.invoke()
        if wanted is None:
            self.invoke_s.append(time.perf_counter() - start)
        outputs = {}
        for detail in interpreter.get_output_details():
            scale, zero_point = detail["quantization"]
            raw = interpreter.get_tensor(detail["index"])
            outputs[detail["name"]] = Tensor(raw, float(scale), int(zero_point))
        return self._adapter.decode(outputs)

    def _interpreter(self, size: tuple[int, int]):
        from ai_edge_litert.interpreter import Interpreter

        if size not in self._interpreters:
            if self._own:
                made = Interpreter(model_content=resized(self._content, *size), num_threads=THREADS)
            else:
                made = Interpreter(model_content=self._content, num_threads=THREADS)
                made.resize_tensor_input(made.get_input_details()[0]["index"], [1, *size, 3])
            made.allocate_tensors()
            self._interpreters[size] = made
        return self._interpreters[size]


class FloatRunner:
    """The float weights of a checkpoint at one long side; `invoke_s` is PyTorch's, no measure of speed."""

    def __init__(self, path: Path, long_side: int) -> None:
        from models.training.checkpoint import averaged

        self._network, self._adapter = averaged(path), Figure(long_side)
        self.name = f"{path.name} {long_side}, float"
        self.invoke_s: list[float] = []

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """As in Adapter."""
        return self._adapter.input_size(height, width, finer)

    def segment(self, image: NDArray[np.uint8], wanted: tuple[int, int] | None = None) -> Segmentation:
        """As in Runner."""
        import torch

        size = wanted or self.input_size(image.shape[0], image.shape[1])
        picture = cv2.resize(image, (size[1], size[0]), interpolation=_method(image, size))
        value = torch.from_numpy((picture.astype(np.float32) - 128) / 128).permute(2, 0, 1)[None]
        start = time.perf_counter()
        with torch.no_grad():
            seen = self._network(value)
        if wanted is None:
            self.invoke_s.append(time.perf_counter() - start)
        person, parts, lines = seen.fine.split([1, PARTS - 1, len(LINES)], 1)
        outputs = zip(OUTPUTS, (parts, lines, seen.ways, person, seen.heads), strict=True)
        return self._adapter.decode(
            {name: Tensor(value.permute(0, 2, 3, 1).numpy()) for name, value in outputs}
        )


def open_runner(path: Path, long_side: int) -> "Runner | FloatRunner":
    """A runner for a model (.tflite) or for float weights (.npz, .pt)."""
    if not path.exists():
        raise SystemExit(f"no model at {path}")
    return Runner(path, long_side) if path.suffix == ".tflite" else FloatRunner(path, long_side)


def _method(image: NDArray[np.uint8], size: tuple[int, int]) -> int:
    """How the booth shrinks pictures: averaging only where pixels would be skipped."""
    skips = image.shape[0] > 2 * size[0] or image.shape[1] > 2 * size[1]
    return cv2.INTER_AREA if skips else cv2.INTER_LINEAR


def likely(runner: "Runner | FloatRunner", image: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], ...]:
    """Where somebody is, (h, w) of a picture, with its edges: in one look, and in four as photos get."""
    looks = runner.segment(image), believed(Patient(runner).segment(image))
    return tuple(outlined(look, image).person >= PERSON_LEVEL for look in looks)


def overlap(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 where both are empty."""
    union = np.count_nonzero(found | truth)
    return float(np.count_nonzero(found & truth) / union) if union else 1.0


def means(overlaps: Sequence[Sequence[float]]) -> str:
    """The mean in one look / in four."""
    return " / ".join(f"{value:.3f}" for value in np.mean(overlaps, axis=0))
