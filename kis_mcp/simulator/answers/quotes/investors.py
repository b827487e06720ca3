"""Who buys, sells and holds one instrument, by readable names."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.quotes.subject import Fact, Facts, Subject
from kis_mcp.simulator.engine.credit import OWN_SHARE
from kis_mcp.simulator.market.foreigners import (
    exhaustion_rate,
    foreign_holding,
    foreign_limit,
    foreign_limit_rate,
)
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.investors import GROUPS, KINDS, flows, in_units
from kis_mcp.simulator.market.lending import MARGIN, owed_shares, short_part
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.programmes import programme
from kis_mcp.simulator.market.traded import MILLION, Flow, Traded, traded

SHARES = frozenset({"stock", "etf", "etn"})
"""Kinds of instruments that investors hold, lend and sell short."""

_NET = ("net_buy_quantity", "net_buy_volume", "net_buy_turnover")
_SIDES = ("buy_quantity", "buy_volume", "buy_turnover", "sell_quantity", "sell_volume", "sell_turnover")
DAY_NAMES = frozenset(f"{who}_{what}" for who in (*KINDS, *GROUPS) for what in (*_NET, *_SIDES)) | {
    "foreign_exhaustion_rate"
}
"""Readable names of what :func:`investors_on` knows."""


def so_far(subject: Subject, day: date) -> Traded:
    """What was traded on a day, of today until now."""
    moment = subject.market.moment(subject.instrument, subject.now)
    return traded(subject.market, subject.instrument, day, moment.ticks if day == moment.day else None)


def flows_on(subject: Subject, day: date) -> Mapping[str, Flow]:
    """What each kind of investor bought and sold on a day, in shares and won."""
    return flows(subject.market, subject.instrument, so_far(subject, day))


def investors_on(subject: Subject, day: date) -> Facts:
    """What each kind bought and sold on a day, in shares and million won, and what foreigners then held; nothing of
    what is not Korean."""
    instrument = subject.instrument
    if instrument.category != "domestic_stock":
        return {}
    facts = investor_facts(in_units(flows_on(subject, day), 1, MILLION))
    held = {"foreign_exhaustion_rate": exhaustion_rate(instrument, holding(subject, day))}
    return {**facts, **held} if instrument.kind in SHARES else facts


def investor_facts(shown: Mapping[str, Flow]) -> Facts:
    """Flows of kinds and groups, in the units in which they are shown."""
    facts: dict[str, object] = {}
    for who, flow in shown.items():
        for side, shares, money in (
            ("buy", flow.bought, flow.paid),
            ("sell", flow.sold, flow.earned),
            ("net_buy", flow.net, flow.net_paid),
        ):
            facts[f"{who}_{side}_quantity"] = facts[f"{who}_{side}_volume"] = shares
            facts[f"{who}_{side}_turnover"] = money
    return facts


def holding(subject: Subject, day: date) -> int:
    """Shares that foreigners hold at the end of a day, of today now."""
    market, instrument = subject.market, subject.instrument
    if day != subject.quote.day:
        return foreign_holding(market, instrument, day)
    bought = flows_on(subject, day)
    before = foreign_holding(market, instrument, market.calendar(instrument).before(day))
    return before + sum(bought[kind].net for kind in GROUPS["foreign"])


def programme_on(subject: Subject, traded: Traded) -> Flow:
    """What was bought and sold in programmes, in shares and won."""
    return programme(subject.market, subject.instrument, traded)


def short_sales(subject: Subject, traded: Traded) -> tuple[int, int]:
    """What was sold short, in shares and won."""
    part = short_part(subject.market.seed, subject.instrument, traded.day)
    return traded.volume * part // MILLION, traded.turnover * part // MILLION


def settled_on(instrument: Instrument, day: date) -> date:
    """When the trades of a day are settled."""
    return trading_day(instrument.country, day, instrument.home.settlement_days)


def last_settled(subject: Subject) -> date:
    """The newest day whose trades are settled."""
    instrument, today = subject.instrument, subject.quote.day
    calendar = subject.market.calendar(instrument)
    day = calendar.before(today)
    while settled_on(instrument, day) > today:
        day = calendar.before(day)
    return day


def loan_rate(subject: Subject, day: date) -> Decimal:
    """The shares that are owed for margin loans, in percent of all."""
    owed = owed_shares(subject.market.seed, subject.instrument, MARGIN, day)
    return percent(Decimal(owed), Decimal(subject.instrument.listed_shares))


def _of_shares(fact: Fact) -> Fact:
    """A fact of what investors hold, lend and sell short; None of the rest."""

    def of(subject: Subject) -> object:
        instrument = subject.instrument
        return fact(subject) if instrument.category == "domestic_stock" and instrument.kind in SHARES else None

    return of


def _holding(subject: Subject) -> int:
    return holding(subject, subject.quote.day)


_OF_SHARES: Mapping[str, Fact] = {
    "foreign_holding_quantity": _holding,
    "foreign_net_buy_quantity": lambda s: sum(flows_on(s, s.quote.day)[kind].net for kind in GROUPS["foreign"]),
    "foreign_exhaustion_rate": lambda s: exhaustion_rate(s.instrument, _holding(s)),
    "foreign_holding_rate": lambda s: percent(Decimal(_holding(s)), Decimal(s.instrument.listed_shares)),
    "foreign_limit_rate": lambda s: foreign_limit_rate(s.instrument),
    "foreign_orderable_quantity": lambda s: foreign_limit(s.instrument) - _holding(s),
    "program_net_buy_quantity": lambda s: programme_on(s, so_far(s, s.quote.day)).net,
    "last_short_sale_quantity": lambda s: short_sales(s, so_far(s, s.quote.day))[0],
    "margin_loan_balance_rate": lambda s: loan_rate(s, last_settled(s)),
    "credit_rate": lambda s: OWN_SHARE * 100,  # noqa: ARG005
}
HOLDERS: Mapping[str, Fact] = {name: _of_shares(fact) for name, fact in _OF_SHARES.items()}
"""By readable name. A loan counts from its settlement on, and the buyer's own share is the same for all."""

TODAY_NAMES = DAY_NAMES - HOLDERS.keys()
"""Readable names of what only :func:`investors_on` knows of today."""
