"""Under systemd the booth is seen to be alive, restarted when it is not, and never kept from its hardware."""

import logging
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from framecue.service import Service

SYSTEMD = Path(__file__).parents[1] / "systemd"
UNIT = SYSTEMD / "framecue.service"


class Systemd:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    end = Systemd(str(tmp_path / "notify"))
    yield end
    end.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"}


def test_systemd_learns_that_the_booth_is_ready_and_what_it_does(
    systemd: Systemd, environ: dict[str, str]
) -> None:
    service = Service(environ)
    service.ready("guiding, 0 shots")
    service.status("guiding, 1 shot\nand a line break")
    service.stopping("asked to stop")
    assert systemd.heard() == [
        "READY=1\nSTATUS=guiding, 0 shots",
        "STATUS=guiding, 1 shot and a line break",
        "STOPPING=1\nSTATUS=asked to stop",
    ]


def test_an_unchanged_status_is_not_repeated(systemd: Systemd, environ: dict[str, str]) -> None:
    service = Service(environ)
    for _ in range(3):
        service.status("guiding")
    assert systemd.heard() == ["STATUS=guiding"]


def test_the_watchdog_is_fed_often_enough_but_not_with_every_frame(
    systemd: Systemd, environ: dict[str, str]
) -> None:
    now = 100.0
    service = Service(environ, clock=lambda: now)
    assert service.watchdog_s == 20.0
    for _ in range(600):  # 20 s at 30 frames a second
        service.alive()
        now += 1 / 30
    assert systemd.heard() == ["WATCHDOG=1"] * 4


def test_abstract_sockets_work() -> None:
    name = f"framecue-test-{os.getpid()}"
    systemd = Systemd("\0" + name)
    Service({"NOTIFY_SOCKET": "@" + name}).ready()
    assert systemd.heard() == ["READY=1"]
    systemd.close()


def test_without_systemd_nothing_happens() -> None:
    service = Service({})
    service.ready("up")
    service.alive()
    service.stopping()
    assert service.watchdog_s is None
    service.close()
    service.close()


@pytest.mark.parametrize("usec", ["", "never", "0", "-5"])
def test_a_watchdog_that_is_off_or_nonsense_is_not_fed(
    usec: str, systemd: Systemd, environ: dict[str, str]
) -> None:
    service = Service({**environ, "WATCHDOG_USEC": usec})
    service.alive()
    assert service.watchdog_s is None
    assert systemd.heard() == []


def test_a_watchdog_meant_for_another_process_is_not_fed(environ: dict[str, str]) -> None:
    assert Service({**environ, "WATCHDOG_PID": "1"}).watchdog_s is None
    assert Service({**environ, "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 20.0


def test_a_systemd_that_went_away_is_mentioned_once_and_stops_nothing(
    environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(environ)  # nobody bound that socket
    with caplog.at_level(logging.WARNING):
        service.ready()
        service.status("guiding")
    assert len(caplog.records) == 1


def test_a_systemd_that_is_busy_does_not_hold_up_the_booth(
    systemd: Systemd, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(environ)
    for number in range(2000):  # more than the socket's queue holds, and nobody reads it
        service.status(f"{number} shots")
    assert "systemd does not listen" in caplog.text
    service.alive()
    assert systemd.heard()[0] == "STATUS=0 shots"
    service.status("1999 shots")  # what did not get through is said again
    service.alive()
    assert systemd.heard() == ["STATUS=1999 shots", "WATCHDOG=1"]


def verify(unit: str, folder: Path) -> str:
    """What `systemd-analyze verify` has to say of a unit whose program is taken to exist."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = unit.split("ExecStart=", 1)[1].split(maxsplit=1)[0]
    file = folder / "framecue.service"
    file.write_text(unit.replace(f"ExecStart={program}", "ExecStart=/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")


def test_the_unit_is_clean(tmp_path: Path) -> None:
    assert verify(UNIT.read_text(), tmp_path) == ""


@pytest.mark.parametrize("fault", ["WatchdogSecs=30", "Restart=sometimes"])
def test_that_check_notices_a_faulty_unit(fault: str, tmp_path: Path) -> None:
    faulty = UNIT.read_text().replace("[Service]\n", f"[Service]\n{fault}\n")
    found = verify(faulty, tmp_path)
    assert any(half in found for half in fault.split("="))


def unit_keys() -> dict[str, str]:
    lines = [line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def allowed_devices() -> set[str]:
    """What DeviceAllow lets through, without its permissions."""
    lines = [line.removeprefix("DeviceAllow=") for line in UNIT.read_text().splitlines()]
    return {line.split()[0] for line in lines if line.endswith(" rw")}


# Majors of the kernel's Documentation/admin-guide/devices.txt; the others have no fixed one.
DEVICES = {
    "/dev/video0, /dev/v4l-subdev0: v4l2, picamera2, gstreamer, a depth camera": "char-81",
    "/dev/media0: picamera2, libcamera": "char-media",
    "/dev/dma_heap/linux,cma: picamera2's buffers": "char-dma_heap",
    "/dev/vchiq: a Pi's image processor": "/dev/vchiq",
    "/dev/vcio: vcgencmd": "/dev/vcio",
    "/dev/nvhost-ctrl, /dev/nvmap: a Jetson's cameras": "char-nv*",
    "/dev/gpiochip0: leds, lamp, fill, button": "char-gpiochip",
    "/dev/i2c-1: OLEDs, level sensors, depth sensors, servos": "char-89",
    "/dev/spidev0.0: LCDs, strip": "char-153",
    "/dev/input/event0: keys": "char-13",
    "/dev/snd/pcmC0D0p: voice": "char-116",
    "/dev/dri/renderD128: graphics": "char-226",
    "/dev/bus/usb/001/002: Coral's USB accelerator": "char-189",
    "/dev/apex_0: Coral's PCIe accelerator": "char-apex",
}


@pytest.mark.parametrize("device", DEVICES)
def test_the_unit_lets_every_drivers_devices_through(device: str) -> None:
    assert DEVICES[device] in allowed_devices()


def test_the_unit_shuts_out_all_other_devices() -> None:
    assert allowed_devices() == {*DEVICES.values(), "char-vchiq"}
    assert unit_keys()["DevicePolicy"] == "closed"
    assert "PrivateDevices" not in unit_keys()


def test_a_kind_with_a_fixed_number_is_named_by_it_so_that_its_driver_may_be_loaded_later() -> None:
    fixed = {"video4linux", "i2c", "spi", "input", "alsa", "drm", "usb_device"}
    assert not allowed_devices() & {f"char-{name}" for name in fixed}


def test_the_unit_starts_on_a_machine_without_the_groups_of_a_pi() -> None:
    assert "SupplementaryGroups" not in unit_keys()


def test_the_unit_never_gives_up_on_a_booth_that_keeps_failing() -> None:
    keys = unit_keys()
    assert keys["StartLimitIntervalSec"] == "0"
    assert keys["Restart"] == "on-failure"
    assert keys["Type"] == "notify"
    assert int(keys["WatchdogSec"]) > 0


def test_the_unit_bounds_its_memory_and_outlives_the_loss_of_a_child_for_it() -> None:
    keys = unit_keys()
    assert 50 <= int(keys["MemoryMax"].removesuffix("%")) <= 90
    assert keys["OOMPolicy"] == "continue"


def test_the_unit_leaves_the_booth_little_to_do_harm_with() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=15", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]
    assert unit_keys()["IPAddressDeny"] == "any"
    assert "AF_INET" not in unit_keys()["RestrictAddressFamilies"]


def test_the_booths_user_is_made_with_its_hardware_groups(tmp_path: Path) -> None:
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("systemd-sysusers is not installed")
    (tmp_path / "etc").mkdir()
    made = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.d/framecue.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    groups = dict(line.split(":", 1) for line in (tmp_path / "etc/group").read_text().splitlines())
    members = {name for name, rest in groups.items() if rest.endswith(":framecue")}
    assert {"video", "render", "gpio", "i2c", "spi", "input", "audio", "plugdev"} == members
    assert "framecue:" in (tmp_path / "etc/passwd").read_text()
