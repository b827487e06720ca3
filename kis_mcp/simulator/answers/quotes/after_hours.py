"""After-hours trading: of the last session that is over, which where the market never closes is yesterday's.

The price and volume beside it are those of that session.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, book_facts_of
from kis_mcp.simulator.answers.quotes.rankings import stocks
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.after_hours import AfterHours, after_hours, after_hours_of
from kis_mcp.simulator.market.interruptions import has_interruptions
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_ROWS = 30


def price(world: World, call: Call) -> Answer:
    """Where a stock stands after hours."""
    found = _asked(world, call)
    if found is None:
        return {}
    subject, session = found
    return {"output": FactSheet(subject, facts(session))}


def order_book(world: World, call: Call) -> Answer:
    """The book of the auctions, what is left at the close, and the sums of the regular book."""
    found = _asked(world, call)
    if found is None:
        return {}
    subject, session = found
    levels = {f"after_hours_{name}": value for name, value in book_facts_of(session.book).items()}
    asks, bids = (int(str(levels[f"after_hours_total_{side}_quantity"])) for side in ("ask", "bid"))
    last = session.trades[-1].at.timetz() if session.trades else None
    own = {
        **levels,
        **_left(session),
        "after_hours_net_bid_quantity": bids - asks,
        "after_hours_last_time": last,
    }
    return {"output1": FactSheet(subject, own)}


def auctions(world: World, call: Call) -> Answer:
    """The session, and each of its auctions that traded, newest first."""
    found = _asked(world, call)
    if found is None:
        return {}
    _, session = found
    rows, traded = list[Facts](), 0
    for trade in session.trades:
        traded += trade.volume
        if trade.volume:
            rows.append(
                {
                    "trade_time": trade.at.timetz(),
                    **_change(session, trade.price),
                    "volume": traded,
                    "trade_volume": trade.volume,
                }
            )
    limits: Facts = {"upper_limit_direction": "limit_up", "lower_limit_direction": "limit_down"}
    return {"output1": {**facts(session), **limits}, "output2": rows[::-1]}


def days(world: World, call: Call) -> Answer:
    """The last thirty sessions, newest first."""
    found = _asked(world, call)
    if found is None:
        return {}
    subject, session = found
    market, stock = world.market, subject.instrument
    rows: list[Facts] = []
    for bar in reversed(market.history(stock).until(session.day, _ROWS)):
        one = after_hours_of(market, stock, bar.day, call.now)
        close, before = stock.price(bar.close), stock.price(market.history(stock).previous_close(bar.day))
        regular: Facts = {
            "trade_date": bar.day,
            "close": close,
            "change": close - before,
            "change_rate": percent(close - before, before),
            "price_direction": direction(close - before),
            "volume": bar.volume,
        }
        rows.append({**facts(one), **regular})
    return {"output1": facts(session), "output2": rows}


def movers(world: World, call: Call) -> Answer:
    """Stocks that rose, fell, stayed, or stand at a limit after hours."""
    wanted = call.arguments.get("direction", "rise")
    every = [(subject, subject.after_hours) for subject in stocks(world, call)]
    rows = [_row(subject, session) for subject, session in every]
    words = {"rise": ("up", "limit_up"), "fall": ("down", "limit_down")}.get(wanted, (wanted,))
    chosen = [row for row in rows if row["after_hours_price_direction"] in words and _is_within(call, row)]
    chosen.sort(key=lambda row: _number(row["after_hours_change_rate"]), reverse=wanted != "fall")
    counts = {
        "after_hours_upper_limit_count": "limit_up",
        "after_hours_advancing_count": "up",
        "after_hours_unchanged_count": "unchanged",
        "after_hours_lower_limit_count": "limit_down",
        "after_hours_declining_count": "down",
    }
    standing = [row["after_hours_price_direction"] for row in rows]
    summary = {**_totals(world, call), **{name: standing.count(word) for name, word in counts.items()}}
    return {"output1": summary, "output2": chosen[:_ROWS]}


_COLUMNS = {"bids": "after_hours_bid_quantity", "asks": "after_hours_ask_quantity", "volume": "after_hours_volume"}


def volumes(world: World, call: Call) -> Answer:
    """Stocks by what was traded after hours, or by what their books hold."""
    column = _COLUMNS[call.arguments.get("sort", "volume")]
    rows = [_row(subject, subject.after_hours) for subject in stocks(world, call)]
    rows = [row for row in rows if _is_within(call, row)]
    rows.sort(key=lambda row: _number(row[column]), reverse=True)
    return {"output1": _totals(world, call), "output2": rows[:_ROWS]}


_EXPECTED_ORDERS = {
    "rise_rate": ("after_hours_expected_change_rate", True),
    "rise": ("after_hours_expected_change", True),
    "unchanged": ("after_hours_expected_trade_volume", True),
    "fall_rate": ("after_hours_expected_change_rate", False),
    "fall": ("after_hours_expected_change", False),
}


def expected_movers(world: World, call: Call) -> Answer:
    """Stocks by what the next auction, or the last one once all are done, is expected to change."""
    word = call.arguments.get("sort", "rise_rate")
    column, greatest_first = _EXPECTED_ORDERS[word]
    least_price, least_volume = (int(call.arguments.get(name, "0")) for name in ("min_price", "min_volume"))
    rows: list[FactSheet] = []
    for subject in stocks(world, call):
        session = subject.after_hours
        levels = book_facts_of(session.book)
        own = {
            **facts(session),
            "after_hours_ask_quantity_1": levels["ask_quantity_1"],
            "after_hours_bid_quantity_1": levels["bid_quantity_1"],
            "regular_session_volume": session.bar.volume,
            "price": subject.instrument.price(session.base),
        }
        rows.append(FactSheet(subject, own))
    chosen = [
        row
        for row in rows
        if _number(row["after_hours_expected_price"]) >= least_price
        and _number(row["after_hours_expected_trade_volume"]) >= least_volume
        and (word != "unchanged" or row["after_hours_expected_change"] == 0)
    ]
    chosen.sort(key=lambda row: _number(row[column]), reverse=greatest_first)
    return {"output": [row.with_facts(rank=rank) for rank, row in enumerate(chosen[:_ROWS], start=1)]}


_BALANCE_COLUMNS = {
    "before_open_volume": "pre_market_closing_price_volume",
    "after_close_volume": "post_market_closing_price_volume",
    "asks": "extended_hours_total_ask_quantity",
    "bids": "extended_hours_total_bid_quantity",
}


def balances(world: World, call: Call) -> Answer:
    """Stocks by what was traded at the closing price, before the open or after the close, or by what was left."""
    column = _BALANCE_COLUMNS[call.arguments.get("sort", "after_close_volume")]
    rows: list[dict[str, object]] = []
    for subject in stocks(world, call):
        session = subject.after_hours
        row = {
            "symbol": subject.instrument.symbol,
            "name": subject.instrument.name_ko,
            **_regular(subject, session),
            **_left(session),
            "pre_market_closing_price_volume": session.before_open,
            "post_market_closing_price_volume": session.at_close,
        }
        if _is_within(call, row):
            rows.append(row)
    rows.sort(key=lambda row: _number(row[column]), reverse=True)
    return {"output": [{**row, "rank": rank} for rank, row in enumerate(rows[:_ROWS], start=1)]}


def facts(session: AfterHours) -> Mapping[str, object]:
    """What is true of a session; 0 where nobody has traded yet."""
    price = session.instrument.price
    prices = session.prices
    opening, high, low = (prices[0], max(prices), min(prices)) if prices else (0, 0, 0)
    expected = session.expected
    moved = {f"after_hours_{name}": value for name, value in _change(session, session.price).items()}
    hoped = {f"after_hours_expected_{name}": value for name, value in _change(session, expected.price).items()}
    return {
        **moved,
        **hoped,
        "after_hours_volume": session.volume,
        "after_hours_turnover": session.instrument.amount(session.turnover),
        "after_hours_base_price": price(session.base),
        "after_hours_upper_limit_price": price(session.high_limit),
        "after_hours_lower_limit_price": price(session.low_limit),
        "after_hours_open": price(opening),
        "after_hours_high": price(high),
        "after_hours_low": price(low),
        "after_hours_expected_volume": expected.volume,
        "after_hours_expected_trade_volume": expected.volume,
    }


def _change(session: AfterHours, units: int) -> dict[str, object]:
    price, base = session.instrument.price(units), session.instrument.price(session.base)
    at_limit = units in (session.low_limit, session.high_limit)
    return {
        "price": price,
        "change": price - base,
        "change_rate": percent(price - base, base),
        "price_direction": direction(price - base, at_limit=at_limit),
    }


def _left(session: AfterHours) -> Facts:
    return {
        "extended_hours_total_ask_quantity": session.asks_left,
        "extended_hours_total_bid_quantity": session.bids_left,
    }


def _regular(subject: Subject, session: AfterHours) -> Facts:
    """The close and the volume of the day."""
    stock = subject.instrument
    before = stock.price(subject.market.history(stock).previous_close(session.day))
    close = stock.price(session.base)
    return {
        "price": close,
        "change": close - before,
        "change_rate": percent(close - before, before),
        "price_direction": direction(close - before),
        "volume": session.bar.volume,
    }


def _row(subject: Subject, session: AfterHours) -> dict[str, object]:
    levels = book_facts_of(session.book)
    return {
        **facts(session),
        "symbol": subject.instrument.symbol,
        "name": subject.instrument.name_ko,
        "price": subject.instrument.price(session.base),
        "volume": session.bar.volume,
        "after_hours_ask_price_1": levels["ask_price_1"],
        "after_hours_bid_price_1": levels["bid_price_1"],
        "after_hours_ask_quantity": levels["total_ask_quantity"],
        "after_hours_bid_quantity": levels["total_bid_quantity"],
        "after_hours_volume_share": percent(Decimal(session.volume), Decimal(session.bar.volume)),
    }


def _totals(world: World, call: Call) -> dict[str, object]:
    """What both markets traded after hours."""
    totals: dict[str, object] = {}
    traded = {"kospi": [0, Decimal(0)], "kosdaq": [0, Decimal(0)]}
    for instrument in world.market.instruments.values():
        if has_interruptions(instrument) and instrument.board in traded:
            session = after_hours(world.market, instrument, call.now)
            traded[instrument.board][0] += session.volume
            traded[instrument.board][1] += instrument.amount(session.turnover)
    for name, (volume, turnover) in (("exchange", traded["kospi"]), ("kosdaq", traded["kosdaq"])):
        totals |= {f"after_hours_{name}_volume": volume, f"after_hours_{name}_turnover": turnover}
    totals["after_hours_cumulative_volume"] = traded["kospi"][0] + traded["kosdaq"][0]
    totals["after_hours_cumulative_turnover"] = traded["kospi"][1] + traded["kosdaq"][1]
    return totals


def _is_within(call: Call, row: Facts) -> bool:
    """Whether the price and the after-hours volume, or the day's where there is none, are within what was asked for."""
    price, volume = _number(row["price"]), _number(row.get("after_hours_volume", row["volume"]))
    bounds = {name: call.arguments.get(name) for name in ("min_price", "max_price", "min_volume")}
    return (
        (not bounds["min_price"] or price >= int(bounds["min_price"]))
        and (not bounds["max_price"] or price <= int(bounds["max_price"]))
        and (not bounds["min_volume"] or volume >= int(bounds["min_volume"]))
    )


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _asked(world: World, call: Call) -> tuple[Subject, AfterHours] | None:
    subject = subject_of(world, call)
    if subject is None:
        return None
    return subject, subject.after_hours


AFTER_HOURS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_inquire_overtime_price": price,
    "domestic_stock_inquire_overtime_asking_price": order_book,
    "domestic_stock_inquire_time_overtimeconclusion": auctions,
    "domestic_stock_inquire_daily_overtimeprice": days,
    "domestic_stock_overtime_fluctuation": movers,
    "domestic_stock_overtime_volume": volumes,
    "domestic_stock_overtime_exp_trans_fluct": expected_movers,
    "domestic_stock_after_hour_balance": balances,
}
