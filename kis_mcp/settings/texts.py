"""A setting as a person writes it → its value: one rule for variables and for KIS' own file.

What is accepted is what a person would read; everything else is refused, never guessed.
"""

import re

from pydantic import BeforeValidator

_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’"}
_EDGE = r"[\s\ufeff\u200b-\u200f\u2060]+"  # White space, and the marks of editors and web pages that nobody sees.
_EDGES = re.compile(f"^{_EDGE}|{_EDGE}$")
_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?|[0-9]{1,3}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,9})?")
_ACCOUNT = re.compile(r"([0-9]{8})(?:-?([0-9]{2}))?")
_SEPARATORS = re.compile(r"[,;、，；،\r\n\u2028\u2029]")
_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def trimmed(text: str) -> str:
    """The text without white space and invisible marks around it, and without one pair of quotes.

    Raises:
        ValueError: It begins or ends with a quote that has no partner.
    """
    text = _EDGES.sub("", text)
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = _EDGES.sub("", text[1:-1])
    elif text and (text[0] in _QUOTES or text[-1] in _QUOTES.values()):
        raise ValueError("it has a quote without its partner")
    return text


def half_width(text: str) -> str:
    """Full-width letters, digits and signs, as Korean and Japanese keyboards write them, as the usual ones."""
    return text.translate(_HALF_WIDTH)


def parts_of(text: str) -> list[str]:
    """The parts of a list between commas, semicolons (ideographic ones too) and line breaks; white space stays."""
    return [part.strip() for part in _SEPARATORS.split(half_width(text)) if part.strip()]


def words_of(text: str) -> list[str]:
    """The words of a list, which white space separates too."""
    return [word for part in parts_of(text) for word in part.split()]


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = half_width(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{value[:40]!r} is no plain number such as 1000000, 1,000,000 or 0.5")
    return text.replace(",", "")


def _switch(value: object) -> object:
    if not isinstance(value, str):
        return value
    word = half_width(value).lower()
    if word not in _SWITCHES:
        raise ValueError(f"{value[:40]!r} is neither 1 nor 0")
    return _SWITCHES[word]


def _word(value: object) -> object:
    return half_width(value).lower() if isinstance(value, str) else value


def _plain(value: object) -> object:
    return half_width(value) if isinstance(value, str) else value


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = words_of(value)
    if value and not words:
        raise ValueError("it is a list without an entry")
    return words


def _lower_words(value: object) -> object:
    return _words(value.lower()) if isinstance(value, str) else value


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = parts_of(value)
    if not parts:
        raise ValueError("it is a list without an entry, which would hold for nothing or for everything")
    return parts


def _account(value: object) -> object:
    """An account as ``12345678``, or with its product as ``12345678-01``."""
    if not isinstance(value, str) or not value:
        return value
    found = _ACCOUNT.fullmatch(half_width(value))
    if found is None:
        raise ValueError("an account is 8 digits, with or without its 2 digits of the product: 12345678 or 12345678-01")
    return "-".join(filter(None, found.groups()))


def _key(value: object) -> object:
    if isinstance(value, str) and not all("!" <= character <= "~" for character in value):
        raise ValueError("it holds blanks or characters that no key has")
    return value


NUMBER = BeforeValidator(_number)
SWITCH = BeforeValidator(_switch)
WORD = BeforeValidator(_word)
WORDS = BeforeValidator(_words)
LOWER_WORDS = BeforeValidator(_lower_words)
PARTS = BeforeValidator(_parts)
KEY = BeforeValidator(_key)
PLAIN = BeforeValidator(_plain)
ACCOUNT = BeforeValidator(_account)
