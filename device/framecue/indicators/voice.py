"""A voice: sentences spoken by espeak-ng, or recorded clips, over the sound output.

Clips are WAV files in a folder of their language, `clips/en/step_back.wav`, named after cues, their details
(`face_left.wav`) and notices;
`step_back-1.5.wav` is taken for one and a half steps, `tilt_up-4.wav` for four degrees, `raise-2.wav` for two
hand-widths. Where there is none, the sentence is spoken.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from framecue.composition.cue import Cue
from framecue.composition.words import HAND_M, SPAN_M, STEP_M, Language, say
from framecue.drivers import DriverSettings
from framecue.errors import IndicatorError
from framecue.indicators import Notice, Trial
from framecue.indicators.sayings import SPOKEN
from framecue.indicators.speaker import Speaker, Utterance

_LONGEST_SILENCE_S: Final = 60.0  # between two times that one cue is said
_REASONS: Final = frozenset({"feet_hidden", "head_hidden"})  # say why; what to do is their second move


class Settings(DriverSettings):
    """What speaks, in which language, and how often."""

    kind: Literal["voice"] = "voice"
    language: Language = Field("en", description="of the voice")
    speaker: tuple[str, ...] = Field(
        ("espeak-ng", "-v", "{language}", "-s", "150", "{text}"),
        min_length=1,
        description="program that speaks, with its arguments",
    )
    clips: Path | None = Field(None, description="folder of recorded clips, one folder a language within it")
    player: tuple[str, ...] = Field(
        ("aplay", "-q", "{files}"), min_length=1, description="program that plays clips, with its arguments"
    )
    again_s: float = Field(
        5.0, ge=1, le=60, description="seconds before a cue is said again; doubles each time, up to 60"
    )
    limit_s: float = Field(15.0, ge=2, le=60, description="seconds after which a silent player is ended")


class Driver:
    """Says a cue when it is new, and now and then while it stays; never two sentences at a time.

    What is said last may be the sentence before the newest cue, never older: what waits is replaced.
    Making it raises IndicatorError where neither program is installed.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._require_programs()
        self._said_s: dict[str, float] = {}  # when each cue was last begun
        self._repeats: tuple[str, int] = ("", 0)  # the cue said last, and how often in a row
        self._speaker = Speaker(settings.limit_s, self._begun, clock)

    def show(self, cue: Cue) -> None:
        """As in Indicator. Raises IndicatorError when the player failed the last time."""
        name = cue.detail or cue.cue
        due = self._is_due(name)
        self._speaker.say(Utterance(name, self._cue_command(cue)) if due else None)

    def notice(self, notice: Notice) -> None:
        """As in Indicator: said at once. Raises as `show` does."""
        text = SPOKEN[self._settings.language].get(notice.name, "")
        if notice.name == "countdown":
            text = notice.text
        if text:
            name = f"countdown-{notice.text}" if notice.name == "countdown" else notice.name
            self._speaker.say(Utterance(f"notice {name}", self._command([name], text)), at_once=True)

    def trials(self) -> list[Trial]:
        """As in Tryable."""
        return [("a sentence", self._try)]

    def _try(self) -> None:
        self.notice(Notice("saved", ""))
        self.settle(self._settings.limit_s)
        self._speaker.say(None)  # raises what went wrong

    def settle(self, timeout_s: float) -> bool:
        """Wait until all is said; whether it is."""
        return self._speaker.settle(timeout_s)

    def close(self) -> None:
        """Fall silent. May be called twice."""
        self._speaker.stop(timeout_s=1.0)

    def _is_due(self, name: str) -> bool:
        said_s = self._said_s.get(name)
        last, times = self._repeats
        silence_s = (
            self._settings.again_s * 2 ** min(times - 1, 6) if name == last else self._settings.again_s
        )
        return said_s is None or self._clock() - said_s >= min(silence_s, _LONGEST_SILENCE_S)

    def _begun(self, name: str) -> None:
        """On the speaker's thread: a sentence begins."""
        if name.startswith("notice "):
            return
        last, times = self._repeats
        self._repeats = (name, times + 1 if name == last else 1)
        self._said_s[name] = self._clock()

    def _cue_command(self, cue: Cue) -> tuple[str, ...]:
        cues = [cue]
        if cue.cue in _REASONS and cue.also is not None:
            cues.append(cue.also)
        language = self._settings.language
        text = " ".join(
            say(each.cue, each.amount, each.unit, language=language, style="voice", detail=each.detail)
            for each in cues
        )
        return self._command([_clip_name(each, language) for each in cues], text)

    def _command(self, names: list[str], text: str) -> tuple[str, ...]:
        """The player with its clips where there are all, else the speaker with its text."""
        files = [self._clip(name) for name in names]
        if self._settings.clips is not None and all(files):
            played = [str(file) for file in files]
            return tuple(
                word for each in self._settings.player for word in (played if each == "{files}" else [each])
            )
        values = {"{language}": self._settings.language, "{text}": text}
        return tuple(values.get(each, each) for each in self._settings.speaker)

    def _clip(self, name: str) -> Path | None:
        """The clip of "tilt_up-4", or that of "tilt_up"; None without either."""
        if self._settings.clips is None:
            return None
        folder = self._settings.clips.expanduser() / self._settings.language
        files = (folder / f"{name}.wav", folder / f"{name.partition('-')[0]}.wav")
        return next((file for file in files if file.is_file()), None)

    def _require_programs(self) -> None:
        wanted = [self._settings.speaker[0]]
        if self._settings.clips is not None:
            wanted.append(self._settings.player[0])
        missing = [name for name in wanted if shutil.which(name) is None]
        if len(missing) == len(wanted):
            raise IndicatorError(
                f"voice: {' and '.join(missing)} not installed; `apt install espeak-ng alsa-utils`, or "
                "remove the voice from the settings"
            )


def _clip_name(cue: Cue, language: Language) -> str:
    """A cue's name with its amount as it is spoken: steps and spans to a half, hand-widths, degrees."""
    if cue.detail is not None or cue.amount is None:
        return cue.detail or cue.cue
    if cue.unit == "deg":
        return f"{cue.cue}-{cue.amount:.0f}"
    if cue.cue in ("raise", "lower") and language == "en":
        return f"{cue.cue}-{max(round(cue.amount / HAND_M), 1)}"
    unit_m = SPAN_M if cue.cue in ("raise", "lower") else STEP_M
    return f"{cue.cue}-{max(round(2 * cue.amount / unit_m), 1) / 2:g}"
