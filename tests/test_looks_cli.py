"""The commands about looks: what they print, what they write, and one line when they cannot."""

import json
import shutil
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from framecue.album import Album
from framecue.composition.look import load_look
from framecue.frame import Still
from framecue.looks.file import save_look
from test_cli import portrait, refused, run, with_models
from test_looks_learn import person, photo

__all__ = ["portrait", "with_models"]


def test_looks_list_names_every_look_and_those_that_cannot_be_used(env, tmp_path):
    own = tmp_path / "home/.config/framecue/looks"
    own.mkdir(parents=True)
    (own / "odd.toml").write_text("kind = ")
    done = run("looks", "list", env=env)
    assert done.returncode == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"full-body", "three-quarter", "half-length", "summit", "golf", "group", "odd"} <= set(lines)
    assert "unusable" in lines["odd"]
    assert "golf.toml" in lines["golf"]


def test_looks_show_keeps_its_contract(env):
    told = json.loads(run("looks", "show", "half-length", "--json", env=env).stdout)
    assert {"name", "kind", "measures"} <= set(told)
    assert (told["name"], told["kind"]) == ("half-length", "half_length")
    names = {"head_top", "foot_line", "body_height", "centre_x", "heads", "roll_deg"}
    assert set(told["measures"]) == names
    assert told["measures"]["foot_line"] is None
    assert set(told["measures"]["head_top"]) == {"value", "tolerance"}


def test_learn_then_show_draw_crop_and_print_a_card(with_models, portrait, tmp_path):
    photos = [tmp_path / f"{number}.jpg" for number in range(3)]
    for one in photos:
        shutil.copy(portrait, one)
    (tmp_path / "empty.jpg").write_bytes(b"")
    done = run(
        "learn", *photos, tmp_path / "empty.jpg", tmp_path / "none.jpg", "--look", "ours", env=with_models
    )
    assert done.returncode == 0, done.stderr
    assert "from 3 of 5 photos" in done.stdout
    assert "empty.jpg is not used: is empty" in done.stderr
    assert "none.jpg is not used: does not exist" in done.stderr
    told = json.loads(run("looks", "show", "ours", "--json", env=with_models).stdout)
    assert told["photos"] == 3
    drawing, card, cropped = (tmp_path / name for name in ("look.png", "card.pdf", "crop.jpg"))
    done = run("looks", "show", "ours", "--photo", portrait, "--out", drawing, env=with_models)
    assert "head_top" in done.stdout
    with Image.open(drawing) as opened:
        assert max(opened.size) >= 1000
    assert run("looks", "card", "ours", "--out", card, env=with_models).returncode == 0
    assert card.stat().st_size > 1000
    done = run("crop", portrait, "--look", "summit", "--out", cropped, env=with_models)
    assert done.returncode == 0, done.stderr
    assert cropped.is_file()


def test_an_album_s_shots_change_a_look_once(env, tmp_path):
    album = Album(tmp_path / "album", 10)
    for number in range(5):
        still = Still(np.full((80, 60, 3), number, np.uint8), 0.0)
        seen = photo(person(0.13, 0.95))
        taken = datetime(2026, 11, 21, 12, 0, number, tzinfo=UTC)
        album.save(still, look="full-body", composition=seen, cue=None, camera="test", taken=taken)
    album.close()
    update = ("looks", "update", "full-body", "--album", tmp_path / "album")
    first, second = (run(*update, env=env) for _ in range(2))
    assert "5 kept shots folded in" in first.stdout, first.stderr
    assert "stays as it is" in second.stdout
    shown = run("looks", "show", "full-body", env=env).stdout
    assert "5 kept shots" in shown
    assert "head_top     0.1 -> 0.10" in shown


def test_a_newer_look_is_refused_in_one_line(env, tmp_path):
    own = tmp_path / "home/.config/framecue/looks"
    file = save_look(load_look("golf"), [own])
    file.write_text(file.read_text().replace("format = 1", "format = 2"))
    refused(run("looks", "show", "golf", env=env), str(file), "update framecue")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("looks", "show", "nope"), "there are full-body"),
        (("looks", "card", "golf", "--out", "card.bmp"), "PNG or a PDF"),
        (("looks", "update", "golf"), "cannot be read"),
        (("learn", "a.jpg", "--look", "A B"), "cannot name a look"),
    ],
)
def test_what_cannot_be_done_is_one_line(env, words, told):
    refused(run(*words, env=env), told)
