"""Which letters the pictures' font has, how wide they are, and what stands for those that it lacks.

The font is a part of NanumBarunGothic (see ``resources/fonts``): the 2,350 syllables of KS X 1001, of which nearly all
names are made, the single letters of Hangul, ASCII and a few signs.
"""

import unicodedata
from functools import cache

SIGNS = "\u00b7\u00d7\u00f7\u00b1°§–—‘’“”•…‰€₩←↑→↓▲▼△▽○●◎◇◆□■★☆≤≥≠∞√㈜℃"
MISSING = "□"
"""What stands for a letter that nothing else can stand for."""

_FIRST, _LAST = 0xAC00, 0xD7A3
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

_WIDTHS = {
    **dict.fromkeys("ijlI.,:;'! ", 0.3),
    **dict.fromkeys('frt()[]/"', 0.4),
    **dict.fromkeys("MWmw%@&\\", 0.96),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", 0.68),
}
_LATIN_WIDTH = 0.585
_WIDE = 0.9


@cache
def has_letter(letter: str) -> bool:
    """Whether the font draws this letter."""
    code = ord(letter)
    if 0x20 <= code < 0x7F or 0x3131 <= code <= 0x3163:
        return True
    if _FIRST <= code <= _LAST:
        # Syllables beyond KS X 1001 take eight bytes in Python's EUC-KR.
        return len(letter.encode("euc_kr")) == 2
    return letter in SIGNS


def all_letters() -> str:
    """Every letter that the font draws."""
    codes = (*range(0x20, 0x7F), *range(0x3131, 0x3164), *range(_FIRST, _LAST + 1))
    return "".join(filter(has_letter, map(chr, codes))) + SIGNS


def readable(text: str) -> str:
    """The text in letters that the font draws: a rare syllable as its parts (뷁 as ㅂㅞㄺ), é as e."""
    return "".join(letter if has_letter(letter) else _stand_in(letter) for letter in text)


def width_of(text: str, size: float) -> float:
    """About how wide a readable text is, in pixels."""
    return size * sum(_WIDTHS.get(letter, _LATIN_WIDTH if letter < "\x7f" else _WIDE) for letter in text)


def fitted(text: str, size: float, room: float) -> str:
    """The readable text, cut to a width in pixels with an ellipsis where it is too long."""
    text = readable(text)
    if width_of(text, size) <= room:
        return text
    while text and width_of(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _stand_in(letter: str) -> str:
    if letter.isspace():
        return " "
    code = ord(letter)
    if _FIRST <= code <= _LAST:
        rest, final = divmod(code - _FIRST, len(_FINALS))
        initial, vowel = divmod(rest, len(_VOWELS))
        return _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final]
    parts = [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]
    if parts and parts != [letter] and all(map(has_letter, parts)):
        return "".join(parts)
    return "" if unicodedata.category(letter) in ("Mn", "Cf", "Cc") else MISSING
