"""Korean particles behind a value: 은 or 는, as the value ends in a consonant or not."""

import re

_PAIRS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}
"""As the catalogue writes them → behind a consonant, behind a vowel."""

_OTHER = {"이라는": ("이라는", "라는")}
_FIRST, _LAST, _FINALS = ord("가"), ord("힣"), 28
_RIEUL = 8
_DIGITS = {"0": 1, "1": _RIEUL, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
"""The final consonant of a digit's name: 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구."""

_ALL = _PAIRS | _OTHER
_PARTICLE = re.compile("|".join(map(re.escape, _ALL)))


def with_particle(said: str, following: str) -> str:
    """A sentence so far, and what follows; a particle at its beginning in the form that goes with what was said.

    Behind letters whose sound is not known here, such as English ones, a particle keeps both its forms.
    """
    match = _PARTICLE.match(following)
    final = _final(said[-1:])
    if match is None or final is None:
        return said + following
    behind_consonant, behind_vowel = _ALL[match[0]]
    is_vowel = not final or (match[0] == "(으)로" and final == _RIEUL)
    return said + (behind_vowel if is_vowel else behind_consonant) + following[match.end() :]


def _final(letter: str) -> int | None:
    """The number of a letter's final consonant, 0 for none; None where its sound is not known."""
    if letter in _DIGITS:
        return _DIGITS[letter]
    return (ord(letter) - _FIRST) % _FINALS if letter and _FIRST <= ord(letter) <= _LAST else None
