"""Picking a look at the booth: a card held to the camera, until its holder has gone."""

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from framecue.composition.look import Look, load_look, look_files
from framecue.errors import LookError
from framecue.indicators import Indicator, Notice
from framecue.live import Moment
from framecue.looks import LooksSettings
from framecue.looks.reader import UNKNOWN, CardReader, CardWatch

log = logging.getLogger(__name__)


class LookPicker:
    """A thread beside the live path that looks for a card a few times a second.

    own: the booth's look, which is back when nobody has been there for a while. newest: the live path's
    newest moment. pick: called, from this thread, with the look to guide to from now on.
    """

    def __init__(
        self,
        settings: LooksSettings,
        own: Look,
        *,
        newest: Callable[[], Moment | None],
        pick: Callable[[Look], None],
        indicator: Indicator,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._own = settings, own
        self._newest, self._pick, self._indicator, self._clock = newest, pick, indicator, clock
        self._reader = CardReader(look_files(settings.folders))
        self._watch = CardWatch(self._read, self._choose)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cards", daemon=True)
        self._seen_s = clock()  # when somebody, or a card, was last there
        self._last: Moment | None = None
        self.current = own

    def start(self) -> None:
        """Begin; call once. Does nothing where cards are switched off."""
        if self._settings.cards:
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End after the picture in hand, or give up waiting for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look_once(self) -> None:
        """Search the newest frame, if it is a new one, and see whether anybody is still there."""
        moment, now_s = self._newest(), self._clock()
        if moment is None or moment is self._last:
            return
        self._last = moment
        if moment.composition.main is not None:
            self._seen_s = now_s
        self._watch.look_at(moment.frame.image)
        lasts_s = self._settings.card_lasts_s
        if self.current is not self._own and lasts_s and now_s - self._seen_s > lasts_s:
            self._take(self._own, "back to look")

    def _run(self) -> None:
        while not self._stop.wait(self._settings.card_every_s):
            try:
                self.look_once()
            except Exception:  # a picture that trips over a bug must not end the cards for the night
                log.exception("a picture could not be searched for a card")

    def _read(self, image: NDArray[np.uint8]) -> str | None:
        return self._reader.read(image)

    def _choose(self, name: str) -> None:
        """A card is held: its look, read afresh, so that looks learnt meanwhile and changed ones count."""
        self._seen_s = self._clock()
        try:
            if name == UNKNOWN:
                name = self._known_by_now()
            self._take(load_look(name, self._settings.folders), "look")
        except LookError as error:
            log.warning("card not used: %s", error)
            self._indicator.notice(Notice("fault", f"This card cannot be used: {error}"))

    def _known_by_now(self) -> str:
        """The name on a card that was not known when the booth started; LookError where it still is not."""
        self._reader = CardReader(look_files(self._settings.folders))
        found = None if self._last is None else self._reader.read(self._last.frame.image)
        if not found:
            raise LookError("its look is not here; learn it, or copy its file into a folder of looks")
        return found

    def _take(self, look: Look, word: str) -> None:
        self.current = look
        self._pick(look)
        log.info("%s %s", word, look.name)
        self._indicator.notice(Notice("look", f"{word.capitalize()}: {look.name}"))
