"""The whole booth in a simulated room: it cues, shoots, keeps, outlives faults and stops at once."""

import json
import os
import socket
import threading
import time
from dataclasses import replace

import pytest

from framecue.album import Album
from framecue.booth import Booth
from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as StudioSettings
from framecue.errors import (
    AlbumFullError,
    CameraError,
    CameraMissingError,
    CameraStalledError,
    SegmenterError,
    ShutterError,
)
from framecue.looks.reader import UNKNOWN
from framecue.pantilt.simulated import Driver as SimulatedHead
from framecue.pantilt.simulated import Settings as HeadSettings
from framecue.service import Service
from framecue.settings import Settings
from framecue.studio.exact import ExactSegmenter

PATIENCE_S = 20.0
SMALL = {"width": 192, "height": 256, "still_width": 384, "still_height": 512, "rate": 30.0, "noise": 0.0}


class Watcher:
    """An indicator that remembers, and lets a test wait for what it wants to see."""

    def __init__(self):
        self.cues, self.notices = [], []
        self._changed = threading.Condition()

    def show(self, cue):
        with self._changed:
            self.cues.append(cue.cue)
            self._changed.notify_all()

    def notice(self, notice):
        with self._changed:
            self.notices.append(notice)
            self._changed.notify_all()

    def close(self):
        pass

    def wait_for(self, name, count=1):
        def seen():
            return sum(each.name == name for each in self.notices) >= count

        with self._changed:
            assert self._changed.wait_for(seen, PATIENCE_S), f"no {name}: {self.notices}"

    def wait_for_cue(self, after=0):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.cues) > after, PATIENCE_S)


class FaultySegmenter(ExactSegmenter):
    """The exact segmenter, until it is told to fail."""

    failing = False

    def segment(self, image):
        if self.failing:
            raise SegmenterError("the model's process died")
        return super().segment(image)


class Rig:
    """A booth running in a thread, with everything a test wants to get at."""

    def __init__(self, folder, open_camera=None, min_free_mb=10, environ=None, still_width=384, **more):
        sizes = {**SMALL, "still_width": still_width}
        seen = {"seed": 3, "distance_m": 3.4, "height_m": 0.9, **sizes, **more.pop("camera", {})}
        camera = StudioSettings(kind="studio", **seen)
        safe, head = more.pop("safe", False), more.pop("head", None)
        shown, shutters = more.pop("indicators", ()), more.pop("shutters", ())
        self.settings = Settings(
            camera=camera,
            indicators=shown,
            shutters=shutters,
            album={"folder": folder},
            exposure=more.pop("exposure", {}),
            imu=more.pop("imu", None),
            depth=more.pop("depth", None),
            pan_tilt=more.pop("pan_tilt", None),
            guide=more.pop("guide", {}),
            booth={"start_limit_s": 5, **more},
        )
        self.cameras = []
        self.watcher = Watcher()
        self.segmenter = FaultySegmenter(lambda: self.cameras[-1] if self.cameras else None)
        self.album = Album(folder, min_free_mb)
        self.working = threading.Event()
        self.booth = Booth(
            self.settings,
            segmenter=self.segmenter,
            album=self.album,
            service=Service(environ or {}),
            indicators=(self.watcher,),
            open_camera=open_camera or self.open_studio,
            on_working=self.working.set,
            safe=safe,
            head=head,
        )
        self.error = None
        self.thread = threading.Thread(target=self._run)

    def open_studio(self):
        self.cameras.append(StudioCamera(self.settings.camera))
        return self.cameras[-1]

    def _run(self):
        try:
            self.booth.run()
        except Exception as error:  # noqa: BLE001  handed to the test
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.booth.ask("stop")
        self.thread.join(PATIENCE_S)
        self.album.close()
        assert not self.thread.is_alive()


def test_it_cues_shoots_and_leaves_a_readable_album(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        (shot,) = rig.album.shots()
        told = json.loads(shot.sidecar.read_text())
        assert shot.original.read_bytes()[:3] == b"\xff\xd8\xff"
        assert (told["width"], told["height"]) == (384, 512)
        assert (told["look"], told["camera"]["name"]) == ("full-body", "studio")
        assert told["composition"]["main"] == 0
        assert told["cue"]["cue"] in rig.watcher.cues
        assert told["camera"]["metadata"]["pose"]["y_m"] == 0.9


def test_every_press_is_one_shot_even_when_they_come_faster_than_the_camera(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        for _ in range(4):
            rig.booth.ask("shoot")
        rig.watcher.wait_for("saved", 4)
        assert [shot.number for shot in rig.album.shots()] == [1, 2, 3, 4]


def test_presses_before_a_stop_are_still_kept(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.booth.ask("stop")
        rig.thread.join(PATIENCE_S)
        assert len(rig.album.shots()) == 1


def test_a_status_line_tells_speed_delay_and_shots(tmp_path, caplog):
    caplog.set_level("INFO")
    with Rig(tmp_path, status_every_s=1.0) as rig:
        rig.watcher.wait_for_cue()
        deadline = time.monotonic() + PATIENCE_S
        while "frame to cue" not in caplog.text and time.monotonic() < deadline:
            threading.Event().wait(0.05)
    line = next(each for each in caplog.messages if "frame to cue p50" in each)
    assert "frames/s" in line
    assert "p99" in line
    assert "0 shots kept" in line


@pytest.mark.parametrize(("width", "warned"), [(512, True), (384, False)])
def test_photos_of_another_shape_than_the_preview_are_warned_of(tmp_path, caplog, width, warned):
    with Rig(tmp_path, still_width=width) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
    assert ("another view than the preview" in caplog.text) == warned


def test_it_stops_within_two_seconds(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        asked = time.monotonic()
        rig.booth.ask("stop")
        rig.thread.join(PATIENCE_S)
        assert time.monotonic() - asked < 2.0
        assert rig.watcher.notices[-1].name == "stopping"


def test_a_camera_that_fails_is_told_and_reopened_and_a_press_meanwhile_is_kept(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.cameras[-1].fail_next(CameraError("unplugged"))
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        before = len(rig.watcher.cues)
        rig.watcher.wait_for_cue(before)
        assert len(rig.cameras) >= 2


def test_a_segmenter_that_fails_costs_cues_but_no_shot(tmp_path):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.segmenter.failing = True
        rig.watcher.wait_for("fault")
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        rig.segmenter.failing = False
        rig.watcher.wait_for("recovered")
        rig.watcher.wait_for_cue(len(rig.watcher.cues))
        assert len(rig.album.shots()) == 1


def test_a_bug_met_by_one_frame_or_one_press_costs_no_more_than_that(tmp_path, monkeypatch):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        with monkeypatch.context() as patch:
            patch.setattr("framecue.composition.observe.measure", broken(ZeroDivisionError("a bug")))
            patch.setattr(rig.album, "save", broken(ZeroDivisionError("a bug")))
            rig.watcher.wait_for("fault")
            rig.booth.ask("shoot")
            rig.watcher.wait_for("not_saved")
        rig.watcher.wait_for("recovered")
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        assert len(rig.album.shots()) == 1


def broken(error):
    def fail(*_, **__):
        raise error

    return fail


def test_an_album_that_fills_up_is_told_loses_nothing_and_the_booth_goes_on(tmp_path, monkeypatch):
    with Rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        (first,) = rig.album.shots()
        content = first.original.read_bytes()

        def full():
            raise AlbumFullError("album: 3 MB free, 10 MB needed; move pictures away")

        monkeypatch.setattr(rig.album, "check", full)
        rig.booth.ask("shoot")
        rig.watcher.wait_for("not_saved")
        told = next(each for each in rig.watcher.notices if each.name == "not_saved")
        assert "3 MB free" in told.text
        assert first.original.read_bytes() == content
        monkeypatch.undo()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved", 2)
        assert len(rig.album.shots()) == 2


@pytest.fixture
def no_pins(monkeypatch):
    """A machine on which gpiozero finds no pins."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "absent")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)


@pytest.mark.usefixtures("no_pins")
def test_a_dead_lamp_is_told_and_the_booth_goes_on(tmp_path, caplog):
    with Rig(tmp_path, indicators=({"kind": "leds"},)) as rig:
        rig.watcher.wait_for_cue()
    assert "left out: leds: GPIO pins cannot be used" in caplog.text


@pytest.mark.usefixtures("no_pins")
def test_a_dead_button_beside_a_working_one_is_told_and_the_booth_goes_on(tmp_path, caplog, monkeypatch):
    reading, writing = os.pipe()
    with os.fdopen(reading) as terminal, os.fdopen(writing, "w") as keys:
        monkeypatch.setattr("sys.stdin", terminal)
        with Rig(tmp_path, shutters=({"kind": "button"}, {"kind": "keyboard"})) as rig:
            rig.watcher.wait_for_cue()
            print(file=keys, flush=True)
            rig.watcher.wait_for("saved")
    assert "left out: button: GPIO pins cannot be used" in caplog.text


@pytest.mark.usefixtures("no_pins")
def test_a_booth_whose_only_shutter_is_dead_does_not_pretend(tmp_path):
    with Rig(tmp_path, shutters=({"kind": "button"},)) as rig:
        rig.thread.join(PATIENCE_S)
        assert isinstance(rig.error, ShutterError)


def test_no_camera_at_all_ends_with_what_is_wrong(tmp_path):
    def nothing():
        raise CameraMissingError("no camera at /dev/video9; plug it in")

    with Rig(tmp_path, open_camera=nothing, start_limit_s=1) as rig:
        rig.thread.join(PATIENCE_S)
        assert isinstance(rig.error, CameraError)
        assert "/dev/video9" in str(rig.error)


def test_safe_mode_shoots_without_a_model_and_says_that_there_are_no_cues(tmp_path):
    with Rig(tmp_path, safe=True, still_limit_s=20) as rig:
        rig.segmenter.failing = True
        assert rig.working.wait(PATIENCE_S)
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        assert rig.watcher.cues == []
        assert any("SAFE MODE" in notice.text for notice in rig.watcher.notices)
        (shot,) = rig.album.shots()
        assert json.loads(shot.sidecar.read_text())["composition"] is None


def test_safe_mode_is_left_when_its_time_is_up_and_nobody_has_pressed_for_a_while(tmp_path):
    rig = Rig(tmp_path, safe=True, still_limit_s=20)
    now, ended = [0.0], []
    rig.booth._clock = lambda: now[0]
    thread = threading.Thread(target=lambda: ended.append(rig.booth.run(limit_s=600.0)))
    thread.start()
    assert rig.working.wait(PATIENCE_S)
    now[0] = 590.0
    rig.booth.ask("shoot")
    now[0] = 610.0
    rig.watcher.wait_for("saved")
    assert thread.is_alive()
    now[0] = 651.0
    thread.join(PATIENCE_S)
    assert ended == ["time"]


def test_a_booth_tells_whether_somebody_switched_it_off_or_the_system_ends_it(tmp_path):
    rig = Rig(tmp_path / "one", safe=True)
    rig.booth.ask("stop")
    assert rig.booth.run(limit_s=600.0) == "switched off"
    rig = Rig(tmp_path / "two", safe=True)
    rig.booth.end()
    assert rig.booth.run(limit_s=600.0) == "ended"


def test_safe_mode_does_not_give_up_on_a_missing_camera(tmp_path):
    there = threading.Event()

    def sometimes():
        if not there.is_set():
            raise CameraMissingError("no camera at /dev/video9; plug it in")
        return rig.open_studio()

    with Rig(tmp_path, open_camera=sometimes, start_limit_s=1, still_limit_s=2, safe=True) as rig:
        rig.watcher.wait_for("fault", 2)
        rig.booth.ask("shoot")
        rig.watcher.wait_for("not_saved")
        there.set()
        rig.watcher.wait_for("recovered")
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
    assert rig.error is None


def heard(listener):
    """Everything sent to systemd so far."""
    fields = []
    try:
        while True:
            fields += listener.recv(4096).decode().splitlines()
    except BlockingIOError:
        return fields


def test_a_machine_that_is_too_hot_says_so_and_goes_on(tmp_path, caplog, monkeypatch):
    caplog.set_level("INFO")
    zone = tmp_path / "temp"
    zone.write_text("85200")
    monkeypatch.setattr("framecue.booth.THERMAL", zone)
    with Rig(tmp_path / "album") as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
    assert "85 °C, TOO HOT: cool it" in caplog.text


def test_systemd_hears_ready_after_the_first_cue_and_no_more_watchdog_once_frames_stop(tmp_path, caplog):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.setblocking(False)
        environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "400000"}
        with Rig(tmp_path / "album", environ=environ, frame_limit_s=0.5, inference_limit_s=0.5) as rig:
            assert rig.working.wait(PATIENCE_S)
            assert rig.watcher.cues  # ready means that cues flow
            fed = threading.Event()
            fields = []
            deadline = time.monotonic() + PATIENCE_S
            while "WATCHDOG=1" not in fields and time.monotonic() < deadline:
                fields += heard(listener)
                fed.wait(0.05)
            assert "READY=1" in fields
            assert "WATCHDOG=1" in fields
            for _ in range(40):
                rig.cameras[-1].fail_next(CameraStalledError("no frame"))
            hungry_since = None
            while time.monotonic() < deadline:
                fed.wait(0.25)
                if "WATCHDOG=1" in heard(listener):
                    hungry_since = None
                else:
                    hungry_since = hungry_since or time.monotonic()
                    if time.monotonic() - hungry_since > 1.0:
                        break
            assert hungry_since is not None, "the watchdog was fed although no frame came"
        assert "the watchdog is not fed: no fresh frame for" in caplog.text
        assert "STOPPING=1" in heard(listener)


def test_a_card_held_to_the_camera_picks_its_look_and_shots_are_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("framecue.looks.reader.CardReader.read", lambda *_: held.get("card"))
    held = {}
    with Rig(tmp_path / "album") as rig:
        rig.watcher.wait_for_cue()
        held["card"] = "golf"
        rig.watcher.wait_for("look")
        held.clear()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        (shot,) = rig.album.shots()
        assert shot.look == "golf"
        held["card"] = UNKNOWN
        rig.watcher.wait_for("fault")
        assert [each.text for each in rig.watcher.notices if each.name == "look"] == ["Look: golf"]


def test_a_shot_gets_a_finished_copy_beside_it(tmp_path):
    with Rig(tmp_path, camera={"distance_m": 5.0}) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        (shot,) = rig.album.shots()
        deadline = time.monotonic() + PATIENCE_S
        while not rig.booth.finisher.idle and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        assert shot.original.with_suffix(".crop.jpg").is_file()
        assert len(rig.album.shots()) == 1


class TurnedCamera:
    """A simulated head that turns the studio's camera."""

    def __init__(self, pan_deg, pitch_deg):
        self.rig, self.start = None, (pan_deg, pitch_deg)
        self.driver = SimulatedHead(HeadSettings())

    def point(self, pan_deg, tilt_deg):
        self.driver.point(pan_deg, tilt_deg)
        pan, pitch = self.start
        camera = self.rig.cameras[-1]
        camera.pinhole = replace(camera.pinhole, pan_deg=pan + pan_deg, pitch_deg=pitch + tilt_deg)

    def close(self):
        self.driver.close()


def test_a_fixed_camera_with_a_head_turns_itself_to_its_guests(tmp_path):
    askew = {"distance_m": 2.3, "pan_deg": 9.0, "pitch_deg": 6.0}
    head = TurnedCamera(9.0, 6.0)
    rig = Rig(tmp_path, camera=askew, guide={"mount": "fixed"}, pan_tilt={"kind": "simulated"}, head=head)
    head.rig = rig
    with rig:
        deadline = time.monotonic() + PATIENCE_S
        while rig.booth.turner.at["pan"] > -5 and time.monotonic() < deadline:
            time.sleep(0.05)
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
    assert rig.booth.turner.at["pan"] == pytest.approx(-9, abs=4)
    assert rig.booth.turner.at["tilt"] < -2
    assert not {"pan_left", "tilt_down"} & set(rig.watcher.cues)


def test_a_head_is_left_alone_where_the_camera_is_not_fixed(tmp_path, caplog):
    with Rig(tmp_path, pan_tilt={"kind": "simulated"}) as rig:
        rig.watcher.wait_for_cue()
    assert "left alone: guide.mount is not fixed" in caplog.text


@pytest.mark.usefixtures("no_pins")
def test_a_dead_head_is_told_and_the_booth_goes_on(tmp_path, caplog):
    with Rig(tmp_path, guide={"mount": "fixed"}, pan_tilt={"kind": "servo"}) as rig:
        rig.watcher.wait_for_cue()
    assert "left out: servo: GPIO pins cannot be used" in caplog.text
