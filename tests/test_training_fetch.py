"""Training data from its public sources: whole, refused, gone on with."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from standins.serving import serving

sys.path.append(str(Path(__file__).parents[1]))
from models.training.fetch import LABEL_NAMES, MANIFEST, Origin, addresses, digest, fetch, read_manifest

PHOTO, LABEL = "data/ccp/photos/0001.jpg", "data/ccp/labels/0001.png"
EVERYDAY, VALIDATION, FLICKR = (f"data/coco/photos/{name}.jpg" for name in ("01", "02", "03"))
NAMES = ["null", "skin", "hair"]
CONTENT = {
    "/ccp/photos/0001.jpg": b"photo one",
    "/ccp/photos/0002.jpg": b"photo two",
    "/coco/train2017/01.jpg": b"everyday",
    "/coco/val2017/02.jpg": b"validation",
    "/flickr/3.jpg": b"found at flickr alone",
    "/others/pets.jpg": b"pets",
}


class Server(ThreadingHTTPServer):
    """Serves files by path, as badly as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = dict(CONTENT)
        self.cut: dict[str, int] = {}  # bytes after which a file breaks off
        self.busy: dict[str, int] = {}  # times a file is refused as too much asked
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def origin(self) -> Origin:
        at = self.address
        return Origin(
            f"{at}/ccp", f"{at}/coco", f"{at}/others", f"{at}/bodypix", waits_s=(0.01,), timeout_s=5
        )


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, path = self.server, self.path
        server.asked.append(path)
        if server.busy.get(path, 0):
            server.busy[path] -= 1
            self.send_error(429)
            return
        if path not in server.files:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(server.files[path])))
        self.end_headers()
        self.wfile.write(server.files[path][: server.cut.get(path)])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as server:
        yield server


@pytest.fixture
def known(tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    """A manifest of files as they are kept."""

    def write(files: dict[str, bytes]) -> Path:
        manifest = tmp_path / "known.sha256"
        lines = [f"{digest(path, content)}  {path}\n" for path, content in files.items()]
        manifest.write_text("# what is known\n" + "".join(lines))
        return manifest

    return write


def label() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 3, (40, 30), np.uint8)


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def matlab(**variables: np.ndarray) -> bytes:
    io_module = pytest.importorskip("scipy.io", reason="scipy, of the extra `train`, reads MATLAB files")
    file = io.BytesIO()
    io_module.savemat(file, variables, do_compression=True)
    return file.getvalue()


def test_fetches_photos_and_tells_what_is_not_published(server, known, tmp_path, capsys) -> None:
    shared = tmp_path / "shared"
    (shared / "data/coco").mkdir(parents=True)
    entry = {"file": "03.jpg", "flickr_url": f"{server.address}/flickr/3.jpg"}
    (shared / "data/coco/people.json").write_text(json.dumps([entry]))
    files = {PHOTO: b"photo one", EVERYDAY: b"everyday", VALIDATION: b"validation"}
    files |= {FLICKR: b"found at flickr alone", "photos/pets.jpg": b"pets"}
    assert fetch(shared, server.origin, known(files)) == 0
    assert {path: (shared / path).read_bytes() for path in files} == files
    told = capsys.readouterr().err
    assert "chins.csv is missing" in told
    assert "people.json" not in told
    assert not list(shared.rglob("*.part"))


def test_labels_become_png_whatever_wrote_them(server, known, tmp_path) -> None:
    names = np.empty((1, len(NAMES)), object)
    names[0, :] = NAMES
    server.files["/ccp/annotations/pixel-level/0001.mat"] = matlab(groundtruth=label().astype(np.float64))
    server.files["/ccp/label_list.mat"] = matlab(label_list=names)
    manifest = known({LABEL: png(label()), LABEL_NAMES: json.dumps(NAMES, indent=0).encode()})
    assert fetch(tmp_path / "shared", server.origin, manifest) == 0
    assert (cv2.imread(str(tmp_path / "shared" / LABEL), cv2.IMREAD_UNCHANGED) == label()).all()
    assert json.loads((tmp_path / "shared" / LABEL_NAMES).read_text()) == NAMES
    slow = cv2.imencode(".png", label(), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    (tmp_path / "shared" / LABEL).write_bytes(slow)
    server.asked.clear()
    assert fetch(tmp_path / "shared", server.origin, manifest) == 0
    assert not server.asked


@pytest.mark.parametrize("spoil", ["another label", "no label in it", "half", "no MATLAB file"])
def test_refuses_labels_that_are_not_the_known_ones(server, known, tmp_path, capsys, spoil) -> None:
    whole = matlab(groundtruth=label())
    address = "/ccp/annotations/pixel-level/0001.mat"
    server.files[address] = {
        "another label": matlab(groundtruth=label().T),
        "no label in it": matlab(other=label()),
        "half": whole[: len(whole) // 2],
        "no MATLAB file": b"<html>not here any more</html>" * 20,
    }[spoil]
    assert fetch(tmp_path / "shared", server.origin, known({LABEL: png(label())})) == 1
    told = capsys.readouterr().err.splitlines()[0]
    assert LABEL in told
    assert "another file than training knows" in told
    assert not (tmp_path / "shared" / LABEL).exists()


def test_refuses_a_changed_photo_and_goes_on(server, known, tmp_path, capsys) -> None:
    server.files["/ccp/photos/0001.jpg"] = b"another photo"
    files = {PHOTO: b"photo one", "data/ccp/photos/0002.jpg": b"photo two"}
    assert fetch(tmp_path / "shared", server.origin, known(files)) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if PHOTO in line]
    assert len(told) == 1
    assert "SHA-256 differs" in told[0]
    assert "copy the file" in told[0]
    assert not (tmp_path / "shared" / PHOTO).exists()
    assert (tmp_path / "shared/data/ccp/photos/0002.jpg").read_bytes() == b"photo two"


def test_refuses_a_truncated_photo_and_goes_on_where_it_was(server, known, tmp_path, capsys) -> None:
    server.cut["/ccp/photos/0001.jpg"] = 5
    files = {PHOTO: b"photo one", "data/ccp/photos/0002.jpg": b"photo two"}
    assert fetch(tmp_path / "shared", server.origin, known(files)) == 1
    assert "sent 5 of 9 bytes" in capsys.readouterr().err
    assert not (tmp_path / "shared" / PHOTO).exists()
    server.cut.clear()
    server.asked.clear()
    assert fetch(tmp_path / "shared", server.origin, known(files)) == 0
    assert server.asked == ["/ccp/photos/0001.jpg"]


def test_fetches_again_what_is_damaged_here(server, known, tmp_path) -> None:
    target = tmp_path / "shared" / PHOTO
    target.parent.mkdir(parents=True)
    target.write_bytes(b"photo")
    assert fetch(tmp_path / "shared", server.origin, known({PHOTO: b"photo one"})) == 0
    assert target.read_bytes() == b"photo one"


def test_asks_again_when_the_server_is_busy(server, known, tmp_path) -> None:
    server.busy["/ccp/photos/0001.jpg"] = 1
    assert fetch(tmp_path / "shared", server.origin, known({PHOTO: b"photo one"})) == 0


def test_says_when_a_photo_is_gone_everywhere(server, known, tmp_path, capsys) -> None:
    server.files.clear()
    assert fetch(tmp_path / "shared", server.origin, known({EVERYDAY: b"everyday"})) == 1
    told = capsys.readouterr().err.splitlines()[0]
    assert told.startswith(EVERYDAY)
    assert told.count("answers 404 Not Found") == 2


def test_stops_with_one_line_when_no_server_answers(known, tmp_path, capsys) -> None:
    gone = Server()
    gone.server_close()
    with pytest.raises(SystemExit, match=r"0001\.jpg: .* cannot be reached .*: fetch again"):
        fetch(tmp_path / "shared", gone.origin, known({PHOTO: b"photo one"}))
    assert not capsys.readouterr().err


def test_stops_when_everything_is_another_file(server, known, tmp_path) -> None:
    files = {f"data/ccp/photos/{number:04}.jpg": b"known" for number in range(20)}
    server.files = {f"/ccp/photos/{number:04}.jpg": b"other" for number in range(20)}
    with pytest.raises(SystemExit, match="too many"):
        fetch(tmp_path / "shared", server.origin, known(files))


def test_says_where_it_cannot_write(server, known, tmp_path) -> None:
    (tmp_path / "shared").write_text("a file where the folder should be")
    with pytest.raises(SystemExit, match="cannot write"):
        fetch(tmp_path / "shared", server.origin, known({PHOTO: b"photo one"}))


def test_every_file_of_the_manifest_has_an_address() -> None:
    entries = read_manifest(MANIFEST)
    assert all(len(known) == 64 for known in entries.values())
    assert all(address.startswith("http") for path in entries for address in addresses(path, Origin(), {}))
    folders = [path.rpartition("/")[0] for path in entries]
    counts = [folders.count(name) for name in ("data/ccp/photos", "data/ccp/labels", "data/coco/photos")]
    assert counts == [1844, 860, 104]
