"""Shooting by itself: a press when the cue becomes ready."""

from framecue.composition.cue import Cue
from framecue.shutter import Ask


class ReadyShutter:
    """Asks for one shot each time the guide becomes ready; what is held ready is shot once."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._was_ready = False

    def see(self, cue: Cue) -> None:
        """Look at the cue of a frame."""
        if cue.ready and not self._was_ready:
            self._ask("shoot")
        self._was_ready = cue.ready
