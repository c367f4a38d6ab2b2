"""Looks: their files are sound or refused in one line, and those that come along are what they say."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.look import (
    FORMAT,
    WITHOUT_FEET,
    Growth,
    Look,
    Measure,
    Measures,
    Step,
    built_in_folder,
    check_name,
    load_look,
    look_files,
    read_look,
)
from framecue.errors import LookError
from framecue.looks.file import earlier, moved, save_look, to_toml
from framecue.resources import project_file

GOOD = 'kind = "full_body"\n[measures]\nhead_top = { value = 0.1, tolerance = 0.04 }\n'
FOOT = "foot_line = { value = 0.9, tolerance = 0.03 }\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without looks of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_there_is_a_look_of_every_kind_and_each_says_what_it_is_for():
    looks = [read_look(file) for file in built_in_folder().glob("*.toml")]
    assert {look.kind for look in looks} == {
        "full_body",
        "three_quarter",
        "half_length",
        "landscape",
        "group",
    }
    for look in looks:
        assert look.about
        assert (built_in_folder() / f"{look.name}.toml").read_text().startswith("# ")
        assert look.measures.head_top is not None
        assert look.measures.body_height is not None


def test_built_in_looks_cut_nobody_at_a_joint():
    """Where feet are left out the edge falls between joints: waist 3 heads down, hips 4, knees 5.4."""
    for file in built_in_folder().glob("*.toml"):
        want = read_look(file).measures
        if read_look(file).kind in WITHOUT_FEET:
            heads_seen = (1 - want.head_top.value) / (want.body_height.value / 7.2)
            assert 3.2 < heads_seen < 3.95 or 4.3 < heads_seen < 5.1, file
        else:
            assert want.foot_line.value + want.foot_line.tolerance < 1, file


def test_a_users_look_stands_before_the_projects_and_given_folders_before_both(home):
    own, given_folder = home / "config/framecue/looks", home / "mine"
    for folder, about in ((own, "theirs"), (given_folder, "given")):
        folder.mkdir(parents=True)
        (folder / "golf.toml").write_text(f'about = "{about}"\n{GOOD}')
    assert load_look("golf").about == "theirs"
    assert load_look("golf", [given_folder]).about == "given"
    assert list(look_files()) == sorted(look_files())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"format = {FORMAT + 1}\n{GOOD}", "update framecue"),
        ("kind = ", "damaged"),
        ("\xff\xfe", "damaged"),
        ("", "kind"),
        (GOOD.replace("full_body", "sideways"), "kind"),
        (GOOD.replace("0.04", "0"), "greater than 0"),
        (GOOD.replace("0.04", "nan"), "tolerance"),
        (GOOD.replace("0.1,", "1.7,"), "can be 0 to 0.95"),
        (GOOD + "foot_line = { value = 0.05, tolerance = 0.03 }\n", "foot line (0.05) is above the head top"),
        (GOOD + "neck = { value = 0.05, tolerance = 0.03 }\n", "no such key: neck"),
        (GOOD + FOOT + "body_height = { value = 0.3, tolerance = 0.03 }\n", "lines are 0.8 apart"),
        ("people = [3, 1]\n" + GOOD, "from 3 to 1"),
        ("people = [1]\n" + GOOD, "people"),
        (GOOD.replace("full_body", "group"), "two people"),
        (
            GOOD.replace("full_body", "half_length") + FOOT,
            "shows no feet",
        ),
    ],
)
def test_a_file_that_cannot_be_is_one_line_with_the_file_what_and_what_to_do(tmp_path, text, told):
    file = tmp_path / "odd.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(LookError) as refused:
        read_look(file)
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(str(file))
    assert told in line
    assert ";" in line


def test_an_unknown_look_names_those_there_are():
    with pytest.raises(LookError, match="there are full-body, golf, group"):
        load_look("../../etc/passwd")


@pytest.mark.parametrize("name", ["", "A", "a b", "a/b", "../a", ".a", "-a", "a-", "x" * 41, "a\n"])
def test_names_that_no_file_or_card_should_bear_are_refused(name):
    with pytest.raises(LookError, match="cannot name a look"):
        check_name(name)


@pytest.mark.parametrize("name", ["golf", "grandma-2", "할머니"])
def test_names_may_be_of_any_script(name):
    check_name(name)


def looks():
    measure = st.builds(Measure, value=st.floats(0.3, 0.6), tolerance=st.floats(0.001, 0.3))
    top = st.builds(Measure, value=st.floats(0, 0.2), tolerance=st.floats(0.001, 0.3))
    measures = st.builds(Measures, head_top=st.none() | top, centre_x=st.none() | measure)
    step = st.builds(Step, when=st.none() | st.just("2026-11-21"), what=st.text(), before=measures)
    growth = st.builds(
        Growth,
        photos=st.integers(0, 99),
        history=st.lists(step, max_size=3).map(tuple),
        shots=st.lists(st.text("0123456789abcdef", min_size=12, max_size=12)).map(tuple),
    )
    return st.builds(
        Look,
        name=st.just("any"),
        kind=st.just("full_body"),
        about=st.text(),
        measures=measures,
        growth=growth,
    )


@settings(deadline=None)
@given(look=looks())
def test_what_is_written_is_read_again(tmp_path_factory, look):
    file = tmp_path_factory.mktemp("looks") / "any.toml"
    file.write_text(to_toml(look), encoding="utf-8")
    found = read_look(file)
    assert found.growth.shots == look.growth.shots
    assert found.about == look.about
    assert [step.what for step in found.growth.history] == [step.what for step in look.growth.history]
    for name in ("head_top", "centre_x"):
        old, new = getattr(look.measures, name), getattr(found.measures, name)
        assert (old is None) == (new is None)
        if old is not None:
            assert new.value == pytest.approx(old.value, rel=1e-3)


def test_saving_keeps_the_comment_and_the_project_s_own_file(home):
    own = home / "config/framecue/looks"
    own.mkdir(parents=True)
    (own / "golf.toml").write_text(f"# My own words.\n# And more.\n{GOOD}")
    shipped = (built_in_folder() / "golf.toml").read_bytes()
    file = save_look(load_look("golf"))
    assert file == own / "golf.toml"
    assert file.read_text().startswith("# My own words.\n# And more.\nformat = 1\n")
    assert (built_in_folder() / "golf.toml").read_bytes() == shipped
    assert [each.name for each in own.iterdir()] == ["golf.toml"]


def test_the_folder_of_the_project_s_looks_is_not_written_to():
    with pytest.raises(LookError, match="come with framecue"):
        save_look(load_look("golf"), [project_file("config/looks")])


def test_a_folder_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LookError, match="cannot be written"):
        save_look(load_look("golf"), [tmp_path / "file/looks"])


def test_a_changed_look_remembers_what_it_was():
    golf = load_look("golf")
    to = golf.measures.model_copy(update={"head_top": Measure(value=0.2, tolerance=0.05)})
    save_look(moved(golf, to, "9 kept shots", "2026-11-21", 29))
    found = earlier("golf")
    assert found.measures.head_top.value == 0.2
    (step,) = found.growth.history
    assert (step.when, step.what, step.before.head_top.value) == ("2026-11-21", "9 kept shots", 0.25)
    assert found.growth.photos == 29
    assert json.loads(found.model_dump_json())["growth"]["photos"] == 29
