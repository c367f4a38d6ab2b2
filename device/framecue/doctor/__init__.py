"""The doctor: tries every part of a booth one by one, and says what to do about those that fail."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["ok", "warning", "broken", "skipped"]


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one part.

    part: its name, such as "camera". state: warning works but not well; broken does not. found: one line.
    advice: what to do; empty where nothing is. numbers: what was measured, the unit in each name.
    """

    part: str
    state: State
    found: str
    advice: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What the doctor needs of the machine, so that tests can stage another one.

    wait: sleeps so many seconds. say: tells the person at the booth what to look at or do now.
    command: runs a program and returns its output; OSError or SubprocessError where that cannot be.
    root: of /sys, /dev and /run.
    """

    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _: None
    command: Callable[[Sequence[str]], str] = lambda words: (
        subprocess.run(words, capture_output=True, text=True, timeout=10, check=True).stdout
    )
    root: Path = Path("/")
