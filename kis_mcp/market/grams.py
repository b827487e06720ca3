"""Names as they are looked up: without what spellings differ in, and cut into pairs of letters."""

from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_ALONE = dict(enumerate(_INITIALS, start=0x1100))
"""A consonant as a part of a syllable, which NFKC makes of it → as it is typed by itself."""

_FIRST_SYLLABLE, _LAST_SYLLABLE, _SYLLABLES_AN_INITIAL = ord("가"), ord("힣"), 588


def folded(text: str) -> str:
    """A name without what spellings differ in: case, spaces, punctuation, width of letters."""
    plain = "".join(normalize("NFKC", letter) for letter in normalize("NFC", text))
    return "".join(filter(str.isalnum, plain.casefold().translate(_ALONE)))


def initials(text: str) -> str:
    """The initial consonants of its Hangul syllables, as Koreans abbreviate names: 삼성전자 → ㅅㅅㅈㅈ."""
    return "".join(
        _INITIALS[(ord(letter) - _FIRST_SYLLABLE) // _SYLLABLES_AN_INITIAL] for letter in text if is_syllable(letter)
    )


def is_syllable(letter: str) -> bool:
    """Whether a letter is a Hangul syllable."""
    return _FIRST_SYLLABLE <= ord(letter) <= _LAST_SYLLABLE


def grams(text: str) -> Iterator[str]:
    """The pairs of neighbouring letters of a folded text; a single letter is its own."""
    if len(text) < 2:
        yield from text
    for first, second in pairwise(text):
        yield first + second
