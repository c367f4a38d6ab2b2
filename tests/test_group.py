"""Groups: nobody's face hidden, nobody left out at the sides, all on one ground."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from figures import Figure, flat, segmented
from framecue.composition.framing import framing
from framecue.composition.geometry import Pinhole
from framecue.composition.ground import uneven_metres
from framecue.composition.group import fitted, hidden_face
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.measure import measure
from framecue.composition.pose import Lens, Pose
from framecue.composition.subject import Composition, Subject
from framecue.parts import Part, Segmentation
from framecue.studio import Scene, Studio

GROUP = load_look("group")
SINGLE = load_look("full-body")
WIDTH, HEIGHT, FOV_DEG = 640, 480, 48.0
LENS = Lens.of(WIDTH, HEIGHT, FOV_DEG)
HIGH_M, FAR_M = 1.2, 4.2


def standing(
    x: float, z: float = FAR_M, ground: float = 0.0, tall: float = 1.7, heads: float = 7.2, **more
) -> Subject:
    """Somebody on the floor (or so much over it), as a level camera HIGH_M over the floor sees them."""
    camera = Pinhole(WIDTH, HEIGHT, FOV_DEG, y=HIGH_M)
    marks = [[x, tall + ground, z], [x, tall * (1 - 1 / heads) + ground, z], [x, ground, z]]
    (_, top), (_, chin), (middle, foot) = camera.project(np.array(marks))[0].tolist()
    half = 0.13 * (foot - top)
    face = {"face_px2": (0.6 * (chin - top)) ** 2, **more}
    return Subject(top, chin, foot, middle - half, middle + half, middle_x=middle, **face)


def row(*people: Subject) -> Composition:
    return Composition(WIDTH, HEIGHT, people, 0, roll_deg=0.0)


def said(composition: Composition, seconds: float = 1.5, look=GROUP, **settings) -> list:
    """The cues of a still scene, ten a second."""
    guide = Guide(look, FOV_DEG, GuideSettings(**settings))
    return [guide.update(composition, i / 10) for i in range(round(seconds * 10))]


POSE = Pose(FAR_M, 0.0, HIGH_M, 0.0, 0.0, 1.7, 7.2)

# Faces


@pytest.mark.parametrize(
    ("who", "detail", "text"),
    [(0, "face_left", "at the left"), (2, "face_middle", "in the middle"), (4, "face_right", "at the right")],
)
def test_who_is_hidden_is_told_by_where_they_stand(who, detail, text):
    people = [standing(x) for x in (-1.4, -0.7, 0.0, 0.7, 1.4)]
    people[who] = replace(people[who], face_px2=20.0)
    cue = said(row(*people))[-1]
    assert (cue.cue, cue.detail) == ("head_hidden", detail)
    assert text in cue.text
    assert "step to the side" in cue.text


def test_a_body_without_a_head_is_hidden_unless_the_frame_cuts_it():
    people = [standing(x) for x in (-0.7, 0.0, 0.7)]
    headless = replace(people[1], head_top_y=None, chin_y=None, face_px2=0.0)
    assert hidden_face((people[0], headless, people[2])) == "face_middle"
    cut = replace(headless, cut={"top": Part.TORSO})
    assert hidden_face((people[0], cut, people[2])) is None


def test_smaller_faces_of_children_and_of_a_second_row_are_not_hidden():
    people = (standing(-0.8), standing(0.0, tall=1.1, heads=5.2), standing(0.8, z=FAR_M + 1.2))
    assert hidden_face(people) is None


def test_who_does_not_mend_it_is_told_for_a_while_and_then_left():
    people = [standing(x) for x in (-0.7, 0.0, 0.7)]
    people[0] = replace(people[0], face_px2=0.0)
    names = [cue.detail for cue in said(row(*people), seconds=9.0)]
    assert 3.0 <= names.count("face_left") / 10 <= 5.0
    assert names[-1] is None


def test_a_face_that_is_missed_in_one_frame_is_no_hidden_face():
    people = [standing(x) for x in (-0.7, 0.0, 0.7)]
    missed = [replace(people[0], face_px2=0.0), *people[1:]]
    guide = Guide(GROUP, FOV_DEG, GuideSettings())
    cues = [guide.update(row(*(missed if i % 5 == 0 else people)), i / 10) for i in range(30)]
    assert {cue.detail for cue in cues} == {None}


def test_hidden_faces_are_told_in_korean():
    people = [standing(x) for x in (-0.7, 0.0, 0.7)]
    people[0] = replace(people[0], face_px2=0.0)
    assert "얼굴이 가려졌어요" in said(row(*people), language="ko")[-1].text


def covered(figures: list[Figure], who: int, share: float) -> Segmentation:
    """A composed picture's parts in which the face of one figure is covered up to a share by hair."""
    found = segmented(figures, WIDTH, HEIGHT)
    cell = WIDTH / found.parts.shape[1]
    figure = figures[who]
    left, right = (round((figure.centre + side * 0.5 * figure.head) / cell) for side in (-1, 1))
    top, bottom = round(figure.top / cell), round((figure.top + 1.2 * figure.head) / cell)
    parts, person = found.parts.copy(), found.person.copy()
    window = np.s_[top:bottom, left : round(left + share * (right - left))]
    parts[window], person[window] = np.where(parts[window] > 0, Part.HAIR, 0), person[window]
    return replace(found, parts=parts, person=person)


@pytest.mark.parametrize(
    ("share", "hidden"), [(0.0, None), (0.3, None), (0.85, "face_right"), (1.1, "face_right")]
)
def test_a_covered_face_of_a_composed_picture_is_found_by_measure(share, hidden):
    figures = [Figure(140, 90, 320), Figure(320, 80, 330), Figure(500, 95, 315)]
    composition = measure(flat(), covered(figures, 2, share))
    framed = framing(composition, GROUP)
    assert framed is not None
    assert len(framed.members) == 3
    assert hidden_face(framed.members) == hidden


def in_studio(offset: float) -> Composition:
    """Four people of the studio, the second behind the first and so far to the side; exact parts."""
    scene = Scene.random(8, 4)
    places = ((-0.9, 0.0), (-0.9 + offset, 0.5), (0.1, 0.0), (0.8, 0.0))
    people = [
        replace(each, x=x, z=z, facing_deg=0.0) for each, (x, z) in zip(scene.people, places, strict=True)
    ]
    room = replace(scene.room, furnished=False)
    camera = Pinhole(WIDTH, HEIGHT, FOV_DEG, y=1.3, z=-3.0, pitch_deg=-7.0)
    near = Studio(replace(scene, people=(people[0], *people[2:]), room=room)).view(camera)
    back = Studio(replace(scene, people=(people[1],), room=room)).view(camera)
    subjects = []
    body = (near.parts > 0) & (near.parts != Part.CARRIED)
    for view, hides in ((near, None), (back, body)):
        parts = view.parts if hides is None else np.where(hides, 0, view.parts).astype(np.uint8)
        person = ((parts > 0) & (parts != Part.CARRIED)).astype(np.float32)
        subjects += measure(view.image, Segmentation(parts, person)).subjects
    return Composition(WIDTH, HEIGHT, tuple(subjects), 0, roll_deg=0.0)


def test_somebody_behind_another_in_the_studio_is_told_to_step_aside_until_their_face_is_seen():
    hidden = [said(in_studio(offset))[-1].detail for offset in (0.1, 0.16, 0.45)]
    assert hidden == ["face_left", "face_left", None]


# Too tight, too spread, too wide


def test_neighbours_who_cover_one_another_are_asked_apart_and_far_ones_together():
    tight = said(row(standing(-0.9), standing(0.0), standing(0.22), standing(1.0)))[-1]
    assert (tight.detail, tight.unit) == ("apart", "m")
    assert tight.amount > 0
    spread = said(row(standing(-1.6), standing(-0.9), standing(1.6)))[-1]
    assert (spread.detail, spread.cue) == ("together", "guests_right")
    assert spread.also.cue == "guests_left"


def test_who_was_asked_apart_is_not_asked_together_again():
    guide = Guide(GROUP, FOV_DEG, GuideSettings())
    tight = row(standing(-0.9), standing(0.0), standing(0.22), standing(1.0))
    spread = row(standing(-1.6), standing(-0.9), standing(0.0), standing(1.6))
    cues = [guide.update(tight if i < 20 else spread, i / 10) for i in range(80)]
    details = {cue.detail for cue in cues}
    assert "apart" in details
    assert "together" not in details


def test_two_rows_are_no_crowd():
    rows = [standing(x) for x in (-0.8, 0.0, 0.8)] + [standing(x, z=FAR_M + 0.8) for x in (-0.4, 0.4)]
    assert not {"apart", "together"} & {cue.detail for cue in said(row(*rows), seconds=3.0)}


@pytest.mark.parametrize("count", range(2, 13))
def test_two_to_twelve_people_side_by_side_all_fit(count):
    people = [standing(0.65 * (i - (count - 1) / 2)) for i in range(count)]
    framed = framing(row(*people), GROUP)
    assert framed is not None
    want = fitted(GROUP, framed, LENS).measures.body_height
    body = people[0].foot_y - people[0].head_top_y
    wide = people[-1].right_x - people[0].left_x
    assert wide * want.value * HEIGHT / body <= 0.95 * WIDTH
    assert (want.value < GROUP.measures.body_height.value) == (count >= 6) or count == 5


def test_a_group_too_wide_for_the_frame_is_stepped_back_from_until_all_fit():
    people = [standing(0.65 * (i - 4), z=4.5) for i in range(9)]
    people[0] = replace(people[0], left_x=0.0, cut={"left": Part.ARM})
    people[8] = replace(people[8], right_x=WIDTH - 1.0, cut={"right": Part.ARM})
    cue = said(row(*people))[-1]
    moves = {each.cue: each.amount for each in (cue, cue.also) if each is not None}
    assert moves["step_back"] > 0.5


def test_somebody_cut_by_the_side_is_brought_in_by_turning():
    people = [standing(x) for x in (0.6, 1.2, 1.75)]
    people[2] = replace(people[2], right_x=WIDTH - 1.0, cut={"right": Part.ARM})
    cue = said(row(*people))[-1]
    assert "pan_right" in {cue.cue, cue.also.cue if cue.also else None}


# Feet and ground


def test_people_on_one_floor_at_any_distance_and_of_any_height_stand_even():
    talls = (1.55, 1.62, 1.7, 1.78, 1.86)
    for heights in itertools.permutations(talls, 4):
        people = tuple(standing(0.7 * i - 1, FAR_M + 0.3 * (i % 2), tall=t) for i, t in enumerate(heights))
        assert uneven_metres(people, POSE, LENS) == 0.0
    child = standing(0.5, tall=1.15, heads=5.3)
    assert uneven_metres((standing(-0.5), child, standing(1.0)), POSE, LENS) == 0.0


@pytest.mark.parametrize("step", [0.35, -0.35])
def test_a_step_under_somebody_is_seen(step):
    people = (standing(-0.6), standing(0.0), standing(0.6, ground=step))
    assert uneven_metres(people, POSE, LENS) == pytest.approx(0.35, abs=0.1)
    cue = said(row(*people))[-1]
    assert (cue.cue, cue.detail) == ("feet_hidden", "uneven")


def test_with_distances_measured_a_lower_step_is_seen():
    people = [standing(-1.0), standing(0.0), standing(1.0, ground=0.17)]
    assert uneven_metres(tuple(people), POSE, LENS) == 0.0
    measured = tuple(replace(each, distance_m=FAR_M) for each in people)
    assert uneven_metres(measured, POSE, LENS) == pytest.approx(0.17, abs=0.03)


def test_a_slope_under_a_row_is_seen_unless_it_may_be_the_camera_that_leans():
    people = tuple(standing(x, ground=0.13 * x) for x in (-1.4, -0.7, 0.0, 0.7, 1.4))
    assert uneven_metres(people, POSE, LENS) > 0.3
    assert uneven_metres(people, POSE, LENS, level=False) == 0.0


def test_one_foot_on_a_step_is_seen_and_a_stride_is_not():
    body = standing(0.0, z=2.6)
    per_metre = (body.foot_y - body.head_top_y) / 1.7
    x, y = body.centre_x, body.foot_y

    def feet(higher_m: float) -> Subject:
        return replace(body, feet=((x - 20.0, y - higher_m * per_metre), (x + 20.0, y)))

    pose = replace(POSE, distance_m=2.6)
    assert uneven_metres((feet(0.3),), pose, LENS) > 0
    assert uneven_metres((feet(0.1),), pose, LENS) == 0.0


def test_both_feet_of_a_composed_picture_are_found():
    figure = Figure(320, 60, 380)
    subject = measure(flat(), segmented([figure], WIDTH, HEIGHT)).subjects[0]
    (left, left_y), (right, right_y) = subject.feet
    assert (left, right) == pytest.approx((320 - figure.half / 2, 320 + figure.half / 2), abs=4)
    assert (left_y, right_y) == pytest.approx((439, 439), abs=3)
    again = Composition.from_json(row(subject).as_json()).subjects[0]
    assert [x for x, _ in again.feet] == pytest.approx([left, right], abs=0.1)


def test_a_foot_outside_is_named_with_the_way_back():
    seen = standing(0.55, z=2.4)
    across = replace(seen, right_x=WIDTH - 1.0, cut={"right": Part.FOOT})
    cue = said(Composition(WIDTH, HEIGHT, (across,), 0, roll_deg=0.0), look=SINGLE)[-1]
    assert cue.text.startswith("A foot is outside: ")
    assert "pan_right" in {cue.cue, cue.also.cue if cue.also else None}


def test_one_foot_below_the_edge_is_told_from_both():
    seen = standing(0.0, z=2.0)
    base = replace(seen, foot_y=None, cut={"bottom": Part.FOOT})
    one = replace(base, feet=((300.0, 440.0), (340.0, 479.0)))
    both = replace(base, feet=((300.0, 479.0), (340.0, 479.0)))
    texts = [said(Composition(WIDTH, HEIGHT, (each,), 0), look=SINGLE)[-1].text for each in (one, both)]
    assert texts[0].startswith("A foot is outside: ")
    assert texts[1].startswith("The feet are cut off: ")
