"""DeepLab: class numbers to people and animals."""

import numpy as np
import pytest

from framecue.parts import Part
from framecue.segmentation import Tensor
from framecue.segmentation.deeplab import DeepLab


def test_classes_become_people_and_animals() -> None:
    classes = np.zeros((1, 6, 4), np.int64)
    classes[0, 1], classes[0, 2], classes[0, 3], classes[0, 4] = 15, 8, 12, 7
    found = DeepLab().decode({"ArgMax": Tensor(classes)})
    assert found.person.dtype == np.float32
    assert found.parts.dtype == np.uint8
    np.testing.assert_array_equal(found.person[:, 0], [0, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.parts == Part.TORSO, found.person == 1)
    np.testing.assert_array_equal(found.parts == Part.BACKGROUND, found.person == 0)
    np.testing.assert_array_equal(found.heatmaps["cat"][:, 1], [0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(found.heatmaps["dog"][:, 1], [0, 0, 0, 1, 0, 0])


@pytest.mark.parametrize("shape", [(6, 4), (2, 6, 4), (1, 6, 4, 1)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ArgMax"):
        DeepLab().decode({"ArgMax": Tensor(np.zeros(shape, np.int64))})


def test_the_input_is_one_size() -> None:
    assert DeepLab(481).input_size(480, 640) == (513, 513)
