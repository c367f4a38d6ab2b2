"""A simulated head: the servos' own driver on gpiozero's mock pins; needs no hardware."""

from typing import Literal

from framecue.errors import PanTiltError
from framecue.gpio import opening_pins
from framecue.pantilt import PanTiltSettings, servo


class Settings(PanTiltSettings):
    """Nothing of its own."""

    kind: Literal["simulated"] = "simulated"


class Driver:
    """The simulated head; `pan_deg` and `tilt_deg` are read off the pulses on its pins.

    factory: gpiozero's mock pins; tests break them.
    """

    def __init__(self, settings: Settings) -> None:  # noqa: ARG002
        with opening_pins("simulated", PanTiltError):
            from gpiozero.pins.mock import MockFactory, MockPWMPin

            self.factory = MockFactory(pin_class=MockPWMPin)
        self._pulses = servo.Settings()
        self._driver = servo.Driver(self._pulses, self.factory)

    @property
    def pan_deg(self) -> float:
        """Where the camera points across, right positive."""
        return self._angle(self._pulses.pan_pin)

    @property
    def tilt_deg(self) -> float:
        """Where the camera points along, up positive."""
        return self._angle(self._pulses.tilt_pin)

    def point(self, pan_deg: float, tilt_deg: float) -> None:
        """As in PanTilt."""
        self._driver.point(pan_deg, tilt_deg)

    def close(self) -> None:
        """As in PanTilt."""
        self._driver.close()

    def _angle(self, pin: int | None) -> float:
        """The angle that a servo goes to for the pulse on its pin, as its data sheet says."""
        found = self.factory.pin(pin)
        pulse_ms = 1000 * float(found.state) / float(found.frequency)
        given = self._pulses
        share = (pulse_ms - given.pulse_from_ms) / (given.pulse_to_ms - given.pulse_from_ms)
        return given.range_deg * (share - 0.5)
