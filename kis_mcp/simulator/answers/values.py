"""Values as KIS writes them: always strings."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from zlib import crc32

from kis_mcp.catalog.model import Field

_ONE = Decimal(1)
_BLANKS = {"integer": "0", "decimal": "0"}
_RATE_WORDS = frozenset({"rate", "ratio", "share", "yield", "strength", "delta", "gamma", "theta", "vega", "rho"})
_PRICE_WORDS = frozenset({"price", "close", "open", "high", "low", "nav", "value", "amount", "cap", "turnover"})


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


def made_up(field: Field, seed: str, price: Decimal, today: date) -> str:
    """A plausible value for what the market model does not know, always the same for the same seed.

    Args:
        seed: Tells world, subject, row and field from others.
        price: What prices and values in the answer are like.
        today: Dates lie within the year before.
    """
    number = crc32(seed.encode())
    words = set(field.name.split("_"))
    match field.type:
        case "integer" if words & _PRICE_WORDS:
            return str(int(price * (80 + number % 41) / 100))
        case "integer":
            return str(number % 100_000)
        case "decimal" if words & _PRICE_WORDS and not words & _RATE_WORDS:
            return format((price * (8_000 + number % 4_001) / 10_000).quantize(_ONE / 100), "f")
        case "decimal":
            return format(Decimal(number % 10_000) / 100, "f")
        case "boolean":
            return "N"
        case "date":
            return date.fromordinal(today.toordinal() - number % 365).strftime("%Y%m%d")
        case "month":
            return date.fromordinal(today.toordinal() - number % 365).strftime("%Y%m")
        case "time":
            return f"{9 + number % 6:02}{number // 7 % 60:02}{number // 11 % 60:02}"
        case "datetime":
            return f"{today:%Y%m%d}{9 + number % 6:02}{number // 7 % 60:02}{number // 11 % 60:02}"
        case "enum":
            codes = sorted(field.codes or {"": ""})
            return codes[number % len(codes)]
        case "string" | "account" | "private":
            return _made_up_text(words, number)


def _made_up_text(words: set[str], number: int) -> str:
    if "code" in words:
        return f"{number % 100:02}"
    if words & {"title", "text", "name", "content", "headline"}:
        return f"모의 자료 {number % 1_000}"
    return ""


def _code(codes: Mapping[str, str], word: str) -> str:
    return next((code for code, meaning in codes.items() if meaning == word), word)
