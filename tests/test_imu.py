"""Inertial sensors: the real drivers on the simulated bus, and what becomes of their faults."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from framecue.composition.tilt import SeenTilt
from framecue.errors import ImuError
from framecue.imu import IMUS, Imu, ImuSettings, Reading, icm20948, mpu6050, simulated
from framecue.imu.attitude import Attitude, Tilt
from framecue.imu.twin import TwinBus, TwinChip, TwinIcm20948, TwinMpu6050
from framecue.imu.watch import ImuWatch
from stepped import Stepped


class Clock:
    """Time that passes only when a test lets it."""

    def __init__(self) -> None:
        self.now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


class Rig:
    """One kind of sensor, on its simulated bus."""

    def __init__(self, kind: str, identity: int | None = None, **more: Any) -> None:
        self.clock = Clock()
        self.settings = IMUS.model(kind)(kind=kind, **more)
        assert isinstance(self.settings, ImuSettings)
        chip = TwinIcm20948 if kind == "icm20948" else TwinMpu6050
        self.chip: TwinChip = chip() if identity is None else chip(identity)
        self.bus = TwinBus(self.chip)

    def open(self) -> Imu:
        if self.settings.kind == "simulated":
            driver = simulated.Driver(self.settings, self.clock)  # type: ignore[arg-type]
            self.chip = driver.chip
            return driver
        self.bus.closed = False
        module: Any = {"mpu6050": mpu6050, "icm20948": icm20948}[self.settings.kind]
        opened: Imu = module.Driver(self.settings, self.bus, self.clock)
        return opened

    def follow(self, imu: Imu, seconds: float, attitude: Attitude | None = None) -> Tilt | None:
        """The tilt after so much time at 50 readings a second."""
        attitude = attitude or Attitude(self.settings)  # type: ignore[arg-type]
        tilt = None
        for _ in range(round(seconds * 50)):
            self.clock.now_s += 0.02
            tilt = attitude.update(imu.read()) or tilt
        return tilt


@pytest.fixture(params=["mpu6050", "icm20948", "simulated"])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


def test_every_kind_is_found_by_name() -> None:
    assert {"mpu6050", "icm20948", "simulated"} == set(IMUS.kinds())


def test_at_rest_it_feels_one_g_upwards(rig: Rig) -> None:
    reading = rig.open().read()
    assert reading.accel_g == pytest.approx((0, 1, 0), abs=0.03)
    assert reading.gyro_dps == pytest.approx(rig.chip.offset_dps, abs=0.4)
    assert not reading.saturated


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (12, 0), (-20, 5), (4, -11), (30, 80)])
def test_pitch_and_roll_are_the_cameras(rig: Rig, pitch: float, roll: float) -> None:
    imu = rig.open()
    rig.chip.tilt(pitch, roll)
    tilt = rig.follow(imu, 4.0)
    assert tilt is not None
    assert (tilt.pitch_deg, tilt.roll_deg) == pytest.approx((pitch, roll), abs=0.5)
    assert tilt.turning_dps < 1.5


def test_the_gyro_carries_it_through_a_turn(rig: Rig) -> None:
    """Ten degrees a second clockwise for two seconds, while somebody shakes it."""
    imu = rig.open()
    attitude = Attitude(rig.settings)  # type: ignore[arg-type]
    rig.follow(imu, 5.0, attitude)
    rig.chip.gyro_dps, rig.chip.shake_g = (0.0, 0.0, -10.0), (0.9, 0.4, 0.0)
    tilt = None
    for step in range(100):
        rig.chip.tilt(0, (step + 1) * 0.2)
        tilt = rig.follow(imu, 0.02, attitude) or tilt
    assert tilt is not None
    assert tilt.roll_deg == pytest.approx(20, abs=1.5)


@settings(max_examples=60, deadline=None)
@given(pitch=st.floats(-40, 40), roll=st.floats(-40, 40))
def test_a_mounting_can_be_turned_any_way(pitch: float, roll: float) -> None:
    """The same sensor screwed on lying: its z to the right, its x up."""
    plain, lying = ImuSettings(kind="any"), ImuSettings(kind="any", right="+z", up="+x")
    chip = TwinMpu6050()
    chip.tilt(pitch, roll)
    driver = mpu6050.Driver(mpu6050.Settings(), TwinBus(chip))
    x, y, z = driver.read().accel_g
    upright = Attitude(plain).update(Reading((x, y, z), (0, 0, 0), 1.0))
    turned = Attitude(lying).update(Reading((y, z, x), (0, 0, 0), 1.0))
    assert upright is not None
    assert turned is not None
    assert (turned.pitch_deg, turned.roll_deg) == pytest.approx((upright.pitch_deg, upright.roll_deg))


@settings(max_examples=60, deadline=None)
@given(pitch=st.floats(-20, 20), roll=st.floats(-20, 20))
def test_zeroing_makes_level_of_what_is_felt_when_level(pitch: float, roll: float) -> None:
    felt = Rig("mpu6050", zero_pitch_deg=pitch, zero_roll_deg=roll)
    imu = felt.open()
    felt.chip.tilt(pitch, roll)
    tilt = felt.follow(imu, 0.02)
    assert tilt is not None
    assert (tilt.pitch_deg, tilt.roll_deg) == pytest.approx((0, 0), abs=1.2)


def test_two_names_of_one_axis_are_refused() -> None:
    with pytest.raises(ValidationError, match="one axis"):
        mpu6050.Settings(right="+x", up="-x")


# Faults


@pytest.mark.parametrize("kind", ["mpu6050", "icm20948"])
def test_another_sensor_at_its_address_is_told(kind: str) -> None:
    rig = Rig(kind, identity=0x33)
    with pytest.raises(ImuError, match="says it is 0x33, which is another sensor"):
        rig.open()
    assert rig.bus.closed


@pytest.mark.parametrize("kind", ["mpu6050", "icm20948"])
def test_nobody_at_its_address_is_told(kind: str) -> None:
    rig = Rig(kind, address=0x68 if kind == "icm20948" else 0x69)
    with pytest.raises(ImuError, match=r"does not answer .*check its cable"):
        rig.open()


def test_without_the_bus_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "smbus2", None)
    with pytest.raises(ImuError, match=r"pip install 'framecue\[imu\]'"):
        mpu6050.Driver(mpu6050.Settings())


def test_a_sensor_that_stops_raises_and_works_again_when_it_answers(rig: Rig) -> None:
    imu = rig.open()
    rig.chip.fault = "silent"
    with pytest.raises(ImuError, match="does not answer"):
        imu.read()
    imu.close()
    imu.close()
    rig.chip.fault = "none"
    assert rig.open().read().accel_g[1] == pytest.approx(1, abs=0.03)


def test_values_that_never_change_are_a_fault(rig: Rig) -> None:
    imu = rig.open()
    rig.chip.fault = "frozen"
    with pytest.raises(ImuError, match="repeats one value"):
        rig.follow(imu, 2.0)


def test_saturated_values_are_not_used(rig: Rig) -> None:
    imu = rig.open()
    rig.chip.fault = "saturated"
    assert imu.read().saturated
    assert rig.follow(imu, 1.0) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_not_used(bad: float) -> None:
    attitude = Attitude(ImuSettings(kind="any"))
    assert attitude.update(Reading((bad, 1, 0), (0, 0, 0), 1.0)) is None
    assert attitude.update(Reading((0, 1, 0), (0, bad, 0), 1.02)) is None
    tilt = attitude.update(Reading((0, 1, 0), (0, 0, 0), 1.04))
    assert tilt is not None
    assert tilt.roll_deg == pytest.approx(0)


# The watch


class Watched(Stepped):
    """A watch whose thread waits for a test to let it go on, one reading or pause at a time."""

    def __init__(self, rig: Rig, open_imu: Callable[[], Imu] | None = None) -> None:
        super().__init__()
        self.rig, self.lies = rig, list[str]()
        self.watch = ImuWatch(
            rig.settings,  # type: ignore[arg-type]
            open_imu or rig.open,
            on_lie=self.lies.append,
            clock=rig.clock,
            wait=self._wait,
        )

    def _wait(self, stopping: threading.Event, seconds: float) -> bool:
        self.hold()
        self.rig.clock.now_s += seconds
        return stopping.is_set()


@pytest.fixture
def watched_rig() -> Rig:
    return Rig("mpu6050")


def test_the_watch_tells_the_tilt_and_its_age_counts(watched_rig: Rig) -> None:
    watched_rig.chip.tilt(3, -7)
    with Watched(watched_rig) as watched:
        watched.step(100)
        tilt = watched.watch.tilt
        assert tilt is not None
        assert (tilt.pitch_deg, tilt.roll_deg) == pytest.approx((3, -7), abs=0.5)
        watched_rig.clock.now_s += 0.5  # no reading meanwhile, as on a bus that hangs
        assert watched.watch.tilt is None


def test_a_sensor_that_stops_is_logged_once_and_comes_back(
    watched_rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Watched(watched_rig) as watched:
        watched.step(5)
        watched_rig.chip.fault = "silent"
        watched.step(8)
        assert watched.watch.tilt is None
        assert watched.watch.fault is not None
        assert caplog.text.count("does not answer") == 1
        assert "roll is taken from the picture" in caplog.text
        watched_rig.chip.fault = "none"
        watched.step(2)
        assert watched.watch.tilt is not None
        assert watched.watch.fault is None


def test_no_sensor_at_all_is_logged_once(watched_rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    def nothing() -> Imu:
        raise ImuError("there is no /dev/i2c-1; switch I2C on with raspi-config")

    with Watched(watched_rig, nothing) as watched:
        watched.step(6)
        assert caplog.text.count("there is no /dev/i2c-1") == 1
        assert watched.watch.tilt is None


def test_a_sensor_that_lies_is_dropped_with_one_line(
    watched_rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    with Watched(watched_rig) as watched:
        watched.step(100)
        watched_rig.chip.fault = "lies"
        watched.step(100)
        for second in range(8):
            watched.watch.compare(SeenTilt(0.2, 0.5), float(second))
        assert len(watched.lies) == 1
        assert "says 12 degrees of roll, the picture 0" in watched.lies[0]
        assert caplog.text.count("left out") == 1
        assert watched.watch.fault == watched.lies[0]
        assert watched.watch.tilt is None


@pytest.mark.parametrize(
    ("picture", "turning"),
    [
        (SeenTilt(2.5, 0.5), 0.0),  # near enough
        (SeenTilt(12.0, 4.0), 0.0),  # a picture that does not know
        (None, 0.0),
        (SeenTilt(12.0, 0.5), 60.0),  # the camera is being turned
    ],
)
def test_a_sensor_that_may_be_right_is_kept(
    watched_rig: Rig, picture: SeenTilt | None, turning: float
) -> None:
    with Watched(watched_rig) as watched:
        watched_rig.chip.gyro_dps = (0.0, turning, 0.0)  # about the vertical: no tilt comes of it
        watched.step(20)
        for second in range(20):
            watched.watch.compare(picture, float(second))
        assert not watched.lies
        assert watched.watch.tilt is not None


def test_one_picture_that_agrees_clears_it(watched_rig: Rig) -> None:
    with Watched(watched_rig) as watched:
        watched.step(100)
        for second in range(20):
            watched.watch.compare(SeenTilt(0.0 if second % 4 == 3 else 12.0, 0.5), float(second))
        assert not watched.lies
