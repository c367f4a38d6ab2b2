"""The model that comes with Framecue: its files, what an Edge TPU needs, and people it must find."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from framecue.composition.geometry import Pinhole
from framecue.composition.measure import measure
from framecue.parts import Part
from framecue.segmentation.models import Models
from framecue.segmentation.segmenter import ProcessSegmenter, SegmenterSettings, open_segmenter
from framecue.studio import Scene, render

sys.path.append(str(Path(__file__).parents[1]))
from models.training.opcheck import check

FOLDER = Path(__file__).parents[1] / "models"
PINHOLE = Pinhole(640, 480, 55, y=1.2, z=-2.7, pitch_deg=-6)
SEED = 90_210  # of scenes that training never saw


@pytest.fixture(scope="module", params=["fine", "fast"])
def segmenter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessSegmenter]:
    models = Models(environment={"XDG_DATA_HOME": str(tmp_path_factory.mktemp("data"))})
    if request.param not in models.registry:
        pytest.skip("no model of our own yet")
    settings = SegmenterSettings(model=request.param, answer_limit_s=30)
    with open_segmenter(settings, models, tmp_path_factory.mktemp("cache")) as opened:
        yield opened


@pytest.mark.parametrize("name", ["fine", "fast"])
def test_its_file_is_there_and_small(name: str, tmp_path: Path) -> None:
    models = Models(environment={"XDG_DATA_HOME": str(tmp_path)})
    if name not in models.registry:
        pytest.skip("no model of our own yet")
    entry = models.registry[name]
    assert models.locate(name) == FOLDER / entry.file
    assert not entry.address
    assert entry.size < 3e6
    assert (FOLDER / entry.file).with_suffix(".npz").stat().st_size < 4e6


def test_an_edge_tpu_could_run_all_of_it() -> None:
    found = sorted(FOLDER.glob("figure*.tflite"))
    if not found:
        pytest.skip("no model of our own yet")
    for path in found:
        listed, wrong = check(path)
        assert len(listed) > 40
        assert not wrong


def test_what_an_edge_tpu_could_not_run_is_named(coral_models: Path, tmp_path: Path) -> None:
    _, wrong = check(coral_models / "deeplabv3_mnv2_dm05_pascal_quant.tflite")
    assert any("ARG_MAX" in line for line in wrong)
    (tmp_path / "text.tflite").write_text("nothing of the kind")
    assert check(tmp_path / "text.tflite")[1]


def test_somebody_in_the_studio_is_found_and_measured(segmenter: ProcessSegmenter) -> None:
    for seed in range(3):
        view = render(Scene.random(SEED + seed, 1), PINHOLE, noise=2)
        segmentation = segmenter.segment(view.image)
        person = cv2.resize(segmentation.person, (640, 480)) >= 0.5
        true = view.parts > 0
        assert np.count_nonzero(person & true) / np.count_nonzero(person | true) > 0.75
        subject = measure(view.image, segmentation).main_subject
        assert subject is not None
        assert subject.head_top_y is not None
        assert subject.foot_y is not None
        truth = view.people[0]
        assert truth.head_top is not None
        assert truth.foot is not None
        body = truth.foot[1] - truth.head_top[1]
        assert subject.head_top_y == pytest.approx(truth.head_top[1], abs=0.03 * body)
        assert subject.foot_y == pytest.approx(truth.foot[1], abs=0.04 * body)


def test_hair_face_and_feet_are_told_apart(segmenter: ProcessSegmenter) -> None:
    view = render(Scene.random(SEED, 1), PINHOLE, noise=2)
    parts = segmenter.segment(view.image).at(640, 480).parts
    for part in (Part.HAIR, Part.FACE, Part.TORSO, Part.LEG, Part.FOOT):
        rows, columns = np.nonzero(parts == part)
        true_rows, true_columns = np.nonzero(view.parts == part)
        assert len(rows) > 0.4 * len(true_rows)
        assert np.median(rows) == pytest.approx(np.median(true_rows), abs=15)
        assert np.median(columns) == pytest.approx(np.median(true_columns), abs=15)


def test_an_empty_room_is_empty_in_any_shape(segmenter: ProcessSegmenter) -> None:
    for width, height in ((640, 480), (360, 640)):
        pinhole = replace(PINHOLE, width=width, height=height)
        image = render(Scene.random(SEED + 9, 0), pinhole, noise=2).image
        segmentation = segmenter.segment(image)
        assert (segmentation.person >= 0.5).mean() < 0.005
        assert not measure(image, segmentation).subjects
