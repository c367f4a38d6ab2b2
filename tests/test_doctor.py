"""The doctor finds what is wrong with each part, and says what to do about it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from numpy.typing import NDArray

from framecue.doctor import Result, World
from framecue.doctor.edges import record_button
from framecue.doctor.examine import examine
from framecue.doctor.hands import check_head, check_indicator, check_shutter
from framecue.doctor.machine import SAMPLE, check_clock, check_disk, check_power, check_temperature
from framecue.doctor.picture import check_camera, check_model
from framecue.errors import CameraError, CameraMissingError, ModelMissingError, ShutterError
from framecue.frame import Frame, Still
from framecue.indicators import fill, lamp, leds, screen, strip, voice
from framecue.indicators.console import Settings as Console
from framecue.indicators.displays import TwinDisplay
from framecue.indicators.pixels import TwinStrip
from framecue.pantilt.servo import Driver as Servo
from framecue.pantilt.servo import Settings as ServoSettings
from framecue.shutter.button import Settings as Button
from framecue.shutter.edges import read_train

NOISE = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
STUDIO = """
[camera]
kind = "studio"
width = 160
height = 120
still_width = 320
still_height = 240
[segmenter]
model = "fast"
[album]
folder = "{folder}"
min_free_mb = 10
"""


class Now:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.s = 0.0
        self.said: list[str] = []

    def wait(self, seconds: float) -> None:
        self.s += seconds

    def world(
        self, root: Path = Path("/nowhere"), command: Callable[[Sequence[str]], str] | None = None
    ) -> World:
        def none(words: Sequence[str]) -> str:
            raise FileNotFoundError(words[0])

        return World(lambda: self.s, self.wait, self.said.append, command or none, root)


class FakeCamera:
    """Gives one picture at a rate, on a clock of its own; or fails."""

    def __init__(
        self, now: Now, image: NDArray[np.uint8] = NOISE, rate: float = 30.0, fail_at: int = 999
    ) -> None:
        self.now, self.image, self.rate, self.left = now, image, rate, fail_at
        self.closed = False

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002
        self.left -= 1
        if self.left <= 0:
            raise CameraError("no frame for 3 s")
        self.now.wait(1 / self.rate)
        return Frame(self.image, self.now.s, 1)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002
        self.now.wait(0.4)
        return Still(self.image, self.now.s)

    def close(self) -> None:
        self.closed = True


def camera_result(**wrong: Any) -> Result:
    now = Now()
    camera = FakeCamera(now, **wrong)
    result = check_camera(lambda: camera, 30.0, 8.0, now.world())
    assert camera.closed
    return result


def test_a_good_camera_is_told_with_rate_sharpness_and_the_time_of_a_picture() -> None:
    result = camera_result()
    assert result.state == "ok"
    assert result.numbers["frames_per_s"] == pytest.approx(29, abs=1.1)
    assert result.numbers["still_s"] == 0.4
    assert result.numbers["sharpness"] > 100


@pytest.mark.parametrize(
    ("wrong", "state", "advice"),
    [
        ({"rate": 12.0}, "warning", "more light"),
        ({"image": np.full_like(NOISE, 2)}, "warning", "lens cap"),
        ({"image": np.full_like(NOISE, 128)}, "warning", "focus"),
        ({"fail_at": 5}, "broken", "another cable"),
    ],
)
def test_a_slow_black_blurred_or_failing_camera_is_told(
    wrong: dict[str, Any], state: str, advice: str
) -> None:
    result = camera_result(**wrong)
    assert result.state == state
    assert advice in result.advice


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_what_is_not_there_is_broken_and_told_what_to_do() -> None:
    world = Now().world()
    camera = check_camera(raising(CameraMissingError("no camera at /dev/video0")), 30, 8, world)
    model = check_model(raising(ModelMissingError("no model")), NOISE)
    button = check_shutter(Button(), 5, world, raising(ShutterError("no pins")))
    for result in (camera, model, button):
        assert result.state == "broken"
        assert result.advice


class FakeShutter:
    """Pressed so many looks after it was made."""

    def __init__(self, pressed: bool) -> None:
        self.pressed, self.closed = pressed, False

    def make(self, _settings: object, ask: Callable[[str], None]) -> "FakeShutter":
        if self.pressed:
            ask("shoot")
        return self

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("pressed", "limit_s", "state"), [(True, 5, "ok"), (False, 5, "broken"), (False, 0, "skipped")]
)
def test_a_button_is_waited_for_with_a_limit(pressed: bool, limit_s: float, state: str) -> None:
    now, shutter = Now(), FakeShutter(pressed)
    result = check_shutter(Button(), limit_s, now.world(), shutter.make)
    assert result.state == state
    assert shutter.closed
    assert now.s <= limit_s + 0.2
    assert now.said == ([f"button: press it now ({limit_s:g} s)"] if limit_s else [])


def test_each_lamp_is_shown_in_turn_and_named_while_it_is() -> None:
    shown: list[str] = []

    class Lamps:
        def show(self, cue: Any) -> None:
            shown.append(cue.cue)

        def notice(self, notice: Any) -> None:
            shown.append(notice.name)

        def close(self) -> None:
            shown.append("dark")

    now = Now()
    result = check_indicator(Console(), now.world(), lambda _settings: Lamps())
    assert result.state == "ok"
    assert shown == ["fault", "ready", "step_back", "step_closer", "tilt_up", "dark"]
    assert len(now.said) == 5


def test_leds_are_lit_one_by_one() -> None:
    factory, lit = MockFactory(), list[list[int]]()
    now, settings = Now(), leds.Settings()
    pins = (settings.red, settings.green, settings.blue, settings.ahead, settings.back)
    looking = World(
        wait=lambda _: lit.append([int(factory.pin(pin).state) for pin in pins]), say=now.said.append
    )
    result = check_indicator(settings, looking, lambda settings: leds.Driver(settings, factory))
    assert result.state == "ok"
    assert lit == np.eye(5, dtype=int).tolist()
    assert now.said == [f"leds: {name}" for name in ("red", "green", "blue", "arrow ahead", "arrow back")]


@pytest.mark.parametrize(("kind", "levels"), [(fill, [0.4, 0.8]), (lamp, [1.0])])
def test_a_fill_light_and_a_buttons_lamp_are_lit(kind: Any, levels: list[float]) -> None:
    factory, lit = MockFactory(pin_class=MockPWMPin), list[float]()
    settings = kind.Settings()
    looking = World(wait=lambda _: lit.append(factory.pin(settings.pin).state))
    check_indicator(settings, looking, lambda settings: kind.Driver(settings, factory))
    assert lit == pytest.approx(levels)


def test_a_strip_shows_its_order_and_its_first_light() -> None:
    twin, seen = TwinStrip("GRB"), list[Any]()
    settings = strip.Settings(count=4, brightness=1.0)
    looking = World(wait=lambda _: seen.append(twin.pixels))
    check_indicator(settings, looking, lambda settings: strip.Driver(settings, twin))
    dark, white = (0, 0, 0), (255, 255, 255)
    assert seen == [[(255, 0, 0)] * 4, [(0, 255, 0)] * 4, [(0, 0, 255)] * 4, [white, dark, dark, dark]]


def test_a_screen_shows_its_pattern_and_one_that_does_not_answer_is_broken(tmp_path: Path) -> None:
    settings = screen.Settings(chip="simulated", file=tmp_path / "seen.png")
    assert check_indicator(settings, Now().world()).state == "ok"

    class Dead(TwinDisplay):
        def display(self, image: Any) -> None:  # noqa: ARG002
            raise OSError(121, "Remote I/O error")

    dead = check_indicator(
        settings, Now().world(), lambda settings: screen.Driver(settings, lambda _: Dead(128, 64))
    )
    assert dead.state == "broken"
    assert "Remote I/O error" in dead.found


def test_a_voice_without_a_sound_output_is_told_though_its_program_says_nothing(tmp_path: Path) -> None:
    settings = voice.Settings(speaker=("true", "{text}"))
    silent = check_indicator(settings, Now().world(tmp_path))
    assert (silent.state, "no sound output" in silent.found) == ("broken", True)
    (tmp_path / "dev/snd").mkdir(parents=True)
    (tmp_path / "dev/snd/pcmC0D0p").touch()
    assert check_indicator(settings, Now().world(tmp_path)).state == "ok"
    failing = voice.Settings(speaker=("false", "{text}"))
    assert check_indicator(failing, Now().world(tmp_path)).state == "broken"


@pytest.mark.parametrize(
    ("seconds", "min_free_mb", "errors", "life", "state", "advice"),
    [
        (0.2, 10, 0, "0x01 0x02", "ok", ""),
        (4.0, 10, 0, "", "warning", "class A1"),
        (0.2, 10**9, 0, "", "broken", "move pictures away"),
        (0.2, 10, 3, "", "warning", "met 3 errors"),
        (0.2, 10, 0, "0x01 0x09", "warning", "90 % worn"),
    ],
)
def test_a_disk_that_is_slow_full_worn_or_failing_is_told(
    tmp_path: Path, seconds: float, min_free_mb: int, errors: int, life: str, state: str, advice: str
) -> None:
    import os

    device = tmp_path.stat().st_dev
    block = tmp_path / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    (block / "device").mkdir(parents=True)
    (block / "device/life_time").write_text(life or "0x01 0x01")
    ext4 = tmp_path / "sys/fs/ext4" / block.name
    ext4.mkdir(parents=True)
    (ext4 / "errors_count").write_text(str(errors))
    world = Now().world(tmp_path)
    result = check_disk(tmp_path / "album", min_free_mb, world, lambda _folder: seconds)
    assert result.state == state
    assert advice in result.advice
    assert result.numbers["write_mb_s"] == pytest.approx(SAMPLE / 1e6 / seconds, abs=0.1)


def test_a_real_disk_is_written_and_left_as_it_was(tmp_path: Path) -> None:
    result = check_disk(tmp_path, 10, Now().world())
    assert result.numbers["write_mb_s"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "state", "found"),
    [
        ("throttled=0x0", "ok", "steady"),
        ("throttled=0x50005", "broken", "too little voltage now"),
        ("throttled=0x50000", "warning", "since it was switched on"),
        ("throttled=0x80008", "warning", "temperature limit"),
        ("nonsense", "skipped", ""),
    ],
)
def test_the_firmwares_power_bits_are_read(told: str, state: str, found: str) -> None:
    result = check_power(Now().world(command=lambda _: told))
    assert result.state == state
    assert found in result.found


@pytest.mark.parametrize(("milli", "state"), [(45_000, "ok"), (75_000, "warning"), (85_000, "broken")])
def test_a_hot_machine_is_told(tmp_path: Path, milli: int, state: str) -> None:
    zone = tmp_path / "sys/class/thermal/thermal_zone1"
    zone.mkdir(parents=True)
    (zone / "temp").write_text(str(milli))
    assert check_temperature(Now().world(tmp_path)).state == state


def test_an_edge_tpu_that_is_too_hot_is_told_by_its_name(tmp_path: Path) -> None:
    for name, milli in (("thermal/thermal_zone0", 50_000), ("apex/apex_0", 91_000)):
        zone = tmp_path / "sys/class" / name
        zone.mkdir(parents=True)
        (zone / "temp").write_text(str(milli))
    result = check_temperature(Now().world(tmp_path))
    assert (result.state, result.found) == ("broken", "91 °C (apex_0)")


def test_a_clock_that_is_not_set_or_not_kept_is_told(tmp_path: Path) -> None:
    world = Now().world(tmp_path)
    assert check_clock(datetime(1970, 1, 1, tzinfo=UTC), world).state == "broken"
    assert check_clock(datetime(2027, 1, 1, tzinfo=UTC), world).state == "warning"
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/rtc0").touch()
    assert check_clock(datetime(2027, 1, 1, tzinfo=UTC), world).state == "ok"


def test_settings_that_cannot_be_read_are_told_and_the_rest_is_tried_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "framecue.toml"
    file.write_text("[camera\n")
    results = examine(file, 0, Now().world())
    assert next(results).state == "broken"
    assert next(results).part == "clock"


@pytest.mark.slow
def test_the_command_examines_a_machine_without_hardware(tmp_path: Path) -> None:
    file = tmp_path / "framecue.toml"
    file.write_text(STUDIO.format(folder=tmp_path / "album"))
    words = [sys.executable, "-m", "framecue", "doctor", "--config", str(file), "--json"]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )
    results = {each["part"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert {"settings", "clock", "disk", "camera", "model", "indicator console"} <= results.keys()
    assert results["model"]["numbers"]["invoke_ms"] > 0
    broken = [each for each in results.values() if each["state"] == "broken"]
    assert done.returncode == bool(broken), done.stderr
    assert {each["part"] for each in broken} <= {"temperature"}
    file.write_text(STUDIO.format(folder=tmp_path / "album").replace('"studio"', '"v4l2"'))
    again = subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )
    assert again.returncode == 1


# A head that turns


def test_a_head_is_turned_every_way_and_left_at_rest():
    now, factory = Now(), MockFactory(pin_class=MockPWMPin)
    result = check_head(ServoSettings(), now.world(), lambda settings: Servo(settings, factory))
    assert (result.part, result.state) == ("pan-tilt servo", "ok")
    assert now.said == ["servo: left", "servo: right", "servo: up", "servo: down"]


def test_a_head_without_pins_is_broken_and_told_what_to_do():
    result = check_head(ServoSettings(), Now().world())
    assert result.state == "broken"
    assert "GPIO pins cannot be used" in result.found


def test_what_a_button_does_is_recorded_and_counted(tmp_path: Path) -> None:
    factory, now, file = MockFactory(), Now(), tmp_path / "button.csv"
    pin = factory.pin(26)

    def press(_seconds: float) -> None:
        for _ in range(3):
            pin.drive_low()
            pin.drive_high()
        pin.drive_low()
        time.sleep(0.06)
        pin.drive_high()

    world = replace(now.world(), wait=press)
    result = record_button(Button(), 5, file, world, factory)
    assert result.state == "ok", result
    assert "8 edges" in result.found
    assert result.numbers["presses"] == 1
    assert [closed for _, closed in read_train(file)] == [True, False] * 4
    assert now.said == ["button: press it as guests do (5 s)"]
    silent = record_button(Button(), 5, file, replace(world, wait=lambda _: None), MockFactory())
    assert silent.state == "broken"
    assert "check its wires" in silent.advice
    unwritable = record_button(Button(), 5, tmp_path / "no" / "b.csv", world, MockFactory())
    assert unwritable.state == "broken"


def test_edges_of_a_button_that_the_settings_do_not_have_are_not_forgotten_silently(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(STUDIO.format(folder=tmp_path / "album"))
    results = examine(tmp_path / "s.toml", 0.0, Now().world(), tmp_path / "button.csv")
    (found,) = [result for result in results if result.part == "shutter button"]
    assert found.state == "broken"
    assert "none whose edges" in found.found
