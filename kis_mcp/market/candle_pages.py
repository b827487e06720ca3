"""One page of candles from KIS, whichever market and length."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.catalog import number
from kis_mcp.market.instrument import Instrument, Market
from kis_mcp.market.kis import Kis
from kis_mcp.market.rows import whole

Period: TypeAlias = Literal["day", "week", "month"]

_KR_WINDOW_DAYS: Mapping[Period, int] = {"day": 145, "week": 700, "month": 3030}
"""Calendar days that hold the 100 candles of one answer."""

_MOST_ROWS = 120


def beginning(day: date, length: Period | int) -> date:
    """The first day of the period that a day belongs to. KIS makes a candle of only those days that it is asked for, so
    what is asked for has to begin and end with a period."""
    match length:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case _:
            return day


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices in the instrument's currency over one interval.

    ``time`` is where the minutes start, aware, in the exchange's zone; for days and longer, midnight of the trading day
    that KIS puts on the candle, which may be the last one of a week or month. Where nothing was traded, as while a
    stock is halted, open, high and low are None, and the close is an earlier one, if KIS tells it.
    """

    time: datetime
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: int

    @property
    def was_traded(self) -> bool:
        return None not in (self.open, self.high, self.low, self.close)


@dataclass(frozen=True, slots=True)
class _Columns:
    day: str
    clock: str | None
    volume: str


_COLUMNS: Mapping[tuple[Market, bool], _Columns] = {
    ("KR", False): _Columns("trade_date", None, "volume"),
    ("KR", True): _Columns("trade_date", "trade_time", "trade_volume"),
    ("US", False): _Columns("local_date", None, "volume"),
    ("US", True): _Columns("local_date", "local_time", "volume"),
}
"""Where a row holds what, by market and whether the candle is a matter of minutes."""


@dataclass(frozen=True, slots=True)
class CandlePages:
    """Where candles of one instrument come from, a page at a time.

    Attributes:
        length: A period, or minutes; the Korean market has single minutes only.
        now: The time at the exchange.
        adjusted: Whether prices before splits and rights are adjusted (days and longer).
    """

    kis: Kis
    instrument: Instrument
    length: Period | int
    now: datetime
    adjusted: bool = True

    async def until(self, moment: datetime) -> list[Candle]:
        """The latest candles that start no later than ``moment``; empty where there are none.

        Raises:
            NotInEnvironment: Demo has minute candles of today's Korean market only.
            KisMcpError: By KIS' answer.
        """
        korean = self.instrument.market == "KR"
        if isinstance(self.length, int):
            tool, arguments = self._korean_minutes(moment) if korean else self._american_minutes(moment, self.length)
        else:
            tool, arguments = (self._korean_days if korean else self._american_days)(moment, self.length)
        where = {"symbol": self.instrument.symbol, "exchange": self.instrument.exchange}
        decoded = await self.kis.rows(tool, where | arguments, max_rows=_MOST_ROWS)
        return [candle for candle in self._read(decoded.rows("candles")) if candle.time <= moment]

    def _korean_days(self, moment: datetime, period: Period) -> tuple[str, dict[str, object]]:
        return "domestic_stock_inquire_daily_itemchartprice", {
            "start_date": beginning(moment.date() - timedelta(days=_KR_WINDOW_DAYS[period]), period).isoformat(),
            "end_date": moment.date().isoformat(),
            "interval": period,
            "adjusted": self.adjusted,
        }

    def _korean_minutes(self, moment: datetime) -> tuple[str, dict[str, object]]:
        arguments: dict[str, object] = {"time": f"{moment:%H:%M}"}
        if self.kis.environment.uses_demo_api and moment.date() == self.now.date():
            return "domestic_stock_inquire_time_itemchartprice", arguments
        return "domestic_stock_inquire_time_dailychartprice", {**arguments, "date": moment.date().isoformat()}

    def _american_days(self, moment: datetime, period: Period) -> tuple[str, dict[str, object]]:
        return "overseas_stock_dailyprice", {
            "end_date": moment.date().isoformat(),
            "interval": period,
            "adjusted": self.adjusted,
        }

    def _american_minutes(self, moment: datetime, minutes: int) -> tuple[str, dict[str, object]]:
        arguments: dict[str, object] = {"interval_minutes": minutes}
        if moment < self.now:
            arguments["before"] = f"{moment:%Y%m%d%H%M%S}"
        return "overseas_stock_inquire_time_itemchartprice", arguments

    def _read(self, rows: list[dict[str, object]]) -> Iterator[Candle]:
        """The rows that have a time; KIS fills pages up with blank ones. Minutes without a trade are no candles."""
        columns = _COLUMNS[self.instrument.market, isinstance(self.length, int)]
        for row in rows:
            day, clock = row.get(columns.day), row.get(columns.clock) if columns.clock else "00:00"
            prices = [number(row, name) or None for name in ("open", "high", "low", "close")]
            if isinstance(day, str) and isinstance(clock, str) and (all(prices) or isinstance(self.length, str)):
                yield Candle(
                    datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), self.instrument.timezone),
                    *prices,
                    volume=whole(row, columns.volume) or 0,
                )
