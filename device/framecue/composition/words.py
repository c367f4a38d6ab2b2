"""What each cue says: one table a language, and the ways a language has of saying it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from framecue.composition.cue import CueName, Detail, Unit

Language = Literal["en", "ko"]
Style = Literal["plain", "large", "voice"]
STYLES: Final[tuple[Style, ...]] = ("plain", "large", "voice")
STEP_M: Final = 0.7  # of a grown-up
TINY_M: Final = 0.18  # less than a quarter of a step
HAND_M: Final = 0.1  # a hand's width
SPAN_M: Final = 0.2  # from thumb to little finger, as Korean counts


@dataclass(frozen=True, slots=True)
class Speech:
    """One language. plain: what a cue says; where it has an amount it stands at {}.

    large: a word or two for a screen read from afar. voice: a whole sentence for a listener, {} an amount in
    steps, hand-widths or degrees. joined: two moves in one. details: what takes the place of all three where
    a cue is about something more exact: plain, large, voice.
    """

    plain: Mapping[CueName, str]
    large: Mapping[CueName, str]
    voice: Mapping[CueName, str]
    joined: str
    because: str
    details: Mapping[Detail, tuple[str, str, str]]
    untold: str  # what stands for an amount that is not known, in voice


ENGLISH: Final = Speech(
    plain={
        "nobody": "Nobody in the picture",
        "step_back": "Step back {}",
        "step_closer": "Step closer {}",
        "raise": "Raise the camera {}",
        "lower": "Lower the camera {}",
        "tilt_up": "Tilt up {}",
        "tilt_down": "Tilt down {}",
        "pan_left": "Turn left {}",
        "pan_right": "Turn right {}",
        "roll_left": "Level: turn anticlockwise {}",
        "roll_right": "Level: turn clockwise {}",
        "guests_back": "Please step back {}",
        "guests_closer": "Please come closer {}",
        "guests_left": "Please move left {}",
        "guests_right": "Please move right {}",
        "feet_hidden": "The feet are cut off",
        "head_hidden": "The head is cut off",
        "light": "Turn the light behind you",
        "hold": "Hold still",
        "ready": "Ready: shoot",
        "best_possible": "As good as it gets: shoot",
    },
    large={
        "nobody": "NOBODY",
        "step_back": "BACK {}",
        "step_closer": "CLOSER {}",
        "raise": "HIGHER {}",
        "lower": "LOWER {}",
        "tilt_up": "TILT UP {}",
        "tilt_down": "TILT DOWN {}",
        "pan_left": "LEFT {}",
        "pan_right": "RIGHT {}",
        "roll_left": "LEVEL {}",
        "roll_right": "LEVEL {}",
        "guests_back": "GUESTS BACK {}",
        "guests_closer": "GUESTS CLOSER {}",
        "guests_left": "GUESTS LEFT {}",
        "guests_right": "GUESTS RIGHT {}",
        "feet_hidden": "FEET?",
        "head_hidden": "HEAD?",
        "light": "LIGHT",
        "hold": "HOLD STILL",
        "ready": "SHOOT",
        "best_possible": "SHOOT",
    },
    voice={
        "nobody": "I see nobody. Point the camera at the people.",
        "step_back": "Please take {} back.",
        "step_closer": "Please take {} closer.",
        "raise": "Hold the camera {} higher.",
        "lower": "Hold the camera {} lower.",
        "tilt_up": "Tilt the camera up, {}.",
        "tilt_down": "Tilt the camera down, {}.",
        "pan_left": "Turn to the left, {}.",
        "pan_right": "Turn to the right, {}.",
        "roll_left": "The camera leans. Turn it anticlockwise, {}.",
        "roll_right": "The camera leans. Turn it clockwise, {}.",
        "guests_back": "Dear guests, please take {} back.",
        "guests_closer": "Dear guests, please take {} towards the camera.",
        "guests_left": "Dear guests, please take {} to your right.",
        "guests_right": "Dear guests, please take {} to your left.",
        "feet_hidden": "The feet are cut off.",
        "head_hidden": "The head is cut off.",
        "light": "The light is behind the guests. Walk around them, so that it is behind you.",
        "hold": "Hold still.",
        "ready": "Now. Press the button.",
        "best_possible": "This is as good as it gets here. Press the button.",
    },
    joined="{} and {}",
    because="{}: {}",
    details={
        "wait_head": (
            "Wait until the head can be seen",
            "HEAD?",
            "Something is before the head. Wait until it can be seen.",
        ),
        "wait_feet": (
            "Wait until the feet can be seen",
            "FEET?",
            "Something is before the feet. Wait until they can be seen.",
        ),
        "foot_outside": ("A foot is outside", "FOOT?", "A foot is outside the picture."),
        "face_left": (
            "The face at the left is hidden: a step to the side, please",
            "FACE LEFT?",
            "Dear guests, somebody at your right is hidden. Please take a step to the side.",
        ),
        "face_middle": (
            "A face in the middle is hidden: a step to the side, please",
            "FACE?",
            "Dear guests, somebody in the middle is hidden. Please take a step to the side.",
        ),
        "face_right": (
            "The face at the right is hidden: a step to the side, please",
            "FACE RIGHT?",
            "Dear guests, somebody at your left is hidden. Please take a step to the side.",
        ),
        "together": ("Closer together, please", "TOGETHER", "Dear guests, please stand closer together."),
        "apart": (
            "A little further apart, please",
            "APART",
            "Dear guests, please stand a little further apart.",
        ),
        "uneven": (
            "The ground is uneven: stand on one level, please",
            "GROUND",
            "Dear guests, the ground is uneven. Please stand all on one level.",
        ),
    },
    untold="a little",
)
KOREAN: Final = Speech(
    plain={
        "nobody": "화면에 사람이 없어요",
        "step_back": "뒤로 {} 가세요",
        "step_closer": "앞으로 {} 가세요",
        "raise": "카메라를 {} 올리세요",
        "lower": "카메라를 {} 내리세요",
        "tilt_up": "카메라를 위로 {} 기울이세요",
        "tilt_down": "카메라를 아래로 {} 기울이세요",
        "pan_left": "왼쪽으로 {} 돌리세요",
        "pan_right": "오른쪽으로 {} 돌리세요",
        "roll_left": "수평: 시계 반대 방향으로 {} 돌리세요",
        "roll_right": "수평: 시계 방향으로 {} 돌리세요",
        "guests_back": "손님, 뒤로 {} 가 주세요",
        "guests_closer": "손님, 앞으로 {} 와 주세요",
        "guests_left": "손님, 화면 왼쪽으로 {} 가 주세요",
        "guests_right": "손님, 화면 오른쪽으로 {} 가 주세요",
        "feet_hidden": "발이 잘렸어요",
        "head_hidden": "머리가 잘렸어요",
        "light": "빛을 등지고 서세요",
        "hold": "그대로 멈추세요",
        "ready": "좋아요, 찍으세요",
        "best_possible": "여기서는 이게 최선이에요, 찍으세요",
    },
    large={
        "nobody": "사람 없음",
        "step_back": "뒤로 {}",
        "step_closer": "앞으로 {}",
        "raise": "높이 {}",
        "lower": "낮게 {}",
        "tilt_up": "위로 {}",
        "tilt_down": "아래로 {}",
        "pan_left": "왼쪽 {}",
        "pan_right": "오른쪽 {}",
        "roll_left": "수평 {}",
        "roll_right": "수평 {}",
        "guests_back": "손님 뒤로 {}",
        "guests_closer": "손님 앞으로 {}",
        "guests_left": "손님 왼쪽 {}",
        "guests_right": "손님 오른쪽 {}",
        "feet_hidden": "발?",
        "head_hidden": "머리?",
        "light": "역광",
        "hold": "멈춤",
        "ready": "찰칵",
        "best_possible": "찰칵",
    },
    voice={
        "nobody": "사람이 보이지 않아요. 카메라를 사람 쪽으로 향해 주세요.",
        "step_back": "뒤로 {} 물러나 주세요.",
        "step_closer": "앞으로 {} 다가가 주세요.",
        "raise": "카메라를 {} 높이 들어 주세요.",
        "lower": "카메라를 {} 낮춰 주세요.",
        "tilt_up": "카메라를 위로 {} 기울여 주세요.",
        "tilt_down": "카메라를 아래로 {} 기울여 주세요.",
        "pan_left": "카메라를 왼쪽으로 {} 돌려 주세요.",
        "pan_right": "카메라를 오른쪽으로 {} 돌려 주세요.",
        "roll_left": "카메라가 기울었어요. 시계 반대 방향으로 {} 돌려 주세요.",
        "roll_right": "카메라가 기울었어요. 시계 방향으로 {} 돌려 주세요.",
        "guests_back": "손님 여러분, 뒤로 {} 물러나 주세요.",
        "guests_closer": "손님 여러분, 카메라 쪽으로 {} 와 주세요.",
        "guests_left": "손님 여러분, 오른손 쪽으로 {} 옮겨 주세요.",
        "guests_right": "손님 여러분, 왼손 쪽으로 {} 옮겨 주세요.",
        "feet_hidden": "발이 잘렸어요.",
        "head_hidden": "머리가 잘렸어요.",
        "light": "손님 뒤에 빛이 있어요. 빛을 등지도록 돌아가 주세요.",
        "hold": "그대로 멈춰 주세요.",
        "ready": "지금이에요. 버튼을 눌러 주세요.",
        "best_possible": "여기서는 이게 최선이에요. 버튼을 눌러 주세요.",
    },
    joined="{}, 그리고 {}",
    because="{}: {}",
    details={
        "wait_head": (
            "머리가 보일 때까지 기다리세요",
            "머리?",
            "머리가 가려졌어요. 보일 때까지 기다려 주세요.",
        ),
        "wait_feet": ("발이 보일 때까지 기다리세요", "발?", "발이 가려졌어요. 보일 때까지 기다려 주세요."),
        "foot_outside": ("한쪽 발이 화면 밖에 있어요", "발?", "한쪽 발이 화면 밖에 있어요."),
        "face_left": (
            "왼쪽 분 얼굴이 가려졌어요: 옆으로 한 걸음 가 주세요",
            "왼쪽 얼굴",
            "손님 여러분, 오른손 쪽 분의 얼굴이 가려졌어요. 옆으로 한 걸음 옮겨 주세요.",
        ),
        "face_middle": (
            "가운데 분 얼굴이 가려졌어요: 옆으로 한 걸음 가 주세요",
            "얼굴?",
            "손님 여러분, 가운데 분의 얼굴이 가려졌어요. 옆으로 한 걸음 옮겨 주세요.",
        ),
        "face_right": (
            "오른쪽 분 얼굴이 가려졌어요: 옆으로 한 걸음 가 주세요",
            "오른쪽 얼굴",
            "손님 여러분, 왼손 쪽 분의 얼굴이 가려졌어요. 옆으로 한 걸음 옮겨 주세요.",
        ),
        "together": ("서로 더 가까이 서 주세요", "모이기", "손님 여러분, 서로 더 가까이 서 주세요."),
        "apart": ("조금 떨어져 서 주세요", "떨어지기", "손님 여러분, 조금 떨어져 서 주세요."),
        "uneven": (
            "바닥이 고르지 않아요: 같은 높이에 서 주세요",
            "바닥",
            "손님 여러분, 바닥이 고르지 않아요. 모두 같은 높이에 서 주세요.",
        ),
    },
    untold="조금",
)
LANGUAGES: Final[Mapping[Language, Speech]] = {"en": ENGLISH, "ko": KOREAN}


def say(
    cue: CueName,
    amount: float | None = None,
    unit: Unit | None = None,
    *,
    language: Language = "en",
    style: Style = "plain",
    detail: Detail | None = None,
) -> str:
    """A cue in words: "Step back 0.4 m", "BACK 0.4 m", "Please take half a step back."."""
    speech = LANGUAGES[language]
    if detail is not None:
        return speech.details[detail][STYLES.index(style)]
    text = {"plain": speech.plain, "large": speech.large, "voice": speech.voice}[style][cue]
    if amount is None or unit is None:
        filled = text.format(speech.untold if style == "voice" else "")
    elif style == "voice":
        filled = text.format(_spoken(cue, amount, unit, language))
    else:
        filled = text.format(metres(amount) if unit == "m" else f"{amount:.0f}°")
    return " ".join(filled.split())


def metres(amount: float) -> str:
    """Tenths, and of less than a tiny step what is over them."""
    tenths = amount > TINY_M or abs(10 * amount - round(10 * amount)) < 0.01
    return f"{amount:.1f} m" if tenths else f"{amount:.2f} m"


def _spoken(cue: CueName, amount: float, unit: Unit, language: Language) -> str:
    """An amount as people act on it: steps on the floor, hand-widths up and down, degrees."""
    korean = language == "ko"
    if unit == "deg":
        return (
            f"{amount:.0f}도" if korean else f"{amount:.0f} {'degree' if round(amount) == 1 else 'degrees'}"
        )
    if cue in ("raise", "lower"):
        if korean:
            return _halves(amount / SPAN_M, "반 뼘", "{}뼘", "{}뼘 반")
        hands = max(round(amount / HAND_M), 1)
        return "a hand-width" if hands == 1 else f"{hands} hand-widths"
    if amount < TINY_M:
        return "아주 조금" if korean else "a tiny step"
    if korean:
        return _halves(amount / STEP_M, "반 걸음", "{}걸음", "{}걸음 반")
    counted = _halves(amount / STEP_M, "half a step", "{} steps", "{} steps and a half")
    return counted.replace("1 steps", "one step") if counted.startswith("1 ") else counted


def _halves(amount: float, half: str, whole: str, more: str) -> str:
    """An amount in whole and half units."""
    count, rest = divmod(max(round(2 * amount), 1), 2)
    return (more if rest else whole).format(count) if count else half
