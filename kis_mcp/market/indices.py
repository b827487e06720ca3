"""Indices of whole markets: which one an instrument is listed in, and their candles, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.catalog import number
from kis_mcp.market.candle_pages import Candle, Period, beginning
from kis_mcp.market.instrument import Instrument, Market
from kis_mcp.market.kis import Kis
from kis_mcp.market.rows import whole

INDEX: Final = "index"
"""The kind of such an instrument, and what stands in the place of its exchange."""

KOSPI: Final = Instrument("0001", "KR", INDEX, "코스피", "KOSPI", INDEX)
KOSDAQ: Final = Instrument("1001", "KR", INDEX, "코스닥", "KOSDAQ", INDEX)
SP500: Final = Instrument("SPX", "US", INDEX, "S&P 500", "S&P 500", INDEX)
INDICES: Final[Mapping[str, Instrument]] = {index.symbol: index for index in (KOSPI, KOSDAQ, SP500)}

_BY_BOARD: Mapping[str, Instrument] = {"KOSPI": KOSPI, "ETF": KOSPI, "ETN": KOSPI, "KOSDAQ": KOSDAQ, "KSQ": KOSDAQ}
"""How the market's name in KIS' quote begins: KOSPI200 and KSQ150 are parts of a market, funds are in KOSPI's."""


@dataclass(frozen=True, slots=True)
class Board:
    """Where an instrument is listed.

    Attributes:
        index: Of that market, for `get_candles`; None where KIS names another one, such as KONEX.
        last, tick: A price and the step at it, which tell a fund from a share; None where KIS tells none.
    """

    index: Instrument | None
    last: Decimal | None = None
    tick: Decimal | None = None


async def read_board(kis: Kis, instrument: Instrument) -> Board:
    """The market that it is listed in.

    Raises:
        KisMcpError: By KIS' answer.
    """
    if instrument.market == "US":
        return Board(SP500)
    quote = (await kis.rows("domestic_stock_inquire_price", {"symbol": instrument.symbol})).record("price")
    board = str(quote.get("representative_market_name") or "").upper()
    index = next((index for name, index in _BY_BOARD.items() if board.startswith(name)), None)
    return Board(index, number(quote, "price") or None, number(quote, "tick_size") or None)


@dataclass(frozen=True, slots=True)
class _Source:
    """Which API tells candles of a market's indices.

    Attributes:
        window: Calendar days that hold the days of one answer, 50 of Korea and 100 abroad.
        prefix: Of the names of prices.
    """

    tool: str
    name: str
    constants: Mapping[str, str]
    window: int
    prefix: str


_SOURCES: Mapping[Market, _Source] = {
    "KR": _Source("domestic_stock_inquire_daily_indexchartprice", "index", {}, 70, "index_"),
    "US": _Source("overseas_stock_inquire_daily_chartprice", "symbol", {"asset": "index"}, 145, ""),
}
_DAYS_EACH: Mapping[Period, int] = {"day": 1, "week": 5, "month": 21}
_MOST_ROWS = 120


@dataclass(frozen=True, slots=True)
class IndexPages:
    """Where candles of an index come from, a page at a time; levels, not prices."""

    kis: Kis
    index: Instrument
    length: Period

    async def until(self, moment: datetime) -> list[Candle]:
        """The latest candles that start no later than ``moment``; empty where there are none.

        Raises:
            KisMcpError: By KIS' answer.
        """
        source, zone = _SOURCES[self.index.market], self.index.timezone
        first = moment.date() - timedelta(days=source.window * _DAYS_EACH[self.length])
        arguments = {
            source.name: self.index.symbol,
            **source.constants,
            "start_date": beginning(first, self.length).isoformat(),
            "end_date": moment.date().isoformat(),
            "interval": self.length,
        }
        rows = (await self.kis.rows(source.tool, arguments, max_rows=_MOST_ROWS)).rows("candles")
        names = [f"{source.prefix}{name}" for name in ("open", "high", "low", "close")]
        return [
            Candle(
                datetime.combine(date.fromisoformat(day), time.min, zone),
                *(number(row, name) or None for name in names),
                volume=whole(row, "volume") or 0,
            )
            for row in rows
            if isinstance(day := row.get("trade_date"), str)
        ]
