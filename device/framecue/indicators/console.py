"""The terminal as an indicator: one live line there, plain lines into anything else, few in the journal."""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Literal, TextIO

from framecue.composition.cue import Cue
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.indicators import Notice
from framecue.indicators.table import NOTICE_SIGNS, Colour, sign_of
from framecue.journal import goes_to_journal

_SGR: dict[Colour, int] = {
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
    "white": 37,
}
REWRITE_S = 1.0
JOURNAL_EVERY_S = 10.0  # between cues in the journal: a night of every change would push all else out of it
log = logging.getLogger(__name__)
_CLEAR_LINE = "\r\x1b[2K"


class Settings(DriverSettings):
    """The console needs nothing set."""

    kind: Literal["console"] = "console"


class Driver:
    """Writes cues and notices to standard error, or to the stream given.

    On a terminal the cue is one line that rewrites itself, in colour unless NO_COLOR is set; notices are
    lines of their own above it. Elsewhere every change is a line, whole degrees and tenths of metres being
    the smallest change there is. Where standard error is the journal, a cue is told every 10 s at most, with
    its name as a field. A cue's text already says its amount and its second move.
    """

    def __init__(
        self,
        settings: Settings,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        found = sys.stderr if stream is None else stream
        if found is None:  # a daemon started with its standard error closed
            raise IndicatorError("console: there is no standard error; remove the console from the settings")
        self._stream: TextIO = found
        self._settings = settings
        self._journal = stream is None and goes_to_journal()
        self._live = found.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._coloured = self._live and not os.environ.get("NO_COLOR")
        self._clock = clock
        self._shown: tuple[object, ...] | None = None
        self._written_s = 0.0
        self._line = ""

    def show(self, cue: Cue) -> None:
        """As in Indicator. Raises IndicatorError where the terminal is gone."""
        look = _what_is_seen(cue)
        now = self._clock()
        # A log line may have taken the live line's place; it comes back by itself.
        if look == self._shown and not (self._live and now - self._written_s >= REWRITE_S):
            return
        if self._journal:
            if self._shown is None or now - self._written_s >= JOURNAL_EVERY_S:
                log.info("cue: %s", cue.text, extra={"fields": {"cue": cue.cue, "amount": cue.amount}})
                self._shown, self._written_s = look, now
            return
        sign = sign_of(cue)
        line = f"{sign.arrow.glyph} {cue.text}"
        if self._live:
            self._line = self._paint(line[: self._width()], sign.colour)
            self._write(_CLEAR_LINE + self._line)
        else:
            self._write(line + "\n")
        self._shown, self._written_s = look, now

    def notice(self, notice: Notice) -> None:
        """As in Indicator. Raises IndicatorError where the terminal is gone."""
        if self._journal:
            log.info("told: %s", notice.text, extra={"fields": {"notice": notice.name}})
            return
        line = self._paint(notice.text, NOTICE_SIGNS[notice.name].colour)
        self._write(f"{_CLEAR_LINE}{line}\n{self._line}" if self._live else line + "\n")

    def close(self) -> None:
        """Leave the last line standing and the cursor below it."""
        if self._live and self._line:
            self._write("\n")
            self._line = ""

    def _paint(self, line: str, colour: Colour) -> str:
        return f"\x1b[1;{_SGR[colour]}m{line}\x1b[0m" if self._coloured else line

    def _width(self) -> int:
        """Columns; asked anew each time, since windows are resized, and a wrapped line cannot be cleared."""
        try:
            return max(os.get_terminal_size(self._stream.fileno()).columns - 1, 20)
        except (OSError, ValueError):  # no size, or no file behind the stream
            return 79

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        try:  # a terminal without arrows gets "?" instead
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise IndicatorError(f"console: the terminal is gone ({error}); reconnect it") from error


def _what_is_seen(cue: Cue | None) -> tuple[object, ...]:
    """All of a cue that is worth a new line: its name and its amount as a person reads it."""
    if cue is None:
        return ()
    digits = 1 if cue.unit == "m" else 0
    amount = None if cue.amount is None else round(cue.amount, digits)
    return (cue.cue, amount, *_what_is_seen(cue.also))
