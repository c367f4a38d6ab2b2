"""The segmenter: from a picture to its segmentation, whatever the model's process goes through."""

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from framecue.errors import (
    AcceleratorError,
    FramecueError,
    ModelCorruptError,
    ModelError,
    ModelMissingError,
    SegmenterError,
    SettingsError,
)
from framecue.parts import Part
from framecue.segmentation import Segmenter
from framecue.segmentation.models import Models
from framecue.segmentation.process import ModelProcess
from framecue.segmentation.segmenter import ProcessSegmenter, SegmenterSettings, open_segmenter

PLAIN = "bodypix_mobilenet_v1_075_720_1280_16_quant.tflite"


@pytest.fixture(scope="module")
def models(coral_models: Path) -> Models:
    return Models([coral_models], environment={})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def segmenter(models: Models, cache: Path) -> Iterator[ProcessSegmenter]:
    with open_segmenter(SegmenterSettings(model="bodypix"), models, cache) as segmenter:
        yield segmenter


@pytest.fixture(scope="module")
def photo(coral_models: Path) -> NDArray[np.uint8]:
    """A real picture of people; (h, w, 3) RGB."""
    folder = coral_models.parents[1] / "photos"
    return read(folder / "squat.bmp")


def read(file: Path) -> NDArray[np.uint8]:
    if not file.exists():
        pytest.skip(f"no {file.name} beside the models")
    return np.asarray(Image.open(file).convert("RGB"))


def test_people_are_found(segmenter: Segmenter, photo: NDArray[np.uint8]) -> None:
    found = segmenter.segment(photo)
    assert found.person.dtype == np.float32
    assert 0 <= found.person.min() <= found.person.max() <= 1
    assert (found.person > 0.5).mean() > 0.02
    assert set(np.unique(found.parts)) <= {int(part) for part in Part}
    assert segmenter.model == "bodypix"


def test_every_size_is_taken_in_the_same_process(
    segmenter: ProcessSegmenter, photo: NDArray[np.uint8]
) -> None:
    pid = segmenter.pid
    first = segmenter.segment(photo).person
    assert segmenter.input_size(640, 480) == (481, 353)
    for width, height in ((480, 640), (640, 480), (353, 481), (1200, 300), (40, 64)):
        found = segmenter.segment(cv2.resize(photo, (width, height)).astype(np.uint8))
        assert (found.person.shape[0] > found.person.shape[1]) == (height > width)
    np.testing.assert_array_equal(segmenter.segment(photo).person, first)
    assert segmenter.pid == pid


def test_a_strided_picture_is_the_same_picture(segmenter: Segmenter, photo: NDArray[np.uint8]) -> None:
    mirrored = photo[:, ::-1]
    np.testing.assert_array_equal(
        segmenter.segment(mirrored).person, segmenter.segment(mirrored.copy()).person
    )


def test_timings_say_where_the_time_went(segmenter: ProcessSegmenter, photo: NDArray[np.uint8]) -> None:
    segmenter.segment(photo)
    timing = segmenter.last_timing
    assert timing is not None
    assert min(timing.prepare_s, timing.hop_s, timing.invoke_s, timing.decode_s) > 0


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (4, 4, 1)])
def test_what_is_no_picture_is_refused(segmenter: Segmenter, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        segmenter.segment(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_process_costs_one_picture(
    models: Models, cache: Path, photo: NDArray[np.uint8], fault: signal.Signals
) -> None:
    settings = SegmenterSettings(answer_limit_s=0.5)
    with open_segmenter(settings, models, cache) as segmenter:
        expected = segmenter.segment(photo).person
        lost = segmenter.pid
        assert lost is not None
        os.kill(lost, fault)
        with pytest.raises(SegmenterError):
            segmenter.segment(photo)
        np.testing.assert_array_equal(segmenter.segment(photo).person, expected)
        assert segmenter.pid != lost


def test_the_models_file_is_not_needed_any_more(
    models: Models, coral_models: Path, tmp_path: Path, photo: NDArray[np.uint8]
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    shutil.copy(coral_models / PLAIN, stick)
    with open_segmenter(SegmenterSettings(model=str(stick / PLAIN)), models, tmp_path) as segmenter:
        assert segmenter.model == "bodypix"  # known by its hash
        shutil.rmtree(stick)
        assert segmenter.pid is not None
        os.kill(segmenter.pid, signal.SIGKILL)
        with pytest.raises(SegmenterError):
            segmenter.segment(photo)
        segmenter.segment(photo)


def test_animals_are_told_from_people(models: Models, cache: Path, coral_models: Path) -> None:
    cat = read(coral_models.parents[1] / "photos" / "cat_1080p.jpg")
    with open_segmenter(SegmenterSettings(model="deeplab"), models, cache) as segmenter:
        found = segmenter.segment(cat)
    assert found.heatmaps["cat"].mean() > 0.05
    assert found.person.mean() < 0.02


# --- Edge TPU, none here


def test_without_an_edge_tpu_the_cpu_twin_takes_over(models: Models, cache: Path) -> None:
    settings = SegmenterSettings(model="bodypix-edgetpu", edge_tpu="libnowhere.so.1")
    with open_segmenter(settings, models, cache) as segmenter:
        assert segmenter.model == "bodypix"
        assert segmenter.fallback is not None
        assert "libnowhere.so.1" in segmenter.fallback
        assert "\n" not in segmenter.fallback


@pytest.mark.parametrize("library", ["", "libnowhere.so.1"])
def test_without_a_fallback_a_missing_edge_tpu_is_an_error(models: Models, cache: Path, library: str) -> None:
    settings = SegmenterSettings(model="bodypix-edgetpu", edge_tpu=library, cpu_fallback=False)
    with pytest.raises(AcceleratorError, match="bodypix-edgetpu") as caught:
        open_segmenter(settings, models, cache)
    assert "\n" not in str(caught.value)


def test_an_edge_tpu_lost_at_work_is_replaced_by_the_cpu(
    models: Models,
    coral_models: Path,
    tmp_path: Path,
    photo: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Staged: the first process does without the library, as if it had found it; the next looks for it."""
    worker = (
        "import json, pathlib, sys; from framecue.segmentation.worker import main\n"
        "order = json.loads(sys.argv[1])\n"
        f"used = pathlib.Path({str(tmp_path / 'used')!r})\n"
        "if not used.exists(): order['edge_tpu'] = ''; used.touch()\n"
        "sys.exit(main(json.dumps(order)))"
    )
    staged = partial(ModelProcess, command=[sys.executable, "-c", worker])
    monkeypatch.setattr("framecue.segmentation.segmenter.ModelProcess", staged)
    plain = models.registry["bodypix"]
    compiled = plain.model_copy(update={"needs_tpu": True, "cpu_twin": "bodypix"})
    known = Models([coral_models], {"compiled": compiled, "bodypix": plain}, {})
    settings = SegmenterSettings(model="compiled", edge_tpu="libnowhere.so.1")
    with open_segmenter(settings, known, tmp_path) as segmenter:
        expected = segmenter.segment(photo).person
        assert (segmenter.model, segmenter.fallback) == ("compiled", None)
        assert segmenter.pid is not None
        os.kill(segmenter.pid, signal.SIGKILL)
        with pytest.raises(SegmenterError):
            segmenter.segment(photo)
        np.testing.assert_array_equal(segmenter.segment(photo).person, expected)
        assert segmenter.model == "bodypix"
        assert segmenter.fallback is not None


# --- models that cannot be used


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", ModelCorruptError), (b"step back, tilt up\n" * 50, ModelCorruptError), (None, ModelError)],
    ids=["empty", "text", "missing"],
)
def test_a_file_that_is_no_model(
    models: Models, tmp_path: Path, content: bytes | None, kind: type[FramecueError]
) -> None:
    file = tmp_path / "model.tflite"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(kind, match=r"model\.tflite") as caught:
        open_segmenter(SegmenterSettings(model=str(file)), models, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_torn_model_is_corrupt(models: Models, coral_models: Path, tmp_path: Path) -> None:
    whole = (coral_models / PLAIN).read_bytes()
    for share in (0.2, 0.9):
        file = tmp_path / "torn.tflite"
        file.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ModelCorruptError, match=r"torn\.tflite") as caught:
            open_segmenter(SegmenterSettings(model=str(file)), models, tmp_path)
        assert "\n" not in str(caught.value)


def test_a_model_of_another_kind_is_corrupt(models: Models, coral_models: Path, tmp_path: Path) -> None:
    """Both as a file of its own, and under BodyPix's name."""
    movenet = coral_models / "movenet_single_pose_lightning_ptq.tflite"
    with pytest.raises(ModelCorruptError, match="no output ArgMax"):
        open_segmenter(SegmenterSettings(model=str(movenet)), models, tmp_path)
    content = movenet.read_bytes()
    known = models.registry["bodypix"].model_copy(
        update={"file": movenet.name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    )
    renamed = Models([coral_models], {"bodypix": known}, {})
    with pytest.raises(ModelCorruptError, match="no output float_segments"):
        open_segmenter(SegmenterSettings(model="bodypix"), renamed, tmp_path)


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    empty = Models([], environment={"XDG_DATA_HOME": str(tmp_path)})
    with pytest.raises(ModelMissingError, match="framecue models fetch bodypix"):
        open_segmenter(SegmenterSettings(model="bodypix"), empty, tmp_path)


# --- settings


def test_a_size_that_does_not_suit_is_a_settings_error(models: Models, cache: Path) -> None:
    with pytest.raises(SettingsError, match="480"):
        open_segmenter(SegmenterSettings(long_side=480), models, cache)


@pytest.mark.parametrize(
    "wrong", [{"threads": 0}, {"threads": 17}, {"long_side": 5}, {"answer_limit_s": 0}, {"speed": 3}]
)
def test_settings_have_limits(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SegmenterSettings.model_validate(wrong)
    for field in SegmenterSettings.model_fields.values():
        assert field.description
