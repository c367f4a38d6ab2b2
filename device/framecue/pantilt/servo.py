"""Two hobby servos on GPIO pins, through gpiozero: one pans, one tilts.

Written for SG90 and MG996R class servos, which take a pulse of about 0.5 to 2.5 ms fifty times a second. They
need 5 V of their own: a Pi's pins and its 5 V line give too little current for a servo that moves a camera.
"""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from framecue.composition.cue import Way
from framecue.errors import PanTiltError
from framecue.gpio import Pin, board_pins, opening_pins
from framecue.pantilt import PanTiltSettings


class Settings(PanTiltSettings):
    """Pins and pulses of the servos; one of the two may be missing."""

    kind: Literal["servo"] = "servo"
    pan_pin: Pin | None = Field(12, description="GPIO number of the servo that pans; none: it does not pan")
    tilt_pin: Pin | None = Field(
        13, description="GPIO number of the servo that tilts; none: it does not tilt"
    )
    pan_reversed: bool = Field(False, description="whether a longer pulse turns the camera to the left")
    tilt_reversed: bool = Field(False, description="whether a longer pulse tilts the camera down")
    pan_rest_deg: float = Field(
        0.0, gt=-90, lt=90, description="the pan servo's own angle, from its middle, where the camera rests"
    )
    tilt_rest_deg: float = Field(
        0.0, gt=-90, lt=90, description="the tilt servo's own angle, from its middle, where the camera rests"
    )
    pulse_from_ms: float = Field(0.5, ge=0.3, lt=1.5, description="pulse at one end of the servo's way")
    pulse_to_ms: float = Field(2.5, gt=1.5, le=3.0, description="pulse at the other end")
    range_deg: float = Field(180.0, ge=30, le=270, description="degrees between those two ends")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.pan_pin is None and self.tilt_pin is None:
            raise ValueError("neither pan_pin nor tilt_pin is given; give one, or remove the table")
        if self.pan_pin == self.tilt_pin:
            raise ValueError(f"GPIO {self.pan_pin} is given twice; each servo needs a pin of its own")
        for name in ("pan", "tilt"):
            rest = getattr(self, f"{name}_rest_deg")
            for end in ("from", "to"):
                angle = getattr(self, f"{name}_{end}_deg")
                if abs(rest + angle) > self.range_deg / 2 and getattr(self, f"{name}_pin") is not None:
                    raise ValueError(
                        f"{name}_{end}_deg {angle:g} with {name}_rest_deg {rest:g} is beyond the servo's "
                        f"{self.range_deg / 2:g}; narrow it"
                    )
        return self

    @property
    def limits(self) -> dict[Way, tuple[float, float]]:
        """As in PanTiltSettings; nothing where there is no servo."""
        wired = {"pan": self.pan_pin, "tilt": self.tilt_pin}
        return {way: (0.0, 0.0) if wired[way] is None else ends for way, ends in super().limits.items()}


class Driver:
    """Both servos. pin_factory: gpiozero's, as its MockFactory with MockPWMPin; None for the board's own.

    gpiozero refuses what a servo cannot reach; limits tighter than that are the turner's.
    """

    def __init__(self, settings: Settings, pin_factory: Any = None) -> None:
        self._servos: dict[str, tuple[Any, float]] = {}  # by name, with the angle at rest
        try:
            with opening_pins("servo", PanTiltError):
                pins = board_pins(pin_factory)
                for name in ("pan", "tilt"):
                    if getattr(settings, f"{name}_pin") is not None:
                        self._servos[name] = self._opened(settings, name, pins)
        except PanTiltError:
            self.close()
            raise

    def _opened(self, settings: Settings, name: str, pins: Any) -> tuple[Any, float]:
        from gpiozero import AngularServo

        rest = getattr(settings, f"{name}_rest_deg")
        half = settings.range_deg / 2 * (-1 if getattr(settings, f"{name}_reversed") else 1)
        servo = AngularServo(
            getattr(settings, f"{name}_pin"), initial_angle=rest, min_angle=-half, max_angle=half,
            min_pulse_width=settings.pulse_from_ms / 1000, max_pulse_width=settings.pulse_to_ms / 1000,
            pin_factory=pins,
        )  # fmt: skip
        return servo, rest

    def point(self, pan_deg: float, tilt_deg: float) -> None:
        """As in PanTilt."""
        for name, angle in (("pan", pan_deg), ("tilt", tilt_deg)):
            if name not in self._servos:
                continue
            servo, rest = self._servos[name]
            try:
                servo.angle = rest + angle
            except Exception as error:  # pin libraries raise classes of their own, without a common base
                raise PanTiltError(f"servo: {name} cannot be moved ({error}); check its pin") from error

    def close(self) -> None:
        """As in PanTilt: without pulses a servo is limp."""
        for servo, _ in self._servos.values():
            servo.close()
