"""What becomes of depth in the booth: its own pace, its faults, people's distances, shots and portraits."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from depths import DepthRig
from framecue.album import Album, Shot
from framecue.album.room import renders
from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as CameraSettings
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.measure import measure
from framecue.composition.observe import Observer
from framecue.composition.pose import Lens, Sight, estimate
from framecue.composition.subject import Composition, Subject
from framecue.depth import DepthFrame, DepthSensor, field_optics
from framecue.depth import studio as simulated
from framecue.depth.align import CameraView, DepthMap, aligned
from framecue.depth.alignment import Alignment
from framecue.depth.distance import Distance, can_be, distance_of
from framecue.depth.stored import depth_png, read_map
from framecue.depth.watch import DepthWatch
from framecue.doctor import World
from framecue.doctor.depth import check_depth
from framecue.doctor.examine import examine
from framecue.errors import AlbumFullError, DepthError, PhotoError
from framecue.frame import Still
from framecue.portrait import PortraitSettings
from framecue.portrait.depth import nearness
from framecue.portrait.make import Maker, Wanted
from framecue.studio.exact import ExactSegmenter
from stepped import Stepped
from test_booth import Rig as BoothRig

VIEW = CameraView(640 / 480, 48.0)


class Watched(Stepped):
    """A watch whose thread waits for a test to let it go on, one map or pause at a time."""

    def __init__(self, rig: DepthRig, open_sensor: Callable[[], DepthSensor] | None = None) -> None:
        super().__init__()
        self.rig, self.pauses = rig, list[float]()
        self.watch = DepthWatch(
            rig.settings, open_sensor or self._opened, VIEW, clock=rig.clock, wait=self._pause
        )

    def _opened(self) -> DepthSensor:
        sensor = self.rig.open()
        read = sensor.read

        def one_at_a_time(timeout_s: float) -> DepthFrame:
            self.hold()
            return read(timeout_s)

        sensor.read = one_at_a_time  # type: ignore[method-assign]
        return sensor

    def _pause(self, stopping: threading.Event, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.rig.clock.now_s += seconds
        self.hold()
        return stopping.is_set()


@pytest.fixture
def rig(tmp_path: Path) -> DepthRig:
    return DepthRig("arducam", tmp_path)


def test_the_newest_map_is_there_with_its_age(rig: DepthRig) -> None:
    with Watched(rig) as watched:
        watched.step(3)
        now_s = rig.clock()
        found = watched.watch.at(now_s)
        assert found is not None
        assert float(np.median(found.depth_m[found.depth_m > 0])) == pytest.approx(2, abs=0.01)
        assert watched.watch.age_s() == now_s - found.time_s
        assert (
            watched.watch.at(now_s - 0.4) is found
        )  # the camera's frame and the map need not be of one moment
        assert watched.watch.at(now_s - 0.6) is None
        assert watched.watch.at(now_s + 0.6) is None


def test_a_sensor_that_stops_is_logged_once_retried_later_and_later_and_comes_back(
    rig: DepthRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Watched(rig) as watched:
        watched.step(5)
        rig.break_it("silent")
        watched.step(12)
        assert watched.watch.at(rig.clock()) is None
        assert "gave no map" in str(watched.watch.fault)
        assert caplog.text.count("gave no map") == 1
        assert "distances are told from sizes in the picture" in caplog.text
        assert watched.pauses[:4] == [0.5, 1.0, 2.0, 4.0]
        rig.break_it("none")
        watched.step(3)
        assert watched.watch.at(rig.clock()) is not None
        assert watched.watch.fault is None


def test_no_sensor_at_all_is_logged_once(rig: DepthRig, caplog: pytest.LogCaptureFixture) -> None:
    def nothing() -> DepthSensor:
        raise DepthError("no Arducam ToF camera at /dev/video0; check its cable")

    with Watched(rig, nothing) as watched:
        watched.step(10)
        assert caplog.text.count("no Arducam ToF camera") == 1
        assert max(watched.pauses) == 60
        assert watched.watch.at(rig.clock()) is None


def test_a_driver_with_a_bug_costs_no_more_than_its_distances(
    rig: DepthRig, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> DepthSensor:
        raise ZeroDivisionError("by zero")

    with Watched(rig, broken) as watched:
        watched.step(3)
        assert watched.watch.fault == "ZeroDivisionError: by zero"
        assert caplog.text.count("by zero") == 1


def test_maps_that_never_change_are_a_fault(rig: DepthRig) -> None:
    with Watched(rig) as watched:
        rig.break_it("frozen")
        watched.step(12)
        assert "repeats one map" in str(watched.watch.fault)
        assert watched.watch.at(rig.clock()) is None


def test_a_sensor_that_sees_nothing_all_the_time_is_no_fault(rig: DepthRig) -> None:
    rig.arducam.scene_m[:] = 0
    with Watched(rig) as watched:
        watched.step(20)
        assert watched.watch.fault is None


def test_a_driver_that_hangs_is_told(rig: DepthRig) -> None:
    with Watched(rig) as watched:
        watched.step(2)
        rig.clock.now_s += 40
        assert "does not answer" in str(watched.watch.fault)
        assert watched.watch.at(rig.clock()) is None


def test_a_sensor_that_lies_is_left_out_with_one_line_and_tried_again_later(
    rig: DepthRig, caplog: pytest.LogCaptureFixture
) -> None:
    with Watched(rig) as watched:
        watched.step(2)
        for _ in range(3):  # again and again, after longer pauses
            for second in range(6):
                watched.watch.compare(False, 0.8, float(second))
            assert watched.watch.at(rig.clock()) is None
            watched.step(4)
        assert caplog.text.count("where nobody could be as large") == 1
        assert watched.pauses[:3] == [0.5, 1.0, 2.0]
        watched.watch.compare(True, 2.0, 10.0)
        watched.step(2)
        assert watched.watch.at(rig.clock()) is not None
        assert watched.watch.fault is None


def test_one_picture_that_agrees_clears_it(rig: DepthRig) -> None:
    with Watched(rig) as watched:
        watched.step(2)
        for second in range(20):
            watched.watch.compare(second % 4 == 3, 2.0, float(second))
        watched.step(2)
        assert watched.watch.fault is None


# People's distances


class FakeWatch:
    """A watch that has what a test wants."""

    view = VIEW

    def __init__(self, depth: DepthMap | None) -> None:
        self.depth, self.compared = depth, list[tuple[bool, float]]()

    def at(self, _: float) -> DepthMap | None:
        return self.depth

    def compare(self, agrees: bool, told_m: float, _: float) -> None:
        self.compared.append((agrees, told_m))


@cache
def seen(
    distance_m: float = 3.0, height_m: float = 1.2, pitch_deg: float = 0.0, seed: int = 3, **sensor: Any
) -> tuple[StudioCamera, Any, Any, DepthMap]:
    """Somebody in the studio: camera, frame, exact parts, depth as a sensor tells it."""
    where = {"distance_m": distance_m, "height_m": height_m, "pitch_deg": pitch_deg}
    camera = StudioCamera(CameraSettings(seed=seed, noise=0, **where), wait=lambda _: None)  # type: ignore[arg-type]
    frame = camera.read(1)
    driver = simulated.Driver(simulated.Settings(**sensor), lambda _: frame, wait=lambda _: None)
    depth = aligned(driver.read(1), Alignment(), VIEW)
    return camera, frame, ExactSegmenter(lambda: camera).segment(frame.image), depth


@pytest.mark.parametrize(
    ("where", "off_m"),
    [((2.2, 1.2, 0.0), 0.05), ((3.2, 1.0, 0.0), 0.06), ((3.5, 1.6, -14.0), 0.08), ((3.0, 0.5, 12.0), 0.08)],
)
@pytest.mark.parametrize("seed", [1, 4])
def test_distance_is_along_the_floor_however_the_camera_is_tilted(
    where: tuple[float, float, float], off_m: float, seed: int
) -> None:
    camera, frame, segmentation, depth = seen(*where, seed=seed)
    composition = measure(frame.image, segmentation)
    assert composition.main_subject is not None
    found = distance_of(composition.main_subject, composition, segmentation, depth, VIEW)
    person = camera.studio.scene.people[0]
    true = float(np.hypot(person.z - camera.pinhole.z, person.x - camera.pinhole.x))
    assert found is not None
    assert found.metres == pytest.approx(true, abs=off_m)
    assert abs(found.metres - true) < 3.5 * found.deviation
    assert found.deviation < 0.06


def test_eight_by_eight_zones_are_enough() -> None:
    camera, frame, segmentation, depth = seen(2.2, width=8, height=8, fov_deg=45.0)
    composition = measure(frame.image, segmentation)
    assert composition.main_subject is not None
    found = distance_of(composition.main_subject, composition, segmentation, depth, VIEW)
    person = camera.studio.scene.people[0]
    assert found is not None
    assert found.metres == pytest.approx(person.z - camera.pinhole.z, abs=0.1)


def test_everybody_in_the_picture_gets_a_distance_with_its_deviation() -> None:
    _, frame, segmentation, depth = seen()
    watch = FakeWatch(depth)
    composition = Observer(48, None, watch).observe(frame.image, segmentation, 0.0)  # type: ignore[arg-type]
    main = composition.main_subject
    assert main is not None
    assert main.distance_m == pytest.approx(3.0, abs=0.25)
    assert main.distance_deviation_m is not None
    assert watch.compared == [(True, main.distance_m)]
    assert composition.as_json()["subjects"][0]["distance_m"] == round(main.distance_m or 0, 2)


@pytest.mark.parametrize("wrong", [0.3, 4.0])
def test_a_distance_that_cannot_be_is_not_used_and_told(wrong: float) -> None:
    _, frame, segmentation, depth = seen()
    watch = FakeWatch(replace(depth, depth_m=depth.depth_m * np.float32(wrong)))
    composition = Observer(48, None, watch).observe(frame.image, segmentation, 0.0)  # type: ignore[arg-type]
    assert composition.main_subject is not None
    assert composition.main_subject.distance_m is None
    assert [agrees for agrees, _ in watch.compared] == [False]


def test_without_a_map_of_then_nothing_is_said() -> None:
    _, frame, segmentation, _ = seen()
    for depth in (None, DepthMap(np.zeros((90, 120), np.float32), np.zeros((90, 120), np.float32), 0.0)):
        watch = FakeWatch(depth)
        composition = Observer(48, None, watch).observe(frame.image, segmentation, 0.0)  # type: ignore[arg-type]
        assert composition.main_subject is not None
        assert composition.main_subject.distance_m is None
        assert not watch.compared


def test_who_is_cut_by_the_frame_is_no_witness() -> None:
    nobody_sure = Composition(640, 480)
    cut = Subject(10, None, 470, 200, 400, cut={"bottom": 5})  # type: ignore[dict-item]
    assert can_be(cut, Distance(0.5, 0.03), nobody_sure, VIEW)
    whole = Subject(10, 80, 470, 200, 400)
    assert not can_be(whole, Distance(0.3, 0.03), nobody_sure, VIEW)


def test_a_measured_distance_makes_the_pose_surer() -> None:
    """The deviation it comes with counts: a doubtful distance moves the pose less."""
    lens = Lens.of(640, 480, 48.0)
    sight = Sight(head_top=100.0, chin=140.0, foot=400.0, middle=320.0)
    alone = estimate(sight, lens)
    told = replace(sight, distance_m=alone.pose.distance_m * 1.15)
    sure = estimate(replace(told, distance_deviation_m=0.04), lens)
    doubtful = estimate(replace(told, distance_deviation_m=1.0), lens)
    want = alone.pose.distance_m * 1.15
    assert abs(sure.pose.distance_m - want) < 0.4 * abs(doubtful.pose.distance_m - want)
    assert sure.deviation.distance_m < 0.5 * alone.deviation.distance_m


def test_the_guide_takes_the_distance_from_the_composition() -> None:
    _, frame, segmentation, depth = seen()
    watch = FakeWatch(depth)
    composition = Observer(48, None, watch).observe(frame.image, segmentation, 0.0)  # type: ignore[arg-type]
    deviations = []
    for each in (composition, measure(frame.image, segmentation)):
        guide = Guide(load_look("full-body", ()), 48.0, GuideSettings())
        for step in range(20):
            guide.update(each, step / 30)
        assert guide.pose is not None
        deviations.append(guide.pose.deviation.distance_m)
    assert deviations[0] < 0.6 * deviations[1]


# Shots and portraits


def test_a_shot_keeps_what_the_depth_sensor_saw_and_never_fails_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Album.save_depth

    def full_at_first(album: Album, shot: Shot, png: bytes) -> Path:
        if shot.number == 1:
            raise AlbumFullError("full; use a larger disk")
        return save(album, shot, png)

    monkeypatch.setattr(Album, "save_depth", full_at_first)
    depth = {"kind": "studio", "range_m": 8.0, "age_limit_s": 10.0, "width": 60, "height": 80}
    with BoothRig(tmp_path, depth=depth) as rig:
        watch = rig.booth._depth
        assert watch is not None
        while watch.age_s() is None:
            rig.watcher.wait_for_cue(len(rig.watcher.cues))
        for count in (1, 2):
            rig.booth.ask("shoot")
            rig.watcher.wait_for("saved", count)
    assert rig.booth.shots.lost == 0
    assert "its depth map is not: full" in caplog.text
    original = sorted(tmp_path.glob("*.jpg"))[-1]
    assert [each.name for each in tmp_path.glob("*.png")] == [f"{original.stem}.depth.png"]
    metres = read_map(tmp_path / f"{original.stem}.depth.png")
    middle = metres[metres.shape[0] // 2 - 3 :, metres.shape[1] // 2 - 2 : metres.shape[1] // 2 + 2]
    assert float(np.median(middle[middle > 0])) == pytest.approx(3.3, abs=0.3)


def test_a_depth_map_is_never_dropped_as_a_render_and_survives_a_power_cut(tmp_path: Path) -> None:
    names = [
        "20261121-141203-0007-a.jpg",
        "20261121-141203-0007-a.depth.png",
        "20261121-141203-0007-a.portrait.jpg",
    ]
    assert renders(names) == ["20261121-141203-0007-a.portrait.jpg"]
    album = Album(tmp_path, 10)
    shot = keep(album)
    stored = album.save_depth(shot, depth_png(np.ones((3, 4), np.float32)))
    content = stored.read_bytes()
    album.close()
    from framecue.album.shot import part_name

    stored.unlink()
    digest = __import__("hashlib").sha256(content).hexdigest()
    (tmp_path / part_name(stored.name, digest)).write_bytes(content)  # a power cut before it got its name
    Album(tmp_path, 10).close()
    assert stored.read_bytes() == content


def keep(album: Album) -> Any:
    """A shot of nothing."""
    from datetime import UTC, datetime

    still = Still(np.zeros((40, 30, 3), np.uint8), 0.0)
    return album.save(still, look="a", composition=None, cue=None, camera="t", taken=datetime.now(UTC))


def test_a_booth_without_its_depth_sensor_cues_and_shoots_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with BoothRig(tmp_path, depth={"kind": "files"}) as booth:  # the camera shows no photos
        booth.watcher.wait_for_cue(20)
        booth.booth.ask("shoot")
        booth.watcher.wait_for("saved")
        assert "depth files go with photos" in booth.booth._status_line()
    assert caplog.text.count("depth sensor: depth files go with photos") == 1
    assert not list(tmp_path.glob("*.depth.png"))


def test_a_portrait_goes_by_the_map_beside_its_photo(tmp_path: Path) -> None:
    """The same picture as with the map named; a damaged one beside it is told, one asked for is refused."""
    camera, frame, _, _ = seen(distance_m=2.6)
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), frame.image[..., ::-1])
    named = tmp_path / "map.png"
    named.write_bytes(depth_png(frame.depth_m))
    maker = Maker(PortraitSettings(effect="blur", pets=False), Exact(camera))
    made = [tmp_path / f"{name}.png" for name in ("floor", "named", "beside", "damaged")]
    maker.make(Wanted(photo, made[0]))
    maker.make(Wanted(photo, made[1], named))
    beside = tmp_path / "photo.depth.png"
    beside.write_bytes(named.read_bytes())
    assert maker.make(Wanted(photo, made[2])).notes == ()
    assert made[2].read_bytes() == made[1].read_bytes() != made[0].read_bytes()
    beside.write_bytes(b"no map")
    assert "knows nothing of the people" in maker.make(Wanted(photo, made[3])).notes[0]
    assert made[3].read_bytes() == made[0].read_bytes()
    with pytest.raises(PhotoError, match="is no whole PNG"):
        maker.make(Wanted(photo, made[3], beside))


def test_what_is_beyond_a_sensors_range_is_far_and_not_like_what_is_beside_it() -> None:
    """Somebody two metres away before a wall that only the left half of the map reaches."""
    depth_m = np.full((90, 120), 4.0, np.float32)
    depth_m[:, 60:] = 0
    depth_m[30:, 50:70] = 2.0
    depth_m[40, 20] = 0  # a hole
    people = (depth_m == 2.0).astype(np.float32)
    picture = np.full((90, 120, 3), 128, np.uint8)
    floor = np.full((9, 12), 0.1, np.float32)
    near = nearness(depth_m, 2.0, picture, people, floor)
    near = cv2.resize(near, (120, 90))
    assert near[45, 10] == pytest.approx(0.5, abs=0.02)
    assert near[40, 20] == pytest.approx(0.5, abs=0.02)
    assert near[45, 100] == pytest.approx(0.1, abs=0.02)
    assert cv2.resize(nearness(depth_m, 2.0, picture, people), (120, 90))[45, 100] > 0.4


class Exact:
    """Segments any picture as the camera's last one."""

    def __init__(self, camera: StudioCamera) -> None:
        self._camera = camera

    def segment(self, _: Any) -> Any:
        view = self._camera.last_view
        assert view is not None
        return ExactSegmenter(lambda: self._camera).segment(view.image)

    def close(self) -> None:
        """Nothing to end."""


# The doctor


@pytest.fixture
def _no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwiic_vl53l5cx.qwiic_vl53l5cx.time.sleep", lambda _: None)


@pytest.mark.usefixtures("_no_naps")
@pytest.mark.parametrize(("kind", "noise_mm"), [("arducam", 10), ("vl53", 14)])
def test_the_doctor_measures_noise(tmp_path: Path, kind: str, noise_mm: float) -> None:
    rig = DepthRig(kind, tmp_path)
    found = check_depth(rig.open, rig.settings.rate, World(clock=rig.clock))
    assert found.state == "ok", found
    assert found.numbers["noise_mm"] == pytest.approx(noise_mm, rel=0.2)
    assert found.numbers["distance_m"] == pytest.approx(2, abs=0.01)
    assert found.numbers["maps_per_s"] == pytest.approx(rig.settings.rate, rel=0.35)
    assert found.numbers["known"] > 0.9


@pytest.mark.parametrize(
    ("fault", "state", "said"),
    [
        ("absent", "broken", "check its cable"),
        ("silent", "broken", "power off and on"),
        ("torn", "broken", "power off"),
    ],
)
def test_the_doctor_says_what_to_do(rig: DepthRig, fault: str, state: str, said: str) -> None:
    rig.break_it(fault)
    found = check_depth(rig.open, 10, World(clock=rig.clock))
    assert found.state == state
    assert said in found.advice
    assert rig.arducam.opened == 0


def test_the_doctor_warns_of_maps_that_know_nothing_or_come_slowly(rig: DepthRig) -> None:
    assert "come slowly" in check_depth(rig.open, 30, World(clock=rig.clock)).advice
    rig.arducam.scene_m[:] = 0
    assert "next to nothing" in check_depth(rig.open, 10, World(clock=rig.clock)).advice


class Jumpy:
    """A sensor whose distances jump."""

    lively = True

    def __init__(self) -> None:
        self._rng = np.random.default_rng(1)

    def read(self, _: float) -> DepthFrame:
        depth_m = self._rng.uniform(1, 3, (8, 8)).astype(np.float32)
        return DepthFrame(depth_m, np.ones((8, 8), np.float32), 0.0, 1, field_optics(8, 8, 45, 45))

    def close(self) -> None:
        """Nothing to end."""


def test_the_doctor_warns_of_distances_that_jump(rig: DepthRig) -> None:
    assert "jump" in check_depth(Jumpy, 10, World(clock=rig.clock)).advice


def test_the_doctor_finds_the_sensor_of_the_settings(tmp_path: Path) -> None:
    config = tmp_path / "framecue.toml"
    config.write_text(
        'indicators = []\nshutters = []\n[camera]\nkind = "studio"\nwidth = 160\nheight = 120\n'
        'rate = 200\nstill_width = 160\nstill_height = 120\n[depth]\nkind = "studio"\nwidth = 40\n'
        "height = 30\nrate = 50\n"
        f'[album]\nfolder = "{tmp_path}"\n[segmenter]\nmodel = "none-such"\n'
    )
    found = {result.part: result for result in examine(config, 0, World(wait=lambda _: None))}
    assert found["depth"].state in ("ok", "warning")
    assert found["depth"].numbers["known"] > 0.15
