"""Names as they are looked up: without what spellings differ in, and cut into pairs of letters."""

from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST_SYLLABLE, _LAST_SYLLABLE, _SYLLABLES_AN_INITIAL = ord("가"), ord("힣"), 588


def folded(text: str) -> str:
    """A name without what spellings differ in: case, spaces, punctuation, width of letters."""
    composed = normalize("NFC", text)
    # A consonant by itself would become a part of a syllable, which nobody types.
    plain = "".join(letter if letter in _INITIALS else normalize("NFKC", letter) for letter in composed)
    return "".join(filter(str.isalnum, plain.casefold()))


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
