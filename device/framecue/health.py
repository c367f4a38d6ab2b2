"""Whether the booth deserves to be kept alive: each sign of life with a limit of its own."""

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Health:
    """Feeds on signs of life, and names the one that is missing.

    limits: seconds that each sign may be old, by what it says when it is missing, such as "fresh frame".
    missing: what is wrong now, one line, or None.
    """

    def __init__(self, limits: Mapping[str, float]) -> None:
        self._limits = dict(limits)
        self.missing: str | None = None
        self._told = False

    def sound(self, ages_s: Mapping[str, float | None]) -> bool:
        """Whether every sign is fresh. ages_s: seconds since each sign; None where there was none yet.

        Logs, once, what is missing when it begins to be, and when everything is back.
        """
        found = [
            f"no {sign} " + ("yet" if age is None else f"for {age:.1f} s (limit {limit:g} s)")
            for sign, limit in self._limits.items()
            if (age := ages_s.get(sign)) is None or age >= limit
        ]
        if not self._told and not all(each.endswith(" yet") for each in found):
            log.error("the watchdog is not fed: %s", ", ".join(found))
            self._told = True
        elif not found and self._told:
            log.info("the watchdog is fed again")
            self._told = False
        self.missing = ", ".join(found) or None
        return not found
