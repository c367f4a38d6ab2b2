"""Looks grow with the shots that are kept: slowly, never by one odd shot, and each shot once."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.album import Album
from framecue.composition.look import Growth, load_look
from framecue.frame import Still
from framecue.looks.grow import LARGEST_STEP, Kept, grow, kept_shots
from framecue.parts import Part
from test_looks_learn import cut_at, person, photo

LOOK = load_look("full-body")
WHEN = "2026-11-21"


def kept(*compositions, look="full-body", first=0):
    return [
        Kept(f"{number}.jpg", f"{number:012x}", look, one) for number, one in enumerate(compositions, first)
    ]


def value(look, name="head_top"):
    return getattr(look.measures, name).value


def test_it_goes_towards_what_is_kept_and_says_what_it_was():
    found = grow(LOOK, kept(*[photo(person(0.13, 0.94))] * 10), WHEN)
    assert len(found.folded) == 10
    assert value(LOOK) < value(found.look) < 0.13
    assert value(found.look, "foot_line") == value(LOOK, "foot_line")
    (step,) = found.look.growth.history
    assert (step.when, step.what) == (WHEN, "10 kept shots")
    assert step.before == LOOK.measures
    assert found.look.growth.photos == 30


def test_the_same_shots_again_change_nothing():
    shots = kept(*[photo(person(0.13, 0.94))] * 10)
    once = grow(LOOK, shots, WHEN).look
    assert grow(once, shots, WHEN).look == once


def test_only_new_shots_count_and_only_those_made_with_the_look():
    shots = kept(*[photo(person(0.13, 0.94))] * 4)
    once = grow(LOOK, shots, WHEN).look
    others = kept(*[photo(person(0.2, 0.94))] * 5, look="golf", first=100)
    again = grow(once, [*shots, *others, *kept(photo(person(0.12, 0.94)), first=4)], WHEN)
    assert again.folded == ("4.jpg",)
    assert grow(once, [*shots, *others], WHEN).look == once


def test_shots_of_another_kind_or_of_nobody_are_named_once():
    odd = kept(photo(cut_at(Part.LEG)), photo(), None)
    found = grow(LOOK, odd, WHEN)
    assert found.folded == ()
    assert set(found.left_out) == {"0.jpg", "1.jpg", "2.jpg"}
    assert found.look.measures == LOOK.measures
    assert found.look.growth.history == ()
    again = grow(found.look, odd, WHEN)
    assert again.left_out == {}
    assert again.look == found.look


@settings(deadline=None)
@given(
    tops=st.lists(st.floats(0.0, 0.4), min_size=1, max_size=40),
    feet=st.floats(0.85, 1.0),
    photos=st.integers(0, 500),
)
def test_no_update_moves_a_look_by_more_than_half_a_tolerance(tops, feet, photos):
    look = LOOK.model_copy(update={"growth": Growth(photos=photos)})
    found = grow(look, kept(*[photo(person(top, feet)) for top in tops]), WHEN).look
    for name in ("head_top", "foot_line", "body_height", "centre_x"):
        before, after = getattr(look.measures, name), getattr(found.measures, name)
        assert abs(after.value - before.value) <= LARGEST_STEP * before.tolerance + 1e-4
        assert after.tolerance == before.tolerance


@settings(deadline=None)
@given(seed=st.integers(0, 500), count=st.integers(8, 30), odd=st.floats(0.25, 0.4))
def test_one_odd_shot_hardly_moves_it(seed, count, odd):
    rng = np.random.default_rng(seed)
    fine = [photo(person(0.12 + rng.normal(0, 0.01), 0.94)) for _ in range(count)]
    alone = grow(LOOK, kept(*fine), WHEN).look
    mixed = grow(LOOK, kept(*fine, photo(person(odd, 0.94))), WHEN).look
    assert abs(value(alone) - value(mixed)) < 0.1 * LOOK.measures.head_top.tolerance


def test_week_by_week_it_comes_to_what_its_people_choose():
    rng = np.random.default_rng(3)
    look, distances = LOOK, []
    for week in range(40):
        shots = [photo(person(0.16 + rng.normal(0, 0.01), 0.92)) for _ in range(10)]
        look = grow(look, kept(*shots, first=10 * week), WHEN).look
        distances.append(abs(value(look) - 0.16))
    assert distances[-1] < 0.005
    assert distances[4] < distances[1] < distances[0]
    assert len(look.growth.history) == 40


def test_where_people_keep_two_kinds_of_framing_it_stays_between_them():
    shots = [photo(person(top, 0.94)) for top in (0.02, 0.02, 0.02, 0.375, 0.375, 0.375)]
    found = grow(LOOK, kept(*shots), WHEN)
    assert len(found.folded) == 6
    assert value(found.look) == value(LOOK)


def test_what_would_contradict_itself_is_not_taken():
    """Kept shots in which the same person measures more and the lines less cannot all be true of one look."""
    look = LOOK.model_copy(update={"growth": Growth(photos=1)})
    for week in range(30):
        look = grow(look, kept(*[photo(person(0.3, 0.7))] * 5, first=5 * week), WHEN).look
        type(look)(**look.model_dump())


@pytest.fixture
def album(tmp_path):
    """An album of six shots, in which everybody stands a little lower than the look wants."""
    opened = Album(tmp_path / "album", 10)
    for number in range(6):
        save(opened, number)
    yield opened
    opened.close()


def save(album, number, look="full-body"):
    still = Still(np.full((80, 60, 3), number, np.uint8), 0.0)
    album.save(
        still,
        look=look,
        composition=photo(person(0.13, 0.95)),
        cue=None,
        camera="test",
        taken=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=number),
    )


def test_deleted_shots_and_those_of_other_looks_do_not_count(album):
    save(album, 7, "golf")
    first, second, third, *_ = album.shots()
    first.original.unlink()
    second.sidecar.write_text("{")
    third.sidecar.unlink()
    found = grow(LOOK, kept_shots(album.folder), WHEN)
    assert len(found.folded) == 3
    assert first.original.name not in found.folded
    assert value(found.look) > value(LOOK)


def test_shots_are_told_apart_by_what_they_show_not_by_their_names(album):
    once = grow(LOOK, kept_shots(album.folder), WHEN).look
    for shot in album.shots():
        renamed = shot.original.name.replace("20261121", "20261122")
        shot.original.rename(shot.original.with_name(renamed))
        shot.sidecar.rename(shot.sidecar.with_name(renamed.replace(".jpg", ".json")))
    assert grow(once, kept_shots(album.folder), WHEN).look == once
