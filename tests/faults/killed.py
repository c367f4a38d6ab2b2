"""Killed again and again while it shoots and renders: run by test_fault_kill.py, in a process of its own.

`python killed.py FOLDER ROUNDS SEED` prints one JSON object. Each round forks a booth's still path, with a
thread that renders, kills it at a random moment, and looks at what is left.
"""

import hashlib
import json
import os
import random
import select
import shutil
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from framecue.album import AlbumSettings, Shot, open_album
from framecue.album.verify import verify
from framecue.frame import Still

PIXELS = np.zeros((2, 2, 3), np.uint8)


def content_of(number: int, word: str) -> bytes:
    body = hashlib.sha256(f"{number} {word}".encode()).digest() * 4000
    return b"\xff\xd8\xff" + hashlib.sha256(body).digest() + body + b"\xff\xd9"


def is_whole(content: bytes) -> bool:
    return content[3:35] == hashlib.sha256(content[35:-2]).digest() and content.endswith(b"\xff\xd9")


def shoot(folder: Path, reporting: int) -> None:
    """Shoot and render as fast as it goes, until killed."""
    album = open_album(AlbumSettings(folder=folder, min_free_mb=10))
    shots: list[Shot] = []

    def render() -> None:
        done = 0
        while True:
            if done < len(shots):
                album.save_beside(shots[done], "crop", Still(PIXELS, 0.0, content_of(done, "crop")))
                done += 1
            else:
                time.sleep(0.0005)

    threading.Thread(target=render, daemon=True).start()
    os.write(reporting, b"open\n")
    for number in range(10_000):
        content = content_of(number, "original")
        still = Still(PIXELS, 0.0, content)
        taken = datetime(2026, 11, 21, tzinfo=UTC)
        shot = album.save(still, look="x", composition=None, cue=None, camera="c", taken=taken)
        os.write(reporting, f"{shot.original.name} {hashlib.sha256(content).hexdigest()}\n".encode())
        shots.append(shot)


def one_round(folder: Path, after_s: float) -> dict[str, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            shoot(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    select.select([reading], [], [], 60)  # it is open: from here on the moment is random
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        reported = [line.split() for line in said.read().splitlines()[1:] if " " in line]
    return judge(folder, [(name, sha256) for name, sha256 in reported])


def judge(folder: Path, reported: list[tuple[str, str]]) -> dict[str, int]:
    """What is wrong after the next start; all zero but the first two where nothing is."""
    torn_parts = len(list(folder.glob(".*.part")))
    album = open_album(AlbumSettings(folder=folder, min_free_mb=10))
    pictures = list(folder.glob("*.jpg"))
    kept = {shot.original.name: shot.original.read_bytes() for shot in album.shots()}
    album.close()
    sums = [hashlib.sha256(content).hexdigest() for content in kept.values()]
    return {
        "reported": len(reported),
        "torn_parts_found": torn_parts,
        "lost": sum(name not in kept for name, _ in reported),
        "changed": sum(hashlib.sha256(kept.get(name, b"")).hexdigest() != sha for name, sha in reported),
        "twice": len(sums) - len(set(sums)),
        "torn": sum(not is_whole(file.read_bytes()) for file in pictures),
        "unproven": sum(finding.state != "ok" for finding in verify(folder)),
        "left_over": len(list(folder.glob(".*.part"))),
    }


def main(place: str, rounds: str, seed: str) -> None:
    chance, total = random.Random(int(seed)), dict[str, int]()
    for number in range(int(rounds)):
        folder = Path(place) / str(number)
        for key, value in one_round(folder, chance.uniform(0.0, 0.12)).items():
            total[key] = total.get(key, 0) + value
        shutil.rmtree(folder)
    print(json.dumps({"rounds": int(rounds), **total}))


if __name__ == "__main__":
    main(*sys.argv[1:])
