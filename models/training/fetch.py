"""Photos and labels from their public sources, each file checked against data.sha256.

Fetches what is missing or damaged in the shared folder, so a stopped step goes on where it was. CCP's labels
are MATLAB files at the source and become PNG; nothing else is changed. What a source does not have in its
known form is refused, and nothing of it is written.
"""

import http.client
import io
import json
import sys
import time
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

MANIFEST: Final = Path(__file__).with_name("data.sha256")
LABELS: Final = "data/ccp/labels"
LABEL_NAMES: Final = "data/ccp/labels.json"
_RAW: Final = "https://raw.githubusercontent.com"
_AT_ONCE: Final = 6  # connections
_MOST: Final = 5  # files refused before the rest is not even tried
_BUSY: Final = frozenset({429, 500, 502, 503, 504})  # answers after which asking again may help
_NOT_PUBLISHED: Final = {
    "data/ccp/chins.csv": "chins are measured, not published: copy it, or measure them with `run chins`",
    "data/coco/people.json": "COCO's outlines of these photos come with the data: copy it",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files are fetched from, and how patiently.

    waits_s: pauses before asking again. timeout_s: how long a server may stay silent.
    """

    # All of CCP's files as they were added; later commits, fe34fb77 among them, changed none of them.
    ccp: str = f"{_RAW}/bearpaw/clothing-co-parsing/cbc8deae85f65178394eded0817a5c1b1019b63d"
    coco: str = "http://images.cocodataset.org"
    others: str = f"{_RAW}/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41"
    bodypix: str = f"{_RAW}/google-coral/project-bodypix/a46c428d729741c82f64550d742b2c65fe92999b/models"
    waits_s: tuple[float, ...] = (1, 5, 20)
    timeout_s: float = 30


class FileRefusedError(Exception):
    """A file that cannot be had as it is known; says which, why and what to do."""


def fetch(shared: Path, origin: Origin | None = None, manifest: Path = MANIFEST) -> int:
    """Fetch every file that is not there whole; returns how many were refused, after one line for each.

    Raises SystemExit with one line when a server cannot be reached, or many files are refused.
    """
    origin = origin or Origin()
    entries = read_manifest(manifest)
    wanted = {path: known for path, known in entries.items() if not _there(shared, path, known)}
    refused = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        flickr = _flickr(shared)
        jobs = [pool.submit(_fetch_one, shared, path, known, addresses(path, origin, flickr), origin)
                for path, known in wanted.items()]  # fmt: skip
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                refused += not _told(job.exception())
                if refused > _MOST:
                    raise SystemExit("too many files refused: the rest was not tried")
                if done % 200 == 0:
                    print(f"{done} of {len(jobs)} fetched", file=sys.stderr)
        finally:
            pool.shutdown(cancel_futures=True)
    for path, remedy in _NOT_PUBLISHED.items():
        if not (shared / path).exists():
            print(f"{path} is missing: {remedy}", file=sys.stderr)
    return refused


def _told(error: BaseException | None) -> bool:
    """Whether there was no error; prints that of a single file, raises any other."""
    if error is None:
        return True
    if not isinstance(error, FileRefusedError):
        raise error
    print(error, file=sys.stderr)
    return False


def read_manifest(path: Path) -> dict[str, str]:
    """Hashes by path in the shared folder."""
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line and line[0] != "#"]
    return {name: known for known, name in lines}


def digest(path: str, content: bytes) -> str:
    """What data.sha256 says of a file: the hash of its bytes, of a label that of its size and pixels."""
    if PurePosixPath(path).parent != PurePosixPath(LABELS):
        return sha256(content).hexdigest()
    label = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    if label is None or label.ndim != 2 or label.dtype != np.uint8:
        return "no label"
    return sha256(f"{label.shape[0]} {label.shape[1]}\n".encode() + label.tobytes()).hexdigest()


def addresses(path: str, origin: Origin, flickr: dict[str, str]) -> list[str]:
    """Where a file may be had, best first; flickr: addresses by the name of COCO's photo."""
    name, stem = PurePosixPath(path).name, PurePosixPath(path).stem
    folder = str(PurePosixPath(path).parent)
    if path == LABEL_NAMES:
        return [f"{origin.ccp}/label_list.mat"]
    if folder == "data/coco/photos":
        known = [flickr[name]] if name in flickr else []
        return [f"{origin.coco}/train2017/{name}", f"{origin.coco}/val2017/{name}", *known]
    return {
        "data/ccp/photos": [f"{origin.ccp}/photos/{name}"],
        LABELS: [f"{origin.ccp}/annotations/pixel-level/{stem}.mat"],
        "photos": [f"{origin.others}/{name}"],
        "models/coral": [f"{origin.bodypix}/{name}"],
    }[folder]


def _flickr(shared: Path) -> dict[str, str]:
    people = shared / "data/coco/people.json"
    entries = json.loads(people.read_text()) if people.exists() else []
    return {entry["file"]: entry["flickr_url"] for entry in entries}


def _there(shared: Path, path: str, known: str) -> bool:
    target = shared / path
    return target.exists() and digest(path, target.read_bytes()) == known


def _fetch_one(shared: Path, path: str, known: str, places: list[str], origin: Origin) -> None:
    """Write one file from the first place that has it. Raises FileRefusedError, or SystemExit."""
    troubles, silent = [], 0
    for address in places:
        try:
            content = _converted(path, _download(address, origin))
        except urllib.error.HTTPError as error:
            troubles.append(f"{address} answers {error.code} {error.reason}")
        except http.client.IncompleteRead as error:
            whole = len(error.partial) + (error.expected or 0)
            troubles.append(f"{address} sent {len(error.partial)} of {whole} bytes: fetch again")
        except (OSError, http.client.HTTPException) as error:
            silent += 1
            troubles.append(f"{address} cannot be reached ({getattr(error, 'reason', None) or error})")
        except ValueError as error:
            troubles.append(f"{address} holds another file than training knows ({error})")
        else:
            if digest(path, content) == known:
                return _write(shared / path, content)
            troubles.append(f"{address} holds another file than training knows (SHA-256 differs)")
    told = f"{path}: {'; '.join(troubles)}"
    if silent == len(places):
        raise SystemExit(f"{told}. What is fetched is kept: fetch again when the network is there")
    raise FileRefusedError(
        f"{told}. Nothing was written: if it stays so, copy the file from where the data is"
    )


def _download(address: str, origin: Origin) -> bytes:
    """A file's bytes; asks again where that may help. Raises OSError or http.client.HTTPException."""
    for wait_s in (*origin.waits_s, None):
        try:
            with urllib.request.urlopen(address, timeout=origin.timeout_s) as response:
                content: bytes = response.read()
                return content
        except (OSError, http.client.HTTPException) as error:
            lost = isinstance(error, urllib.error.HTTPError) and error.code not in _BUSY
            if lost or wait_s is None:
                raise
            time.sleep(wait_s)
    raise AssertionError("not reached")


def _converted(path: str, content: bytes) -> bytes:
    """A file as it is kept, from the file as it is published. Raises ValueError where it is no such file."""
    if path == LABEL_NAMES:
        names = [str(name.item()) for name in _matlab(content, "label_list").ravel()]
        return json.dumps(names, indent=0).encode()
    if PurePosixPath(path).parent != PurePosixPath(LABELS):
        return content
    label = _matlab(content, "groundtruth")
    if label.ndim != 2 or label.dtype.kind not in "uif" or label.min() < 0 or label.max() > 255:
        raise ValueError("no label numbers in it")
    done, encoded = cv2.imencode(".png", label.astype(np.uint8))
    if not done:
        raise ValueError("its label cannot be written")
    return encoded.tobytes()


def _matlab(content: bytes, name: str) -> NDArray[np.generic]:
    """A variable of a MATLAB file. Raises ValueError where there is none."""
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        raise SystemExit(
            "CCP's labels are MATLAB files, which scipy reads: pip install -e '.[train]'"
        ) from None
    try:
        return np.asarray(loadmat(io.BytesIO(content), variable_names=[name])[name])
    except (ValueError, TypeError, KeyError, NotImplementedError, OSError, zlib.error, MatReadError) as error:
        raise ValueError(f"no MATLAB file with {name}: {error}") from None


def _write(target: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise SystemExit(f"cannot write {target}: {error.strerror}") from None
