"""What the auctions at the open and at the close were expected to come to.

The opening auction is that of today; the closing auction that of the last session that is over.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, book_facts_of
from kis_mcp.simulator.answers.quotes.rankings import stocks
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.auctions import Auction, Expected, Which, amount, auction, book_after
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.indices import Index, indices
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.rights import price_factor
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_ROWS = 30
_CODES = {"kospi": "0001", "kosdaq": "1001", "kospi200": "2001"}
_SECONDS = {"10s": 10, "30s": 30, "1m": 60, "10m": 600}


def price_trend(world: World, call: Call) -> Answer:
    """How the expected opening price of a stock went, newest first."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    found = subject.opening
    steps = [step for step in reversed(found.steps) if step.volume or call.arguments.get("skip_empty") != "true"]
    rows = [step_facts(found, step) for step in steps[:_ROWS]]
    return {"output1": FactSheet(subject), "output2": rows}


def closing_prices(world: World, call: Call) -> Answer:
    """The expected closing prices; those at a limit, or by their change from the last price before the auction."""
    rows = [_row(subject, "closing") for subject in stocks(world, call)]
    word = call.arguments.get("sort", "all")
    if call.arguments.get("extended_close_only") == "true":
        return {"output1": []}
    if word in ("limit_up", "limit_down"):
        rows = [row for row in rows if row["price_direction"] == word]
    if word.startswith("biggest"):
        rows.sort(key=lambda row: Decimal(str(row["change_from_base_price_rate"])), reverse=word == "biggest_rise")
    return {"output1": rows[:_ROWS]}


_ORDERS: Mapping[str, tuple[str, bool]] = {
    "rise_rate": ("change_rate", True),
    "rise": ("change", True),
    "unchanged": ("trade_volume", True),
    "fall_rate": ("change_rate", False),
    "fall": ("change", False),
    "volume": ("trade_volume", True),
    "traded_value": ("expected_turnover", True),
}


def movers(world: World, call: Call) -> Answer:
    """Stocks by what the auction was expected to change."""
    which: Which = "closing" if call.arguments.get("auction") == "closing" else "opening"
    rows = [_row(subject, which) for subject in stocks(world, call)]
    least_volume, least_value = (int(call.arguments.get(f"min_{name}", "0")) for name in ("volume", "traded_value"))
    least_price = Decimal(call.arguments.get("min_price", "0"))
    word = call.arguments.get("sort", "rise_rate")
    column, greatest_first = _ORDERS[word]
    chosen = [
        row
        for row in rows
        if Decimal(str(row["price"])) >= least_price
        and int(str(row["trade_volume"])) >= least_volume
        and Decimal(str(row["expected_turnover"])) >= least_value * 1_000
        and (word != "unchanged" or row["change"] == 0)
    ]
    chosen.sort(key=lambda row: Decimal(str(row[column])), reverse=greatest_first)
    return {"output": chosen[:_ROWS]}


def index_trend(world: World, call: Call) -> Answer:
    """How the index that its members' expected prices make went, newest first."""
    index, which = _index(call), _which(call)
    if index is None:
        return {"output": []}
    found = [auction(world.market, member, call.now, which) for member in index.members]
    width = max(_SECONDS[call.arguments.get("interval", "1m")], TICK_SECONDS)
    steps = [[each.steps[number] for each in found] for number in range(len(found[0].steps))]
    ends = [list(group)[-1] for _, group in groupby(steps, lambda step: int(step[0].at.timestamp()) // width)]
    rows = [{**_level(index, found, step), "trade_time": step[0].at.timetz()} for step in reversed(ends)]
    return {"output": rows[:_ROWS]}


def whole_index(world: World, call: Call) -> Answer:
    """The index that the auction was expected to come to, and those of the market's sectors."""
    index, which = _index(call), _which(call)
    board = call.arguments.get("market", "all")
    if index is None:
        return {}
    first = {"kospi": ("0", "2"), "kosdaq": ("1",)}.get(board, ("0", "1", "2"))
    rows = [_breadth(world, call, each, which) for each in indices().values() if each.code[0] in first]
    return {"output1": _breadth(world, call, index, which), "output2": rows}


def _which(call: Call) -> Which:
    return "closing" if call.arguments.get("auction") == "closing" else "opening"


def _index(call: Call) -> Index | None:
    word = call.arguments.get("index", "kospi")
    return indices().get(_CODES.get(word, ""))


def _breadth(world: World, call: Call, index: Index, which: Which) -> Facts:
    found = [auction(world.market, member, call.now, which) for member in index.members]
    return {"name": index.name_ko, **index_facts(index, found, [each.result for each in found])}


def index_facts(index: Index, found: Sequence[Auction], step: Sequence[Expected]) -> Facts:
    """The level of an index at one step of its members' auctions, and how many of them would rise and fall."""
    changes = [expected.price - each.base for each, expected in zip(found, step, strict=True)]
    return {
        **_level(index, found, step),
        "industry_code": index.code,
        "advancing_count": sum(change > 0 for change in changes),
        "declining_count": sum(change < 0 for change in changes),
        "unchanged_count": sum(change == 0 for change in changes),
    }


def _level(index: Index, found: Sequence[Auction], step: Sequence[Expected]) -> dict[str, object]:
    """The level of an index at expected prices; thousand shares and million won."""
    level = index.level(_weighed(one, each.price) for one, each in zip(found, step, strict=True))
    base = index.level(_weighed(one, one.base) for one in found)
    trades = zip(found, step, strict=True)
    turnover = sum((one.instrument.amount(each.price * each.volume) for one, each in trades), Decimal(0))
    return {
        "index_price": level,
        "index_base_price": base,
        "index_change": level - base,
        "index_change_rate": percent(level - base, base),
        "change_rate": percent(level - base, base),
        "price_direction": direction(level - base),
        "volume": sum(each.volume for each in step) // 1_000,
        "turnover": int(turnover / 1_000_000),
    }


def _weighed(found: Auction, units: int) -> int:
    """A price that goes with the member's weight in an index."""
    return round(units / price_factor(found.instrument, found.day))


def _row(subject: Subject, which: Which) -> Facts:
    market, instrument = subject.market, subject.instrument
    found = auction(market, instrument, subject.now, which)
    price, previous, before = (instrument.price(units) for units in (found.result.price, found.base, found.before))
    low, high = (instrument.price(units) for units in market.limits(instrument, found.day))
    change = price - previous
    levels = book_facts_of(book_after(market, found))
    return {
        "symbol": instrument.symbol,
        "name": instrument.name_ko,
        "price": price,
        "change": change,
        "change_rate": percent(change, previous),
        "price_direction": direction(change, at_limit=price in (low, high)),
        "base_price": previous,
        "change_from_base_price": price - before,
        "change_from_base_price_rate": percent(price - before, before),
        "trade_volume": found.result.volume,
        "expected_turnover": amount(found),
        "ask_price": levels["ask_price_1"],
        "bid_price": levels["bid_price_1"],
        "ask_quantity": levels["ask_quantity_1"],
        "bid_quantity": levels["bid_quantity_1"],
        "total_ask_quantity": levels["total_ask_quantity"],
        "total_bid_quantity": levels["total_bid_quantity"],
    }


def step_facts(found: Auction, step: Expected) -> Facts:
    price, previous = (found.instrument.price(units) for units in (step.price, found.base))
    return {
        "trade_date": step.at.date(),
        "trade_time": step.at.timetz(),
        "price": price,
        "change": price - previous,
        "change_rate": percent(price - previous, previous),
        "price_direction": direction(price - previous),
        "volume": step.volume,
    }


AUCTIONS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_exp_price_trend": price_trend,
    "domestic_stock_exp_closing_price": closing_prices,
    "domestic_stock_exp_trans_updown": movers,
    "domestic_stock_exp_index_trend": index_trend,
    "domestic_stock_exp_total_index": whole_index,
}
