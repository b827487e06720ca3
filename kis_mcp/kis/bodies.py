"""The bytes of an answer → its JSON object, as forgivingly as can be done without guessing a value."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from kis_mcp.catalog import encodable_all

MOST_BYTES = 8 << 20
"""KIS' longest answers are of a few hundred kilobytes."""

MOST_DEPTH = 32
"""KIS' answers are four deep; what works through an answer goes one call deeper with each level."""

_TOO_DEEP = f"JSON that is nested more than {MOST_DEPTH} levels deep"
_OLD_KOREAN = re.compile(r"euc[-_]?kr|cp[-_]?949|ms949|uhc|ks_c_5601(-1987)?", re.IGNORECASE)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class UnreadableBody(Exception):
    """The bytes are no JSON object that can be worked with; the text ends the sentence "KIS answered with …"."""


def json_object(body: bytes, charset: str = "") -> dict[str, Any]:
    """The JSON object that a body holds. Its fractions stay text, so that no money passes through a float.

    Raw control characters within texts are read; half a character is replaced.

    Args:
        body: As it came, without compression.
        charset: What the Content-Type header names; "" where it names none.

    Raises:
        UnreadableBody: There is none, or it is nested too deep.
    """
    text = _text(body, charset)
    try:
        value: object = json.loads(text, parse_float=str, parse_constant=str, strict=False)
    except ValueError:
        raise UnreadableBody("something that is no JSON object") from None
    except RecursionError:
        raise UnreadableBody(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise UnreadableBody("something that is no JSON object")
    found = cast(dict[str, Any], value)
    if _is_deeper(found, MOST_DEPTH):
        raise UnreadableBody(_TOO_DEEP)
    return encodable_all(found) if _HALF_CHARACTER.search(text) else found


def _text(body: bytes, charset: str) -> str:
    """The text in the encoding that is named, in UTF-8 or in the old Korean one; damaged bytes are replaced, for the
    numbers and codes around them are ASCII in each."""
    named = "cp949" if _OLD_KOREAN.fullmatch(charset.strip()) else "utf-8-sig"
    for encoding in (named, "utf-8-sig", "cp949"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("utf-8-sig", errors="replace")


def _is_deeper(value: object, most: int) -> bool:
    """Whether a value has more levels than that, found without a call for each."""
    level = [value]
    for _ in range(most):
        level = [part for each in level for part in _parts(each) if isinstance(part, Mapping | list)]
    return bool(level)


def _parts(value: object) -> Iterable[object]:
    return cast(Mapping[str, object], value).values() if isinstance(value, Mapping) else cast(list[object], value)
