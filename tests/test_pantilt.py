"""A pan-tilt head turns a fixed camera slowly, within limits, never while shooting, and does not hunt."""

import numpy as np
import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin
from pydantic import ValidationError

from framecue.composition.cue import Cue
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.subject import Composition
from framecue.errors import PanTiltError
from framecue.pantilt import PAN_TILTS, servo, simulated
from framecue.pantilt.turner import Turner
from framecue.simulate.head import Head
from framecue.simulate.outline import Outline
from framecue.simulate.place import random_place
from framecue.simulate.run import run
from framecue.studio import Scene

RATE = 10.0


class Noted:
    """A head that remembers where it was pointed."""

    def __init__(self) -> None:
        self.went: list[tuple[float, float]] = [(0.0, 0.0)]
        self.broken = False

    def point(self, pan_deg: float, tilt_deg: float) -> None:
        if self.broken:
            raise PanTiltError("servo: gone")
        self.went.append((pan_deg, tilt_deg))

    def close(self) -> None:
        pass


class Turned:
    """A turner, fed at ten frames a second."""

    def __init__(self, **settings: float) -> None:
        self.head, self.photo, self.now_s = Noted(), False, 0.0
        self.turner = Turner(simulated.Settings(**settings), self.head, lambda: self.photo)

    def feed(self, seconds: float, wanted) -> None:
        """wanted: a turn, None for nobody, or a function of where the camera points."""
        for _ in range(round(seconds * RATE)):
            self.now_s += 1 / RATE
            self.turner.see(wanted(self.turner.at) if callable(wanted) else wanted, self.now_s)

    @property
    def pan(self) -> float:
        return self.turner.at["pan"]


def towards(pan: float, tilt: float = 0.0):
    """What is wanted of a camera that should point there."""
    return lambda at: {"pan": pan - at["pan"], "tilt": tilt - at["tilt"]}


# The servos


def pulse_ms(factory: MockFactory, pin: int) -> float:
    found = factory.pin(pin)
    return 1000 * found.state / found.frequency


def opened(**settings):
    factory = MockFactory(pin_class=MockPWMPin)
    return servo.Driver(servo.Settings(**settings), factory), factory


def test_a_servo_begins_at_rest_and_is_pulsed_to_its_angle():
    driver, factory = opened()
    assert factory.pin(12).frequency == 50
    assert (pulse_ms(factory, 12), pulse_ms(factory, 13)) == pytest.approx((1.5, 1.5))
    driver.point(36.0, -18.0)
    assert (pulse_ms(factory, 12), pulse_ms(factory, 13)) == pytest.approx((1.9, 1.3))


def test_a_servo_mounted_the_other_way_round_or_askew_is_told_so_in_the_settings():
    driver, factory = opened(pan_reversed=True, tilt_rest_deg=9.0)
    driver.point(36.0, 0.0)
    assert (pulse_ms(factory, 12), pulse_ms(factory, 13)) == pytest.approx((1.1, 1.6))


def test_pulses_and_range_are_those_of_the_servo():
    driver, factory = opened(pulse_from_ms=1.0, pulse_to_ms=2.0, range_deg=120.0)
    driver.point(30.0, 0.0)
    assert pulse_ms(factory, 12) == pytest.approx(1.75)


def test_one_servo_is_enough_and_the_other_way_is_not_turned():
    driver, factory = opened(tilt_pin=None)
    driver.point(10.0, 10.0)
    assert 13 not in factory.pins
    assert servo.Settings(tilt_pin=None).limits == {"pan": (-40.0, 40.0), "tilt": (0.0, 0.0)}


def test_closing_ends_the_pulses_and_lets_the_pins_go():
    driver, factory = opened()
    driver.close()
    driver.close()
    servo.Driver(servo.Settings(), factory).close()


def test_without_pins_it_is_one_line():
    with pytest.raises(PanTiltError, match=r"^servo: GPIO pins cannot be used \([^\n]+$"):
        servo.Driver(servo.Settings())


def test_a_pin_in_use_costs_none_of_the_other():
    factory = MockFactory(pin_class=MockPWMPin)
    taken = LED(13, pin_factory=factory)
    with pytest.raises(PanTiltError, match="servo: GPIO pins"):
        servo.Driver(servo.Settings(), factory)
    servo.Driver(servo.Settings(tilt_pin=None), factory).close()
    taken.close()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"pan_pin": None, "tilt_pin": None}, "neither"),
        ({"pan_pin": 13}, "given twice"),
        ({"pan_to_deg": 80.0, "pan_rest_deg": 20.0}, "beyond the servo's 90"),
        ({"pan_from_deg": 0.0, "pan_to_deg": 1.5}, "twice the deadband"),
        ({"speed_dps": 0.0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, what):
    with pytest.raises(ValidationError, match=what):
        servo.Settings(**settings)


def test_the_simulated_head_points_where_it_is_told():
    driver = PAN_TILTS.driver(PAN_TILTS.settings({"kind": "simulated"}))
    driver.point(-12.0, 7.5)
    assert (driver.pan_deg, driver.tilt_deg) == pytest.approx((-12.0, 7.5))
    driver.close()


# When and how fast


def test_it_waits_until_people_stand_then_turns_slowly_to_the_end_and_stays():
    turned = Turned(speed_dps=10.0, settle_s=0.8)
    turned.feed(0.7, towards(15.0))
    assert turned.pan == 0.0
    turned.feed(4.0, towards(15.0))
    assert turned.pan == pytest.approx(15.0)
    assert np.abs(np.diff([pan for pan, _ in turned.head.went])).max() <= 1.0 + 1e-9
    count = len(turned.head.went)
    turned.feed(30.0, towards(15.0))
    assert len(turned.head.went) == count


def test_less_than_the_deadband_is_left_as_it_is():
    turned = Turned(deadband_deg=2.0)
    turned.feed(20.0, {"pan": 0.7, "tilt": -0.7})
    assert turned.head.went == [(0.0, 0.0)]


def test_it_never_goes_beyond_its_limits():
    turned = Turned(pan_to_deg=10.0)
    turned.feed(20.0, towards(60.0, -60.0))
    assert turned.turner.at == {"pan": 10.0, "tilt": -20.0}
    assert max(pan for pan, _ in turned.head.went) <= 10.0
    reach = turned.turner.reach
    assert reach is not None
    assert (reach.pan, reach.tilt) == ((-50.0, 0.0), (0.0, 40.0))


def test_it_does_not_move_while_a_photo_is_taken():
    turned = Turned()
    turned.feed(1.2, towards(30.0))
    assert 0 < turned.pan < 30
    turned.photo, before = True, len(turned.head.went)
    turned.feed(5.0, towards(30.0))
    assert len(turned.head.went) == before
    turned.photo = False
    turned.feed(6.0, towards(30.0))
    assert turned.pan == pytest.approx(30.0)


def test_it_does_not_follow_people_who_walk_about():
    turned = Turned()
    steps = iter(np.linspace(-20, 20, 200))
    turned.feed(10.0, lambda _: {"pan": float(next(steps)) * 5})
    assert turned.head.went == [(0.0, 0.0)]


@pytest.mark.parametrize("delay", [0, 3, 6])
@pytest.mark.parametrize("noise", [0.3, 0.6])
def test_it_does_not_hunt_for_all_delay_and_noise(delay, noise):
    turned, rng = Turned(), np.random.default_rng(3)
    late = [0.0] * (delay + 1)

    def wanted(at):
        late.append(at["pan"])
        return {"pan": 12.0 - late[-1 - delay] + rng.normal(0, noise), "tilt": rng.normal(0, noise)}

    turned.feed(120.0, wanted)
    ways = np.sign(np.diff([pan for pan, _ in turned.head.went]))
    assert np.all(ways >= 0)
    assert turned.pan == pytest.approx(12.0, abs=1.0)


def test_with_nobody_there_it_looks_ahead_again_after_a_while():
    turned = Turned(home_after_s=5.0)
    turned.feed(5.0, towards(20.0))
    turned.feed(4.0, None)
    assert turned.pan == pytest.approx(20.0)
    turned.feed(6.0, None)
    assert turned.pan == 0.0


def test_after_a_pause_without_frames_it_does_not_jump():
    turned = Turned()
    turned.feed(1.0, towards(30.0))
    turned.now_s += 60.0
    turned.feed(0.1, towards(30.0))
    assert turned.pan <= 4.0


def test_a_head_that_fails_is_told_once_and_left_alone(caplog):
    turned = Turned()
    turned.head.broken = True
    turned.feed(10.0, towards(20.0))
    assert turned.turner.fault == "servo: gone"
    assert turned.turner.reach is None
    assert [record.levelname for record in caplog.records] == ["ERROR"]


# With the guide


def guided(number: int, head: Head | None):
    """A run of guests before a fixed camera that somebody put up askew."""
    rng = np.random.default_rng([5, number])
    place = random_place(rng, "fixed", (480, 640), 48.0)
    aimed = place.after("pan_right", float(rng.uniform(-15, 15)))
    aimed = aimed.after("tilt_up", float(rng.uniform(-6, 6)))
    full = load_look("full-body")  # without the ratio, which only another height would mend
    look = full.model_copy(update={"measures": full.measures.model_copy(update={"heads": None})})
    guide = Guide(
        look, 48.0, GuideSettings(mount="fixed"), (lambda: head.turner.reach) if head else lambda: None
    )
    said: list[str] = []

    def observe(_place, _composition: Composition, cue: Cue, now_s: float) -> None:
        said.extend(each.cue for each in (cue, cue.also) if each is not None)
        if head is not None:
            head.see(guide, now_s)

    outline = Outline(Scene.random(number + 20, 1).people[0])
    turned = head.turned if head is not None else lambda each: each
    return run(guide, look, outline, aimed, "fixed", rng, observe=observe, turned=turned), said


def test_a_camera_put_up_askew_turns_itself_and_asks_guests_for_the_rest():
    results = [guided(number, Head()) for number in (0, 3, 4)]
    said = {cue for _, cues in results for cue in cues}
    assert not {"pan_left", "pan_right", "tilt_up", "tilt_down"} & said
    assert all(result.in_look for result, _ in results)
    assert not any(guided(number, None)[0].in_look for number in (3, 4))
