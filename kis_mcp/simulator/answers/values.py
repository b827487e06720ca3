"""Values as KIS writes them: always strings."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from kis_mcp.catalog import Field

_BLANKS = {"integer": "0", "decimal": "0"}


def text(field: Field, value: object) -> str:
    """A value in KIS' spelling for a field: codes for words, YYYYMMDD, HHMMSS, Y and N, plain numbers."""
    match value:
        case None:
            return ""
        case bool():
            return "Y" if value else "N"
        case int():
            return str(value)
        case Decimal():
            return str(int(value)) if field.type == "integer" else format(value, "f")
        case datetime():
            return value.strftime("%Y%m%d%H%M%S")
        case date():
            return value.strftime("%Y%m" if field.type == "month" else "%Y%m%d")
        case time():
            return value.strftime("%H%M%S")
        case _ if field.type == "enum":
            return _code(field.codes or {}, str(value))
        case _:
            return str(value)


def blank(field: Field) -> str:
    """What an account's answer says where there is nothing: no number is 0, the rest is empty."""
    return _BLANKS.get(field.type, "")


def _code(codes: Mapping[str, str], word: str) -> str:
    return next((code for code, meaning in codes.items() if meaning == word), word)
