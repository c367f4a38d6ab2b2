"""The appliance in a real systemd: installed, started, starved, stopped, upgraded, rolled back, removed.

A Debian is made with debootstrap and booted with systemd-nspawn, which takes root and a few minutes.
FRAMECUE_DEBIAN names one that is made already; it is copied.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1]
PYTHON = "python3.11"  # Debian 12's
WITH = "systemd,systemd-sysv,dbus,python3-minimal,python3-venv,udev"
PATIENCE_S = 180.0
SETTINGS = """
[camera]
kind = "studio"
width = 320
height = 240
still_width = 320
still_height = 240
rate = 10
[segmenter]
model = "fast"
answer_limit_s = 10
[album]
folder = "/var/lib/framecue/album"
min_free_mb = 10
[crop]
on = false
[booth]
status_every_s = 5
still_limit_s = 30
start_limit_s = 100
frame_limit_s = 20
inference_limit_s = 20
full_again_s = 10
"""
# Enter comes through a pipe that is always open, so that the tests can press.
DROP_IN = """
[Service]
StandardInput=file:/run/framecue-keys
WatchdogSec=15
"""

pytestmark = pytest.mark.slow


def run(*words: object, **more: object) -> "subprocess.CompletedProcess[str]":
    command = [str(word) for word in words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


def until(true: Callable[[], bool], what: str, limit_s: float = PATIENCE_S) -> float:
    """Wait for something; returns how many seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < limit_s, f"not within {limit_s:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Debian, and in it what Framecue needs, so that no network is needed to install it."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to boot a container")
    for tool in (
        "systemd-nspawn",
        "nsenter",
        *(() if os.environ.get("FRAMECUE_DEBIAN") else ("debootstrap",)),
    ):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if sys.version_info[:2] != (3, 11):
        pytest.skip("Debian 12 has Python 3.11, and the packages of this one are lent to it")
    root = tmp_path_factory.mktemp("debian") / "root"
    ready = os.environ.get("FRAMECUE_DEBIAN")
    if ready:
        done = run("cp", "-a", "--reflink=auto", ready, root)
    else:
        done = run("debootstrap", "--variant=minbase", f"--include={WITH}", "bookworm", root)
    if done.returncode:
        pytest.skip(f"no Debian could be made: {done.stderr[-200:]}")
    packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    lent = root / "lent"
    lent.mkdir()
    for entry in packages.iterdir():
        if "framecue" not in entry.name and not entry.name.startswith(("pip", "__", "_virtualenv")):
            (lent / entry.name).symlink_to(Path("/packages") / entry.name)
    (root / "usr/lib/python3/dist-packages/lent.pth").write_text("/lent\n")
    (root / "packages").mkdir()
    (root / "source").mkdir()
    (root / "wheels").mkdir()
    pip = find_spec("pip") is not None  # an environment made by uv has none
    words = (
        (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w")
        if pip
        else ("uv", "build", "--wheel", "-o")
    )
    wheel = run(*words, root / "wheels", SOURCE)
    if wheel.returncode:
        pytest.skip(f"no wheel could be built: {wheel.stderr[-200:]}")
    (root / "etc/systemd/system/framecue.service.d").mkdir(parents=True)
    (root / "etc/systemd/system/framecue.service.d/test.conf").write_text(DROP_IN)
    (root / "etc/framecue").mkdir(parents=True)
    (root / "etc/framecue/framecue.toml").write_text(SETTINGS)
    return root


class Machine:
    """A booted container, and commands in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.boot()

    def boot(self, *more: str) -> None:
        packages = next(path for path in sys.path if path.endswith("site-packages"))
        binds = [f"--bind-ro={packages}:/packages", f"--bind-ro={SOURCE}:/source", *more]
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", str(self.root), "-b", "--register=no", "--keep-unit", *binds],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._booted, "boot")
        self(
            "sh",
            "-c",
            "mkfifo /run/framecue-keys; setsid sleep infinity <>/run/framecue-keys >/dev/null 2>&1 &",
        )

    def _booted(self) -> bool:
        assert self.nspawn.poll() is None, "systemd-nspawn has ended"
        return self("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def __call__(self, *words: object) -> "subprocess.CompletedProcess[str]":
        leader = self._leader()
        if leader is None:
            return subprocess.CompletedProcess([], 1, "", "not yet")
        return run("nsenter", "-t", leader, "-m", "-u", "-i", "-p", "-n", *words)

    def _leader(self) -> int | None:
        children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
        found = children.read_text().split()
        return int(found[0]) if found else None

    def appliance(self, what: str) -> "subprocess.CompletedProcess[str]":
        (wheel,) = (self.root / "wheels").glob("*.whl")
        words = ["PACKAGES=", "PIP=--no-index", f"PACKAGE=/wheels/{wheel.name}", "EXTRAS="]
        return self("env", *words, "sh", "/source/systemd/appliance.sh", what)

    def show(self, key: str) -> str:
        return self("systemctl", "show", "-P", key, "framecue").stdout.strip()

    def active(self) -> bool:
        return self.show("ActiveState") == "active"

    def send(self, name: str) -> None:
        done = self("systemctl", "kill", "--kill-who=main", f"--signal=SIG{name}", "framecue")
        assert done.returncode == 0, done.stderr

    def press(self) -> None:
        self("sh", "-c", "echo > /run/framecue-keys")

    def shots(self) -> list[str]:
        folder = self.root / "var/lib/framecue/album"
        return sorted(file.name for file in folder.glob("*-*-*.jpg") if ".crop." not in file.name)

    def journal(self, *match: str) -> str:
        return self("journalctl", "-u", "framecue", "-o", "cat", *match).stdout

    def halt(self) -> None:
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()


@pytest.fixture(scope="module")
def machine(debian: Path) -> Iterator[Machine]:
    found = Machine(debian)
    try:
        done = found.appliance("install")
        assert done.returncode == 0, done.stdout + done.stderr + found.journal()
        yield found
    finally:
        found.halt()


@pytest.fixture
def booth(machine: Machine) -> Machine:
    """The machine, its booth at work."""
    machine("systemctl", "start", "framecue")
    until(machine.active, f"active: {machine.journal()[-2000:]}")
    return machine


def test_it_is_ready_when_cues_flow_runs_as_its_own_user_and_shoots(booth: Machine) -> None:
    assert "working" in booth.journal()
    pid = booth.show("MainPID")
    assert booth("stat", "-c", "%U", f"/proc/{pid}").stdout.strip() == "framecue"
    before = len(booth.shots())
    booth.press()
    until(lambda: len(booth.shots()) == before + 1, f"a shot: {booth.journal()[-2000:]}")
    until(lambda: "shot kept" in booth.journal("FRAMECUE_SHOT=1"), "the shot's line in the journal")


def test_a_booth_that_hangs_is_restarted_by_the_watchdog(booth: Machine) -> None:
    pid = booth.show("MainPID")
    booth.send("STOP")
    took_s = until(lambda: booth.show("NRestarts") != "0", "a restart")
    until(lambda: booth.active() and booth.show("MainPID") not in ("0", pid), "active again")
    print(f"restarted {took_s:.1f} s after it hung (watchdog 15 s)")
    assert "starts in a row have failed: waiting 2 s" in booth.journal()


def test_it_stops_within_two_seconds(booth: Machine) -> None:
    began = time.monotonic()
    booth("systemctl", "stop", "framecue")
    took_s = time.monotonic() - began
    print(f"stopped in {took_s:.2f} s")
    assert booth.show("Result") == "success"
    assert took_s < 2.0


def test_a_booth_that_keeps_dying_shoots_on_in_safe_mode_and_has_cues_again_later(booth: Machine) -> None:
    for _ in range(3):
        pid = booth.show("MainPID")
        booth.send("KILL")
        until(lambda pid=pid: booth.active() and booth.show("MainPID") not in ("0", pid), "active again")  # type: ignore[misc]
    until(lambda: "SAFE MODE" in booth.journal(), "safe mode")
    before = len(booth.shots())
    booth.press()
    until(lambda: len(booth.shots()) == before + 1, "a shot in safe mode")
    until(lambda: "leaving safe mode" in booth.journal(), "the end of safe mode")

    def guides() -> bool:
        status = booth.show("StatusText")
        return booth.active() and "frame to cue" in status and "SAFE MODE" not in status

    until(guides, f"cues again: {booth.journal()[-2000:]}")


def test_settings_that_cannot_be_used_start_the_last_ones_that_worked(booth: Machine) -> None:
    file = booth.root / "etc/framecue/framecue.toml"
    good = file.read_text()
    try:
        file.write_text("[camera\nkind = 7")
        booth("systemctl", "restart", "framecue")
        until(booth.active, f"active: {booth.journal()[-2000:]}")
        assert "STARTED ON THE LAST SETTINGS THAT WORKED" in booth.journal()
    finally:
        file.write_text(good)


def test_an_upgrade_with_a_shot_in_flight_loses_nothing_and_can_be_taken_back(booth: Machine) -> None:
    before, version = booth.shots(), booth("readlink", "/opt/framecue/venv").stdout
    file = booth.root / "etc/framecue/framecue.toml"
    settings = file.read_text()
    booth.press()
    booth.press()
    done = booth.appliance("install")
    assert done.returncode == 0, done.stdout + done.stderr
    until(booth.active, "active")
    assert len(booth.shots()) == len(before) + 2
    assert set(before) <= set(booth.shots())
    assert booth("readlink", "/opt/framecue/venv").stdout != version
    assert file.read_text() == settings
    assert booth.appliance("rollback").returncode == 0
    until(booth.active, "active")
    assert booth("readlink", "/opt/framecue/venv").stdout == version
    assert len(booth.shots()) == len(before) + 2


def test_held_for_long_the_button_switches_the_machine_off_and_stopping_the_service_does_not(
    booth: Machine,
) -> None:
    booth("systemctl", "stop", "framecue")
    assert booth.nspawn.poll() is None
    booth("systemctl", "start", "framecue")
    until(booth.active, "active")
    booth("sh", "-c", "echo q > /run/framecue-keys")  # asks for the same
    try:
        took_s = until(lambda: booth.nspawn.poll() is not None, "the machine to be off")
        print(f"off after {took_s:.1f} s")
    finally:
        if booth.nspawn.poll() is None:
            booth.halt()
        booth.boot()


def test_on_a_root_that_is_never_written_it_shoots_into_an_album_on_its_own_disk(
    booth: Machine, tmp_path: Path
) -> None:
    file = booth.root / "etc/framecue/framecue.toml"
    settings = file.read_text()
    owner = (booth.root / "var/lib/framecue").stat()
    os.chown(tmp_path, owner.st_uid, owner.st_gid)
    state = booth.root / "var/lib/framecue/starts.json"
    booth.halt()
    try:
        file.write_text(settings.replace("/var/lib/framecue/album", "/media/photos/album"))
        kept = state.read_bytes()
        booth.boot("--volatile=overlay", f"--bind={tmp_path}:/media/photos")
        booth("systemctl", "start", "framecue")
        until(booth.active, f"active: {booth.journal()[-2000:]}")
        booth.press()
        until(lambda: any((tmp_path / "album").glob("*-*-*.jpg")), "a shot on its own disk")
        until(lambda: "shot kept" in booth.journal(), "the shot's line")
        booth.halt()
        assert state.read_bytes() == kept
        assert any((tmp_path / "album").glob("*-*-*.jpg"))
    finally:
        if booth.nspawn.poll() is None:
            booth.halt()
        file.write_text(settings)
        booth.boot()


def test_removed_it_leaves_settings_and_photos(booth: Machine) -> None:
    before = booth.shots()
    assert before
    assert booth.appliance("uninstall").returncode == 0
    assert booth("systemctl", "cat", "framecue").returncode != 0
    assert not (booth.root / "opt/framecue").exists()
    assert booth.shots() == before
    assert (booth.root / "etc/framecue/framecue.toml").exists()
