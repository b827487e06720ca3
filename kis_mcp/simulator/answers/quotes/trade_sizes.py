"""Single trades by their amount, their price and their side."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.flow_rankings import days_back
from kis_mcp.simulator.answers.quotes.rankings import Ranking, rank
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.trades import Count, by_price, trades
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_BANDS: tuple[tuple[str, int | None], ...] = (
    ("3백 이하", 3_000_000),
    ("5백 이하", 5_000_000),
    ("1천 이하", 10_000_000),
    ("2천 이하", 20_000_000),
    ("3천 이하", 30_000_000),
    ("5천 이하", 50_000_000),
    ("1억 이하", 100_000_000),
    ("1억 초과", None),
)
"""Names of amounts in ten thousand won, as KIS writes them, and the most won of a trade in each."""

_LEAST = {"10m": 10, "20m": 20, "30m": 30, "50m": 50, "100m": 100, "300m": 300, "500m": 500}
"""Words of the least amount of a trade → million won."""


def by_amount(world: World, call: Call) -> Answer:
    """Today's trades of a stock by what each was worth."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    counts = [Count() for _ in _BANDS]
    for trade in trades(subject.session, 0, subject.ticks):
        place = next(n for n, (_, most) in enumerate(_BANDS) if most is None or trade.amount <= most)
        counts[place].add(trade)
    whole = Decimal(subject.quote.volume)
    return {
        "output": [
            {
                "price_range_name": name,
                "average_price": Decimal(count.amount // count.volume if count.volume else 0),
                "volume": count.volume,
                "total_net_buy_quantity_rate": percent(Decimal(count.bought - count.sold), whole),
                "net_buy_trade_count": count.buys - count.sells,
                "sell_trade_volume_total": count.sold,
                "total_sell_volume_rate": percent(Decimal(count.sold), whole),
                "sell_trade_count": count.sells,
                "buy_trade_volume_total": count.bought,
                "total_buy_volume_rate": percent(Decimal(count.bought), whole),
                "buy_trade_count": count.buys,
            }
            for (name, _), count in zip(_BANDS, counts, strict=True)
        ]
    }


def by_level(world: World, call: Call) -> Answer:
    """Today's volume of a stock at each price, the busiest price first."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    sizes, whole = by_price(subject.session, subject.ticks), Decimal(subject.quote.volume)
    return {
        "output1": FactSheet(subject),
        "output2": [
            {
                "rank": place,
                "price": subject.instrument.price(units),
                "trade_volume": size,
                "volume_share": percent(Decimal(size), whole),
            }
            for place, (units, size) in enumerate(sizes.most_common(), start=1)
        ],
    }


def large_trades(world: World, call: Call) -> Answer:
    """Stocks by how many of their trades today were large."""
    least = _LEAST.get(call.arguments.get("min_trade_value", ""), 0) * 1_000_000
    asked = call.text("FID_INPUT_ISCD_2")

    def counts(call: Call, subject: Subject) -> Facts:  # noqa: ARG001
        if asked not in ("", subject.instrument.symbol):
            return {}
        count = world.large_trades.until(subject.instrument, subject.quote.day, subject.ticks, least)
        return {
            "buy_trade_count": count.buys,
            "sell_trade_count": count.sells,
            "net_buy_trade_volume": count.bought - count.sold,
        }

    orders = {"buys": ("buy_trade_count", 1), "sells": ("sell_trade_count", 1)}
    return rank(world, call, Ranking(orders, more=counts))


def by_side(world: World, call: Call) -> Answer:
    """What was traded of a stock at the ask and at the bid on the days that were asked for, newest first."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    today = subject.quote.day
    until = min(call.day("end_date") or today, today)
    days = days_back(subject, until, call.day("start_date") or date.min)
    found: list[Facts] = []
    bought_in_all = sold_in_all = 0
    for day in days:
        if subject.market.history(subject.instrument).bar(day) is None:
            break
        session = subject.market.session(subject.instrument, day)
        ticks = subject.ticks if day == today else len(session.prices)
        bought = session.bought_until(ticks)
        sold = session.until(ticks).volume - bought
        bought_in_all, sold_in_all = bought_in_all + bought, sold_in_all + sold
        found.append({"trade_date": day, "total_sell_quantity": sold, "total_buy_quantity": bought})
    totals: Facts = {"buy_trade_volume_total": bought_in_all, "sell_trade_volume_total": sold_in_all}
    return {"output1": totals, "output2": found}


TRADE_SIZES: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_tradprt_byamt": by_amount,
    "domestic_stock_pbar_tratio": by_level,
    "domestic_stock_bulk_trans_num": large_trades,
    "domestic_stock_inquire_daily_trade_volume": by_side,
}
