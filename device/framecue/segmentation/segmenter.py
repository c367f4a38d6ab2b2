"""The segmenter: a model's process and the adapter that understands it."""

import logging
import os
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.errors import (
    AcceleratorError,
    FramecueError,
    ModelCorruptError,
    ModelError,
    SegmenterError,
    SettingsError,
)
from framecue.parts import Segmentation
from framecue.segmentation import Adapter
from framecue.segmentation.models import Models
from framecue.segmentation.prepare import prepare
from framecue.segmentation.process import ModelProcess
from framecue.table import Table

_log = logging.getLogger(__name__)


class SegmenterSettings(Table):
    """Which model finds people in a picture, and what it runs on."""

    model: str = Field("fine", description="a name from `framecue models list`, or a .tflite file's path")
    folders: tuple[Path, ...] = Field((), description="folders to look for model files in, first of all")
    threads: int = Field(2, ge=1, le=16, description="CPU threads the model may use")
    long_side: int = Field(
        481,
        ge=33,
        le=2049,
        description="model input along the picture's longer side, pixels, 16 n + 1",
    )
    exact: bool = Field(
        False, description="finer outlines where the model has them, as photos get them; takes 1 ms longer"
    )
    edge_tpu: str = Field(
        "libedgetpu.so.1",
        description="Edge TPU library, name or path, for models compiled for it; empty = there is none",
    )
    cpu_fallback: bool = Field(True, description="go on on the CPU where there is no Edge TPU")
    standby: str = Field("fast", description="model the booth uses on the CPU while its Edge TPU is lost")
    answer_limit_s: float = Field(
        1.0, ge=0.05, le=60, description="seconds after which a model is taken for hung and replaced"
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time of one `segment` went, seconds.

    prepare_s: resizing into the model's input. hop_s: to the model's process and back, copies included.
    invoke_s: the bare invoke. decode_s: from its outputs to a segmentation.
    """

    prepare_s: float
    hop_s: float
    invoke_s: float
    decode_s: float


def open_segmenter(
    settings: SegmenterSettings, models: Models | None = None, cache: Path | None = None
) -> "ProcessSegmenter":
    """A segmenter as the settings want it, its model loaded and ready.

    models: where to look for it; the settings' folders without it.
    cache: folder for prepared models; $XDG_CACHE_HOME/framecue without it.
    Raises ModelError (ModelMissingError, ModelCorruptError, AcceleratorError) when the model cannot be
    used, SettingsError when the settings do not suit it, SegmenterError when its process dies at once.
    """
    if models is None:
        models = Models(settings.folders)
    if cache is None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "framecue"
    return ProcessSegmenter(settings, models, cache)


class ProcessSegmenter:
    """Segments pictures with a model in a process of its own; one thread at a time.

    model: name of the model in use; the CPU twin's after a fallback, and `fallback` says why then.
    last_timing: where the time of the last `segment` went; None before the first.
    """

    def __init__(self, settings: SegmenterSettings, models: Models, cache: Path) -> None:
        self._settings, self._models, self._cache = settings, models, cache
        self.model = settings.model
        self.fallback: str | None = None
        self.last_timing: Timing | None = None
        try:
            self._open(settings.model)
        except AcceleratorError as error:
            twin = self._twin()
            if twin is None:
                raise
            self._fall_back(twin, error)

    @property
    def pid(self) -> int | None:
        """The id of the model's process; None between a death and the replacement's start."""
        return self._process.pid

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """The model input's (height, width) for pictures of that size, pixels. finer: as in Adapter."""
        return self._process.fixed_size or self._adapter.input_size(height, width, finer)

    def segment(self, image: NDArray[np.uint8], size: tuple[int, int] | None = None) -> Segmentation:
        """Segment an (h, w, 3) uint8 RGB picture of any size.

        size: of the model's input, (height, width), one that `input_size` gives; the settings' without it.

        Raises SegmenterError when the model's process died, hung or answered nonsense; the next call
        finds it replaced. Where an Edge TPU is lost the CPU twin takes over, if the settings allow it.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"a picture is (h, w, 3) uint8, not {image.shape} {image.dtype}")
        try:
            return self._segment(image, size)
        except SegmenterError as error:
            twin = self._twin()
            if twin is None or not isinstance(error.__cause__, AcceleratorError):
                raise
            lost = self._process
            self._fall_back(twin, error.__cause__)
            lost.close()
        return self._segment(image, None)  # the twin may know other sizes

    def close(self) -> None:
        """End the model's process; may be called twice."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _segment(self, image: NDArray[np.uint8], size: tuple[int, int] | None) -> Segmentation:
        start = time.perf_counter()
        height, width = image.shape[:2]
        _fit(image, self._process.input(*(size or self.input_size(height, width))))
        prepared = time.perf_counter()
        answer = self._process.invoke()
        answered = time.perf_counter()
        try:
            segmentation = self._adapter.decode(answer.outputs)
        except ValueError as error:
            raise SegmenterError(f"model {self.model} answered nonsense: {error}") from error
        decode_s = time.perf_counter() - answered
        self.last_timing = Timing(prepared - start, answer.hop_s, answer.invoke_s, decode_s)
        return segmentation

    def _open(self, name: str) -> None:
        """Load a model and wait for it; nothing is left running where that fails."""
        settings = self._settings
        known, path = _find(self._models, name)
        entry = self._models.registry.get(known)
        content = _read(path)
        family = entry.family if entry else _family(self._models, content, path)
        compiled = entry.needs_tpu if entry else b"edgetpu-custom-op" in content
        adapter = _adapter(family, (entry and entry.long_side) or settings.long_side, settings.exact)
        try:
            process = ModelProcess(
                prepare(content, adapter.outputs, self._cache),
                adapter.outputs,
                threads=settings.threads,
                edge_tpu=settings.edge_tpu if compiled else "",
                answer_limit_s=settings.answer_limit_s,
            )
            try:
                process.wait_ready()
            except FramecueError:
                process.close()
                raise
        except SegmenterError as error:
            cause = error.__cause__
            raise type(cause)(f"model {name}: {cause}") if isinstance(cause, ModelError) else error from None
        except ModelError as error:
            raise type(error)(f"model {name}: {error}") from error
        self.model, self._adapter, self._process = known, adapter, process

    def _twin(self) -> str | None:
        """The model to use without an Edge TPU, if there is one and it is wanted."""
        entry = self._models.registry.get(self.model)
        return entry.cpu_twin if entry and self._settings.cpu_fallback else None

    def _fall_back(self, twin: str, error: AcceleratorError) -> None:
        self._open(twin)
        self.fallback = f"{error}; using {twin} on the CPU"
        _log.warning("%s", self.fallback)


def _fit(image: NDArray[np.uint8], place: NDArray[np.uint8]) -> None:
    """Scale a picture to the size of a place and write it there."""
    height, width = place.shape[:2]
    if image.shape == place.shape:
        np.copyto(place, image)
        return
    # Averaging is slow and only needed where pixels would otherwise be skipped.
    skips = image.shape[0] > 2 * height or image.shape[1] > 2 * width
    cv2.resize(image, (width, height), dst=place, interpolation=cv2.INTER_AREA if skips else cv2.INTER_LINEAR)


def _find(models: Models, name: str) -> tuple[str, Path]:
    """The model's name, the registry's where it has one for the file, and its file."""
    if not name.endswith(".tflite"):
        return name, models.locate(name)
    path = Path(name).expanduser()
    try:
        return models.named(path) or name, path
    except OSError as error:
        raise ModelError(f"cannot read model {path}: {error.strerror}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read model {path}: {error.strerror}") from error


def _family(models: Models, content: bytes, path: Path) -> str:
    """The family whose outputs a model nobody knows has; tensor names lie in the file as they are."""
    for family in sorted({entry.family for entry in models.registry.values()}):
        if all(name.encode() in content for name in _adapter_class(family).outputs):
            return family
    raise ModelCorruptError(f"{path} is damaged or of no known family: it has the outputs of none")


def _adapter(family: str, long_side: int, exact: bool) -> Adapter:
    try:
        adapter: Adapter = _adapter_class(family)(long_side, exact)
    except ValueError as error:
        raise SettingsError(f"segmenter settings do not suit {family}: {error}") from error
    return adapter


def _adapter_class(family: str) -> Any:
    """The class of framecue/segmentation/<family>.py that has the family's name."""
    module = import_module(f"framecue.segmentation.{family}")
    return next(value for name, value in vars(module).items() if name.lower() == family)
