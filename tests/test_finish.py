"""Finishing: a levelled, cropped copy beside each shot, the original bit for bit as it was."""

import time
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from PIL import Image

from framecue.album import Album
from framecue.composition.crop import crop_into
from framecue.composition.look import load_look
from framecue.composition.subject import Composition
from framecue.errors import SegmenterError
from framecue.finish import CropSettings, Finisher, cut_out
from framecue.frame import Still
from framecue.photo import read_photo
from test_crop import Scene, in_crop

FULL = load_look("full-body")
PATIENCE_S = 20
SCENE = Scene(600, 800, ((0.45, 0.3, 0.75),), 6.0)


def drawn(scene):
    """A picture of the scene: everybody white on a grey gradient."""
    down = np.linspace(40, 120, scene.height, dtype=np.uint8)[:, None, None]
    picture = np.ascontiguousarray(np.broadcast_to(down, (scene.height, scene.width, 3)))
    for outline in scene.outlines():
        hull = cv2.convexHull(outline.astype(np.float32)).astype(np.int32)
        cv2.fillPoly(picture, [hull], (255, 255, 255))
    return picture


def test_the_picture_is_cut_where_the_crop_says():
    crop = crop_into(SCENE.composition(), FULL, 3.0)
    found = cut_out(drawn(SCENE), crop)
    assert found.shape == (*crop.size[::-1], 3)
    rows = np.flatnonzero((found[..., 0] > 200).any(axis=1))
    (outline,) = (in_crop(crop, one) for one in SCENE.outlines())
    assert rows[0] == pytest.approx(outline[:, 1].min(), abs=1.5)
    assert rows[-1] == pytest.approx(outline[:, 1].max(), abs=1.5)
    assert rows[0] / len(found) == pytest.approx(FULL.measures.head_top.value, abs=0.02)
    assert rows[-1] / len(found) == pytest.approx(FULL.measures.foot_line.value, abs=0.02)


def test_a_level_crop_keeps_every_pixel_as_it_was():
    scene = Scene(600, 800, ((0.45, 0.3, 0.75),), 0.0)
    picture = np.random.default_rng(0).integers(0, 255, (800, 600, 3), np.uint8)
    crop = crop_into(scene.composition(), FULL, 3.0)
    found = cut_out(picture, crop)
    left, top = round(crop.left), round(crop.top)
    assert (found == picture[top : top + len(found), left : left + found.shape[1]]).all()


class Rig:
    """A finisher on an album, and what it sees in the shots."""

    def __init__(self, folder, see, **settings):
        self.album = Album(folder, 10)
        self.finisher = Finisher(CropSettings(**settings), self.album, see)
        self.finisher.start()

    def shoot(self, picture):
        taken = datetime(2026, 11, 21, tzinfo=UTC)
        return self.album.save(
            Still(picture, 0.0), look="full-body", composition=None, cue=None, camera="test", taken=taken
        )

    def finish(self, shot, composition):
        """Have it finished, and return its copy, or None if there is none when the finisher is done."""
        self.finisher.add(shot, FULL, composition)
        deadline = time.monotonic() + PATIENCE_S
        copy = shot.original.with_suffix(".crop.jpg")
        while not self.finisher.idle and time.monotonic() < deadline:
            time.sleep(0.02)
        return copy if copy.exists() else None


def seen_as(composition):
    return lambda image: composition.scaled(image.shape[1], image.shape[0])


def test_a_shot_gets_a_copy_and_stays_as_it_is(tmp_path):
    rig = Rig(tmp_path, seen_as(SCENE.composition()), max_enlargement=3)
    shot = rig.shoot(drawn(SCENE))
    before = shot.original.read_bytes()
    copy = rig.finish(shot, None)
    assert shot.original.read_bytes() == before
    with Image.open(copy) as opened:
        assert opened.size == crop_into(SCENE.composition(), FULL, 3).size
    assert [each.original for each in rig.album.shots()] == [shot.original]


def test_a_shot_that_is_right_gets_none(tmp_path):
    fine = Scene(600, 800, ((0.5, 0.1, 0.94),), 0.0)
    rig = Rig(tmp_path, seen_as(fine.composition()))
    assert rig.finish(rig.shoot(drawn(fine)), None) is None


def test_switched_off_it_makes_none(tmp_path):
    rig = Rig(tmp_path, seen_as(SCENE.composition()), on=False)
    assert rig.finish(rig.shoot(drawn(SCENE)), None) is None


def test_where_the_shot_cannot_be_measured_what_was_framed_counts(tmp_path):
    def fails(_):
        raise SegmenterError("the model's process died")

    rig = Rig(tmp_path, fails, max_enlargement=3)
    shot = rig.shoot(drawn(SCENE))
    assert rig.finish(shot, None) is None
    copy = rig.finish(shot, SCENE.composition().scaled(150, 200))
    assert read_photo(copy).shape[0] == pytest.approx(crop_into(SCENE.composition(), FULL, 3).height, abs=4)


def test_a_bug_met_by_one_shot_costs_only_its_copy(tmp_path, caplog):
    answers = iter([ZeroDivisionError("a bug"), SCENE.composition()])

    def see(_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    rig = Rig(tmp_path, see, max_enlargement=3)
    assert rig.finish(rig.shoot(drawn(SCENE)), Composition(600, 800)) is None
    assert "not finished" in caplog.text
    assert rig.finish(rig.shoot(drawn(SCENE)), None) is not None


def test_it_stops_at_once_with_shots_still_waiting(tmp_path):
    def slow(_):
        time.sleep(0.3)
        return SCENE.composition()

    rig = Rig(tmp_path, slow)
    shot = rig.shoot(drawn(SCENE))
    for _ in range(10):
        rig.finisher.add(shot, FULL, None)
    asked = time.monotonic()
    rig.finisher.stop(2)
    assert time.monotonic() - asked < 1.5
