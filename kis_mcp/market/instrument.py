"""What is traded, and how a caller names it."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from kis_mcp.catalog import KRX_CODE
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.errors import BadArgument
from kis_mcp.market.exchanges import CURRENCIES

Market: TypeAlias = Literal["KR", "US"]

US_TICKER = r"[A-Z]{1,5}(?:[./-][A-Z]{1,3})?"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A stock or exchange-traded fund.

    Attributes:
        symbol: As KIS writes it: a KRX code (``005930``) or a US ticker (``AAPL``, ``BRK/B``).
        market: ``KR`` or ``US``.
        exchange: ``krx``, ``nasdaq``, ``nyse`` or ``amex``; for Korea a call may choose another venue.
        name_ko, name_en: Empty where the built-in list does not know it.
        kind: ``stock`` or ``etf``; ``index`` for one that is followed and not traded; empty where unknown.
    """

    symbol: str
    market: Market
    exchange: str
    name_ko: str = ""
    name_en: str = ""
    kind: str = ""

    @property
    def name(self) -> str | None:
        """The name as its own market writes it."""
        return (self.name_ko if self.market == "KR" else self.name_en) or self.name_ko or None

    @property
    def currency(self) -> str:
        return CURRENCIES[self.market]

    @property
    def timezone(self) -> ZoneInfo:
        """Of its exchange."""
        return KST if self.market == "KR" else NEW_YORK


def parse_symbol(text: str) -> tuple[str, Market]:
    """A symbol as a caller writes it → as KIS writes it, and its market.

    Raises:
        BadArgument: It is neither a KRX code nor a US ticker.
    """
    symbol = text.strip().upper()
    if re.fullmatch(KRX_CODE, symbol):
        return symbol, "KR"
    if re.fullmatch(US_TICKER, symbol):
        return re.sub("[.-]", "/", symbol), "US"
    raise BadArgument(
        f"{text!r} is neither a KRX code such as 005930 nor a US ticker such as AAPL.",
        remedy="Give its symbol; find other kinds of instruments and their tools with search_tools.",
        field="symbol",
    )
