"""The model's process: what it answers, and what happens when it does not."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from framecue.errors import AcceleratorError, ModelCorruptError, ModelError, SegmenterError
from framecue.segmentation.process import Answer, ModelProcess
from framecue.segmentation.runtime import Runtime

HEADS = ("float_segments", "float_part_heatmaps")
BODYPIX = "bodypix_mobilenet_v1_075_720_1280_16_quant.tflite"
BACK_S = 2.0  # the promise
SLACK_S = 2.0  # other work on the machine


@pytest.fixture(scope="module")
def model(coral_models: Path) -> Path:
    return coral_models / BODYPIX


@pytest.fixture
def process(model: Path) -> Iterator[ModelProcess]:
    process = ModelProcess(model.read_bytes(), HEADS)
    yield process
    process.close()


def picture(height: int = 161, width: int = 129, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def run(process: ModelProcess, image: NDArray[np.uint8]) -> Answer:
    process.input(*image.shape[:2])[:] = image
    return process.invoke()


def descriptors() -> set[tuple[str, str]]:
    """What this process holds open, by number, but for what only waits to be collected."""
    gc.collect()  # what was raised holds what it was about, and tests before this one left things, too
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            found.add((entry.name, str(entry.readlink())))
    return found


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that waits for its parent has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_answers_what_the_model_says_in_this_process(process: ModelProcess, model: Path) -> None:
    here = Runtime(model, HEADS, 2)
    for size in ((161, 129), (97, 225), (161, 129), (321, 257)):  # smaller, larger, again
        image = picture(*size)
        here.resize(*size)
        here.put(image)
        here.invoke()
        answer = run(process, image)
        assert list(answer.outputs) == list(HEADS)
        for name, tensor in answer.outputs.items():
            expected = here.tensor(name)
            np.testing.assert_array_equal(tensor.raw, expected.raw)
            assert (tensor.scale, tensor.zero_point) == (expected.scale, expected.zero_point)
            assert tensor.scale > 0
        assert answer.invoke_s > 0
        assert answer.hop_s > 0


def test_outputs_are_not_overwritten_by_the_next_run(process: ModelProcess) -> None:
    first = run(process, picture(seed=1))
    before = {name: tensor.raw.copy() for name, tensor in first.outputs.items()}
    second = run(process, picture(seed=2))
    for name, tensor in first.outputs.items():
        np.testing.assert_array_equal(tensor.raw, before[name])
    assert any((second.outputs[name].raw != before[name]).any() for name in HEADS)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
def test_a_lost_process_fails_one_run_and_is_back(model: Path, fault: signal.Signals) -> None:
    process = ModelProcess(model.read_bytes(), HEADS, answer_limit_s=0.5)
    try:
        expected = run(process, picture()).outputs["float_segments"].raw
        lost = process.pid
        assert lost is not None
        os.kill(lost, fault)
        with pytest.raises(SegmenterError, match="being replaced") as caught:
            run(process, picture())
        assert "\n" not in str(caught.value)
        start = time.monotonic()
        again = run(process, picture()).outputs["float_segments"].raw
        assert time.monotonic() - start < BACK_S + SLACK_S
        np.testing.assert_array_equal(again, expected)
        assert gone(lost)
        assert process.pid != lost
    finally:
        process.close()


def test_lost_in_the_middle_of_a_stream(process: ModelProcess) -> None:
    errors = 0
    for number in range(60):
        if number in (20, 40) and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
        try:
            run(process, picture(seed=number))
        except SegmenterError:
            errors += 1
    assert errors == 2


def test_close_ends_the_process_and_leaves_no_descriptor(model: Path) -> None:
    before = descriptors()
    process = ModelProcess(model.read_bytes(), HEADS, answer_limit_s=0.5)
    run(process, picture())
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(SegmenterError):
        run(process, picture())
    replacement = process.pid
    process.close()
    process.close()
    assert replacement is not None
    assert gone(pid)
    assert gone(replacement)
    assert descriptors() <= before
    with pytest.raises(SegmenterError, match="ended"):
        run(process, picture())


@pytest.mark.parametrize("answers", ["time.sleep(60)", "channel.send(b'{}'); time.sleep(60)"])
def test_close_in_the_middle_of_a_run_ends_it_at_once_and_starts_nothing_new(answers: str) -> None:
    before = descriptors()
    _closed_in_the_middle(staged(READY + answers))
    assert descriptors() <= before


def _closed_in_the_middle(process: ModelProcess) -> None:
    ended: list[BaseException] = []
    process.input(8, 8)
    pid = process.pid
    runs = threading.Thread(target=lambda: ended.append(_caught(process.invoke)))
    runs.start()
    process.close()
    runs.join(BACK_S + SLACK_S)
    assert isinstance(ended[0], SegmenterError), ended
    assert pid is not None
    assert gone(pid)
    assert process.pid is None


def _caught(act: Callable[[], object]) -> BaseException:
    """What acting raises; AssertionError where it raises nothing."""
    try:
        act()
    except BaseException as error:  # noqa: BLE001
        return error
    return AssertionError("nothing was raised")


def test_signals_to_everything_that_the_terminal_or_timeout_started_do_not_reach_it(
    process: ModelProcess,
) -> None:
    run(process, picture())
    assert process.pid is not None
    assert os.getpgid(process.pid) != os.getpgid(0)


def test_it_ends_with_its_parent(model: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from framecue.segmentation.process import ModelProcess\n"
        f"p = ModelProcess(Path({str(model)!r}).read_bytes(), {HEADS!r}); p.wait_ready()\n"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 5
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gone(pid)


def test_the_process_is_light(process: ModelProcess) -> None:
    run(process, picture(481, 353))
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident_mb = int(status.split("VmRSS:")[1].split()[0]) / 1024
    assert resident_mb < 130
    code = "import sys, framecue.segmentation.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"cv2", "pydantic", "PIL", "rich"} & set(loaded.split())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no LiteRT file"),
        (b"framing matters\n" * 900, "no LiteRT file"),
        (b"1234TFL3" + b"\xff" * 5000, "load"),
    ],
    ids=["empty", "text", "noise"],
)
def test_a_broken_model_is_reported_by_name(content: bytes, reason: str) -> None:
    process = ModelProcess(content, HEADS)
    try:
        with pytest.raises(SegmenterError, match=reason) as caught:
            process.wait_ready()
        assert isinstance(caught.value.__cause__, ModelCorruptError)
        assert "\n" not in str(caught.value)
    finally:
        process.close()


def test_a_model_that_lacks_an_output_is_another_model(model: Path) -> None:
    process = ModelProcess(model.read_bytes(), ("float_segments", "hats"))
    try:
        with pytest.raises(SegmenterError, match="no output hats") as caught:
            process.wait_ready()
        assert isinstance(caught.value.__cause__, ModelCorruptError)
    finally:
        process.close()


def test_a_size_the_model_cannot_take_fails_that_run_only(coral_models: Path) -> None:
    deeplab = (coral_models / "deeplabv3_mnv2_dm05_pascal_quant.tflite").read_bytes()
    process = ModelProcess(deeplab, ("ArgMax",))
    try:
        with pytest.raises(SegmenterError, match="takes no 129x161"):
            run(process, picture())
        answer = run(process, picture(513, 513))
        assert answer.outputs["ArgMax"].raw.shape == (1, 513, 513)
        assert answer.outputs["ArgMax"].scale == 0
    finally:
        process.close()


def staged(code: str, clock: Callable[[], float] = time.monotonic) -> ModelProcess:
    """A process that runs this code in the worker's place; `channel` is its socket."""
    prelude = (
        "import json, socket, sys, time\n"
        "from framecue.segmentation.worker import ANSWER, ANSWER_KIND, REQUEST\n"
        "order = json.loads(sys.argv[1]); channel = socket.socket(fileno=order['channel_fd'])\n"
    )
    return ModelProcess(b"", HEADS, command=[sys.executable, "-c", prelude + code], clock=clock)


READY = "channel.send(b'{\"fixed_size\": null}'); channel.recv(100)\n"


@pytest.mark.parametrize(
    "words",
    [
        "b'gibberish'",
        "b'[1, 2]'",
        "b'{}'",
        "b'{\"layout\": 7}'",
        'b\'{"layout": [{"name": "float_segments", "dtype": "O", "shape": [1], "offset": 0}]}\'',
        'b\'{"layout": [{"name": "float_segments", "dtype": "int8", "shape": [9999], "offset": 0}]}\'',
        "ANSWER.pack(ANSWER_KIND, 1, 0.1)",  # without a layout
        "ANSWER.pack(ANSWER_KIND, 99, 0.1)",
        "ANSWER_KIND + b'short'",
        "bytes(range(256)) * 100",
    ],
)
def test_nonsense_is_refused(words: str) -> None:
    process = staged(READY + f"channel.send({words}); time.sleep(9)")
    try:
        process.input(8, 8)
        with pytest.raises(SegmenterError, match="nonsense") as caught:
            process.invoke()
        assert "\n" not in str(caught.value)
    finally:
        process.close()


@pytest.mark.parametrize(
    "words", ["b'{}'", "b'{\"fixed_size\": 7}'", "b'hello'", "ANSWER.pack(ANSWER_KIND, 1, 0)"]
)
def test_nonsense_at_the_start_is_refused(words: str) -> None:
    process = staged(f"channel.send({words}); time.sleep(9)")
    try:
        with pytest.raises(SegmenterError, match="nonsense"):
            process.wait_ready()
    finally:
        process.close()


def test_a_crash_tells_its_last_words() -> None:
    process = staged("raise SystemExit('out of luck')")
    try:
        with pytest.raises(SegmenterError, match=r"exit status 1\): out of luck"):
            process.wait_ready()
    finally:
        process.close()


def test_a_process_that_keeps_dying_is_started_less_and_less_often() -> None:
    now = [100.0]
    process = staged("raise SystemExit(1)", clock=lambda: now[0])
    try:
        with pytest.raises(SegmenterError, match="died"):
            process.wait_ready()
        for delay_s in (0.5, 1.0, 2.0, 4.0):
            with pytest.raises(SegmenterError, match="died"):
                process.wait_ready()
            assert process.pid is None
            with pytest.raises(SegmenterError, match=f"next try in {delay_s} s"):
                process.wait_ready()
            now[0] += delay_s
    finally:
        process.close()


def test_a_missing_edge_tpu_library_is_an_accelerator_error(model: Path) -> None:
    process = ModelProcess(model.read_bytes(), HEADS, edge_tpu="libnowhere.so.1")
    try:
        with pytest.raises(SegmenterError, match=r"libnowhere\.so\.1") as caught:
            process.wait_ready()
        assert isinstance(caught.value.__cause__, AcceleratorError)
    finally:
        process.close()


def test_a_missing_edge_tpu_device_is_an_accelerator_error(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_device(library: str) -> None:
        raise ValueError(f"Failed to load delegate from {library}\n")

    monkeypatch.setattr("ai_edge_litert.interpreter.load_delegate", no_device)
    with pytest.raises(AcceleratorError, match="finds no Edge TPU") as caught:
        Runtime(model, HEADS, 1, "libedgetpu.so.1")
    assert "\n" not in str(caught.value)


def test_a_compiled_model_on_the_cpu_is_an_accelerator_error(coral_models: Path) -> None:
    compiled = coral_models / "bodypix_mobilenet_v1_075_720_1280_16_quant_edgetpu.tflite"
    with pytest.raises(AcceleratorError, match="compiled for the Edge TPU"):
        Runtime(compiled, HEADS, 1)


def test_either_runtime_will_do(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    litert = import_module("ai_edge_litert.interpreter")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match="pip install ai-edge-litert"):
        Runtime(model, HEADS, 1)
    monkeypatch.setitem(sys.modules, "tflite_runtime", ModuleType("tflite_runtime"))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", litert)
    runtime = Runtime(model, HEADS, 1)
    assert runtime.size == (1280, 720)
    assert runtime.fixed_size is None
