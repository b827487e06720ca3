"""Margin loans, stock loans and short sales of one stock by day, what KIS lends, and the money in the market."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, candle_facts
from kis_mcp.simulator.answers.quotes.flow_rankings import TEN_THOUSAND, short_facts
from kis_mcp.simulator.answers.quotes.flows import INDEX_OF
from kis_mcp.simulator.answers.quotes.indices import index_levels
from kis_mcp.simulator.answers.quotes.investors import SHARES, last_settled, settled_on, so_far
from kis_mcp.simulator.answers.quotes.rankings import stocks
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.deposits import deposits
from kis_mcp.simulator.market.indices import Index, indices
from kis_mcp.simulator.market.lending import BORROWED, LENT, MARGIN, Balance, balance, lendable
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.market.traded import MILLION, Traded
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_DAYS = 30
_MOST_DAYS = 100
_MOST_STOCKS = 100
_HUNDRED_MILLION = 100_000_000
_MONTH = timedelta(days=30)


def credit_days(world: World, call: Call) -> Answer:
    """What is owed for a stock by day of settlement, in shares and ten thousand won, newest first."""
    subject = _share_of(world, call)
    if subject is None:
        return {}
    found: list[Facts] = []
    asked, day = call.day("date") or subject.quote.day, last_settled(subject)
    for candle, before in pairwise(_candles(subject, day, _MOST_DAYS + 1)):
        deal = candle.start.date()
        settled = settled_on(subject.instrument, deal)
        if settled > asked or len(found) == _DAYS:
            continue
        facts = {**candle_facts(candle, before.close), "settlement_date": settled}
        for lent, name in ((MARGIN, "margin_loan"), (BORROWED, "borrowed_stock")):
            facts |= _credit(subject, name, balance(subject.market, subject.instrument, lent, deal), candle)
        found.append(facts)
    return {"output": found}


def short_sale_days(world: World, call: Call) -> Answer:
    """What was sold short of a stock on each day, in shares and won, and since the first of them; newest first."""
    subject = _share_of(world, call)
    if subject is None:
        return {}
    found: list[Facts] = []
    days: list[Traded] = []
    for candle, before in reversed(list(_asked(call, subject, subject.quote.day))):
        day = so_far(subject, candle.start.date())
        days.append(day)
        whole = short_facts(subject, days)
        found.append(
            {
                **candle_facts(candle, before.close),
                **short_facts(subject, [day]),
                "base_volume_total": whole["volume"],
                "base_turnover_total": whole["turnover"],
                "cumulative_short_sale_quantity": whole["short_sale_quantity"],
                "cumulative_short_sale_quantity_share": whole["short_sale_volume_share"],
                "cumulative_short_sale_turnover": whole["short_sale_turnover"],
                "cumulative_short_sale_turnover_share": whole["short_sale_turnover_share"],
            }
        )
    return {"output1": FactSheet(subject), "output2": found[::-1]}


def loan_days(world: World, call: Call) -> Answer:
    """Shares of a stock, or of a market, that were lent and given back until yesterday; amounts in million won."""
    scope = call.arguments.get("scope", "stock")
    if scope in INDEX_OF:
        return {"output1": list(_market_loans(world, call, scope))}
    subject = _share_of(world, call)
    if subject is None:
        return {}
    market, instrument = subject.market, subject.instrument
    yesterday = market.calendar(instrument).before(subject.quote.day)
    return {
        "output1": [
            {
                **candle_facts(candle, before.close),
                **_lent(balance(market, instrument, LENT, candle.start.date())),
            }
            for candle, before in _asked(call, subject, yesterday)
        ]
    }


def lendable_stocks(world: World, call: Call) -> Answer:
    """What KIS' customers may borrow to sell: as much as KIS has set aside less what they have borrowed."""
    boards = {"all": tuple(INDEX_OF)}.get(call.arguments["market"], (call.arguments["market"],))
    found: list[FactSheet] = []
    limits = used = 0
    for name in boards:
        for member in world.totals.members(name):
            if call.arguments.get("symbol", member.symbol) != member.symbol:
                continue
            subject = Subject(world.market, member, call.now)
            limit, lent = lendable(world.market.seed, member, last_settled(subject))
            limits, used = limits + limit, used + lent
            found.append(
                FactSheet(
                    subject,
                    {
                        "limit_quantity": limit,
                        "used_quantity": lent,
                        "tradable_quantity": limit - lent,
                        "base_date": subject.quote.day,
                        "available": limit > lent,
                        "availability_name": "가능" if limit > lent else "불가",
                    },
                )
            )
    if call.arguments["sort"] == "symbol":
        found.sort(key=lambda sheet: str(sheet["symbol"]))
    totals: Facts = {"total_limit_quantity": limits, "requestable_quantity": limits - used}
    return {"output1": found, "output2": totals}


def margin_stocks(world: World, call: Call) -> Answer:
    """Stocks and funds that KIS lends money for, each at the same rate, or those that it does not."""
    wanted = call.arguments["orderable"] == "true"
    sheets = [FactSheet(subject) for subject in stocks(world, call) if subject.instrument.kind in SHARES]
    sheets = [sheet for sheet in sheets if bool(sheet["credit_available"]) is wanted]
    sheets.sort(key=lambda sheet: str(sheet[call.arguments["sort"]]))
    return {"output": sheets[:_MOST_STOCKS]}


def market_money(world: World, call: Call) -> Answer:
    """Customers' deposits and margin loans until yesterday, beside KOSPI; in hundred million won."""
    index = indices()["0001"]
    yesterday = _yesterday(world, call, index)
    asked = min(call.day("date") or yesterday, yesterday)
    members = [member for name in INDEX_OF for member in world.totals.members(name)]
    calendar, found = world.market.calendar(members[0]), list[Facts]()
    for candle, before in pairwise(_past(world, index, asked, _DAYS + 1)):
        day = candle.start.date()
        held, earlier = (deposits(world.market.seed, members, on) for on in (day, calendar.before(day)))
        flows = [world.totals.flows(name, day, None) for name in INDEX_OF]
        turnover = sum(flow.paid for market in flows for flow in market.values())
        loans = sum(world.totals.balance(name, MARGIN, day).balance_amount for name in INDEX_OF)
        levels = index_levels(candle, before.close)
        found.append(
            {
                **levels,
                "change_rate": levels["index_change_rate"],
                "market_cap": _worth(world, index, day) // MILLION,
                "customer_deposit_amount": held // _HUNDRED_MILLION,
                "customer_deposit_amount_change": held // _HUNDRED_MILLION - earlier // _HUNDRED_MILLION,
                "amount_turnover_rate": (Decimal(turnover) / held).quantize(Decimal("0.01")),
                "margin_loan_balance": loans // _HUNDRED_MILLION,
            }
        )
    return {"output": found}


def _share_of(world: World, call: Call) -> Subject | None:
    """The stock or fund that a call asks about; None where it asks about another thing."""
    subject = subject_of(world, call)
    return subject if subject and subject.instrument.kind in SHARES else None


def _candles(subject: Subject, until: date, count: int) -> Sequence[Candle]:
    """Daily candles, newest first."""
    return subject.market.days(subject.instrument, subject.now, until=until, count=count)


def _asked(call: Call, subject: Subject, newest: date) -> Iterable[tuple[Candle, Candle]]:
    """The days that were asked for, each with the one before it, newest first; by default those of a month."""
    until = min(call.day("end_date") or newest, newest)
    start = call.day("start_date") or until - _MONTH
    return (pair for pair in pairwise(_candles(subject, until, _MOST_DAYS + 1)) if pair[0].start.date() >= start)


def _credit(subject: Subject, name: str, owed: Balance, candle: Candle) -> dict[str, object]:
    """A day of a balance, in shares and ten thousand won."""
    return {
        f"{name}_new_shares": owed.new,
        f"{name}_repaid_shares": owed.repaid,
        f"{name}_balance_shares": owed.balance,
        f"{name}_new_amount": owed.new_amount // TEN_THOUSAND,
        f"{name}_repaid_amount": owed.repaid_amount // TEN_THOUSAND,
        f"{name}_balance_amount": owed.balance_amount // TEN_THOUSAND,
        f"{name}_balance_rate": percent(Decimal(owed.balance), Decimal(subject.instrument.listed_shares)),
        f"{name}_supply_rate": percent(Decimal(owed.new), Decimal(candle.volume)),
    }


def _lent(owed: Balance) -> dict[str, object]:
    return {
        "new_shares": owed.new,
        "repaid_shares": owed.repaid,
        "balance_shares_change": owed.new - owed.repaid,
        "balance_shares": owed.balance,
        "balance_amount": owed.balance_amount // MILLION,
    }


def _market_loans(world: World, call: Call, scope: str) -> Iterable[Facts]:
    """Beside the index, as its price."""
    index = indices()[INDEX_OF[scope]]
    yesterday = _yesterday(world, call, index)
    until = min(call.day("end_date") or yesterday, yesterday)
    start = call.day("start_date") or until - _MONTH
    for candle, before in pairwise(_past(world, index, until, _MOST_DAYS + 1)):
        if candle.start.date() < start:
            return
        owed = world.totals.balance(scope, LENT, candle.start.date())
        yield {**candle_facts(candle, before.close), **_lent(owed)}


def _yesterday(world: World, call: Call, index: Index) -> date:
    """The trading day before today's."""
    first = index.members[0]
    return world.market.calendar(first).before(world.market.moment(first, call.now).day)


def _past(world: World, index: Index, until: date, count: int) -> Sequence[Candle]:
    """Whole days of an index, newest first."""
    return world.indices.days(index, until + timedelta(days=1), 0, until=until, count=count)


def _worth(world: World, index: Index, day: date) -> int:
    """Won that all shares of an index's members are worth at the end of a day."""
    bars = [(member, world.market.history(member).bar(day)) for member in index.members]
    return sum(bar.close * member.listed_shares for member, bar in bars if bar)


LENDING: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_daily_credit_balance": credit_days,
    "domestic_stock_daily_short_sale": short_sale_days,
    "domestic_stock_daily_loan_trans": loan_days,
    "domestic_stock_lendable_by_company": lendable_stocks,
    "domestic_stock_credit_by_company": margin_stocks,
    "domestic_stock_mktfunds": market_money,
}
