"""Learning a look: what it is learnt from, what it leaves out and why; one photo does not move it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SHARED
from framecue.composition.look import load_look
from framecue.composition.subject import Composition, Subject
from framecue.errors import LookError
from framecue.looks.learn import TOLERANCES, learn
from framecue.looks.sample import sample
from framecue.parts import Part
from framecue.photos import measure_photo
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

W, H = 600, 800


def person(top=0.1, foot=0.94, x=0.5, *, size=None, heads=7.2, cut=None, sure=1.0, wide=0.2):
    """Somebody in a picture of W x H; None: not seen. size: of the body, if not foot - top."""
    lines = foot - top if foot is not None and top is not None else 0.84
    tall = lines if size is None else size
    return Subject(
        head_top_y=None if top is None else top * H - 0.5,
        chin_y=None if top is None else (top + tall / heads) * H - 0.5,
        foot_y=None if foot is None else foot * H - 0.5,
        left_x=(x - wide / 2) * W,
        right_x=(x + wide / 2) * W,
        cut=cut or {},
        middle_x=x * W - 0.5,
        confidence=sure,
    )


def photo(*people, width=W, height=H):
    return Composition(width, height, tuple(people), 0 if people else None)


def cut_at(part, top=0.09, size=1.34, **more):
    return person(top, None, size=size, cut={"bottom": part}, **more)


def photos(*compositions):
    return {f"{number}.jpg": one for number, one in enumerate(compositions)}


@pytest.mark.parametrize(
    ("composition", "kind", "people"),
    [
        (photo(person()), "full_body", 1),
        (photo(person(0.5, 0.84)), "landscape", 1),
        (photo(cut_at(Part.LEG)), "three_quarter", 1),
        (photo(cut_at(Part.TORSO, 0.08, 1.7)), "half_length", 1),
        (photo(person(0.2, 0.9, 0.3), person(0.25, 0.9, 0.7)), "group", 2),
        (photo(person(), person(0.4, 0.6, 0.9)), "full_body", 1),  # a passer-by, far away
        (photo(person(), person(0.1, 0.9, 0.9, sure=0.35)), "full_body", 1),  # a coat on a rack
    ],
)
def test_what_a_photo_shows(composition, kind, people):
    found = sample(composition)
    assert (found.kind, found.people) == (kind, people)


@pytest.mark.parametrize(
    ("composition", "reason"),
    [
        (photo(), "nobody is found"),
        (photo(person(foot=None)), "the feet are hidden"),
        (photo(person(None, 0.9, cut={"top": Part.HAIR})), "a head is cut off"),
        (photo(person(None, 0.9)), "a head is hidden"),
        (photo(cut_at(Part.LEG, 0.09, 0.98)), "cut off below the knees"),
        (photo(cut_at(Part.FOOT, 0.09, 0.92)), "cut off below the knees"),
        (
            photo(person(x=0.3), person(x=0.7, foot=None, cut={"bottom": Part.LEG})),
            "somebody's feet are cut off",
        ),
    ],
)
def test_why_a_photo_shows_no_look(composition, reason):
    with pytest.raises(LookError, match=reason):
        sample(composition)


def around(rng, count, **spread):
    """Photos of one style, each measure scattered a little."""
    noise = {"top": 0.01, "foot": 0.008, "x": 0.02, **spread}
    return [
        photo(
            person(
                0.08 + rng.normal(0, noise["top"]),
                0.95 + rng.normal(0, noise["foot"]),
                0.5 + rng.normal(0, noise["x"]),
            )
        )
        for _ in range(count)
    ]


@settings(deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(4, 30), odd=st.floats(0.25, 0.45))
def test_one_odd_photo_does_not_move_a_look(seed, count, odd):
    rng = np.random.default_rng(seed)
    fine = around(rng, count)
    alone = learn("fine", photos(*fine)).look.measures
    mixed = learn("mixed", photos(photo(person(odd, 0.95)), *fine))
    assert "0.jpg" in mixed.left_out
    assert "unlike the others" in mixed.left_out["0.jpg"]
    for name in ("head_top", "foot_line", "body_height", "centre_x"):
        off = getattr(mixed.look.measures, name).value - getattr(alone, name).value
        assert abs(off) <= 0.5 * getattr(alone, name).tolerance


@settings(deadline=None)
@given(seed=st.integers(0, 1000))
def test_of_three_photos_an_odd_one_is_outvoted(seed):
    rng = np.random.default_rng(seed)
    fine = around(rng, 2)
    found = learn("mixed", photos(photo(person(0.4, 0.95)), *fine)).look.measures
    assert abs(found.head_top.value - 0.08) < 0.06


@settings(deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(3, 20), wild=st.floats(0.0, 0.05))
def test_tolerances_stay_between_what_a_hand_can_hold_and_what_still_is_the_look(seed, count, wild):
    rng = np.random.default_rng(seed)
    found = learn("any", photos(*around(rng, count, top=wild, foot=wild / 3, x=wild))).look
    for name, (least, most) in TOLERANCES.items():
        measure = getattr(found.measures, name)
        if measure is not None:
            assert least <= measure.tolerance <= most


def test_photos_that_agree_make_a_narrow_look_and_photos_that_do_not_a_wide_one():
    rng = np.random.default_rng(1)
    narrow = learn("narrow", photos(*around(rng, 12))).look.measures
    wide = learn("wide", photos(*around(rng, 12, top=0.03, x=0.06))).look.measures
    assert wide.head_top.tolerance > narrow.head_top.tolerance
    assert wide.centre_x.tolerance > narrow.centre_x.tolerance


def test_where_photos_disagree_on_the_place_across_the_look_does_not_care():
    left, right = ([photo(person(0.5, 0.84, x)) for _ in range(4)] for x in (0.2, 0.8))
    found = learn("thirds", photos(*left, *right)).look
    assert found.kind == "landscape"
    assert found.measures.centre_x is None


def test_photos_without_feet_make_a_look_without_a_foot_line():
    found = learn("knees", photos(*[photo(cut_at(Part.LEG)) for _ in range(3)])).look
    assert found.kind == "three_quarter"
    assert found.measures.foot_line is None
    assert found.measures.body_height.value == pytest.approx(1.34, abs=0.01)


def test_a_group_knows_how_many_it_is_of():
    two = photo(person(0.2, 0.9, 0.3), person(0.3, 0.88, 0.7))
    three = photo(person(0.2, 0.9, 0.2), person(0.3, 0.88, 0.5), person(0.25, 0.9, 0.8))
    found = learn("family", photos(two, three, three)).look
    assert (found.kind, found.people) == ("group", (2, 3))
    assert found.measures.head_top.value == pytest.approx(0.2, abs=0.01)
    assert found.measures.foot_line.value == pytest.approx(0.9, abs=0.01)
    assert found.measures.centre_x.value == pytest.approx(0.5, abs=0.03)


def test_the_kind_most_photos_show_wins_and_the_others_are_named():
    fine = [photo(person()) for _ in range(4)]
    two = photo(person(x=0.3), person(x=0.7))
    found = learn("mostly", photos(*fine, two, photo(cut_at(Part.LEG)), "is empty; copy it again"))
    assert found.look.kind == "full_body"
    assert len(found.used) == 4
    assert "several people" in found.left_out["4.jpg"]
    assert "to the knees" in found.left_out["5.jpg"]
    assert found.left_out["6.jpg"] == "is empty; copy it again"


@pytest.mark.parametrize(
    ("given_photos", "told"),
    [
        (photos(*[photo(person())] * 2), "only 2 of 2 photos"),
        (photos(photo(person()), photo(person()), photo()), "only 2 of 3"),
        (photos(*[photo()] * 4), "4 x nobody is found"),
        (
            photos(*[photo(person())] * 3, *[photo(cut_at(Part.LEG))] * 3),
            "mixed kinds .3 full_body, 3 three_quarter",
        ),
        ({}, "none was given"),
    ],
)
def test_too_little_to_learn_from_is_one_line(given_photos, told):
    with pytest.raises(LookError, match=told) as refused:
        learn("none", given_photos)
    assert "\n" not in str(refused.value)
    assert "give" in str(refused.value)


@pytest.mark.slow
def test_street_photos_make_a_look_near_their_labels(coral_models, tmp_path_factory):
    """The median of 12 labelled photos' own lines, against what is learnt from them."""
    folder = SHARED / "data" / "ccp"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: labelled photos are not part of the repository")
    from bench.photos import photos as labelled

    measured, tops, feet = {}, [], []
    settings = SegmenterSettings(folders=(coral_models,), answer_limit_s=30)
    with open_segmenter(settings, cache=tmp_path_factory.mktemp("cache")) as segmenter:
        for one in list(labelled(folder, every=40))[:12]:
            path = folder / "photos" / f"{one.name}.jpg"
            measured[path.name] = measure_photo(path, segmenter)
            tops.append(one.top / one.image.shape[0])
            feet.append((one.foot + 1) / one.image.shape[0])
    found = learn("street", measured)
    assert len(found.used) >= 9, found.left_out
    assert found.look.kind == "full_body"
    assert found.look.orientation == "portrait"
    assert found.look.measures.head_top.value == pytest.approx(np.median(tops), abs=0.01)
    assert found.look.measures.foot_line.value == pytest.approx(np.median(feet), abs=0.01)
    assert found.look.measures.head_top.value < load_look("full-body").measures.head_top.value
