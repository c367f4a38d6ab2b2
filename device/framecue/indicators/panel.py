"""Several indicators as one: each shows everything, and none can bring down another, or the booth."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from framecue.composition.cue import Cue
from framecue.indicators import Indicator, Notice, View, Viewer
from framecue.indicators.table import NOTICE_SIGNS

RETRY_S = 10.0
_log = logging.getLogger(__name__)


class Panel:
    """An Indicator made of indicators, which may be called from several threads: each waits its turn.

    A notice stays for the seconds that the table gives it: cues that come meanwhile are not shown, another
    notice is. An indicator that fails is logged once, left alone for 10 s, and tried again from then on.
    """

    def __init__(self, indicators: Sequence[Indicator], clock: Callable[[], float] = time.monotonic) -> None:
        self._indicators = tuple(indicators)
        self._clock = clock
        self._turn = threading.RLock()
        self._notice_until = -float("inf")
        self._rests_until: dict[int, float] = {}  # by place, for indicators that failed

    def show(self, cue: Cue) -> None:
        """As in Indicator; raises nothing."""
        with self._turn:
            if self._clock() >= self._notice_until:
                self._on_all(lambda indicator: indicator.show(cue))

    def view(self, view: View) -> None:
        """As in Viewer, for those that are one; raises nothing."""
        with self._turn:
            self._on_all(lambda indicator: indicator.view(view) if isinstance(indicator, Viewer) else None)

    def notice(self, notice: Notice) -> None:
        """As in Indicator; raises nothing."""
        with self._turn:
            self._notice_until = self._clock() + NOTICE_SIGNS[notice.name].stays_s
            self._on_all(lambda indicator: indicator.notice(notice))

    def close(self) -> None:
        """Close them all, the failed ones too."""
        with self._turn:
            self._rests_until.clear()
            self._on_all(lambda indicator: indicator.close())

    def _on_all(self, act: Callable[[Indicator], None]) -> None:
        for place, indicator in enumerate(self._indicators):
            rests_until = self._rests_until.get(place)
            if rests_until is not None and self._clock() < rests_until:
                continue
            try:
                act(indicator)
            except Exception as error:  # noqa: BLE001 whatever is wrong with a lamp, photos go on
                self._rests_until[place] = self._clock() + RETRY_S
                if rests_until is None:
                    _log.warning("%s fails and is left out for now: %s", _name(indicator), error)
            else:
                if self._rests_until.pop(place, None) is not None:
                    _log.info("%s works again", _name(indicator))


def _name(indicator: Indicator) -> str:
    return type(indicator).__module__.rpartition(".")[2]
