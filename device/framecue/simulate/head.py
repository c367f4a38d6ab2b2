"""A fixed camera on a pan-tilt head in a simulated run: the real turner on the simulated servos."""

from dataclasses import replace

from framecue.composition.guide import Guide
from framecue.pantilt import PanTiltSettings
from framecue.pantilt.simulated import Driver, Settings
from framecue.pantilt.turner import Turner
from framecue.simulate.place import Place


class Head:
    """Turns as a guide wants it; feed it every frame."""

    def __init__(self, settings: PanTiltSettings | None = None) -> None:
        self._driver = Driver(Settings())
        self.turner = Turner(settings or Settings(), self._driver)

    def see(self, guide: Guide, time_s: float) -> None:
        """A frame of that time."""
        self.turner.see(guide.turn, time_s)

    def turned(self, place: Place) -> Place:
        """The place with its camera turned as the servos stand."""
        camera = place.camera
        pan, pitch = camera.pan_deg + self._driver.pan_deg, camera.pitch_deg + self._driver.tilt_deg
        return replace(place, camera=replace(camera, pan_deg=pan, pitch_deg=pitch))
