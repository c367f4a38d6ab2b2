"""Killed at a random moment: every shot that was reported is there, whole, and once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from faults import report, times


@pytest.mark.slow
def test_a_booth_killed_while_it_shoots_and_renders_loses_nothing_it_reported(tmp_path: Path) -> None:
    words = [sys.executable, Path(__file__).with_name("killed.py"), tmp_path, str(times(500)), "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    report("SIGKILL", **found)
    assert found["reported"] > 0
    for wrong in ("lost", "changed", "twice", "torn", "unproven", "left_over"):
        assert found[wrong] == 0, found
