"""What is charted of the world beside instruments: indices abroad, exchange rates, yields and nearest futures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, cast

from kis_mcp.clock import KST
from kis_mcp.simulator.market.calendar import TICK_SECONDS, Calendar
from kis_mcp.simulator.market.exchange_rates import in_won, pairs, rate_rows
from kis_mcp.simulator.market.history import FIRST_DAY
from kis_mcp.simulator.market.indices import Index, IndexMarket
from kis_mcp.simulator.market.indices_abroad import indices_abroad
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Candle, Market
from kis_mcp.simulator.market.places import Country
from kis_mcp.simulator.market.rates import KNOWN_AT, curve, known_day

_THOUSAND = 1_000
_MINUTE = 60 // TICK_SECONDS


class Series(Protocol):
    """Something with candles. ``volume`` is None of what is not traded; of an index it is in thousand shares."""

    @property
    def name_ko(self) -> str: ...
    def days(self, now: datetime, *, until: date, count: int) -> list[Candle]:
        """Up to ``count`` daily candles ending with ``until``, newest first; today's holds what has happened so far."""
        ...

    def minutes(self, now: datetime, *, until: datetime, count: int) -> list[Candle]:
        """Up to ``count`` candles of a minute within the day of ``until``, newest first."""
        ...

    def calendar(self) -> Calendar: ...
    def volume(self, candle: Candle) -> int | None: ...


@dataclass(frozen=True, slots=True)
class InstrumentSeries:
    """A share, a contract, or something that walks and is not traded."""

    market: Market
    instrument: Instrument
    name_ko: str

    def days(self, now: datetime, *, until: date, count: int) -> list[Candle]:
        return self.market.days(self.instrument, now, until=until, count=count)

    def minutes(self, now: datetime, *, until: datetime, count: int) -> list[Candle]:
        return self.market.minutes(self.instrument, now, until=until, count=count)

    def calendar(self) -> Calendar:
        return self.market.calendar(self.instrument)

    def volume(self, candle: Candle) -> int | None:
        return candle.volume if self.instrument.daily_volume else None


@dataclass(frozen=True, slots=True)
class WonSeries:
    """A currency in won, made of the dollar and the currency's pair.

    High and low are those of both together, whether or not they came at the same moment.
    """

    dollar: InstrumentSeries
    pair: InstrumentSeries
    currency: str
    name_ko: str
    decimals: int

    def days(self, now: datetime, *, until: date, count: int) -> list[Candle]:
        both = (series.days(now, until=until, count=count) for series in (self.dollar, self.pair))
        return [self._joined(*candles) for candles in zip(*both, strict=True)]

    def minutes(self, now: datetime, *, until: datetime, count: int) -> list[Candle]:
        both = (series.minutes(now, until=until, count=count) for series in (self.dollar, self.pair))
        return [self._joined(*candles) for candles in zip(*both, strict=True)]

    def calendar(self) -> Calendar:
        return self.dollar.calendar()

    def volume(self, candle: Candle) -> int | None:  # noqa: ARG002
        return None

    def _joined(self, dollar: Candle, pair: Candle) -> Candle:
        most = (pair.high, pair.low) if self.currency == "EUR" else (pair.low, pair.high)
        return replace(
            dollar,
            open=self._won(dollar.open, pair.open),
            high=self._won(dollar.high, most[0]),
            low=self._won(dollar.low, most[1]),
            close=self._won(dollar.close, pair.close),
        )

    def _won(self, dollar: Decimal, pair: Decimal) -> Decimal:
        return in_won(self.currency, dollar, pair).quantize(Decimal(1).scaleb(-self.decimals))


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """An index of stocks abroad."""

    market: Market
    levels: IndexMarket
    index: Index

    @property
    def name_ko(self) -> str:
        return self.index.name_ko

    def days(self, now: datetime, *, until: date, count: int) -> list[Candle]:
        moment = self.market.moment(self.index.members[0], now)
        return self.levels.days(self.index, moment.day, moment.ticks, until=until, count=count)

    def minutes(self, now: datetime, *, until: datetime, count: int) -> list[Candle]:
        moment, asked = (self.market.moment(self.index.members[0], at) for at in (now, until))
        if asked.day > moment.day:
            return []
        known = moment.ticks if asked.day == moment.day else self.calendar().ticks_a_day
        last = (min(asked.ticks, known) - 1) // _MINUTE
        return [
            self.levels.stretch(self.index, asked.day, place * _MINUTE, min(known, (place + 1) * _MINUTE))
            for place in range(last, max(-1, last - count), -1)
        ]

    def calendar(self) -> Calendar:
        return self.market.calendar(self.index.members[0])

    def volume(self, candle: Candle) -> int | None:
        return candle.volume // _THOUSAND


@dataclass(frozen=True, slots=True)
class YieldSeries:
    """What a country's government bonds of so many years yield, in percent: one number a day, known late that morning
    in Seoul."""

    market: Market
    country: Country
    years: int
    name_ko: str
    decimals: int

    def days(self, now: datetime, *, until: date, count: int) -> list[Candle]:
        calendar, day = self.calendar(), min(until, known_day(now))
        if not calendar.trades_on(day):
            day = calendar.before(day)
        candles: list[Candle] = []
        while len(candles) < count and day >= FIRST_DAY:
            level = Decimal(str(curve(self.market.seed, self.country).at(day, self.years)))
            level = level.quantize(Decimal(1).scaleb(-self.decimals))
            start = datetime.combine(day, KNOWN_AT, KST)
            candles.append(Candle(start, level, level, level, level, 0, Decimal(0)))
            day = calendar.before(day)
        return candles

    def minutes(self, now: datetime, *, until: datetime, count: int) -> list[Candle]:  # noqa: ARG002
        return []

    def calendar(self) -> Calendar:
        return self.market.calendar(pairs()["USD"])

    def volume(self, candle: Candle) -> int | None:  # noqa: ARG002
        return None


def series(market: Market, levels: IndexMarket, code: str, day: date) -> Series | None:
    """What KIS calls by a code in its list of the world: also a member of a US index by its ticker, as KIS has it.

    Args:
        levels: Where indices stand.
        day: Decides which future is the nearest.
    """
    if index := indices_abroad().get(code):
        return IndexSeries(market, levels, index)
    if row := next((row for row in rate_rows() if row["code"] == code), None):
        return _of_row(market, row, day)
    members = {member.symbol for name in ("SPX", "NDX", ".DJI") for member in indices_abroad()[name].members}
    stock = market.instruments.get(code) if code in members else None
    return InstrumentSeries(market, stock, stock.name_ko) if stock else None


def nearest_future(market: Market, product: str, day: date) -> Instrument | None:
    """The future of a product that expires next."""
    listed = market.instruments.values()
    futures = [i for i in listed if i.kind == "future" and i.sector == product and i.expiry and i.expiry >= day]
    return min(futures, key=lambda future: future.expiry or date.max, default=None)


def _of_row(market: Market, row: Mapping[str, str], day: date) -> Series | None:
    match row["kind"]:
        case "pair":
            return InstrumentSeries(market, pairs()[row["of"]], row["name_ko"])
        case "won":
            dollar, pair = (InstrumentSeries(market, pairs()[name], row["name_ko"]) for name in ("USD", row["of"]))
            return WonSeries(dollar, pair, row["of"], row["name_ko"], int(row["decimals"]))
        case "yield":
            country = cast("Country", row["country"])
            return YieldSeries(market, country, int(row["years"]), row["name_ko"], int(row["decimals"]))
        case _:
            future = nearest_future(market, row["of"], day)
            return InstrumentSeries(market, future, row["name_ko"]) if future else None
