"""The whole path on real photos: the published model, its decoding, and what is measured."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.photos import Lines, errors, photos, spread
from conftest import SHARED
from framecue.composition.measure import measure
from framecue.composition.subject import Composition
from framecue.parts import Part
from framecue.segmentation import Segmenter
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def segmenter(coral_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Segmenter]:
    settings = SegmenterSettings(folders=(coral_models,), answer_limit_s=30)
    with open_segmenter(settings, cache=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


def measured(segmenter: Segmenter, name: str) -> Composition:
    path = SHARED / "photos" / name
    if not path.exists():
        pytest.skip(f"no {path}: real photos are not part of the repository")
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    return measure(image, segmenter.segment(image))


def test_lines_of_labelled_photos(segmenter: Segmenter) -> None:
    """Every 20th photo; limits are about one and a half times what was measured on every tenth."""
    folder = SHARED / "data" / "ccp"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: labelled photos are not part of the repository")
    found: dict[str, list[float | None]] = {"top": [], "chin": [], "foot": [], "heads": []}
    unknown = 0
    for photo in photos(folder, every=20):
        subject = measure(photo.image, segmenter.segment(photo.image)).main_subject
        assert subject is not None, photo.name
        unknown += subject.head_top_y is None or subject.foot_y is None
        lines = Lines(subject.head_top_y, subject.chin_y, subject.foot_y)
        for key, value in errors(photo, lines).items():
            found[key].append(value)
    limits = {"top": (0.45, 1.8), "chin": (0.6, 1.6), "foot": (0.45, 2.9), "heads": (0.45, 1.2)}
    for key, (median, high) in limits.items():
        assert np.less_equal(spread(found[key]), (median, high)).all(), (key, spread(found[key]))
    assert len(found["top"]) > 30
    assert unknown <= 0.05 * len(found["top"])


def test_two_people_in_snow(segmenter: Segmenter) -> None:
    composition = measured(segmenter, "two_people.bmp")
    left, right = sorted(composition.subjects, key=lambda one: one.left_x)
    assert left.right_x < right.centre_x  # they hold hands
    assert left.centre_x < right.left_x
    for subject in (left, right):
        assert not subject.cut
        assert subject.heads is not None
        assert 5 < subject.heads < 8


def test_a_half_length_portrait_is_cut_at_the_torso(segmenter: Segmenter) -> None:
    subject = measured(segmenter, "grace_hopper.bmp").main_subject
    assert subject is not None
    assert subject.cut["bottom"] == Part.TORSO
    assert "top" not in subject.cut
    assert subject.foot_y is None
    assert subject.chin_y is not None


def test_a_squat_has_fewer_heads(segmenter: Segmenter) -> None:
    subject = measured(segmenter, "squat.bmp").main_subject
    assert subject is not None
    assert subject.heads is not None
    assert 4 < subject.heads < 6


@pytest.mark.parametrize(
    "name", ["cat_1080p.jpg", "pets.jpg", "dog_segmentation.bmp", "bird_segmentation.bmp"]
)
def test_animals_are_no_subjects(segmenter: Segmenter, name: str) -> None:
    assert measured(segmenter, name).subjects == ()


@pytest.mark.parametrize(("crop", "cut"), [(60, True), (-20, False)])
def test_feet_cropped_off_and_not(segmenter: Segmenter, crop: int, cut: bool) -> None:
    """The same photos cut above the soles, and a little below them."""
    folder = SHARED / "data" / "ccp"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: labelled photos are not part of the repository")
    said = []
    for photo in photos(folder, every=80):
        image = np.ascontiguousarray(photo.image[: int(photo.foot) + 1 - crop])
        subject = measure(image, segmenter.segment(image)).main_subject
        said.append(subject is not None and "bottom" in subject.cut)
    assert np.mean([one == cut for one in said]) > 0.85
