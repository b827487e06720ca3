"""KIS' texts → values: numbers, dates, times, flags and code words."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import TypeVar, cast

from kis_mcp.account import masked
from kis_mcp.catalog.model import Field

_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9,]{0,39}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")
_DATE = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?(?:\.?[0-9]+)?")
_DATETIME = re.compile(r"([0-9]{4}[-/.]?[0-9]{2}[-/.]?[0-9]{2})[ T]?([0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)(?:\.?[0-9]+)?")
_ZEROS = re.compile(r"[0:\-/. ]+")
_BOOLEANS: Mapping[str, bool] = {"y": True, "1": True, "true": True, "n": False, "0": False, "false": False}


T = TypeVar("T")


def encodable(text: str) -> str:
    """The text as it can be written in UTF-8: half a character (a lone surrogate, as JSON's ``\\ud800`` gives) becomes
    U+FFFD, two halves that belong together become their character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encodable_all(value: T) -> T:
    """The same value with each text in it as `encodable`; lists, tuples and mappings (as dicts) are made anew."""
    return cast(T, _encodable_part(value))


def _encodable_part(value: object) -> object:
    match value:
        case str():
            return encodable(value)
        case Mapping():
            items = cast(Mapping[object, object], value).items()
            return {_encodable_part(key): _encodable_part(item) for key, item in items}
        case list() | tuple():
            parts = (_encodable_part(item) for item in cast(list[object], value))
            return tuple(parts) if isinstance(value, tuple) else list(parts)
        case _:
            return value


def one_line(text: str) -> str:
    """The text without line breaks, halves of characters, and characters that hide or turn others: what is shown may
    come from outside."""
    return "".join(character if character.isprintable() else " " for character in text)


def parse(field: Field, text: str) -> object:
    """The value that a non-blank text stands for; None for a date or month of zeros, KIS' way to say none.

    Raises:
        ValueError: It stands for none of the field's type.
    """
    if field.type == "enum":
        word = (field.codes or {}).get(text)
        if word is None:
            raise ValueError(text)
        return word
    return _PARSERS[field.type](text)


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text.replace(",", ""))


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _date(text: str) -> str | None:
    if _ZEROS.fullmatch(text):
        return None
    year, month, day = _groups(_DATE, text)
    return date(int(year), int(month), int(day)).isoformat()


def _month(text: str) -> str | None:
    if _ZEROS.fullmatch(text):
        return None
    year, month = _groups(_MONTH, text)
    return date(int(year), int(month), 1).isoformat()[:7]


def _time(text: str) -> str | None:
    if text == "0":
        return None
    hour, minute, second = _groups(_TIME, text.zfill(6) if len(text) == 5 else text)
    return time(int(hour), int(minute), int(second or 0)).isoformat()


def _datetime(text: str) -> str | None:
    if _ZEROS.fullmatch(text):
        return None
    day, clock = _groups(_DATETIME, text)
    return f"{_date(day)}T{_time(clock)}"


def _private(text: str) -> str:  # noqa: ARG001
    return "***"


def _groups(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match.groups()


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "string": str,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "month": _month,
    "time": _time,
    "datetime": _datetime,
    "account": masked,
    "private": _private,
}
