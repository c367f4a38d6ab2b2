"""Settings: every wrong value is one line that says what is allowed, and a booth starts all the same."""

import os
import tomllib
from pathlib import Path

import pytest

from framecue.errors import LookError, SettingsError
from framecue.lastgood import keep_settings, state_folder, usable_settings
from framecue.settings import Settings, load_settings
from framecue.settings_file import settings_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_overrides(monkeypatch):
    for name in list(os.environ):
        if name.startswith("FRAMECUE_"):
            monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    file = folder / "booth.toml"
    file.write_text(text)
    return file


def fault_of(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(folder, text))
    message = str(caught.value)
    assert "\n" not in message
    assert "booth.toml" in message
    return message


def test_nothing_set_is_a_webcam_booth():
    settings = load_settings(None)
    assert (settings.camera.kind, settings.guide.look) == ("v4l2", "full-body")
    assert [each.kind for each in settings.indicators] == ["console"]


def test_the_shipped_file_shows_every_key_with_its_default():
    shipped = (ROOT / "config/framecue.toml").read_text()
    assert shipped == settings_file(), "run `make config`"
    assert Settings(**tomllib.loads(shipped)) == Settings()
    for name, field in Settings.model_fields.items():
        table = field.default
        for key in getattr(type(table), "model_fields", {}):
            given = f"\n{key} = " in shipped or f"\n# {key} =  (may be given)" in shipped
            assert given, f"{name}.{key}"


def test_a_file_chooses_the_camera_and_its_own_keys(tmp_path):
    settings = load_settings(written(tmp_path, '[camera]\nkind = "files"\npath = "photos"\nrate = 5\n'))
    assert (settings.camera.kind, settings.camera.rate) == ("files", 5)


def test_the_environment_overrides_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMECUE_CAMERA__RATE", "12.5")
    settings = load_settings(written(tmp_path, '[camera]\nkind = "v4l2"\nrate = 5\n'))
    assert settings.camera.rate == 12.5
    assert load_settings(None).camera.rate == 12.5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[camera]\nkind = "v4l2"\nrate = 500\n', ["camera.rate", "500", "less than or equal to 240"]),
        ('[camera]\nkind = "v4l2"\nwidht = 500\n', ["camera", "widht", "did you mean width?"]),
        ('[camera]\nkind = "polaroid"\n', ["camera", "polaroid", "v4l2", "studio"]),
        ("[camera]\ndevice = 5\n", ["camera.device", "5", "string"]),
        ("[[shutters]]\npin = 5\n", ["shutters.0", "kind", "button"]),
        ("[guide]\nmin_cue_s = 'long'\n", ["guide.min_cue_s", "'long'", "number"]),
        ("[gide]\nlook = 'x'\n", ["gide", "did you mean guide?"]),
        (
            '[[indicators]]\nkind = "console"\n[[indicators]]\nkind = "neon"\n',
            ["indicators.1", "neon", "leds"],
        ),
        ("[album]\nmin_free_mb = -1\n", ["album.min_free_mb", "-1", "greater than or equal to"]),
        ("[guide\n", ["TOML", "line 1"]),
    ],
)
def test_a_wrong_file_is_one_line_with_file_key_value_and_what_is_allowed(tmp_path, text, told):
    message = fault_of(tmp_path, text)
    assert all(each in message for each in told), message


def test_a_wrong_environment_variable_is_named(monkeypatch):
    monkeypatch.setenv("FRAMECUE_CAMERA__RATE", "fast")
    with pytest.raises(SettingsError, match=r"FRAMECUE_CAMERA__RATE: camera\.rate: got 'fast'"):
        load_settings(None)


@pytest.mark.parametrize(
    ("name", "told"), [("FRAMECUE_CAMERA__WIDHT", "did you mean width"), ("FRAMECUE_GIDE__LOOK", "guide")]
)
def test_a_misspelt_environment_variable_is_named(monkeypatch, name, told):
    monkeypatch.setenv(name, "5")
    with pytest.raises(SettingsError, match=rf"environment {name}.*{told}"):
        load_settings(None)


def test_bytes_that_are_no_text_and_files_that_are_not_there(tmp_path):
    file = tmp_path / "booth.toml"
    with pytest.raises(SettingsError, match=r"booth\.toml: cannot be read"):
        load_settings(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(file)


def test_a_spoilt_file_starts_the_booth_on_the_last_one_that_worked_and_says_so(tmp_path):
    state = tmp_path / "state"
    file = written(tmp_path, "[guide]\nmin_cue_s = 0.9\n")
    settings, complaint = usable_settings(file, state)
    assert complaint is None
    keep_settings(file, state)
    file.write_text("[guide]\nmin_cue_s = 99999\n")
    settings, complaint = usable_settings(file, state)
    assert settings.guide.min_cue_s == 0.9
    assert "99999" in complaint
    assert "LAST SETTINGS THAT WORKED" in complaint
    file.unlink()
    assert usable_settings(file, state)[0].guide.min_cue_s == 0.9


def test_an_unknown_look_counts_as_a_file_that_cannot_be_used(tmp_path):
    state = tmp_path / "state"
    file = written(tmp_path, "[guide]\nlook = 'sideways'\n")
    with pytest.raises(LookError, match="sideways"):
        usable_settings(file, state)
    good = written(tmp_path, "")
    keep_settings(good, state)
    file.write_text("[guide]\nlook = 'sideways'\n")
    settings, complaint = usable_settings(file, state)
    assert settings.guide.look == "full-body"
    assert "sideways" in complaint


def test_with_nothing_to_fall_back_on_the_fault_itself_is_told(tmp_path):
    file = written(tmp_path, "[guide]\nmin_cue_s = 99999\n")
    with pytest.raises(SettingsError, match="99999"):
        usable_settings(file, tmp_path / "state")
    (tmp_path / "state").mkdir()
    (tmp_path / "state/last-good.toml").write_text("damaged [")
    with pytest.raises(SettingsError, match="99999"):
        usable_settings(file, tmp_path / "state")


def test_a_disk_that_refuses_to_remember_settings_does_not_stop_the_booth(tmp_path, caplog):
    file = written(tmp_path, "")
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    keep_settings(file, blocked)
    assert "not kept" in caplog.text


def test_the_state_folder_is_systemds_where_it_gives_one(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/framecue:/other")
    assert state_folder() == Path("/var/lib/framecue")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", "/home/me/state")
    assert state_folder() == Path("/home/me/state/framecue")
