"""Model files: found, checked, and fetched over connections that behave badly."""

import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from framecue.errors import ModelCorruptError, ModelError, ModelMissingError
from framecue.resources import project_file
from framecue.segmentation.models import ModelEntry, Models, read_registry
from standins.serving import serving

CONTENT = np.random.default_rng(3).integers(0, 256, 300_000, np.uint8).tobytes()


class Server(ThreadingHTTPServer):
    """Serves CONTENT, as badly as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True  # whether Range is understood
        self.breaks: list[int] = []  # bytes after which each next connection breaks
        self.status = 0  # an error to answer with
        self.silent = False
        self.asked: list[str | None] = []  # the Range of each request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/model.tflite"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        if server.silent:
            time.sleep(1)
            return
        if server.status:
            self.send_error(server.status)
            return
        start = int(re.findall(r"bytes=(\d+)-", asked)[0]) if asked and server.ranges else 0
        if start and start >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if asked and server.ranges else 200)
        body = server.content[start:]
        if asked and server.ranges:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(server.content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as server:
        yield server


def entry(address: str = "", content: bytes = CONTENT) -> ModelEntry:
    return ModelEntry(
        family="bodypix",
        file="toy.tflite",
        address=address,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        licence="Apache-2.0",
    )


def models(tmp_path: Path, address: str = "", *folders: Path, **environment: str) -> Models:
    environment.setdefault("XDG_DATA_HOME", str(tmp_path / "data"))
    return Models(folders, {"toy": entry(address)}, environment)


# --- fetching


def test_fetch_puts_the_whole_file_in_place(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = models(tmp_path, server.address)
    path = found.fetch("toy", progress=lambda there, all_: seen.append((there, all_)))
    assert path == tmp_path / "data/framecue/models/toy.tflite"
    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in path.parent.iterdir()] == ["toy.tflite"]
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert found.locate("toy") == path
    assert found.fetch("toy") == path
    assert len(server.asked) == 1  # what is there is not fetched again


def test_a_broken_connection_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.breaks = [100_000, 70_000]
    assert models(tmp_path, server.address).fetch("toy").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=170000-"]


def test_a_download_goes_on_the_next_time(server: Server, tmp_path: Path) -> None:
    server.breaks = [50_000, 0]
    with pytest.raises(ModelError, match="50000 of 300000 bytes are there") as caught:
        models(tmp_path, server.address).fetch("toy", tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "toy.tflite").exists()
    server.breaks, server.asked = [], []
    assert models(tmp_path, server.address).fetch("toy", tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=50000-"]


def test_a_server_without_ranges_is_read_from_the_start(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "toy.tflite.part").write_bytes(CONTENT[:1000])
    assert models(tmp_path, server.address).fetch("toy", tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_already_whole_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "toy.tflite.part").write_bytes(CONTENT)
    assert models(tmp_path, "http://127.0.0.1:9/").fetch("toy", tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy.tflite.part").write_bytes(CONTENT + b"more")
    assert models(tmp_path, server.address).fetch("toy", tmp_path).read_bytes() == CONTENT


def test_a_part_longer_than_what_the_server_has(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:2000]
    (tmp_path / "toy.tflite.part").write_bytes(CONTENT[:3000])
    with pytest.raises(ModelError, match="416"):
        models(tmp_path, server.address).fetch("toy", tmp_path)
    assert server.asked[:2] == ["bytes=3000-", None]


@pytest.mark.parametrize("wrong", [CONTENT[::-1], CONTENT + b"!", b"<html>moved</html>" + CONTENT])
def test_wrong_bytes_are_deleted(server: Server, tmp_path: Path, wrong: bytes) -> None:
    server.content = wrong
    with pytest.raises(ModelCorruptError, match="gave another file") as caught:
        models(tmp_path, server.address).fetch("toy", tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy.tflite").write_bytes(CONTENT[:-1] + b"x")
    assert models(tmp_path, server.address).fetch("toy", tmp_path).read_bytes() == CONTENT


def test_a_servers_refusal_is_one_line(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(ModelError, match="404") as caught:
        models(tmp_path, server.address).fetch("toy", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_silent_server_is_given_up_on(server: Server, tmp_path: Path) -> None:
    server.silent = True
    start = time.monotonic()
    with pytest.raises(ModelError, match="timed out"):
        models(tmp_path, server.address).fetch("toy", tmp_path, timeout_s=0.2)
    assert time.monotonic() - start < 5


def test_no_network_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/toy"
        with pytest.raises(ModelError, match="refused") as caught:
            models(tmp_path, address).fetch("toy", tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="cannot fetch"):
        models(tmp_path, "http://framecue.invalid/toy").fetch("toy", tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="cannot write"):
        models(tmp_path, "http://127.0.0.1:9/").fetch("toy", tmp_path / "file" / "models")


def test_two_fetches_do_not_mix(server: Server, tmp_path: Path) -> None:
    server.silent = True

    def fetch() -> None:
        with pytest.raises(ModelError):
            models(tmp_path, server.address).fetch("toy")

    one = threading.Thread(target=fetch)
    one.start()
    while not server.asked:
        time.sleep(0.01)
    with pytest.raises(ModelError, match="another process"):
        models(tmp_path, server.address).fetch("toy")
    server.silent, server.status = False, 500
    one.join()


# --- finding


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="framecue models fetch toy"):
        models(tmp_path, "http://127.0.0.1:9/").locate("toy")


def test_an_unknown_model_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model 'toi': choose one of toy"):
        models(tmp_path).locate("toi")


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"])
def test_a_damaged_model_is_corrupt(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "toy.tflite").write_bytes(damaged)
    found = models(tmp_path, "http://127.0.0.1:9/", tmp_path)
    with pytest.raises(ModelCorruptError, match=re.escape(str(tmp_path / "toy.tflite"))):
        found.locate("toy")
    (state,) = found.verify()
    assert (state.name, state.path, state.state) == ("toy", tmp_path / "toy.tflite", "corrupt")


def test_folders_are_searched_in_order_and_damaged_files_passed_over(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    user = tmp_path / "data/framecue/models"
    for folder in (first, second, third, user):
        folder.mkdir(parents=True)
    found = models(tmp_path, "", third, FRAMECUE_MODELS=f"{first}:{second}")
    assert found.folders[:4] == (first, second, third, user)
    (state,) = found.verify()
    assert (state.path, state.state) == (None, "missing")
    for folder in (user, third, second, first):
        (folder / "toy.tflite").write_bytes(CONTENT)
        assert found.locate("toy").parent == folder
    (first / "toy.tflite").write_bytes(b"torn")
    assert found.locate("toy").parent == second
    (state,) = found.verify()
    assert state.state == "ok"


# --- the registry


def test_the_registry_describes_the_published_files(coral_models: Path) -> None:
    found = Models([coral_models], environment={})
    for state in found.verify():
        known = found.registry[state.name]
        if (coral_models / known.file).exists():
            assert state.state == "ok"
            content = (coral_models / known.file).read_bytes()
            assert known.needs_tpu == (b"edgetpu-custom-op" in content)
            assert found.named(coral_models / known.file) == state.name


def test_the_registry_holds_together() -> None:
    registry = read_registry(project_file("models/registry.toml"))
    assert {"bodypix", "bodypix-edgetpu", "deeplab", "deeplab-dm05"} <= set(registry)
    for known in registry.values():
        assert known.address == "" or known.address.endswith(f"/{known.file}")
        assert known.needs_tpu == (known.cpu_twin is not None)
        if known.cpu_twin is not None:
            twin = registry[known.cpu_twin]
            assert not twin.needs_tpu
            assert twin.family == known.family


@pytest.mark.parametrize("text", ["[toy", "[toy]\nfamily = 'x'", "[toy]\nfile = '../x.tflite'"])
def test_a_broken_registry_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "registry.toml"
    file.write_text(text)
    with pytest.raises(ModelError) as caught:
        read_registry(file)
    assert "\n" not in str(caught.value)
