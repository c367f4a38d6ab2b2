"""Clock jumps, memory that runs out, settings and indexes that are damaged: it goes on, and says so."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faults import PATIENCE_S, Lamp, StillFeed, report, shots_of, times
from framecue.album import AlbumSettings, open_album
from framecue.album.index import NAME
from framecue.album.verify import verify
from framecue.errors import FramecueError
from framecue.lastgood import keep_settings, usable_settings
from framecue.settings import BoothSettings, load_settings
from test_album_full import states
from test_booth import FaultySegmenter, Rig

CONFIG = Path(__file__).parents[2] / "config/framecue.toml"
START = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
JUMPS = (timedelta(days=-20_000), timedelta(hours=-1), timedelta(days=4000), timedelta(minutes=90))


def test_a_clock_that_jumps_neither_loses_nor_disorders_a_shot(tmp_path: Path) -> None:
    rounds, lamp = times(10), Lamp()
    album = open_album(AlbumSettings(folder=tmp_path, min_free_mb=10))
    now = [START]
    shots = shots_of(StillFeed(), album, lamp, now=lambda: now[0])
    shots.start()
    for number in range(rounds):
        now[0] = START + JUMPS[number % len(JUMPS)]
        shots.press()
        lamp.wait_for(number + 1, "saved")
    shots.stop(PATIENCE_S)
    assert [shot.number for shot in album.shots()] == list(range(1, rounds + 1))
    assert all(finding.state == "ok" for finding in verify(tmp_path))
    report("clock jumps", rounds=rounds, kept=rounds)


def test_memory_that_runs_out_costs_the_shot_it_was_wanted_for_and_is_told(tmp_path: Path) -> None:
    rounds, lamp, feed = times(10), Lamp(), StillFeed()
    shots = shots_of(feed, open_album(AlbumSettings(folder=tmp_path, min_free_mb=10)), lamp)
    shots.start()
    for number in range(rounds):
        feed.fault = MemoryError("cannot allocate 24 MB")
        shots.press()
        lamp.wait_for(number + 1, "not_saved")
        feed.fault = None
        shots.press()
        lamp.wait_for(number + 1, "saved")
    shots.stop(PATIENCE_S)
    report("memory runs out", rounds=rounds, told=rounds, kept=rounds)


class Throttled(FaultySegmenter):
    """A model on a processor that is held back: each picture takes three times the work."""

    hot = False

    def segment(self, image):  # type: ignore[no-untyped-def]
        for _ in range(2 if self.hot else 0):
            super().segment(image)
        return super().segment(image)


def test_a_machine_that_is_held_back_for_heat_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, zone = times(10), tmp_path / "temp"
    monkeypatch.setattr("framecue.booth.THERMAL", zone)
    zone.write_text("55000")
    rig = Rig(tmp_path / "album", still_limit_s=20)
    segmenter = Throttled(lambda: rig.cameras[-1])
    rig.booth._segmenter._segmenter = segmenter
    with rig:
        for number in range(rounds):
            for celsius in (86, 55):
                zone.write_text(f"{celsius}000")
                segmenter.hot = celsius == 86
                rig.watcher.wait_for_cue(len(rig.watcher.cues))
                rig.booth.ask("shoot")
                rig.watcher.wait_for("saved", 2 * number + (1 if segmenter.hot else 2))
                assert ("TOO HOT" in rig.booth._status_line()) == segmenter.hot
    assert rig.booth.shots.lost == 0
    report("held back for heat", rounds=rounds, kept=len(rig.booth.shots.kept), said=rounds)


def test_settings_damaged_anywhere_start_the_last_ones_that_worked(tmp_path: Path) -> None:
    rounds, state = times(10), tmp_path / "state"
    keep_settings(CONFIG, state)
    fell_back = 0
    for seed in range(rounds * 5):
        chance = random.Random(seed)
        content = bytearray(CONFIG.read_bytes())
        for _ in range(chance.randrange(1, 60)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        file = tmp_path / "framecue.toml"
        file.write_bytes(content)
        settings, complaint = usable_settings(file, state)
        assert settings.booth.status_every_s > 0
        fell_back += complaint is not None
        if complaint is not None:
            assert "\n" not in complaint
            assert "LAST SETTINGS THAT WORKED" in complaint
    report("settings damaged", rounds=rounds * 5, on_last_good=fell_back)
    assert fell_back


def test_settings_damaged_with_none_before_end_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "framecue.toml"
    file.write_bytes(b"\0" * 4096)  # what a power cut leaves on some file systems
    with pytest.raises(FramecueError) as caught:
        load_settings(file)
    assert "\n" not in str(caught.value)


def test_an_index_damaged_anywhere_is_mended_by_the_next_start(tmp_path: Path) -> None:
    rounds, lamp = times(10), Lamp()
    settings = AlbumSettings(folder=tmp_path, min_free_mb=10)
    for seed in range(rounds):
        chance, album = random.Random(seed), open_album(settings)
        shots = shots_of(StillFeed(), album, lamp)
        shots.start()
        for _ in range(3):
            shots.press()
        shots.stop(PATIENCE_S)
        album.close()
        file = tmp_path / NAME
        content = bytearray(file.read_bytes())
        for _ in range(chance.randrange(1, 200)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        file.write_bytes(content)
        open_album(settings).close()
        assert len(states(tmp_path)) == 3 * (seed + 1)
    assert set(states(tmp_path).values()) == {"ok"}
    report("index damaged", rounds=rounds, shots=3 * rounds, all_found=True)


def test_a_freeze_is_noticed_in_time_as_the_booth_comes() -> None:
    assert BoothSettings().frozen_limit_s < 5  # frames again within 5 s
