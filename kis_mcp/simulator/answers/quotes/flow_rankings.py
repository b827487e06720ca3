"""Rankings of stocks by who trades, lends and borrows them."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.investors import SHARES, flows_on, last_settled, short_sales, so_far
from kis_mcp.simulator.answers.quotes.members import by_member, foreign_members
from kis_mcp.simulator.answers.quotes.rankings import Ranking, rank, word_of
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.market.investors import by_group
from kis_mcp.simulator.market.lending import BORROWED, MARGIN, balance, owed_shares
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.members import KIS
from kis_mcp.simulator.market.traded import MILLION, NOTHING, Traded
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

TEN_THOUSAND = 10_000
_MOST_DAYS = 100
_PERIODS = {
    "1_day": 1,
    "2_days": 2,
    "3_days": 3,
    "4_days": 4,
    "1_week": 5,
    "2_weeks": 10,
    "3_weeks": 15,
    "1_month": 21,
    "2_months": 42,
    "3_months": 63,
}
"""Words of a period → its trading days."""

_INDEX_OF = {"kosdaq": "1001", "kospi200": "2001"}
_BUY_OR_SELL = {"buy": ("deciding", 1), "sell": ("deciding", -1)}


def net_buys(call: Call, subject: Subject) -> Facts:
    """What investors bought today on balance; KIS counts this API's money as shares at the present price."""
    groups = by_group(flows_on(subject, subject.quote.day))
    facts: dict[str, object] = {}
    for who, flow in groups.items():
        facts[f"{who}_net_buy_quantity"] = facts[f"{who}_net_buy_volume"] = flow.net
        facts[f"{who}_net_buy_turnover"] = int(flow.net * subject.quote.price / MILLION)
    investor = call.arguments.get("investor", "all")
    net = sum(groups[who].net for who in (("foreign", "institution") if investor == "all" else (investor,)))
    deciding = net * subject.quote.price if call.arguments["sort"] == "value" else net
    return {**facts, "net_buy_quantity": net, "deciding": deciding}


def foreign_member_buys(call: Call, subject: Subject) -> Facts:
    """What members that belong to houses abroad bought and sold today."""
    flow = foreign_members(by_member(subject, subject.quote.day))
    return {
        "foreign_member_sell_quantity": flow.sold,
        "foreign_member_buy_quantity": flow.bought,
        "foreign_member_net_buy_quantity": flow.net,
        "deciding": flow.net_paid if call.arguments["sort"] == "value" else flow.net,
    }


def company_trades(call: Call, subject: Subject) -> Facts:
    """What KIS' customers bought and sold on the days that were asked for, at most a hundred; by default today."""
    today = subject.quote.day
    until = min(call.day("end_date") or today, today)
    days = days_back(subject, until, call.day("start_date") or until)
    flow = sum((by_member(subject, day)[KIS] for day in days), NOTHING)
    return {
        "sell_trade_volume_total": flow.sold,
        "buy_trade_volume_total": flow.bought,
        "net_buy_trade_volume": flow.net,
    }


def short_sale_ranking(call: Call, subject: Subject) -> Facts:
    """What was sold short in a period, and all that was traded in it; nothing of what cannot be."""
    if subject.instrument.kind not in SHARES:
        return {}
    count, last = _PERIODS[word_of(call, "period")], subject.quote.day
    calendar, first = subject.market.calendar(subject.instrument), last
    for _ in range(count - 1):
        first = calendar.before(first)
    days = [so_far(subject, day) for day in days_back(subject, last, first)]
    return {**short_facts(subject, days), "base_date_1": first, "base_date_2": last}


def short_facts(subject: Subject, days: list[Traded]) -> Facts:
    """What was sold short on some days, in shares and won, and its part of all trade in percent."""
    sold = [short_sales(subject, day) for day in days]
    quantity, money = (sum(part[of] for part in sold) for of in (0, 1))
    volume, turnover = sum(day.volume for day in days), sum(day.turnover for day in days)
    return {
        "volume": volume,
        "turnover": Decimal(turnover),
        "short_sale_quantity": quantity,
        "short_sale_volume_share": percent(Decimal(quantity), Decimal(volume)),
        "short_sale_turnover": money,
        "short_sale_turnover_share": percent(Decimal(money), Decimal(turnover)),
        "average_price": Decimal(money // quantity if quantity else 0),
    }


def days_back(subject: Subject, until: date, start: date) -> list[date]:
    """The trading days from a day back to another, at most a hundred."""
    calendar, days, day = subject.market.calendar(subject.instrument), list[date](), until
    while day >= start and len(days) < _MOST_DAYS:
        days.append(day)
        day = calendar.before(day)
    return days


def credit_facts(call: Call, subject: Subject) -> Facts:
    """What is owed for a stock, in shares and ten thousand won, and how much more that is than some days before."""
    if subject.instrument.kind not in SHARES:
        return {}
    market, instrument, day = subject.market, subject.instrument, last_settled(subject)
    earlier, facts = _earlier(call, subject), dict[str, object]()
    for lent, name in ((MARGIN, "margin_loan"), (BORROWED, "borrowed_stock")):
        owed = balance(market, instrument, lent, day)
        before = owed_shares(market.seed, instrument, lent, earlier)
        facts |= {
            f"{name}_balance_shares": owed.balance,
            f"{name}_balance_amount": owed.balance_amount // TEN_THOUSAND,
            f"{name}_balance_rate": percent(Decimal(owed.balance), Decimal(instrument.listed_shares)),
            f"n_day_{name}_balance_growth_rate": percent(Decimal(owed.balance - before), Decimal(before)),
        }
    return facts


def credit_ranking(world: World, call: Call) -> Answer:
    """Stocks by what is owed for them, and the two days that are compared."""
    answer = rank(world, call, _CREDIT)
    index = indices()[_INDEX_OF.get(call.arguments["universe"], "0001")]
    subject = Subject(world.market, index.members[0], call.now)
    dates = {"base_date_1": last_settled(subject), "base_date_2": _earlier(call, subject)}
    return {**answer, "output1": [{**dates, "industry_code": index.code, "name": index.name_ko}]}


def _earlier(call: Call, subject: Subject) -> date:
    """The day that the newest balance is compared with."""
    calendar, day = subject.market.calendar(subject.instrument), last_settled(subject)
    for _ in range(min(int(call.arguments.get("days", "2")), _MOST_DAYS)):
        day = calendar.before(day)
    return day


_CREDIT = Ranking(
    {
        f"{word}_{sort}": (fact.format(name), sign)
        for word, name in (("margin", "margin_loan"), ("short", "borrowed_stock"))
        for sort, fact, sign in (
            ("rate", "{}_balance_rate", 1),
            ("shares", "{}_balance_shares", 1),
            ("amount", "{}_balance_amount", 1),
            ("rate_growth", "n_day_{}_balance_growth_rate", 1),
            ("rate_decline", "n_day_{}_balance_growth_rate", -1),
        )
    },
    more=credit_facts,
)
_RULES: Mapping[str, Ranking] = {
    "domestic_stock_foreign_institution_total": Ranking(_BUY_OR_SELL, by="direction", more=net_buys),
    "domestic_stock_frgnmem_trade_estimate": Ranking(_BUY_OR_SELL, by="direction", more=foreign_member_buys),
    "domestic_stock_traded_by_company": Ranking(
        {"buys": ("buy_trade_volume_total", 1), "sells": ("sell_trade_volume_total", 1)}, more=company_trades
    ),
    "domestic_stock_short_sale": Ranking({"": ("short_sale_quantity", 1)}, more=short_sale_ranking),
}
"""Tool → its order. Facts named ``deciding`` are not shown."""


def _ranked(world: World, call: Call) -> Answer:
    return rank(world, call, _RULES[call.api.tool])


FLOW_RANKINGS: Mapping[str, Callable[[World, Call], Answer]] = {
    **dict.fromkeys(_RULES, _ranked),
    "domestic_stock_credit_balance": credit_ranking,
}
