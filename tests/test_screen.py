"""The small screen: the pictures it draws, the displays it draws on, and displays that fail."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image
from pydantic import ValidationError

from framecue.composition.cue import Cue
from framecue.composition.words import KOREAN
from framecue.errors import IndicatorError
from framecue.indicators import INDICATORS, Notice, fonts, screen
from framecue.indicators.canvas import Canvas
from framecue.indicators.displays import LumaDisplay, TwinDisplay
from framecue.indicators.fonts import Fonts, fonts_for
from framecue.indicators.panel import Panel
from standins import screens

SOON = 10.0  # seconds that something which must happen may take
UP = Cue("tilt_up", "Tilt up 4°", 4.2, "deg")
BACK = Cue("step_back", "Step back 0.4 m", 0.42, "m")


# The pictures


@pytest.fixture(scope="module")
def drawn() -> dict[str, Image.Image]:
    return screens.pictures()


@pytest.mark.parametrize("file", sorted(screens.FOLDER.glob("*.png")), ids=lambda file: file.stem)
def test_each_picture_is_its_reference(file: Path, drawn: dict[str, Image.Image]) -> None:
    reference = Image.open(file)
    picture = drawn[file.stem]
    assert (picture.size, picture.mode) == (reference.size, reference.mode)
    apart = np.abs(np.asarray(picture, np.int16) - np.asarray(reference, np.int16))
    far = apart.reshape(*picture.size[::-1], -1).max(2) > (0 if picture.mode == "1" else 64)
    assert far.mean() < 0.02  # another version of the font library may draw an edge a pixel further


def test_every_picture_has_a_reference(drawn: dict[str, Image.Image]) -> None:
    assert {file.stem for file in screens.FOLDER.glob("*.png")} == set(drawn)


def test_a_look_that_is_reached_has_whole_lines_and_one_that_is_not_dashed_ones() -> None:
    canvas = Canvas(240, 240, "RGB", Fonts())
    picture = np.asarray(canvas.cue(UP, screens.somebody())).astype(int)
    green = (picture[..., 1] > 150) & (picture[..., 0] < 100) & (picture[..., 2] < 120)
    yellow = (picture[..., 0] > 200) & (picture[..., 1] > 180) & (picture[..., 2] < 60)
    head, foot = np.flatnonzero(green.any(1)), np.flatnonzero(yellow.any(1))
    assert head.mean() / 240 == pytest.approx(0.12, abs=0.02)
    assert foot.mean() / 240 == pytest.approx(0.95, abs=0.02)
    assert green[head[0]].sum() > 1.8 * yellow[foot[0]].sum()


def test_the_amount_is_large_enough_to_be_read_at_arms_length() -> None:
    canvas = Canvas(128, 64, "1", Fonts())
    picture = np.asarray(canvas.cue(UP))
    digit = picture[:36, 74:]  # right of the arrow, above the word
    rows = np.flatnonzero(digit.any(1))
    assert rows[-1] - rows[0] >= 30  # of 64 pixels over 11 mm: 5 mm high


@pytest.mark.parametrize("size", [(128, 64, "1"), (128, 32, "1"), (240, 240, "RGB"), (320, 240, "RGB")])
def test_nothing_is_too_long_for_a_screen(size: tuple[int, int, Any]) -> None:
    canvas = Canvas(*size, Fonts())
    long = "No picture: " + "the camera on the ribbon cable gives no frames; " * 6
    assert canvas.notice(Notice("fault", long)).size == size[:2]
    assert canvas.notice(Notice("look", "x" * 40)).size == size[:2]
    assert canvas.notice(Notice("fault", "")).size == size[:2]


def test_korean_without_a_font_is_told_once_and_the_words_are_english(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fonts, "KOREAN", (Path("/nowhere/NanumGothic.ttf"),))
    with caplog.at_level(logging.WARNING):
        assert fonts_for("ko", None)[1] == "en"
    assert [record.message for record in caplog.records] == [
        "screen: there is no Korean font, so the words are English; `apt install fonts-nanum`, or set the "
        "indicator's font"
    ]


def test_korean_words_have_letters_where_there_is_a_font() -> None:
    found, language = fonts_for("ko", None)
    if language != "ko":
        pytest.skip("no Korean font here: apt install fonts-nanum")
    canvas = Canvas(240, 240, "RGB", found, language)
    words = {canvas.cue(Cue(name, "")).tobytes() for name in ("nobody", "hold", "light")}
    assert len(words) == 3  # a font without the letters draws the same box for all
    assert KOREAN.large["hold"] == "멈춤"


def test_a_file_that_is_no_font_is_an_indicator_fault(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"nothing")
    with pytest.raises(IndicatorError, match="is no font"):
        screen.Driver(screen.Settings(chip="simulated", font=tmp_path / "font.ttf"))


def test_a_notice_does_not_wait_for_the_pause_between_two_pictures() -> None:
    display = TwinDisplay(240, 240)
    driver = screen.Driver(screen.Settings(chip="simulated"), lambda _: display, every_s=1000)
    driver.show(UP)
    while display.shown < 1:
        threading.Event().wait(0.001)
    driver.show(BACK)  # waits
    driver.notice(Notice("shooting", "Shooting"))
    assert driver.settle(SOON)
    assert display.shown == 2
    driver.show(BACK)
    driver.close()  # does not wait either
    assert display.closed


# The displays: the simulated one and luma's, on luma's own stand-in and on a bus that only remembers


class Wire:
    """A luma serial interface that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.error: Exception | None = None
        self.closed = False

    def command(self, *command: int) -> None:
        self._send(len(command))

    def data(self, data: Any) -> None:
        self._send(len(data))

    def cleanup(self) -> None:
        self.closed = True

    def _send(self, length: int) -> None:
        if self.error is not None:
            raise self.error
        self.sent += length


class Rig:
    """A screen driver on one display. broken: makes the display fail, or work again."""

    def __init__(
        self, settings: screen.Settings, open_: Callable[..., Any], broken: Callable[..., Any]
    ) -> None:
        self.driver = screen.Driver(settings, open_, every_s=0)
        self.broken = broken

    def told(self, act: Callable[[], object]) -> None:
        act()
        assert self.driver.settle(SOON)


def twin_rig() -> Rig:
    settings = screen.Settings(chip="simulated")
    state = {"broken": False}

    def open_(_settings: screen.Settings) -> TwinDisplay:
        display = TwinDisplay(240, 240)
        if state["broken"]:
            raise IndicatorError("screen: simulated on spi cannot be used (gone); check its cable")
        opened.append(display)
        return display

    opened: list[TwinDisplay] = []

    def broken(yes: bool) -> None:
        state["broken"] = yes
        opened[-1].broken = yes

    return Rig(settings, open_, broken)


def luma_rig(chip: str) -> Rig:
    pytest.importorskip("luma.oled")
    pytest.importorskip("luma.lcd")
    wire = Wire()

    def open_(settings: screen.Settings) -> LumaDisplay:
        wire.closed = False
        return LumaDisplay(settings, wire, MockFactory())

    def broken(yes: bool) -> None:
        wire.error = OSError(121, "Remote I/O error") if yes else None

    return Rig(screen.Settings(chip=chip), open_, broken)  # type: ignore[arg-type]


@pytest.fixture(params=["simulated", "ssd1306", "sh1106", "st7789", "ili9341"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = twin_rig() if request.param == "simulated" else luma_rig(request.param)
    yield made
    made.broken(False)
    made.driver.close()


def test_cues_and_notices_reach_every_display(rig: Rig) -> None:
    rig.driver.view(screens.somebody())
    for act in (
        lambda: rig.driver.show(UP),
        lambda: rig.driver.notice(Notice("countdown", "2")),
        lambda: rig.driver.notice(Notice("saved", "Saved x.jpg")),
        lambda: rig.driver.show(BACK),
    ):
        rig.told(act)
    rig.told(lambda: rig.driver.show(BACK))  # raises what went wrong before


def test_a_display_that_is_gone_is_told_and_opened_again(rig: Rig) -> None:
    rig.told(lambda: rig.driver.show(UP))
    rig.broken(True)
    rig.told(lambda: rig.driver.show(BACK))
    with pytest.raises(IndicatorError, match=r"^screen: [^\n]+; check its cable$"):
        rig.driver.show(UP)
    assert rig.driver.settle(SOON)
    rig.broken(False)
    with pytest.raises(IndicatorError):  # of the opening that failed
        rig.driver.show(UP)
    assert rig.driver.settle(SOON)
    rig.told(lambda: rig.driver.show(UP))


def test_a_closed_screen_is_dark_and_may_be_closed_twice(rig: Rig) -> None:
    rig.told(lambda: rig.driver.show(UP))
    rig.driver.close()
    rig.driver.close()


def test_the_same_picture_is_not_sent_again() -> None:
    display = TwinDisplay(240, 240)
    driver = screen.Driver(screen.Settings(chip="simulated"), lambda _: display, every_s=0)
    for _ in range(5):
        driver.show(UP)
        assert driver.settle(SOON)
    assert display.shown == 1
    driver.close()


def test_a_slow_display_shows_the_newest_and_holds_up_nobody() -> None:
    go = threading.Event()

    class Slow(TwinDisplay):
        def display(self, image: Image.Image) -> None:
            go.wait(SOON)
            super().display(image)

    display = Slow(240, 240)
    driver = screen.Driver(screen.Settings(chip="simulated"), lambda _: display, every_s=0)
    for amount in range(1, 60):
        driver.show(Cue("tilt_up", "", float(amount), "deg"))
    go.set()
    assert driver.settle(SOON)
    assert display.shown <= 2
    assert display.image is not None
    expected = Canvas(240, 240, "RGB", Fonts()).cue(Cue("tilt_up", "", 59.0, "deg"))
    assert display.image.tobytes() == expected.tobytes()
    driver.close()


def test_a_simulated_display_can_be_looked_at_as_a_file(tmp_path: Path) -> None:
    settings = screen.Settings(chip="simulated", width=128, height=64, file=tmp_path / "screen.png")
    driver = screen.Driver(settings)
    driver.show(UP)
    assert driver.settle(SOON)
    assert Image.open(tmp_path / "screen.png").size == (128, 64)
    driver.close()


def test_a_panel_passes_the_view_to_those_that_draw_it() -> None:
    display = TwinDisplay(240, 240)
    driver = screen.Driver(screen.Settings(chip="simulated"), lambda _: display, every_s=0)
    panel = Panel([driver])
    panel.view(screens.somebody())
    panel.show(UP)
    assert driver.settle(SOON)
    with_view = display.image
    assert with_view is not None
    assert with_view.tobytes() == screens.pictures()["lcd-tilt-up"].tobytes()
    panel.close()


def test_an_lcds_pins_are_taken_and_let_go() -> None:
    pytest.importorskip("luma.lcd")
    factory = MockFactory()
    settings = screen.Settings(chip="st7789", backlight=13)
    display = LumaDisplay(settings, Wire(), factory)
    assert factory.pin(13).state
    display.cleanup()
    LumaDisplay(settings, Wire(), factory).cleanup()


def test_without_the_bus_the_screen_says_so_in_one_line() -> None:
    pytest.importorskip("luma.oled")
    with pytest.raises(
        IndicatorError, match=r"^screen: ssd1306 on i2c cannot be used \([^\n]+; check[^\n]+$"
    ):
        screen.Driver(screen.Settings(port=31))


def test_without_luma_the_screen_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "luma.core.error", None)
    with pytest.raises(IndicatorError, match=r"pip install 'framecue\[screen\]'"):
        screen.Driver(screen.Settings())


@pytest.mark.parametrize(
    "wrong",
    [
        {"chip": "hd44780"},
        {"chip": "st7789", "bus": "i2c"},
        {"width": 128},
        {"rotate": 45},
        {"backlight": 25},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        INDICATORS.settings({"kind": "screen", **wrong})
