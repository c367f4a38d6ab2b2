"""Depth sensors: every kind keeps one protocol, on simulated hardware, and their faults are one line each."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from depths import HARDWARE, KINDS, DepthRig, st_header
from framecue.depth import DEPTHS, DepthSensor, arducam, vl53
from framecue.depth.arducam_twin import Control, MisuseError, TwinArducam
from framecue.depth.stored import depth_beside, depth_png, read_map
from framecue.depth.vl53_twin import TwinVl53
from framecue.depth.vl53l8cx import read_firmware
from framecue.errors import DepthError, PhotoError
from framecue.frame import Frame
from framecue.photo import is_photo


@pytest.fixture(autouse=True)
def _no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """SparkFun's library sleeps while the chip boots; the chip's time is not ours."""
    monkeypatch.setattr("qwiic_vl53l5cx.qwiic_vl53l5cx.time.sleep", lambda _: None)


@pytest.fixture(params=(*KINDS, "vl53l8cx"))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> DepthRig:
    return DepthRig(request.param, tmp_path)


@pytest.fixture(params=HARDWARE)
def hardware(request: pytest.FixtureRequest, tmp_path: Path) -> DepthRig:
    return DepthRig(request.param, tmp_path)


def test_every_kind_is_found_by_name() -> None:
    assert set(DEPTHS.kinds()) == set(KINDS)


def test_a_map_is_metres_with_confidence_and_time(rig: DepthRig) -> None:
    frame = rig.read(rig.open())
    assert frame.depth_m.dtype == frame.confidence.dtype == np.float32
    assert frame.depth_m.shape == frame.confidence.shape
    known = frame.depth_m > 0
    assert known.mean() > 0.3
    assert ((frame.confidence > 0) == known).all()
    assert frame.confidence.max() <= 1
    assert np.isfinite(frame.depth_m).all()
    if rig.settings.kind != "studio":
        assert float(np.median(frame.depth_m[known])) == pytest.approx(2.0, abs=0.02)
    assert frame.time_s == rig.clock.now_s


def test_maps_come_at_their_own_rate(rig: DepthRig) -> None:
    sensor = rig.open()
    first = rig.read(sensor)
    last = rig.read(sensor, 10)
    assert last.number == first.number + 10
    assert last.time_s - first.time_s == pytest.approx(10 / rig.settings.rate, rel=0.4)


def test_a_map_is_kept_when_later_ones_are_read(rig: DepthRig) -> None:
    """Libraries take their memory back."""
    sensor = rig.open()
    first = rig.read(sensor)
    kept = first.depth_m.copy()
    rig.read(sensor, 3)
    assert np.array_equal(first.depth_m, kept)


def test_it_can_be_closed_twice_and_opened_again(rig: DepthRig) -> None:
    sensor = rig.open()
    rig.read(sensor)
    sensor.close()
    sensor.close()
    assert rig.read(rig.open()).number == 1
    assert rig.arducam.opened <= 1


def test_the_view_is_upright_and_not_mirrored(hardware: DepthRig) -> None:
    """Near at the top left, farther to the right, farthest below."""
    size = hardware.arducam.scene_m.shape
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    hardware.arducam.scene_m = 1 + x / size[1] + 1.5 * y / size[0]
    hardware.chip.zones_m = cv2.resize(hardware.arducam.scene_m, (8, 8), interpolation=cv2.INTER_AREA)
    depth_m = hardware.read(hardware.open()).depth_m
    rows, columns = depth_m.shape

    def corner(top: bool, left: bool) -> float:
        part = depth_m[: rows // 4, :] if top else depth_m[-rows // 4 :, :]
        part = part[:, : columns // 4] if left else part[:, -columns // 4 :]
        return float(np.median(part[part > 0]))

    assert corner(True, True) < corner(True, False) < corner(False, True) < corner(False, False)


def test_a_board_that_is_turned_can_be_told_so(tmp_path: Path) -> None:
    rig = DepthRig("vl53", tmp_path, turn=90)
    rig.chip.zones_m = np.repeat(np.linspace(1, 3, 8, dtype=np.float32)[None], 8, axis=0)  # farther right
    depth_m = rig.read(rig.open()).depth_m
    assert np.median(depth_m[0]) < np.median(depth_m[-1])  # turned clockwise: farther below


def test_what_is_out_of_range_is_unknown(hardware: DepthRig) -> None:
    hardware.arducam.scene_m[:, :120] = 7.0
    hardware.arducam.scene_m[:, 120:] = 0.0
    hardware.chip.zones_m[:, :4] = 7.0
    hardware.chip.zones_m[:, 4:] = 0.0
    assert not hardware.read(hardware.open()).depth_m.any()


# Faults


def test_a_sensor_that_gives_no_more_maps_is_a_fault_within_the_time(hardware: DepthRig) -> None:
    sensor = hardware.open()
    hardware.read(sensor)
    hardware.break_it("silent" if hardware.settings.kind == "arducam" else "stuck")
    began_s = hardware.clock.now_s
    with pytest.raises(DepthError, match="gave no map in 3 s"):
        hardware.read(sensor)
    assert hardware.clock.now_s - began_s == pytest.approx(3, abs=0.6)


def test_a_bus_without_an_answer_is_one_line(tmp_path: Path) -> None:
    rig = DepthRig("vl53", tmp_path)
    sensor = rig.open()
    rig.break_it("silent")
    with pytest.raises(DepthError, match=r"0x29 of I2C bus 1 does not answer .*i2cdetect"):
        rig.read(sensor)
    with pytest.raises(DepthError, match="does not answer"):
        rig.open()
    assert rig.bus.closed


def test_no_sensor_at_all_is_one_line(hardware: DepthRig) -> None:
    hardware.break_it("absent")
    hardware.bus.address = 0x30
    with pytest.raises(DepthError, match=r"no Arducam ToF camera at /dev/video0|does not answer") as told:
        hardware.open()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("fault", ["torn", "nonsense"])
def test_nonsense_is_refused_or_unknown(hardware: DepthRig, fault: str) -> None:
    sensor = hardware.open()
    hardware.break_it(fault)
    if fault == "torn":
        with pytest.raises(DepthError, match=r"gave a (torn )?map"):
            hardware.read(sensor)
    else:
        depth_m = hardware.read(sensor).depth_m
        assert np.isfinite(depth_m).all()
        assert depth_m.min() >= 0
        assert depth_m.max() <= 5.1


def test_frames_of_the_library_are_always_given_back(tmp_path: Path) -> None:
    rig = DepthRig("arducam", tmp_path)
    sensor = rig.open()
    rig.read(sensor, 5)
    rig.break_it("torn")
    with pytest.raises(DepthError):
        rig.read(sensor)
    rig.break_it("other")  # frames of another kind than was asked for
    with pytest.raises(DepthError, match="gave no map"):
        rig.read(sensor)
    assert rig.arducam.held == 0


def test_a_camera_that_did_not_open_is_never_touched_again(tmp_path: Path) -> None:
    """The real library crashes then; so does its twin."""
    rig = DepthRig("arducam", tmp_path)
    rig.break_it("absent")
    with pytest.raises(DepthError):
        rig.open()
    with pytest.raises(MisuseError):
        TwinArducam().ArducamCamera().close()
    rig.break_it("no_start")
    with pytest.raises(DepthError, match="does not start"):
        rig.open()
    assert rig.arducam.opened == 0


def test_its_range_is_set_and_its_lens_is_asked(tmp_path: Path) -> None:
    rig = DepthRig("arducam", tmp_path, range_m=4)
    optics = rig.read(rig.open()).optics
    assert rig.arducam.controls[Control.RANGE] == 4000
    assert optics is not None
    assert optics == pytest.approx((190.9, 191.2, 119.5, 89.5))
    rig.arducam.controls[Control.INTRINSIC_FX] = 0  # one that was never calibrated
    optics = rig.read(rig.open()).optics
    assert optics is not None
    assert optics == pytest.approx((190.9, 191.3, 119.5, 89.5), rel=0.01)


def test_another_chip_at_its_address_is_named(tmp_path: Path) -> None:
    rig = DepthRig("vl53", tmp_path)
    rig.chip.identity = (0xEA, 0xCC)
    with pytest.raises(DepthError, match="says it is 0xeacc, which is another sensor"):
        rig.open()
    assert rig.bus.closed


def test_the_newer_chip_needs_its_makers_firmware(tmp_path: Path) -> None:
    rig = DepthRig("vl53", tmp_path)
    rig.chip.identity = (0xF0, 0x0C)
    with pytest.raises(DepthError, match=r"is a VL53L8CX, .* set depth.firmware to vl53l8cx_buffers.h"):
        rig.open()
    assert rig.bus.closed
    with pytest.raises(DepthError, match=r"none.h cannot be read"):
        read_firmware(tmp_path / "none.h")
    header = st_header(tmp_path)
    header.write_text(header.read_text()[:300_000])
    with pytest.raises(DepthError, match="its FIRMWARE is missing or torn"):
        read_firmware(header)


@pytest.mark.parametrize("kind", ["vl53", "vl53l8cx"])
def test_a_chip_that_forgets_its_firmware_is_told(tmp_path: Path, kind: str) -> None:
    rig = DepthRig(kind, tmp_path)
    rig.break_it("deaf")
    with pytest.raises(DepthError, match="takes no firmware"):
        rig.open()


def test_zones_count_by_their_status(tmp_path: Path) -> None:
    """Its own reading of a packet: the same numbers as the library's, whatever the data look like."""
    rig = DepthRig("vl53", tmp_path)
    rig.chip.zones_m = np.tile(np.array([1, 2, 3, 0], np.float32), (8, 2))
    depth_m = rig.read(rig.open()).depth_m
    assert np.isin(np.round(depth_m), [0, 1, 2, 3]).all()
    assert not depth_m[:, 3].any()
    assert not depth_m[:, 7].any()


def test_without_its_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ArducamDepthCamera", None)
    with pytest.raises(DepthError, match=r"pip install 'framecue\[arducam\]'"):
        arducam.Driver(arducam.Settings())
    monkeypatch.setitem(__import__("sys").modules, "qwiic_vl53l5cx", None)
    with pytest.raises(DepthError, match=r"pip install 'framecue\[tof\]'"):
        vl53.Driver(vl53.Settings())


@pytest.mark.skipif(find_spec("ArducamDepthCamera") is None, reason="ArducamDepthCamera is not installed")
def test_the_real_library_without_a_camera_is_one_line() -> None:
    with pytest.raises(DepthError, match=r"no Arducam ToF camera at /dev/video|needs numpy 1"):
        arducam.Driver(arducam.Settings(index=63))


@pytest.mark.skipif(find_spec("ArducamDepthCamera") is None, reason="ArducamDepthCamera is not installed")
def test_the_twin_has_the_real_librarys_names() -> None:
    import ArducamDepthCamera

    for group in ("Connection", "FrameType", "DeviceType", "Control", "TofErrorCode"):
        for each in getattr(TwinArducam, group):
            assert int(getattr(getattr(ArducamDepthCamera, group), each.name)) == each.value
    made = TwinArducam().ArducamCamera()
    for name in (name for name in dir(made) if not name.startswith("_")):
        assert hasattr(ArducamDepthCamera.ArducamCamera, name)
    assert isinstance(ArducamDepthCamera.DepthData.depth_data, property)
    assert isinstance(ArducamDepthCamera.DepthData.confidence_data, property)


def test_simulated_sensors_need_their_camera(tmp_path: Path) -> None:
    for kind, said in (("studio", "set camera.kind"), ("files", "go with photos")):
        rig = DepthRig(kind, tmp_path)
        rig.frame = Frame(np.zeros((2, 2, 3), np.uint8), 0.0, 1)
        sensor = rig.open()
        with pytest.raises(DepthError, match=said):
            rig.read(sensor)


# Files


def test_the_map_beside_each_photo_is_its_own(tmp_path: Path) -> None:
    rig = DepthRig("files", tmp_path)
    sensor = rig.open()
    np.save(tmp_path / "other.depth.npy", np.array([[1.5, np.nan], [-1, np.inf]]))
    assert rig.frame is not None
    rig.frame.metadata["photo"] = str(tmp_path / "other.jpg")  # type: ignore[index]
    assert rig.read(sensor).depth_m.tolist() == [[1.5, 0], [0, 0]]
    rig.frame.metadata["photo"] = str(tmp_path / "none.jpg")  # type: ignore[index]
    assert not rig.read(sensor).depth_m.any()
    (tmp_path / "none.depth.png").write_bytes(b"no picture")
    with pytest.raises(DepthError, match="is no whole PNG"):
        rig.read(sensor)
    with pytest.raises(DepthError, match="is no folder"):
        DepthRig("files", tmp_path, path=tmp_path / "nowhere").open()


def test_a_map_is_no_photo() -> None:
    """A folder of photos with their maps shows, and makes portraits of, the photos alone."""
    assert is_photo("a.png")
    assert not is_photo(Path("a.depth.png"))


def test_a_stored_map_reads_back(tmp_path: Path) -> None:
    metres = np.array([[0, 0.5, 2.345], [65.5, 100, np.nan]], np.float32)
    path = tmp_path / "a.depth.png"
    path.write_bytes(depth_png(metres))
    assert read_map(path) == pytest.approx(np.array([[0, 0.5, 2.345], [65.5, 65.535, 0]]), abs=1e-3)
    assert depth_beside(tmp_path / "a.jpg") == path
    assert depth_beside(tmp_path / "b.jpg") is None


@pytest.mark.parametrize(
    "content", [np.zeros((2, 2, 2)), np.array([["a"]]), np.zeros((0, 3)), np.array([[{}]], object)]
)
def test_arrays_that_are_no_maps_are_refused(tmp_path: Path, content: np.ndarray) -> None:
    path = tmp_path / "a.npy"
    np.save(path, content)
    with pytest.raises(PhotoError):
        read_map(path)


def test_whole_numbers_in_an_array_are_millimetres(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array([[1234, 0], [-5, 70000]], np.int32))
    assert read_map(path) == pytest.approx(np.array([[1.234, 0], [0, 65.535]]))


def test_a_closed_simulated_sensor_says_so(tmp_path: Path) -> None:
    sensor: DepthSensor = DepthRig("studio", tmp_path).open()
    sensor.close()
    with pytest.raises(DepthError, match="is closed"):
        sensor.read(1)


def test_the_twin_runs_the_librarys_own_reading_too(tmp_path: Path) -> None:
    """Where its reading is right, both agree: the packets are what it expects."""
    rig = DepthRig("vl53", tmp_path)
    sensor = rig.open()
    frame = rig.read(sensor)
    assert isinstance(rig.chip, TwinVl53)
    assert isinstance(sensor, vl53.Driver)
    told = np.array(sensor._chip.get_ranging_data().distance_mm, np.float32).reshape(8, 8)[:, ::-1] / 1000
    assert frame.depth_m[frame.depth_m > 0] == pytest.approx(told[frame.depth_m > 0], abs=1e-6)
