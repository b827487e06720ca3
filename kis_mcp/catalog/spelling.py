"""Values as people and clients write them → as arguments are checked. What could be read in two ways is left as it is,
for the check to refuse.

Full-width characters (ＡＡＰＬ, ７２，５００) and spaces around a value never change what is meant.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from kis_mcp.catalog.texts import encodable_all

MOST_DIGITS = 28
"""Of a number that somebody gives: so many a Decimal counts with."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?", re.ASCII)
"""Commas stand between groups of three digits only: "1,5" is 1.5 to some and 15 to others."""
_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_MONTH = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?|([0-9]{2})([0-9]{2})([0-9]{2})?", re.ASCII)


def plain(text: str) -> str:
    """A text in half-width characters, without spaces around it."""
    return unicodedata.normalize("NFKC", text).strip()


def is_empty(value: object) -> bool:
    """Whether a value says nothing: clients that must send every argument send these for those they leave out."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def has_too_many_digits(number: Decimal | int) -> bool:
    """Whether a finite number has more than `MOST_DIGITS`, before and after its point together.

    It is told without writing them out: 1e1000000 has a million.
    """
    if isinstance(number, int):
        return abs(number) >= 10**MOST_DIGITS
    exponent = number.as_tuple().exponent
    after = max(-exponent, 0) if isinstance(exponent, int) else 0
    return max(number.adjusted() + 1, 0) + after > MOST_DIGITS


def read_number(value: object) -> object:
    """A number, also from text with thousands separators.

    Raises:
        ValueError: It is true or false, or text that is no number in digits.
    """
    if isinstance(value, bool):
        raise ValueError("boolean")
    if not isinstance(value, str):
        return value
    text = plain(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError("number")
    return Decimal(text.replace(",", ""))


def read_date(value: object) -> object:
    """A date from its year, month and day in this order, whichever sign parts them, if any.

    Raises:
        ValueError: There is no such day, or the order of its parts is not certain.
    """
    if isinstance(value, date):
        return value
    match = _DATE.fullmatch(_digits(value))
    if match is None:
        raise ValueError("date")
    year, _, month, day, *together = match.groups()
    return date(*map(int, (year, month, day) if year else together))


def read_month(value: object) -> object:
    """A month as ``YYYY-MM``; what is none stays as it is."""
    match = _MONTH.fullmatch(_digits(value))
    return f"{match[1]}-{match[2]}" if match else value


def read_time(value: object) -> object:
    """A time of day with 24 hours, with colons or in pairs of digits.

    Raises:
        ValueError: There is no such time.
    """
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(plain(value)) if isinstance(value, str) else None
    if match is None:
        raise ValueError("time")
    parts = match.groups("0")
    hour, minute, second = parts[:3] if match[1] else parts[3:]
    return time(int(hour), int(minute), int(second))


def read_word(value: object, words: Sequence[str]) -> object:
    """The word of an enumeration, in any case and with spaces or hyphens for ``_``; "1m" and "1M" stay two words.

    What fits none, or several and none exactly, stays as it is.
    """
    if not isinstance(value, str | int) or isinstance(value, bool):
        return value
    text = plain(str(value))
    fitting = [word for word in words if word == text] or [word for word in words if _folded(word) == _folded(text)]
    return fitting[0] if len(fitting) == 1 else value


def read_json(value: object, opening: str) -> object:
    """A list or an object that came as JSON text; any other value as it is.

    Raises:
        ValueError: It begins like JSON and is none, names something twice, or is nested beyond reason.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(opening):
        return value
    try:
        read = json.loads(value, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
        return encodable_all(read)  # the text may escape half a character
    except RecursionError:
        raise ValueError("nested") from None


def read_names(value: object) -> object:
    """Names, also as one text with commas."""
    value = read_json(value, "[")
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _digits(value: object) -> str:
    """A date as text; some clients send 20261101 as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return plain(str(value))


def _folded(word: str) -> str:
    return re.sub("[ -]", "_", word.casefold())


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found = dict[str, Any]()
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name} twice")
        found[name] = value
    return found
