"""What the broker's customers keep and look at: groups of stocks, saved conditions, and what most of them watch.

Every customer finds the same groups and conditions. For each 300,000 won that a stock usually trades in a day, one of
the broker's customers has it in a group; most look at what trades most today.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import ge, le

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.measures import averages
from kis_mcp.simulator.answers.quotes.rankings import stocks
from kis_mcp.simulator.answers.quotes.subject import Subject
from kis_mcp.simulator.answers.quotes.subjects import numbered
from kis_mcp.simulator.market.interruptions import has_interruptions
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.replies import nothing_found
from kis_mcp.simulator.world import World

_MARKETS = {"kospi": "코스피", "kosdaq": "코스닥"}
_WON_A_WATCHER = 300_000
_USUAL_DAYS = 20
_ROWS, _VIEWED, _MATCHES = 30, 20, 100
"""What KIS shows of the watched, of the viewed, and of what meets a condition."""

_CONDITIONS_GROUP = "모의 조건"


@dataclass(frozen=True, slots=True)
class Condition:
    """A saved search: stocks of which a fact is at least, or at most, a value."""

    name: str
    fact: str
    compare: Callable[[Decimal, Decimal], bool]
    value: Decimal


CONDITIONS = (
    Condition("등락률 1% 이상", "change_rate", ge, Decimal(1)),
    Condition("등락률 -1% 이하", "change_rate", le, Decimal(-1)),
    Condition("PER 10배 이하", "per", le, Decimal(10)),
    Condition("PBR 1배 이하", "pbr", le, Decimal(1)),
    Condition("체결강도 105 이상", "trade_strength", ge, Decimal(105)),
    Condition("52주 최고가까지 10% 이내", "price_to_high_52_week_rate", ge, Decimal(-10)),
)
"""In the order of KIS' numbers of them."""


def groups(world: World, call: Call) -> Answer:  # noqa: ARG001
    """The groups of watched stocks."""
    rows = [
        {
            "date": call.now.date(),
            "transmission_time": call.now.timetz(),
            "rank": rank,
            "watchlist_group_code": row["code"],
            "watchlist_group_name": row["name"],
        }
        for rank, row in enumerate(_groups().values(), start=1)
    ]
    return {"output2": rows}


def group(world: World, call: Call) -> Answer:
    """The stocks of a group; nothing of one that is not there."""
    row = _groups().get(call.arguments["group_code"])
    if row is None:
        return {}
    found = [i for symbol in row["symbols"].split() if (i := world.market.find(symbol))]
    rows = [
        {"market_code": "J", "rank": rank, "symbol": i.symbol, "name": i.name_ko}
        for rank, i in enumerate(found, start=1)
    ]
    place = list(_groups()).index(row["code"]) + 1
    return {"output1": {"rank": place, "watchlist_group_name": row["name"]}, "output2": rows}


def watched_prices(world: World, call: Call) -> Answer:
    """Each listed symbol's prices in its place; a blank row where there is no such stock."""
    rows: list[Mapping[str, object]] = []
    for symbol in numbered(call, call.api.parameter("symbols")):
        instrument = world.market.find(symbol)
        if instrument is None or instrument.category != "domestic_stock":
            rows.append({})
        else:
            market = _MARKETS.get(instrument.board)
            rows.append(FactSheet(Subject(world.market, instrument, call.now), {"market_name": market}))
    return {"output": rows}


def most_watched(world: World, call: Call) -> Answer:
    """Stocks by how many customers watch them, from the rank that was asked for."""
    sheets = [
        FactSheet(
            subject,
            {
                "market_name": _MARKETS.get(subject.instrument.board),
                "watchlist_registration_count": _watchers(subject),
            },
        )
        for subject in stocks(world, call)
    ]
    sheets.sort(key=lambda sheet: _number(sheet["watchlist_registration_count"]), reverse=True)
    ranked = [sheet.with_facts(rank=rank) for rank, sheet in enumerate(sheets, start=1)]
    first = max(int(call.arguments.get("from_rank", "1")), 1)
    return {"output": [row for row in ranked[first - 1 :] if _is_within(call, row)][:_ROWS]}


def most_viewed(world: World, call: Call) -> Answer:
    """The stocks that trade most today, in won."""
    listed = [i for i in world.market.instruments.values() if has_interruptions(i) and i.kind == "stock"]
    subjects = [Subject(world.market, instrument, call.now) for instrument in listed]
    subjects.sort(key=lambda subject: subject.quote.turnover, reverse=True)
    rows = [{"market": s.instrument.board, "symbol": s.instrument.symbol} for s in subjects[:_VIEWED]]
    return {"output1": rows}


def conditions(world: World, call: Call) -> Answer:  # noqa: ARG001
    """The saved conditions."""
    rows = [
        {
            "user_id": call.text("USER_ID"),
            "condition_id": str(number),
            "group_name": _CONDITIONS_GROUP,
            "condition_name": f"[모의] {condition.name}",
        }
        for number, condition in enumerate(CONDITIONS)
    ]
    return {"output2": rows}


def matches(world: World, call: Call) -> Answer:
    """The stocks that meet a condition, the largest first.

    Amounts traded are blank, because KIS does not tell their unit.

    Raises:
        Refusal: None does, or there is no such condition.
    """
    place = call.arguments["condition_id"]
    condition = CONDITIONS[int(place)] if place.isdigit() and int(place) < len(CONDITIONS) else None
    rows = [row for subject in stocks(world, call) if condition and _meets(condition, row := _match(subject))]
    if not rows:
        raise nothing_found()
    rows.sort(key=lambda row: _number(row["market_cap"]), reverse=True)
    return {"output2": rows[:_MATCHES]}


def _match(subject: Subject) -> FactSheet:
    """KIS gives the market's worth in hundred million won, with four decimals."""
    worth = subject.quote.price * subject.shares / 100_000_000
    return FactSheet(subject, {"market_cap": worth.quantize(Decimal("0.0001")), "turnover": None})


def _meets(condition: Condition, sheet: FactSheet) -> bool:
    value = sheet.get(condition.fact)
    return value is not None and condition.compare(_number(value), condition.value)


def _watchers(subject: Subject) -> int:
    usual = averages(subject, _USUAL_DAYS).get("average_turnover", 0)
    return int(_number(usual) / _WON_A_WATCHER)


def _is_within(call: Call, row: FactSheet) -> bool:
    price, volume = _number(row["price"]), _number(row["volume"])
    low, high, least = (call.arguments.get(name) for name in ("min_price", "max_price", "min_volume"))
    return (not low or price >= int(low)) and (not high or price <= int(high)) and (not least or volume >= int(least))


def _number(value: object) -> Decimal:
    return Decimal(str(value))


@cache
def _groups() -> Mapping[str, dict[str, str]]:
    return {row["code"]: row for row in csv_rows(resources_folder() / "simulator" / "watchlists.csv")}


CUSTOMERS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_intstock_grouplist": groups,
    "domestic_stock_intstock_stocklist_by_group": group,
    "domestic_stock_intstock_multprice": watched_prices,
    "domestic_stock_top_interest_stock": most_watched,
    "domestic_stock_hts_top_view": most_viewed,
    "domestic_stock_psearch_title": conditions,
    "domestic_stock_psearch_result": matches,
}
