"""What a live composition knows beside its people, and where it is wired in."""

from typing import Any

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from framecue.composition.cue import Cue
from framecue.composition.geometry import Pinhole
from framecue.composition.observe import Observer, observed_photo
from framecue.composition.tilt import SeenTilt
from framecue.imu.attitude import Tilt
from framecue.indicators import Notice, fill
from framecue.parts import Part, Segmentation
from framecue.studio import Scene, Studio, View
from test_booth import Rig


@pytest.fixture(scope="module")
def rolled() -> View:
    return Studio(Scene.random(2)).view(Pinhole(640, 480, 48, z=-3.2, roll_deg=6), noise=2)


def segmented(view: View) -> Segmentation:
    person = ((view.parts > 0) & (view.parts != Part.CARRIED)).astype(np.float32)
    return Segmentation(view.parts, person)


class FakeImu:
    """A level sensor that says what a test wants."""

    def __init__(self, tilt: Tilt | None) -> None:
        self.tilt, self.compared = tilt, list[SeenTilt | None]()

    def compare(self, picture: SeenTilt | None, _: float) -> None:
        self.compared.append(picture)


def observer(imu: FakeImu | None = None) -> Observer:
    return Observer(48, imu)  # type: ignore[arg-type]


def test_roll_and_light_are_told_for_every_frame(rolled: View) -> None:
    watching = observer()
    for frame in range(8):
        composition = watching.observe(rolled.image, segmented(rolled), frame / 30)
        assert composition.roll_deg == pytest.approx(6, abs=1)
        assert composition.backlight_ev is not None
        assert composition.pitch_deg == pytest.approx(0, abs=1.5)
        assert composition.pitch_deviation_deg is not None


def test_a_level_sensor_goes_before_the_picture_and_is_held_against_it(rolled: View) -> None:
    imu = FakeImu(Tilt(2.5, 5.5, 0.0, 0.0))
    watching = observer(imu)
    composition = watching.observe(rolled.image, segmented(rolled), 0.0)
    assert (composition.roll_deg, composition.pitch_deg) == (5.5, 2.5)
    assert composition.pitch_deviation_deg is None
    watching.observe(rolled.image, segmented(rolled), 0.1)
    watching.observe(rolled.image, segmented(rolled), 0.3)
    assert len(imu.compared) == 2
    imu.tilt = None
    composition = watching.observe(rolled.image, segmented(rolled), 0.4)
    assert composition.roll_deg == pytest.approx(6, abs=1)
    assert composition.pitch_deg == pytest.approx(0, abs=1.5)


def test_a_photo_tells_the_same(rolled: View) -> None:
    composition = observed_photo(rolled.image, segmented(rolled), 48)
    assert composition.roll_deg == pytest.approx(6, abs=0.7)
    assert composition.backlight_ev is not None


@pytest.mark.slow
def test_a_booth_whose_sensor_lies_goes_on_with_the_picture(tmp_path: Any, caplog: Any) -> None:
    """Its mounting is given wrongly, so that it feels ten degrees that are not there."""
    with Rig(
        tmp_path, camera={"seed": 2}, imu={"kind": "simulated", "roll_deg": 10.0}, start_limit_s=60
    ) as rig:
        rig.watcher.wait_for_cue()
        rig.watcher.wait_for("fault")
    told = [notice.text for notice in rig.watcher.notices if notice.name == "fault"]
    assert "the level sensor says 10 degrees of roll" in told[0]
    assert caplog.text.count("sensor is left out") == 1


# The fill light


class Lamp:
    """The lamp on a mock pin."""

    def __init__(self, **settings: Any) -> None:
        self.factory = MockFactory(pin_class=MockPWMPin)
        self.driver = fill.Driver(fill.Settings(**settings), pin_factory=self.factory)

    @property
    def power(self) -> float:
        return float(self.factory.pin(18).state)


def test_the_fill_light_comes_on_against_the_light_and_stays_until_nobody_is_there() -> None:
    lamp = Lamp()
    assert lamp.power == 0
    lamp.driver.show(Cue("light", "Turn away from the light"))
    assert lamp.power == pytest.approx(0.8)
    lamp.driver.show(Cue("step_back", "Half a step back", 0.5, "m"))
    lamp.driver.notice(Notice("saved", "Saved"))
    assert lamp.power == pytest.approx(0.8)
    lamp.driver.show(Cue("nobody", "Nobody there"))
    assert lamp.power == 0


def test_the_fill_light_goes_dark_at_the_end() -> None:
    lamp = Lamp(brightness=0.5)
    lamp.driver.show(Cue("tilt_up", "Tilt up", 3, "deg", also=Cue("light", "Light")))
    assert lamp.power == pytest.approx(0.5)
    lamp.driver.notice(Notice("stopping", "Stopping"))
    assert lamp.power == 0
    lamp.driver.close()
    lamp.driver.close()
