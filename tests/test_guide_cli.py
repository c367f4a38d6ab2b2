"""`framecue guide`: any camera that can measure can be guided, a line in, a line out."""

import io
import json
from typing import get_args

import pytest

from framecue.composition.cue import Detail
from framecue.composition.guide import GuideSettings
from framecue.composition.subject import Composition, Subject
from framecue.composition.words import LANGUAGES, STYLES, say
from framecue.errors import CompositionError, FramecueError, LookError
from framecue.guide_stream import guide_stream
from framecue.indicators.table import CUE_SIGNS
from framecue.parts import Part

SUBJECT = Subject(120.0, 180.0, 500.0, 200.0, 300.0)
LINE = Composition(480, 640, (SUBJECT,), 0).as_json()


def answered(lines, **settings):
    out, complaints = io.StringIO(), io.StringIO()
    guide_stream(lines, out, complaints, settings=GuideSettings(**settings), fov_deg=48.0)
    return [json.loads(line) for line in out.getvalue().splitlines()], complaints.getvalue().splitlines()


def test_every_line_is_answered_with_a_cue_of_the_contracts_shape():
    cues, complaints = answered([json.dumps({**LINE, "time_s": i / 10}) for i in range(5)])
    assert len(cues) == 5
    assert complaints == []
    for cue in cues:
        assert list(cue) == ["cue", "amount", "unit", "also", "ready", "text"]
        assert cue["cue"] in CUE_SIGNS
        assert cue["also"] is None or list(cue["also"]) == ["cue", "amount", "unit"]


@pytest.mark.parametrize(
    "bad",
    [
        "rubbish",
        "[]",
        "{}",
        json.dumps({**LINE, "main": 3}),
        json.dumps({**LINE, "width": None}),
        json.dumps({**LINE, "subjects": [{"left_x": 1, "right_x": "two"}]}),
        json.dumps({**LINE, "subjects": [{"left_x": 1, "right_x": 2, "cut": ["roof"]}]}),
        json.dumps({**LINE, "time_s": "noon"}),
        '{"width": NaN, "height": 1}',
    ],
)
def test_a_malformed_line_is_told_by_its_number_and_the_stream_goes_on(bad):
    cues, complaints = answered([json.dumps(LINE), bad, json.dumps(LINE)])
    assert len(cues) == 2
    assert len(complaints) == 1
    assert complaints[0].startswith("framecue: line 2: ")


def test_a_stream_without_one_usable_line_could_not_be_done():
    with pytest.raises(FramecueError, match="no line"):
        answered(["rubbish"])


def test_an_impossible_lens_is_one_line():
    with pytest.raises(LookError, match="field of view"):
        guide_stream([], io.StringIO(), io.StringIO(), settings=GuideSettings(), fov_deg=190.0)


def test_what_measure_prints_comes_back_the_same():
    cut = {"bottom": Part.LEG, "left": Part.ARM}
    subject = Subject(10.0, 20.0, None, 1.0, 90.0, cut, 0.9, 44.0, 2.5)
    there = Composition(100, 120, (subject,), 0, 1.5, None, -2.0)
    assert Composition.from_json({**there.as_json(), "photo": "a.jpg", "model": "fine"}) == there


def test_null_is_not_measurable_and_nobody_is_nobody():
    empty = Composition.from_json({"width": 10, "height": 10, "subjects": [], "main": None})
    assert empty.main_subject is None
    with pytest.raises(CompositionError, match="left_x"):
        Composition.from_json({"width": 10, "height": 10, "subjects": [{}], "main": 0})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", ["plain", "large", "voice"])
def test_every_cue_has_words_in_every_language_and_style(language, style):
    for cue in CUE_SIGNS:
        text = say(cue, language=language, style=style)
        assert text
        assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_detail_has_words_of_its_own_in_every_style(language):
    for detail in get_args(Detail):
        spoken = {style: say("hold", language=language, style=style, detail=detail) for style in STYLES}
        assert len(spoken["large"]) <= 12 < len(spoken["plain"]) + 4
        assert spoken["voice"][-1] == "."


def test_amounts_are_spoken_as_people_act_on_them():
    assert say("step_back", 0.35, "m", style="voice") == "Please take half a step back."
    assert say("raise", 0.1, "m", style="voice") == "Hold the camera a hand-width higher."
    assert say("tilt_up", 4, "deg", style="voice") == "Tilt the camera up, 4 degrees."
    assert say("step_closer", 1.05, "m", language="ko", style="voice") == "앞으로 1걸음 반 다가가 주세요."
    assert say("step_back", 0.4, "m", style="large") == "BACK 0.4 m"
    assert say("step_back", 0.05, "m", style="voice") == "Please take a tiny step back."
    assert say("step_back", 0.05, "m") == "Step back 0.05 m"
