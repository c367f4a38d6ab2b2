"""The voice: one sentence at a time, always the newest, and a player that fails stops nothing."""

import logging
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from framecue.composition.cue import Cue
from framecue.errors import IndicatorError
from framecue.indicators import INDICATORS, Notice, voice
from framecue.indicators.panel import Panel

SOON = 10.0  # seconds that something which must happen may take
UP = Cue("tilt_up", "Tilt up 4°", 4.2, "deg")
BACK = Cue("step_back", "Step back 0.4 m", 0.42, "m")
READY = Cue("ready", "Ready: shoot")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Player:
    """A real program in the player's place. It notes its arguments, and speaks until it is told to end."""

    def __init__(self, folder: Path, ends_by_itself: bool = True, exit_code: int = 0) -> None:
        self.program, self._log, self._pipe = folder / "player", folder / "log", folder / "pipe"
        os.mkfifo(self._pipe)
        self._log.touch()
        listen = "" if ends_by_itself else f'read _ < "{self._pipe}"\n'
        self.program.write_text(
            f'#!/bin/sh\n(IFS="|"; echo "$*") >> "{self._log}"\n{listen}'
            f'echo "no sound card" >&2\nexit {exit_code}\n'
        )
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def settings(self, **more: object) -> voice.Settings:
        return voice.Settings(speaker=(str(self.program), "{language}", "{text}"), **more)  # type: ignore[arg-type]

    def said(self) -> list[str]:
        return self._log.read_text().splitlines()

    def wait_for(self, lines: int) -> list[str]:
        """Wait until so many players have begun."""
        deadline = threading.Event()
        for _ in range(int(SOON / 0.01)):
            if len(self.said()) >= lines:
                return self.said()
            deadline.wait(0.01)
        raise AssertionError(f"only {self.said()} was said")

    def finish(self) -> None:
        """Let the player that speaks now come to its end."""
        self._pipe.write_text("\n")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def player(tmp_path: Path) -> Player:
    return Player(tmp_path)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Player]:
    return Player(tmp_path, ends_by_itself=False)


@pytest.mark.parametrize(
    ("language", "cue", "expected"),
    [
        ("en", UP, "en|Tilt the camera up, 4 degrees."),
        ("en", BACK, "en|Please take half a step back."),
        ("ko", BACK, "ko|뒤로 반 걸음 물러나 주세요."),
        ("ko", READY, "ko|지금이에요. 버튼을 눌러 주세요."),
        (
            "en",
            Cue("feet_hidden", "", also=Cue("tilt_down", "", 4, "deg")),
            "en|The feet are cut off. Tilt the camera down, 4 degrees.",
        ),
    ],
)
def test_a_cue_is_said_in_its_language(
    language: str, cue: Cue, expected: str, player: Player, clock: Clock
) -> None:
    driver = voice.Driver(player.settings(language=language), clock)
    driver.show(cue)
    assert driver.settle(SOON)
    assert player.said() == [expected]
    driver.close()


def test_a_cue_that_stays_is_said_again_ever_more_seldom(player: Player, clock: Clock) -> None:
    driver = voice.Driver(player.settings(again_s=5), clock)
    times = []
    for _ in range(6000):  # ten minutes at ten frames a second
        driver.show(Cue("nobody", ""))
        if driver._speaker._busy or driver._speaker._next is not None:
            assert driver.settle(SOON)
        if len(player.said()) > len(times):
            times.append(round(clock.now - 100))
        clock.now += 0.1
    assert times[:5] == [0, 5, 15, 35, 75]
    assert times[5:] == [pytest.approx(times[4] + 60 * more, abs=2) for more in range(1, len(times) - 4)]
    assert len(times) == 13
    driver.close()


def test_a_changing_amount_is_no_new_cue(player: Player, clock: Clock) -> None:
    driver = voice.Driver(player.settings(), clock)
    for amount in (4.0, 5.0, 6.0):
        driver.show(Cue("tilt_up", "", amount, "deg"))
        assert driver.settle(SOON)
    assert player.said() == ["en|Tilt the camera up, 4 degrees."]
    driver.close()


def test_the_voice_never_lags_behind(slow: Player, clock: Clock) -> None:
    driver = voice.Driver(slow.settings(), clock)
    driver.show(UP)
    slow.wait_for(1)
    driver.show(BACK)  # waits for the sentence to end, and is replaced
    driver.show(READY)
    slow.finish()
    assert slow.wait_for(2) == ["en|Tilt the camera up, 4 degrees.", "en|Now. Press the button."]
    driver.show(READY)  # said already: nothing is left to say
    slow.finish()
    assert driver.settle(SOON)
    assert len(slow.said()) == 2
    driver.close()


def test_what_was_waiting_is_dropped_when_the_cue_before_is_true_again(slow: Player, clock: Clock) -> None:
    driver = voice.Driver(slow.settings(), clock)
    driver.show(UP)
    slow.wait_for(1)
    driver.show(BACK)
    driver.show(UP)
    slow.finish()
    assert driver.settle(SOON)
    assert len(slow.said()) == 1
    driver.close()


def test_a_countdown_and_a_lost_photo_are_said_at_once(slow: Player, clock: Clock) -> None:
    driver = voice.Driver(slow.settings(), clock)
    driver.show(UP)
    slow.wait_for(1)
    driver.notice(Notice("countdown", "3"))  # cuts the sentence short
    assert slow.wait_for(2)[1] == "en|3"
    driver.notice(Notice("countdown", "2"))
    assert slow.wait_for(3)[2] == "en|2"
    driver.notice(Notice("not_saved", "NOT SAVED: the disk is full"))
    assert slow.wait_for(4)[3] == "en|The photo could not be saved. Please call for help."
    driver.notice(Notice("shooting", "Shooting"))  # the shutter is heard by itself
    assert len(slow.said()) == 4
    driver.close()


def test_closing_falls_silent(slow: Player, clock: Clock) -> None:
    driver = voice.Driver(slow.settings(), clock)
    driver.show(UP)
    slow.wait_for(1)
    driver.close()
    driver.close()
    assert not driver._speaker._thread.is_alive()


def test_a_player_that_hangs_is_ended_and_mentioned_once(
    slow: Player, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    driver = voice.Driver(slow.settings(limit_s=5), clock)
    panel = Panel([driver], clock)
    with caplog.at_level(logging.INFO):
        panel.show(UP)
        slow.wait_for(1)
        clock.now += 6
        assert driver.settle(SOON)
        for _ in range(50):
            panel.show(BACK)
    messages = [record.message for record in caplog.records]
    assert len(messages) == 1
    assert "player hangs and was ended; check the sound output" in messages[0]
    panel.close()


def test_a_player_that_fails_says_why_and_is_tried_again_later(tmp_path: Path, clock: Clock) -> None:
    player = Player(tmp_path, exit_code=1)
    driver = voice.Driver(player.settings(), clock)
    driver.show(UP)
    assert driver.settle(SOON)
    with pytest.raises(IndicatorError, match=r"player failed \(no sound card\); check the sound output$"):
        driver.show(READY)
    assert driver.settle(SOON)
    assert len(player.said()) == 2
    driver.close()


def test_a_missing_player_is_told_when_the_booth_starts() -> None:
    settings = voice.Settings(speaker=("no-such-program", "{text}"))
    with pytest.raises(IndicatorError, match=r"no-such-program not installed; `apt install espeak-ng"):
        voice.Driver(settings)


def test_a_player_that_was_removed_meanwhile_is_one_line(player: Player, clock: Clock) -> None:
    driver = voice.Driver(player.settings(), clock)
    player.program.unlink()
    driver.show(UP)
    assert driver.settle(SOON)
    with pytest.raises(IndicatorError, match=r"cannot be run \(No such file or directory\)"):
        driver.show(UP)
    driver.close()


def test_recorded_clips_are_played_where_there_are_some(tmp_path: Path, clock: Clock) -> None:
    player = Player(tmp_path)
    folder = tmp_path / "clips/en"
    folder.mkdir(parents=True)
    for name in ("step_back-0.5", "step_back", "tilt_down", "feet_hidden", "countdown-3"):
        (folder / f"{name}.wav").touch()
    settings = player.settings(clips=tmp_path / "clips", player=(str(player.program), "-q", "{files}"))
    driver = voice.Driver(settings, clock)
    for cue in (
        BACK,
        Cue("feet_hidden", "", also=Cue("tilt_down", "", 4, "deg")),
        READY,
    ):
        driver.show(cue)
        assert driver.settle(SOON)
    driver.notice(Notice("countdown", "3"))
    assert driver.settle(SOON)
    assert player.said() == [
        f"-q|{folder}/step_back-0.5.wav",
        f"-q|{folder}/feet_hidden.wav|{folder}/tilt_down.wav",
        "en|Now. Press the button.",  # not recorded: spoken
        f"-q|{folder}/countdown-3.wav",
    ]
    driver.close()


def test_espeak_itself_takes_what_it_is_given() -> None:
    settings = voice.Settings(
        speaker=("espeak-ng", "-q", "-v", "{language}", "-s", "150", "{text}"), language="ko"
    )
    try:
        driver = voice.Driver(settings)
    except IndicatorError:
        pytest.skip("espeak-ng is not installed")
    driver.show(BACK)
    assert driver.settle(SOON)
    driver.show(READY)  # raises what went wrong before
    driver.close()


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"speaker": []}, {"again_s": 0}, {"loud": True}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        INDICATORS.settings({"kind": "voice", **wrong})
