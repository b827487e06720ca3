"""Indices of the Korean exchange and of its sectors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.quotations import joined, period
from kis_mcp.simulator.answers.quotes.subject import Facts, direction
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.indices import Index, indices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_THOUSAND, _MILLION = 1_000, 1_000_000
_ROWS = {"domestic_stock_inquire_daily_indexchartprice": 50, "domestic_stock_inquire_index_daily_price": 100}
_LEVELS = 30
_MINUTE_CANDLES = 102
_SECONDS = {"30s": 40, "1m": 60, "5m": 300, "10m": 600, "1h": 3600}
"""A stretch by its word. The market ticks every 20 seconds, so that half a minute is two ticks."""

_DAYS_EACH = {"week": 5, "month": 23, "year": 262}


class View:
    """One index at a time."""

    def __init__(self, world: World, now: datetime, index: Index) -> None:
        self.world, self.now, self.index = world, now, index
        self.market = world.indices
        moment = world.market.moment(index.members[0], now)
        self.day, self.ticks = moment.day, moment.ticks
        self.today, self.yesterday = self.days(self.day, 2)

    def days(self, until: date, count: int) -> list[Candle]:
        return self.market.days(self.index, self.day, self.ticks, until=until, count=count)

    def facts(self) -> Facts:
        """Where it stands, today and in the year."""
        year = [day for day in self.days(self.day, 262) if day.start.year == self.day.year]
        top, bottom = max(year, key=lambda day: day.high), min(year, key=lambda day: day.low)
        price = self.today.close
        facts: dict[str, object] = {
            "index_year_high": top.high,
            "index_year_high_date": top.start.date(),
            "index_year_low": bottom.low,
            "index_year_low_date": bottom.start.date(),
            "price_to_year_high_rate": percent(price - top.high, top.high),
            "price_to_year_low_rate": percent(price - bottom.low, bottom.low),
        }
        return {**facts, **self.summary()}

    def summary(self) -> Facts:
        """Where it stands, without the year: a year of all its members takes seconds to make."""
        today, before = self.today, self.yesterday.close
        facts: dict[str, object] = {
            **index_levels(today, before),
            "name": self.index.name_ko,
            "industry_code": self.index.code,
            "previous_index_close": before,
            "previous_volume": self.yesterday.volume // _THOUSAND,
            "previous_turnover": int(self.yesterday.turnover / _MILLION),
            "previous_open": self.yesterday.open,
            "previous_high": self.yesterday.high,
            "previous_low": self.yesterday.low,
        }
        return {**facts, **self.range()}

    def range(self) -> Facts:
        """Where it opened, and how far it went."""
        today, before = self.today, self.yesterday.close
        facts: dict[str, object] = {}
        for name in ("open", "high", "low"):
            level: Decimal = getattr(today, name)
            rate = percent(level - before, before)
            facts[f"{name}_to_previous_close_change"] = level - before
            facts[f"{name}_to_previous_close_rate"] = facts[f"index_{name}_change_rate"] = rate
            facts[f"change_from_{name}"] = today.close - level
            facts[f"direction_from_{name}"] = direction(today.close - level)
        return facts

    def counts(self) -> Facts:
        """How many members rose and fell, and how many stand at a limit."""
        stands = [self._stand(member) for member in self.index.members]
        return {
            "advancing_count": sum(price > before for price, before, _, _ in stands),
            "declining_count": sum(price < before for price, before, _, _ in stands),
            "unchanged_count": sum(price == before for price, before, _, _ in stands),
            "upper_limit_count": sum(price == high for price, _, _, high in stands),
            "lower_limit_count": sum(price == low for price, _, low, _ in stands),
        }

    def _stand(self, member: Instrument) -> tuple[int, int, int, int]:
        """Its price, the close before, and the lowest and highest price of the day, in units."""
        market = self.world.market
        price = market.session(member, self.day).prices[self.ticks - 1]
        return price, market.history(member).previous_close(self.day), *market.limits(member, self.day)

    def breadth(self) -> Facts:
        """How many members rose and fell, and what their books hold."""
        books = [self.world.market.book(member, self.now) for member in self.index.members]
        asks = sum(level.quantity for book in books for level in book.asks)
        bids = sum(level.quantity for book in books for level in book.bids)
        return {
            **self.counts(),
            "total_ask_quantity": asks,
            "total_bid_quantity": bids,
            "net_bid_quantity": bids - asks,
            "ask_quantity_rate": percent(Decimal(asks), Decimal(asks + bids)),
            "bid_quantity_rate": percent(Decimal(bids), Decimal(asks + bids)),
        }


def index_price(world: World, call: Call) -> Answer:
    """Where an index stands."""
    view = _view(world, call)
    return {"output": {**view.facts(), **view.breadth()}} if view else {}


def daily_chart(world: World, call: Call) -> Answer:
    """Candles of days, weeks, months or years."""
    view = _view(world, call)
    return {"output1": view.summary(), "output2": list(_days(view, call))} if view else {}


def daily_prices(world: World, call: Call) -> Answer:
    """An index and its days, with their distance from the average of twenty."""
    view = _view(world, call)
    return {"output1": {**view.facts(), **view.breadth()}, "output2": list(_days(view, call))} if view else {}


def intraday_chart(world: World, call: Call) -> Answer:
    """Candles of today, newest first."""
    view = _view(world, call)
    if view is None:
        return {}
    return {"Output1": view.facts(), "Output2": list(_stretches(view, call, _MINUTE_CANDLES, run_on=False))}


def intraday_levels(world: World, call: Call) -> Answer:
    """Levels of today with the volume so far, newest first."""
    view = _view(world, call)
    return {"output": list(_stretches(view, call, _LEVELS, run_on=True))} if view else {}


def sectors(world: World, call: Call) -> Answer:
    """A market's index and those of its sectors, with their part of its trade."""
    whole = indices()[{"kosdaq": "1001", "kospi200": "2001"}.get(call.arguments["market"], "0001")]
    view, rows = View(world, call.now, whole), list[Facts]()
    for index in indices().values():
        if index.code[0] == whole.code[0]:
            part = View(world, call.now, index)
            shares: Facts = {
                "volume_share": percent(Decimal(part.today.volume), Decimal(view.today.volume)),
                "turnover_share": percent(part.today.turnover, view.today.turnover),
            }
            rows.append({**part.facts(), **shares})
    return {"output1": {**view.facts(), **view.breadth()}, "output2": rows}


def _view(world: World, call: Call) -> View | None:
    index = indices().get(call.text("FID_INPUT_ISCD"))
    return View(world, call.now, index) if index else None


def index_levels(candle: Candle, before: Decimal) -> dict[str, object]:
    """What a candle of an index says, seen from the close before; thousand shares and million won."""
    change = candle.close - before
    return {
        "trade_date": candle.start.date(),
        "trade_time": candle.start.timetz(),
        "index_price": candle.close,
        "index_close": candle.close,
        "index_open": candle.open,
        "index_high": candle.high,
        "index_low": candle.low,
        "index_change": change,
        "index_change_rate": percent(change, before),
        "price_direction": direction(change),
        "volume": candle.volume // _THOUSAND,
        "trade_volume": candle.volume // _THOUSAND,
        "turnover": int(candle.turnover / _MILLION),
        "modified": False,
    }


def _days(view: View, call: Call) -> Iterable[Facts]:
    interval = call.arguments.get("interval", "day")
    until = min(call.day("end_date") or call.day("date") or view.day, view.day)
    start, rows = call.day("start_date") or date.min, _ROWS[call.api.tool]
    candles: Sequence[Candle] = view.days(until, (rows + 1) * _DAYS_EACH.get(interval, 1) + 20)
    if interval != "day":
        candles = [joined(list(group)) for _, group in groupby(candles, lambda candle: period(candle, interval))]
    closes = [candle.close for candle in candles]
    for position, (candle, before) in enumerate(pairwise(candles[: rows + 1])):
        if candle.start.date() < start:
            return
        twenty = closes[position : position + 20]
        average: Facts = {}
        if interval == "day" and len(twenty) == 20:
            average = {"disparity_20_day": percent(candle.close * 20, sum(twenty, Decimal(0)))}
        yield {**index_levels(candle, before.close), **average}


def _stretches(view: View, call: Call, rows: int, *, run_on: bool) -> Iterable[Facts]:
    """Stretches of today as candles of their own, or with what has happened until their ends."""
    width = _SECONDS[call.arguments.get("interval", "1m")] // TICK_SECONDS
    first = max(0, (view.ticks - 1) // width - rows + 1)
    for position in range((view.ticks - 1) // width, first - 1, -1):
        end = min((position + 1) * width, view.ticks)
        candle = view.market.stretch(view.index, view.day, position * width, end)
        facts = index_levels(candle, view.yesterday.close)
        if run_on:
            so_far = view.market.today(view.index, view.day, end)
            facts |= {"volume": so_far.volume // _THOUSAND, "turnover": int(so_far.turnover / _MILLION)}
        yield facts


INDICES: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_inquire_index_price": index_price,
    "domestic_stock_inquire_daily_indexchartprice": daily_chart,
    "domestic_stock_inquire_index_daily_price": daily_prices,
    "domestic_stock_inquire_time_indexchartprice": intraday_chart,
    "domestic_stock_inquire_index_timeprice": intraday_levels,
    "domestic_stock_inquire_index_tickprice": intraday_levels,
    "domestic_stock_inquire_index_category_price": sectors,
}
