"""What notices say: a word or two for a small screen, a sentence for a listener, in each language.

What cues say is in `framecue.composition.words`.
"""

from collections.abc import Mapping
from typing import Final

from framecue.composition.words import Language
from framecue.indicators import NoticeName

LARGE: Final[Mapping[Language, Mapping[NoticeName, str]]] = {
    "en": {
        "starting": "STARTING",
        "countdown": "GET READY",
        "shooting": "GOT IT",
        "saved": "SAVED",
        "not_saved": "NOT SAVED",
        "fault": "FAULT",
        "recovered": "GOING ON",
        "look": "LOOK",
        "copying": "COPYING",
        "copied": "COPIED",
        "stopping": "STOPPING",
    },
    "ko": {
        "starting": "시작",
        "countdown": "준비",
        "shooting": "찍는 중",
        "saved": "저장됨",
        "not_saved": "저장 안 됨",
        "fault": "고장",
        "recovered": "다시 작동",
        "look": "구도",
        "copying": "복사 중",
        "copied": "복사 완료",
        "stopping": "종료",
    },
}

# Only what a photographer must hear; a countdown is said by its numbers.
SPOKEN: Final[Mapping[Language, Mapping[NoticeName, str]]] = {
    "en": {
        "saved": "Got it.",
        "not_saved": "The photo could not be saved. Please call for help.",
        "fault": "Something is wrong. Please call for help.",
        "recovered": "It works again.",
        "stopping": "Good bye.",
    },
    "ko": {
        "saved": "찍혔어요.",
        "not_saved": "사진을 저장하지 못했어요. 도움을 청해 주세요.",
        "fault": "문제가 생겼어요. 도움을 청해 주세요.",
        "recovered": "다시 작동해요.",
        "stopping": "안녕히 계세요.",
    },
}
