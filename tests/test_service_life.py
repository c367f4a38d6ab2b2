"""What keeps a booth alive: signs of life, starts that are counted, logs to search, a standby model."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framecue.composition.cue import Cue
from framecue.errors import AcceleratorError, SegmenterError
from framecue.health import Health
from framecue.indicators import Notice
from framecue.indicators.console import Driver as Console
from framecue.indicators.console import Settings as ConsoleSettings
from framecue.journal import JournalHandler, SameLimit, encoded, goes_to_journal
from framecue.parts import Segmentation
from framecue.segmentation.standby import FIRST_TRY_S, LAST_TRY_S, StandbySegmenter
from framecue.starts import Start, Starts, delay_s, safe_s

PICTURE = np.zeros((24, 32, 3), np.uint8)


# --- signs of life


@pytest.mark.parametrize("missing", ["fresh frame", "finished inference", "writable album"])
def test_each_sign_of_life_has_a_limit_and_is_named_once_when_it_fails(
    missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    health = Health({"fresh frame": 5, "finished inference": 5, "writable album": 30})
    fresh: dict[str, float | None] = {"fresh frame": 0.1, "finished inference": 0.1, "writable album": 1.0}
    assert health.sound(fresh)
    for late in (31.0, 32.0):
        assert not health.sound(fresh | {missing: late})
    assert [record.message for record in caplog.records] == [
        f"the watchdog is not fed: no {missing} for 31.0 s "
        f"(limit {30 if missing == 'writable album' else 5} s)"
    ]
    assert health.sound(fresh)
    assert "fed again" in caplog.text


def test_a_booth_that_has_not_begun_is_not_fed_nor_complained_about(caplog: pytest.LogCaptureFixture) -> None:
    health = Health({"fresh frame": 5})
    caplog.set_level("INFO")
    assert not health.sound({"fresh frame": None})
    assert health.sound({"fresh frame": 0.1})
    assert caplog.records == []


# --- starts


def test_starts_that_fail_are_counted_until_one_works(tmp_path: Path) -> None:
    assert [Starts(tmp_path, "boot").begin().failed for _ in range(4)] == [0, 1, 2, 3]
    Starts(tmp_path, "boot").proven()
    assert Starts(tmp_path, "boot").begin() == Start()


def test_being_unplugged_is_no_failure(tmp_path: Path) -> None:
    for _ in range(5):
        Starts(tmp_path, "saturday").begin()
    assert Starts(tmp_path, "sunday").begin() == Start()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"boot": "b"}',
        '{"boot": "b", "failed": "many"}',
        "\0" * 99,
        '{"boot":"b","failed":0,"tries":[]}',
    ],
)
def test_a_damaged_count_counts_from_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "starts.json").write_text(content)
    assert Starts(tmp_path, "b").begin().failed == 0
    assert Starts(tmp_path, "b").begin().failed == 1


def test_each_start_waits_longer_but_never_more_than_a_minute() -> None:
    assert [delay_s(Start(failed)) for failed in range(8)] == [0, 2, 4, 8, 16, 32, 60, 60]
    assert delay_s(Start(10**6)) == 60


def test_out_of_safe_mode_everything_is_tried_again_and_then_less_and_less_often(tmp_path: Path) -> None:
    for _ in range(3):
        Starts(tmp_path, "b").begin()
    waits = []
    for tries in range(6):
        safe = Starts(tmp_path, "b")
        start = safe.begin()
        assert (start.failed, start.tries, start.full) == (3, tries, False)
        assert delay_s(start) == 8  # no longer each evening: safe mode has worked
        waits.append(safe_s(start, 600.0))
        safe.try_full()
        start = Starts(tmp_path, "b").begin()  # fails once more
        assert (start.full, delay_s(start)) == (True, 0)
    assert waits == [600, 1200, 2400, 4800, 7200, 7200]
    safe.begin()
    safe.try_full()
    full = Starts(tmp_path, "b")
    full.begin()
    full.proven()  # and works at last
    assert Starts(tmp_path, "b").begin() == Start()


def test_safe_mode_may_be_for_ever() -> None:
    assert safe_s(Start(3), 0.0) == float("inf")
    assert safe_s(Start(3, 2), 10_000.0) == 10_000


# --- the journal


@pytest.fixture
def journal(tmp_path: Path) -> "tuple[logging.Logger, socket.socket]":
    end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    end.bind(str(tmp_path / "journal"))
    end.setblocking(False)
    log = logging.Logger("framecue.shots")
    log.addHandler(JournalHandler(str(tmp_path / "journal")))
    return log, end


def test_a_log_line_reaches_the_journal_with_its_fields(
    journal: tuple[logging.Logger, socket.socket],
) -> None:
    log, end = journal
    log.warning("shot kept: %s", "a.jpg", extra={"fields": {"shot": 7, "cue": "ready", "look": None}})
    lines = end.recv(4096).decode().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert told["MESSAGE"] == "shot kept: a.jpg"
    assert (told["PRIORITY"], told["SYSLOG_IDENTIFIER"]) == ("4", "framecue")
    assert (told["FRAMECUE_SHOT"], told["FRAMECUE_CUE"], told["FRAMECUE_PART"]) == ("7", "ready", "shots")
    assert "FRAMECUE_LOOK" not in told


def test_a_text_of_several_lines_forges_no_field() -> None:
    assert (
        encoded({"MESSAGE": "a\nPRIORITY=0"})
        == b"MESSAGE\n" + (12).to_bytes(8, "little") + b"a\nPRIORITY=0\n"
    )


def test_without_a_journal_lines_go_to_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.Logger("framecue")
    log.addHandler(JournalHandler(str(tmp_path / "nobody")))
    log.error("disk full")
    assert capsys.readouterr().err == "<3>disk full\n"


def test_a_flood_of_one_line_is_cut_and_counted_and_others_pass() -> None:
    now, heard = 0.0, []
    log = logging.Logger("flood")
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    handler.addFilter(SameLimit(3, clock=lambda: now))
    log.addHandler(handler)
    for number in range(50):
        log.error("camera: fault %d", number)
    log.error("something else")
    assert len(heard) == 4
    now = 60.0
    log.error("camera: fault %d", 50)
    assert heard[-1] == "camera: fault 50 [47 more like this were left out]"


def test_the_journal_is_known_by_its_stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "err").open("w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        found = os.fstat(stream.fileno())
        assert goes_to_journal({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
        assert not goes_to_journal({"JOURNAL_STREAM": "1:2"})
        assert not goes_to_journal({"JOURNAL_STREAM": "nonsense"})
        assert not goes_to_journal({})


def test_a_night_of_changing_cues_does_not_push_all_else_out_of_the_journal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("framecue.indicators.console.goes_to_journal", lambda: True)
    caplog.set_level("INFO")
    now = 0.0
    console = Console(ConsoleSettings(), clock=lambda: now)
    for number in range(30 * 60):  # a minute of changes at every frame
        console.show(Cue("tilt_up", f"Tilt up {number}", float(number), "deg"))
        now += 1 / 30
    console.notice(Notice("saved", "Saved a.jpg"))
    cues = [record for record in caplog.records if record.message.startswith("cue:")]
    assert len(cues) == 6
    assert cues[0].fields["cue"] == "tilt_up"  # type: ignore[attr-defined]
    assert caplog.messages[-1] == "told: Saved a.jpg"


# --- an accelerator that goes, and comes back


class Model:
    """A Segmenter that answers, or not; made, or not."""

    def __init__(self, model: str) -> None:
        self.model, self.broken, self.closed = model, False, False

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:
        if self.broken:
            raise SegmenterError("the model's process gave no answer within 1 s")
        return Segmentation(np.zeros(image.shape[:2], np.uint8), np.zeros(image.shape[:2], np.float32))

    def close(self) -> None:
        self.closed = True


class Bench:
    """A standby segmenter whose accelerator is plugged in and out; its waiting is done step by step."""

    def __init__(self, there: bool = True) -> None:
        self.there, self.made, self.pauses = there, list[Model](), list[float]()
        self.now = 0.0
        self._go, self._waiting = threading.Semaphore(0), threading.Semaphore(0)
        self.standby = Model("fast")
        self.segmenter = StandbySegmenter(
            self.open_main, lambda: self.standby, clock=lambda: self.now, wait=self.wait
        )

    def open_main(self) -> Model:
        if not self.there:
            raise AcceleratorError("no Edge TPU")
        self.made.append(Model("bodypix-edgetpu"))
        return self.made[-1]

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        self.pauses.append(seconds)
        self._waiting.release()
        self._go.acquire()
        return stopping.is_set()

    def try_once(self) -> None:
        """Let the search for the accelerator take one turn."""
        assert self._waiting.acquire(timeout=10)
        self._go.release()

    def turn_done(self, done: Callable[[], bool]) -> None:
        for _ in range(500):
            if done():
                return
            threading.Event().wait(0.01)
        raise AssertionError("the search took no turn")

    def close(self) -> None:
        self.segmenter.close()
        self._go.release()


def test_the_picture_on_which_the_accelerator_fails_is_segmented_all_the_same() -> None:
    bench = Bench()
    bench.segmenter.segment(PICTURE)
    assert bench.segmenter.model == "bodypix-edgetpu"
    bench.made[0].broken = True
    assert bench.segmenter.segment(PICTURE).person.shape == (24, 32)
    assert bench.segmenter.model == "fast"
    assert bench.segmenter.fallback is not None
    assert "no answer" in bench.segmenter.fallback
    bench.close()


def test_the_accelerator_is_used_again_once_it_answers() -> None:
    bench = Bench(there=False)
    assert bench.segmenter.model == "fast"
    for _ in range(3):
        bench.try_once()
    bench.turn_done(lambda: len(bench.pauses) == 4)
    assert bench.pauses == [FIRST_TRY_S, 2 * FIRST_TRY_S, 4 * FIRST_TRY_S, 8 * FIRST_TRY_S]
    bench.there = True
    bench.try_once()
    bench.turn_done(lambda: bench.segmenter._returned is not None)
    bench.segmenter.segment(PICTURE)
    assert (bench.segmenter.model, bench.segmenter.fallback) == ("bodypix-edgetpu", None)
    bench.close()
    assert all(model.closed for model in (*bench.made, bench.standby))


def test_one_that_comes_and_goes_is_asked_less_and_less_one_that_worked_soon() -> None:
    bench = Bench()
    for used_s, pause in ((0.0, FIRST_TRY_S), (1.0, 2 * FIRST_TRY_S), (LAST_TRY_S + 1, FIRST_TRY_S)):
        bench.now += used_s
        bench.made[-1].broken = True
        bench.segmenter.segment(PICTURE)
        bench.try_once()
        bench.turn_done(lambda: bench.segmenter._returned is not None)
        assert bench.pauses[-1] == pause
        bench.segmenter.segment(PICTURE)
    bench.close()
