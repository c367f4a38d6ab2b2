"""Model files: which ones are known, where they lie, and how they get there."""

import fcntl
import hashlib
import http.client
import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framecue.durable import sync_folder
from framecue.errors import ModelCorruptError, ModelError, ModelMissingError
from framecue.resources import project_file

Progress = Callable[[int, int], None]  # bytes there, bytes in all
FOLDERS_VARIABLE: Final = "FRAMECUE_MODELS"  # adds folders, separated as in PATH
SYSTEM_FOLDER: Final = Path("/var/lib/framecue/models")
_CHUNK: Final = 1 << 16
_ATTEMPTS: Final = 3


class ModelEntry(BaseModel):
    """One known model, as models/registry.toml lists it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    family: str = Field(description="the adapter that reads it: framecue/segmentation/<family>.py")
    file: str = Field(pattern=r"^[^/]+\.tflite$", description="file name in a model folder")
    address: str = Field("", description="where it is fetched from; empty where it comes with Framecue")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file")
    size: int = Field(gt=0, description="bytes")
    licence: str = Field(description="SPDX identifier")
    input: tuple[int, int] | None = Field(None, description="(height, width), pixels; None for any size")
    long_side: int | None = Field(
        None, description="input pixels along the longer side; None for the settings'"
    )
    needs_tpu: bool = Field(False, description="compiled for the Edge TPU, runs nowhere else")
    cpu_twin: str | None = Field(None, description="name of the model to use without an Edge TPU")


@dataclass(frozen=True, slots=True)
class ModelState:
    """One known model and what became of it; path is None where it is missing."""

    name: str
    path: Path | None
    state: Literal["ok", "missing", "corrupt"]


class Models:
    """The known models and the folders their files are looked for in, first found wins.

    folders: before the user's, the system's and Framecue's own; those of FRAMECUE_MODELS come first.
    registry: models by name; models/registry.toml without it.
    environment: where FRAMECUE_MODELS and XDG_DATA_HOME are read from.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        registry: Mapping[str, ModelEntry] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.registry = read_registry(project_file("models/registry.toml")) if registry is None else registry
        data = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share")
        self.user_folder = data / "framecue" / "models"
        named = [Path(name) for name in environment.get(FOLDERS_VARIABLE, "").split(os.pathsep) if name]
        own = project_file("models")
        listed = (folder.expanduser() for folder in (*named, *folders))
        self.folders = (*listed, self.user_folder, SYSTEM_FOLDER, own)

    def entry(self, name: str) -> ModelEntry:
        """What is known of a model; ModelError for an unknown name lists the known ones."""
        if name not in self.registry:
            known = ", ".join(sorted(self.registry))
            raise ModelError(f"there is no model {name!r}: choose one of {known}, or a .tflite file's path")
        return self.registry[name]

    def locate(self, name: str) -> Path:
        """The model's file, its size and hash checked.

        Raises ModelError for an unknown name, ModelMissingError when it is in no folder, and
        ModelCorruptError when it is only there damaged.
        """
        entry = self.entry(name)
        state = self._state(name, entry)
        if state.state == "ok" and state.path is not None:
            return state.path
        remedy = f"framecue models fetch {name}" if entry.address else "install Framecue again"
        if state.state == "corrupt":
            raise ModelCorruptError(f"model {name}: {state.path} is damaged or another file; {remedy}")
        own = " or ".join(known for known, other in self.registry.items() if not other.address)
        if entry.address and own:
            remedy += f", or choose {own} that comes with Framecue"
        raise ModelMissingError(f"model {name}: {entry.file} is in no model folder; {remedy}")

    def named(self, path: Path) -> str | None:
        """The known model that a file holds, by its hash, or None; OSError when it cannot be read."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return next((name for name, entry in self.registry.items() if entry.sha256 == digest), None)

    def verify(self) -> Iterator[ModelState]:
        """Every known model, looked for and checked."""
        for name, entry in self.registry.items():
            yield self._state(name, entry)

    def fetch(
        self,
        name: str,
        folder: Path | None = None,
        progress: Progress = lambda _there, _all: None,
        timeout_s: float = 20.0,
    ) -> Path:
        """Download a model into a folder, the user's by default, and return its path.

        What an earlier try left behind is gone on with. The file appears under its name only whole, with
        the right hash and on the disk. progress is told how many bytes are there, of how many.
        timeout_s: how long the server may stay silent, seconds.
        Raises ModelError, or ModelCorruptError when the server gives another file.
        """
        entry = self.entry(name)
        if not entry.address:
            raise ModelError(f"model {name} comes with Framecue and has no address; install Framecue again")
        target = (folder or self.user_folder) / entry.file
        if _holds(target, entry):
            return target
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.with_name(f"{target.name}.part").open("a+b") as part:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _download(entry, part, progress, timeout_s)
                _check(name, entry, part)
                os.fsync(part.fileno())
                Path(part.name).replace(target)
                sync_folder(target.parent)
        except BlockingIOError as error:
            raise ModelError(f"model {name} is being fetched by another process; wait for it") from error
        except OSError as error:
            raise ModelError(f"model {name}: cannot write {target}: {error.strerror or error}") from error
        return target

    def _state(self, name: str, entry: ModelEntry) -> ModelState:
        found = [path for path in (folder / entry.file for folder in self.folders) if path.is_file()]
        whole = next((path for path in found if _holds(path, entry)), None)
        if whole is not None:
            return ModelState(name, whole, "ok")
        return ModelState(name, found[0], "corrupt") if found else ModelState(name, None, "missing")


def read_registry(path: Path) -> dict[str, ModelEntry]:
    """The known models by name; ModelError when the file cannot be read or breaks its rules."""
    try:
        with path.open("rb") as file:
            return {name: ModelEntry.model_validate(table) for name, table in tomllib.load(file).items()}
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{path}: {' '.join(str(error).split())}; install Framecue again") from error


def _holds(path: Path, entry: ModelEntry) -> bool:
    """Whether the file is the model; one that cannot be read is not."""
    try:
        if path.stat().st_size != entry.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False


def _check(name: str, entry: ModelEntry, part: BufferedRandom) -> None:
    part.seek(0)
    if hashlib.file_digest(part, "sha256").hexdigest() != entry.sha256:
        Path(part.name).unlink()
        raise ModelCorruptError(
            f"model {name}: {entry.address} gave another file than expected, which was deleted; try again, "
            "and if it stays so, the address serves something else now"
        )


def _download(entry: ModelEntry, part: BufferedRandom, progress: Progress, timeout_s: float) -> None:
    """Fill the part file up, trying again as long as that brings anything."""
    reason: Exception | None = None
    for _ in range(_ATTEMPTS):
        before = part.seek(0, os.SEEK_END)
        if before == entry.size:
            return
        try:
            _go_on(entry, part, progress, timeout_s)
        except (http.client.HTTPException, _SourceError) as error:
            reason = error
        there = part.seek(0, os.SEEK_END)
        if there >= entry.size:
            return
        if there == before:
            break
    there = part.seek(0, os.SEEK_END)
    why = " ".join(str(reason or "the server ended it early").split())
    raise ModelError(
        f"cannot fetch {entry.address}: {why}; {there} of {entry.size} bytes are there, try again to go on"
    )


class _SourceError(Exception):
    """Reading from the server failed; kept apart from failures to write here."""


def _go_on(entry: ModelEntry, part: BufferedRandom, progress: Progress, timeout_s: float) -> None:
    """One request for what is missing."""
    there = part.seek(0, os.SEEK_END)
    if there > entry.size:  # not ours
        there = part.truncate(0)
    request = urllib.request.Request(entry.address, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.truncate(0)  # what is here is no beginning of what is there
        raise _SourceError(f"the server says {error.code} {error.reason}") from error
    except OSError as error:
        raise _SourceError(getattr(error, "reason", error)) from error
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT or not _starts_at(response, there):
            there = part.truncate(0)
        while there <= entry.size:
            try:
                chunk = response.read(_CHUNK)
            except OSError as error:
                raise _SourceError(f"the connection broke: {error}") from error
            if not chunk:
                break
            part.write(chunk)
            there += len(chunk)
            progress(there, entry.size)
        part.flush()


def _starts_at(response: http.client.HTTPResponse, there: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {there}-")
