"""Cards: the booth reads a real printed card at angles, small, blurred and dim, and nothing else as one."""

import time

import cv2
import numpy as np
import pytest

from framecue.composition.look import load_look, look_files
from framecue.composition.subject import Composition, Subject
from framecue.errors import LookError
from framecue.frame import Frame
from framecue.live import Moment
from framecue.looks import LooksSettings
from framecue.looks.card import draw_card, marks_of, print_card
from framecue.looks.file import save_look
from framecue.looks.picker import LookPicker
from framecue.looks.reader import UNKNOWN, CardReader, CardWatch
from framecue.photo import read_photo

NAMES = tuple(look_files())
CARD = draw_card(load_look("golf"))
INK = (100, 90, 80)
WIDTH, HEIGHT = 640, 480
FOCAL_PX = 600.0  # of a 640 x 480 preview with 43 degrees from top to bottom
CARD_M = 0.148  # an A6 card's width


def held(card=CARD, *, metres, yaw=0.0, pitch=0.0, roll=0.0, blur=0.0, light=1.0, x=0.0, y=0.0, seed=0):
    """A picture of somebody's coat with a card held that far before a pinhole camera. (480, 640, 3) uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = card.shape[:2]
    tall = CARD_M * rows / columns
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (CARD_M, tall)
    turned = turn(yaw, pitch, roll) @ np.column_stack([flat, np.zeros(4)]).T
    depth = turned[2] + metres
    seen = FOCAL_PX * turned[:2] / depth + np.array([[WIDTH / 2 + x], [HEIGHT / 2 + y]])
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    fine = 4  # drawn larger and averaged, as a sensor's pixels do
    matrix = cv2.getPerspectiveTransform(corners, (seen.T * fine).astype(np.float32))
    size = (WIDTH * fine, HEIGHT * fine)
    coat = rng.integers(60, 110, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    coat = cv2.resize(coat, size, interpolation=cv2.INTER_CUBIC)
    picture = cv2.warpPerspective(card, matrix, size, coat, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    picture = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float64) * light
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def turn(yaw, pitch, roll):
    a, b, c = np.radians([yaw, pitch, roll])
    across = [[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]]
    down = [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    around = [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]]
    return np.array(across) @ np.array(down) @ np.array(around)


@pytest.fixture(scope="module")
def reader():
    return CardReader(NAMES)


@pytest.mark.parametrize(
    "how",
    [
        {"metres": 0.35},
        {"metres": 0.6},
        {"metres": 1.2},
        {"metres": 0.7, "yaw": 40},
        {"metres": 0.7, "yaw": -35, "pitch": 30, "roll": 20},
        {"metres": 0.7, "roll": 180},
        {"metres": 0.7, "roll": 90},
        {"metres": 0.6, "blur": 2.0},
        {"metres": 1.0, "blur": 1.2, "yaw": 25},
        {"metres": 0.7, "light": 0.2},
        {"metres": 0.7, "x": 190, "y": -120},
    ],
    ids=str,
)
def test_a_card_is_read_however_it_is_held(reader, how):
    assert [reader.read(held(**how, seed=seed)) for seed in range(5)] == ["golf"] * 5


def test_cards_of_all_looks_are_told_apart(reader):
    for name in NAMES:
        card = draw_card(load_look(name))
        assert reader.read(held(card, metres=0.6, yaw=20)) == name


def test_a_card_read_from_its_printed_file(reader, tmp_path):
    print_card(load_look("summit"), tmp_path / "card.png")
    assert reader.read(held(read_photo(tmp_path / "card.png"), metres=0.6)) == "summit"
    print_card(load_look("summit"), tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")


def test_a_large_picture_is_read_too(reader):
    large = cv2.resize(held(metres=0.6), (2560, 1920), interpolation=cv2.INTER_CUBIC)
    assert reader.read(large) == "golf"


def test_a_card_of_a_look_that_is_not_here_is_known_as_one():
    assert CardReader(["summit"]).read(held(metres=0.6)) == UNKNOWN


def test_two_halves_of_different_cards_are_no_card(reader):
    """Two cards, the left half of one hidden behind the other: no look of a third name comes of it."""
    rows, columns = CARD.shape[:2]
    mixed = CARD.copy()
    mixed[:, columns // 2 :] = draw_card(load_look("summit"))[:, columns // 2 :]
    assert reader.read(held(mixed, metres=0.6)) == UNKNOWN
    turned = CARD.copy()
    turned[:, columns // 2 :] = turned[::-1, ::-1][:, : columns // 2]
    assert reader.read(held(turned, metres=0.6)) is None
    assert rows < columns


def test_a_mirrored_card_and_a_single_mark_are_no_card(reader):
    assert reader.read(held(metres=0.6)[:, ::-1]) is None
    half = CARD.copy()
    half[:, CARD.shape[1] // 2 :] = 255
    assert reader.read(held(half, metres=0.6)) is None


def test_pictures_without_a_card_have_none(reader):
    rng = np.random.default_rng(0)
    for size in ((480, 640, 3), (48, 64, 3), (2, 2, 3)):
        assert reader.read(rng.integers(0, 255, size, np.uint8)) is None
        assert reader.read(np.zeros(size, np.uint8)) is None
    chess = np.kron(np.indices((12, 16)).sum(axis=0) % 2 * 255, np.ones((40, 40))).astype(np.uint8)
    assert reader.read(np.dstack([chess] * 3)) is None


def test_no_two_looks_of_many_have_the_same_marks():
    found = [marks_of(f"look-{number}") for number in range(300)]
    assert len(set(found)) == 300
    assert all(marks.left != marks.right for marks in found)


def test_a_card_is_told_once_while_it_is_held_and_again_when_it_comes_back():
    answers = iter(["golf", "golf", None, "golf", "summit", None, None, None, "summit"])
    told = []
    watch = CardWatch(lambda _: next(answers), told.append)
    for _ in range(9):
        watch.look_at(np.zeros((1, 1, 3), np.uint8))
    assert told == ["golf", "summit", "summit"]


def test_a_card_has_the_name_it_picks_and_fits_a_long_one():
    golf = load_look("golf")
    long = golf.model_copy(update={"name": "x" * 40, "about": "y" * 200})
    assert draw_card(golf).shape == draw_card(long).shape == (1240, 1748, 3)


@pytest.mark.parametrize("out", ["card.jpg", "card", "nowhere/card.png"])
def test_a_card_that_cannot_be_written_is_one_line(tmp_path, out):
    with pytest.raises(LookError, match=r"name it so|choose another place"):
        print_card(load_look("golf"), tmp_path / out)


def test_reading_is_cheap_enough_for_a_few_pictures_a_second(reader):
    pictures = [held(metres=0.6, seed=seed) for seed in range(5)]
    spent = []
    for picture in pictures * 4:
        start = time.process_time()
        reader.read(picture)
        spent.append(time.process_time() - start)
    print(f"{np.median(spent) * 1000:.1f} ms a picture")
    assert np.median(spent) < 0.1


class Booth:
    """What a picker sees of a booth: frames, a clock, and somewhere to tell."""

    def __init__(self, folder, **settings):
        self.now, self.picked, self.told, self.moment = 0.0, [], [], None
        self.picker = LookPicker(
            LooksSettings(folders=(folder,), **settings),
            load_look("full-body"),
            newest=lambda: self.moment,
            pick=lambda look: self.picked.append(look.name),
            indicator=self,
            clock=lambda: self.now,
        )

    def notice(self, notice):
        self.told.append(notice)

    def see(self, image, *, somebody=False, seconds=0.4):
        subjects = (Subject(10, 20, 100, 5, 50),) if somebody else ()
        composition = Composition(WIDTH, HEIGHT, subjects, 0 if somebody else None)
        self.now += seconds
        self.moment = Moment(Frame(image, self.now, 1), None, composition, None, {})
        self.picker.look_once()


EMPTY_ROOM = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)


def test_the_look_on_a_card_is_guided_to_until_its_holder_has_gone(tmp_path):
    booth = Booth(tmp_path, card_lasts_s=60)
    booth.see(held(metres=0.6))
    assert booth.picked == ["golf"]
    for _ in range(200):
        booth.see(EMPTY_ROOM, somebody=True, seconds=1)
    assert booth.picked == ["golf"]
    for _ in range(59):
        booth.see(EMPTY_ROOM, seconds=1)
    assert booth.picked == ["golf"]
    booth.see(EMPTY_ROOM, seconds=2)
    booth.see(EMPTY_ROOM, seconds=2)
    assert booth.picked == ["golf", "full-body"]
    assert [each.text for each in booth.told] == ["Look: golf", "Back to look: full-body"]


def test_a_look_learnt_while_the_booth_runs_can_be_picked_and_a_damaged_one_is_one_notice(tmp_path):
    booth = Booth(tmp_path)
    golf = load_look("golf")
    card = draw_card(golf.model_copy(update={"name": "anna"}))
    for seed in range(4):
        booth.see(held(card, metres=0.6, seed=seed))
    assert booth.picked == []
    assert [each.name for each in booth.told] == ["fault"]
    assert "not here" in booth.told[0].text
    for _ in range(3):
        booth.see(EMPTY_ROOM)
    save_look(golf.model_copy(update={"name": "anna"}), [tmp_path])
    booth.see(held(card, metres=0.6))
    assert booth.picked == ["anna"]
    for _ in range(3):
        booth.see(EMPTY_ROOM)
    (tmp_path / "anna.toml").write_text("kind = ")
    booth.see(held(card, metres=0.6))
    assert booth.picked == ["anna"]
    assert "damaged" in booth.told[-1].text


def test_the_same_frame_is_not_searched_twice(tmp_path):
    booth = Booth(tmp_path)
    booth.see(held(metres=0.6))
    for _ in range(5):
        booth.picker.look_once()
    assert booth.picked == ["golf"]
