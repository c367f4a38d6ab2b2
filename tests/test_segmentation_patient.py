"""Photos are looked at four times; who is doubtful in each look is believed, and nobody's outline suffers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.parts import Part, Segmentation
from framecue.segmentation.cells import fitting_size
from framecue.segmentation.patient import Patient, believed
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
from framecue.studio import Scene, render


class Scripted:
    """A segmenter that says of each picture, at each size, what a test wants; one size only where fixed."""

    model = "scripted"

    def __init__(self, person: Callable[[np.ndarray], np.ndarray], fixed: bool = False) -> None:
        self._person, self._fixed = person, fixed
        self.sizes: list[tuple[int, int]] = []

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        return (65, 65) if self._fixed else fitting_size(65 * finer, height, width)

    def segment(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Segmentation:
        assert size is not None
        self.sizes.append(size)
        rows, columns = (
            np.arange(cells) * side // cells for cells, side in zip(size, image.shape, strict=False)
        )
        person = self._person(image)[np.ix_(rows, columns)].astype(np.float32)
        return Segmentation(np.where(person >= 0.5, Part.TORSO, Part.BACKGROUND).astype(np.uint8), person)

    def close(self) -> None:
        self.sizes.clear()


def as_bright(image: np.ndarray) -> np.ndarray:
    return image[..., 0] / 255


def picture(level: float, around: float = 0.0) -> np.ndarray:
    """Somebody as sure as that in the middle of a picture, so sure of all around."""
    image = np.full((120, 90, 3), round(around * 255), np.uint8)
    image[30:90, 30:60] = round(level * 255)
    return image


def test_a_photo_is_seen_at_two_sizes_as_it_is_and_mirrored():
    scripted = Scripted(as_bright)
    Patient(scripted).segment(picture(1.0))
    assert scripted.sizes == [(65, 49)] * 2 + [(81, 65)] * 2


def test_a_model_of_one_size_looks_twice():
    scripted = Scripted(as_bright, fixed=True)
    Patient(scripted).segment(picture(1.0))
    assert scripted.sizes == [(65, 65)] * 2


@pytest.mark.parametrize(("level", "seen"), [(0.2, False), (0.35, True), (0.9, True)])
def test_who_is_doubtful_in_every_look_is_believed_down_to_a_level(level, seen):
    found = believed(Patient(Scripted(as_bright)).segment(picture(level)))
    middle = tuple(side // 2 for side in found.person.shape)
    assert (found.person[middle] >= 0.5) == seen
    assert (found.parts[middle] == Part.TORSO) == (level >= 0.5)


def test_beside_somebody_who_is_sure_doubt_is_no_person():
    found = believed(Patient(Scripted(as_bright)).segment(picture(1.0, around=0.4)))
    rows, columns = found.person.shape
    assert found.person[rows // 2, columns // 2] > 0.9
    assert found.person[rows // 2, columns // 3 - 3] < 0.5
    assert found.person[2, 2] >= 0.5  # far from them it is


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 90), st.integers(2, 90), st.integers(0, 99))
def test_mirrored_pictures_give_mirrored_answers(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    patient = Patient(Scripted(lambda seen: np.roll(as_bright(seen), 1, axis=1)))  # a model with a lean
    one, other = believed(patient.segment(image)), believed(patient.segment(image[:, ::-1]))
    np.testing.assert_allclose(one.person, other.person[:, ::-1], atol=1e-5)
    assert ((one.person >= 0) & (one.person <= 1)).all()


def test_people_of_the_studio_are_found_better_than_in_one_look_and_empty_rooms_stay_empty():
    with open_segmenter(SegmenterSettings()) as segmenter:
        patient = Patient(segmenter)
        overlaps: dict[str, list[float]] = {"one": [], "four": []}
        for seed in range(100_500, 100_510):
            view = render(Scene.random(seed, 1), Pinhole(640, 480, 55, y=1.3, z=-3.2, pitch_deg=-8), noise=2)
            for name, found in (
                ("one", segmenter.segment(view.image)),
                ("four", patient.segment(view.image)),
            ):
                mask, truth = found.at(640, 480).person >= 0.5, view.parts > 0
                overlaps[name].append(np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth))
            room = render(Scene.random(seed, 0), Pinhole(640, 480, 55, y=1.3, z=-3.5), noise=2)
            assert np.mean(believed(patient.segment(room.image)).person >= 0.5) < 0.005
    assert np.mean(overlaps["four"]) > np.mean(overlaps["one"])
