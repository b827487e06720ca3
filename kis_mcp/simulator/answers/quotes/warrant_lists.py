"""Lists of ELW: those that were asked for, in the order that was asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias, cast

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes import measures
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.answers.quotes.warrants import underlying_facts, underlying_now, warrant_facts
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import WarrantTerms, warrant_terms
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.warrants import underlying_name
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_ALL = ("", "000000", "00000")
_MOST = 100
"""Rows that KIS sends at once."""

_MONTHS = {
    "up_to_1_month": (0, 30),
    "1_to_2_months": (31, 60),
    "2_to_3_months": (61, 90),
    "3_to_6_months": (91, 180),
    "6_to_9_months": (181, 270),
    "9_to_12_months": (271, 365),
    "over_12_months": (366, 36_500),
}
_SINCE_LISTED = {"today": (0, 0), "up_to_7_days": (0, 7), "8_to_30_days": (8, 30), "31_to_90_days": (31, 90)}
_MONEYNESS = {"at_the_money": "ATM", "in_the_money": "ITM", "out_of_the_money": "OTM"}
_BOUNDS = {
    "price": "price",
    "volume": "volume",
    "days_left": "remaining_days",
    "change_rate": "change_rate",
    "leverage": "leverage",
    "implied_volatility": "implied_volatility",
    "premium": "premium_value",
    "gearing": "gearing",
    "break_even_rate": "break_even_rate",
    "break_even_price": "break_even_price",
    "delta": "delta",
    "strike_price": "strike_price",
    "conversion_ratio": "conversion_rate",
    "parity": "parity",
    "barrier": "knock_out_barrier_price",
    "lp_holding_rate": "lp_holding_rate",
    "barrier_distance": "approach_rate",
    "moneyness": "moneyness",
}
"""Arguments min_… and max_… → the fact that they bound."""

Order: TypeAlias = tuple[str, int]
"""The fact that decides, and 1 for the greatest first or -1 for the least."""


def newly_listed(world: World, call: Call) -> Answer:
    """Listed on a day or since, the newest first."""
    today = _today(world, call)
    since = call.day("since") or today
    chosen = [s for s in _subjects(world, call) if since <= _terms(s).listed_since <= today]
    sheets = sorted(map(_sheet, chosen), key=lambda sheet: str(sheet["listing_date"]), reverse=True)
    return {"output": sheets[:_MOST]}


def expiring(world: World, call: Call) -> Answer:
    """Whose last trading day is within the asked days, the nearest first, alive or not."""
    chosen = [s for s in _subjects(world, call, alive=False) if call.covers(_terms(s).expiry)]
    sheets = [_sheet(subject).with_facts(**_payment(subject)) for subject in chosen]
    sheets.sort(key=lambda sheet: str(sheet["last_trading_date"]))
    return {"output1": sheets[:_MOST]}


def _payment(subject: Subject) -> Facts:
    """What was paid at first and is paid at last; nothing is fixed before the end."""
    history = subject.market.warrant(subject.instrument)
    assert history is not None
    amount = history.redemption(subject.quote.day)
    return {
        "issue_price": history.issue_price(),
        "redemption_amount": amount,
        "total_redemption_amount": int(amount * subject.instrument.listed_shares),
        "fixed_payment_price": amount,
        "maturity_valuation_amount": underlying_facts(subject, history.terms)["underlying_price"],
    }


def underlyings(world: World, call: Call) -> Answer:
    """What living warrants stand for."""
    counts: dict[str, list[WarrantTerms]] = {}
    for subject in _subjects(world, call):
        counts.setdefault(_terms(subject).underlying, []).append(_terms(subject))
    rows = [_underlying(world, call, name, warrants) for name, warrants in counts.items()]
    name, sign = {
        "name": ("underlying_name", -1),
        "call_count": ("calls", 1),
        "put_count": ("puts", 1),
        "gainers": ("underlying_change_rate", 1),
        "losers": ("underlying_change_rate", -1),
        "price": ("underlying_price", 1),
        "symbol": ("underlying_symbol", -1),
    }[call.arguments.get("sort", "name")]
    return {"output": sorted(rows, key=lambda row: _key(row[name]), reverse=sign > 0)}


def of_underlying(world: World, call: Call) -> Answer:
    """All warrants on one underlying that lie within the asked bounds."""
    sheets = [sheet for sheet in map(_sheet, _subjects(world, call)) if _is_within(call, sheet)]
    wanted = _MONEYNESS.get(call.arguments.get("moneyness", "any"))
    most = call.arguments.get("max_previous_volume", "")
    return {
        "output": [
            sheet
            for sheet in sheets
            if wanted in (None, sheet["moneyness_name"])
            and (not most or _number(sheet["previous_volume"]) < Decimal(most))
        ]
    }


def to_compare(world: World, call: Call) -> Answer:
    """Warrants on the same underlying as a warrant, or on a stock."""
    symbol = call.text("FID_INPUT_ISCD")
    terms = warrant_terms().get(symbol)
    underlying = terms.underlying if terms else symbol
    chosen = [s for s in _subjects(world, call) if _terms(s).underlying == underlying]
    return {call.api.blocks[0].key: [{"symbol": s.instrument.symbol, "name": s.instrument.name_ko} for s in chosen]}


def search(world: World, call: Call) -> Answer:
    """Those that lie within all bounds, by up to three keys."""
    arguments = call.arguments
    sheets = [sheet for sheet in map(_sheet, _subjects(world, call)) if _is_found(world, call, sheet)]
    for suffix in ("_3", "_2", ""):
        key = arguments.get(f"sort{suffix}", "none")
        if key != "none":
            name = {"conversion_ratio": "conversion_rate"}.get(key, key)
            down = arguments.get(f"direction{suffix}", "highest_first") == "highest_first"
            sheets.sort(key=lambda sheet, name=name: _key(sheet[name]), reverse=down)
    return {"output1": sheets[:_MOST]}


def _is_found(world: World, call: Call, sheet: FactSheet) -> bool:
    arguments, today = call.arguments, _today(world, call)
    age = (today - cast("date", sheet["listing_date"])).days
    left = int(_number(sheet["remaining_days"]))
    low, high = _SINCE_LISTED.get(arguments.get("listed", "any"), (0, age))
    nearest, farthest = _MONTHS.get(arguments.get("matures", "any"), (left, left))
    above = arguments.get("strike_against_underlying") != "at_least"
    provider = arguments.get("liquidity_provider", "")
    return (
        _is_within(call, sheet)
        and low <= age <= high
        and nearest <= left <= farthest
        and (above or _number(sheet["strike_price"]) >= _number(sheet["underlying_price"]))
        and provider in (*_ALL, warrant_terms()[str(sheet["symbol"])].issuer)
        and _is_between(call, "last_trading", sheet["last_trading_date"])
        and _is_between(call, "lp_end", sheet["lp_end_date"])
    )


def _is_between(call: Call, name: str, day: object) -> bool:
    start, end = call.day(f"{name}_from") or date.min, call.day(f"{name}_to") or date.max
    return start <= cast("date", day) <= end


def ranking(world: World, call: Call) -> Answer:
    """In the order of the asked column, within the asked bounds."""
    more, orders = RANKINGS[call.api.tool]
    name, sign = orders[call.arguments["sort"]]
    subjects = _subjects(world, call)
    sheets = [_sheet(subject).with_facts(**more(call, subject)) for subject in subjects]
    chosen = [sheet for sheet in sheets if sheet.get(name) is not None and _is_within(call, sheet)]
    chosen.sort(key=lambda sheet: _number(sheet[name]) * sign, reverse=True)
    return {call.api.blocks[0].key: chosen[:_MOST]}


def _nothing(call: Call, subject: Subject) -> Facts:  # noqa: ARG001
    return {}


def _volumes(call: Call, subject: Subject) -> Facts:
    """Against a base day's volume and turnover, or yesterday's."""
    base = call.day("base_date")
    net: Facts = {"net_ask_quantity": -int(_number(FactSheet(subject)["net_bid_quantity"]))}
    before = subject.market.calendar(subject.instrument).before(subject.quote.day)
    bar = subject.market.history(subject.instrument).bar(min(base, before) if base else before)
    if bar is None or bar.day < _terms(subject).listed_since:
        return net
    quote, shares = subject.quote, Decimal(subject.instrument.listed_shares)
    growth = Decimal(quote.volume - bar.volume)
    return {
        **net,
        "n_day_previous_volume": bar.volume,
        "n_day_volume_change": quote.volume - bar.volume,
        "volume_growth_rate": percent(growth, Decimal(bar.volume)),
        "n_day_volume_turnover_rate": percent(Decimal(bar.volume), shares),
        "n_day_previous_turnover": bar.turnover,
        "n_day_turnover_change": int(quote.turnover) - bar.turnover,
    }


def _since_base(call: Call, subject: Subject) -> Facts:
    """Against a base day's close, or yesterday's."""
    base = call.day("base_date")
    quote = subject.quote
    bar = subject.market.history(subject.instrument).bar(base) if base and base < quote.day else None
    price = subject.instrument.price(bar.close) if bar else quote.previous_close
    change = quote.price - price
    return {
        "base_price": price,
        "direction_from_base_price": direction(change),
        "change_from_base_price": change,
        "change_from_base_price_rate": percent(change, price),
        "period_change": change,
        "period_direction": direction(change),
        "period_change_rate": percent(change, price),
    }


def _jump(call: Call, subject: Subject) -> Facts:
    """How far what decides has come in the asked minutes or days."""
    sort, length = call.arguments["sort"], int(call.arguments.get("length", "1"))
    now, base = _jumped(call, subject, sort, length)
    change = now - base
    return {
        "base_value": base,
        "change_from_base_value": change,
        "change_from_base_value_rate": percent(change, base),
    }


def _jumped(call: Call, subject: Subject, sort: str, length: int) -> tuple[Decimal, Decimal]:
    """What decides now and then: the price, the volume of as long a stretch, or the sizes of the book."""
    market, instrument, now = subject.market, subject.instrument, subject.now
    if sort in ("bids_jump", "asks_jump"):
        name = "total_bid_quantity" if sort == "bids_jump" else "total_ask_quantity"
        then = now - (timedelta(minutes=length) if call.arguments["period"] == "minutes" else timedelta(days=length))
        return (
            _number(FactSheet(subject)[name]),
            _number(FactSheet(Subject(market, instrument, then))[name]),
        )
    if call.arguments["period"] == "days":
        days = market.days(instrument, now, until=subject.quote.day, count=length + 1)
        volumes = Decimal(days[0].volume), Decimal(days[-1].volume)
        return volumes if sort == "volume_jump" else (days[0].close, days[-1].close)
    facts = measures.lately(subject, length)
    if sort == "volume_jump":
        return Decimal(subject.quote.volume), _number(facts["reference_volume"])
    return subject.quote.price, _number(facts["base_price"])


def _subjects(world: World, call: Call, *, alive: bool = True) -> Sequence[Subject]:
    """The warrants of the asked underlying, issuer, right and manner of settlement."""
    today = _today(world, call)
    return [
        Subject(world.market, world.market.instruments[terms.symbol], call.now)
        for terms in warrant_terms().values()
        if _is_wanted(call, terms, today)
        and (
            world.market.is_listed_on(world.market.instruments[terms.symbol], today)
            if alive
            else terms.listed_since <= today
        )
    ]


def _is_wanted(call: Call, terms: WarrantTerms, today: date) -> bool:
    arguments = call.arguments
    manner = "knock_out" if terms.barrier else "ordinary"
    left = _MONTHS.get(arguments.get("days_left", "any"))
    days = (terms.expiry - today).days
    return (
        arguments.get("underlying", "") in (*_ALL, terms.underlying)
        and arguments.get("issuer", "") in (*_ALL, terms.issuer)
        and arguments.get("right", "all") in ("all", terms.right)
        and arguments.get("settlement", "all") in ("all", manner)
        and (left is None or left[0] <= days <= left[1])
    )


def _underlying(world: World, call: Call, name: str, warrants: Iterable[WarrantTerms]) -> dict[str, object]:
    terms = list(warrants)
    member = indices()[name].members[0] if name in indices() else world.market.instruments[name]
    candle, before = underlying_now(world.market, name, Subject(world.market, member, call.now))
    change = candle.close - before
    return {
        "underlying_symbol": name,
        "underlying_name": underlying_name(terms[0]),
        "underlying_price": candle.close,
        "underlying_change": change,
        "underlying_price_direction": direction(change),
        "underlying_change_rate": percent(change, before),
        "calls": sum(each.right == "call" for each in terms),
        "puts": sum(each.right == "put" for each in terms),
    }


def _sheet(subject: Subject) -> FactSheet:
    return FactSheet(subject, warrant_facts(subject))


def _terms(subject: Subject) -> WarrantTerms:
    return warrant_terms()[subject.instrument.symbol]


def _today(world: World, call: Call) -> date:
    return world.market.moment(indices()["0001"].members[0], call.now).day


def _is_within(call: Call, sheet: FactSheet) -> bool:
    for name, fact in _BOUNDS.items():
        low, high = (call.arguments.get(f"{end}_{name}", "") for end in ("min", "max"))
        if low and _number(sheet[fact]) < Decimal(low):
            return False
        if high and _number(sheet[fact]) > Decimal(high):
            return False
    return True


def _number(value: object) -> Decimal:
    return Decimal(cast("Decimal | int", value))


def _key(value: object) -> tuple[Decimal, str]:
    """Numbers by their size, the rest as text."""
    return (_number(value), "") if isinstance(value, int | Decimal) else (Decimal(0), str(value))


More: TypeAlias = Callable[[Call, Subject], Facts]

RANKINGS: Mapping[str, tuple[More, Mapping[str, Order]]] = {
    "elw_volume_rank": (
        _volumes,
        {
            "volume": ("volume", 1),
            "volume_growth": ("volume_growth_rate", 1),
            "turnover_rate": ("volume_turnover_rate", 1),
            "traded_value": ("turnover", 1),
            "net_bids": ("net_bid_quantity", 1),
            "net_asks": ("net_bid_quantity", -1),
        },
    ),
    "elw_updown_rate": (
        _since_base,
        {
            "gainers": ("change_from_base_price_rate", 1),
            "losers": ("change_from_base_price_rate", -1),
            "gainers_since_open": ("change_from_open_rate", 1),
            "losers_since_open": ("change_from_open_rate", -1),
            "range": ("high_to_low_rate", 1),
        },
    ),
    "elw_indicator": (
        _nothing,
        {
            "conversion_ratio": ("conversion_rate", 1),
            "leverage": ("leverage", 1),
            "strike_price": ("strike_price", 1),
            "intrinsic_value": ("intrinsic_value", 1),
            "time_value": ("time_value", 1),
        },
    ),
    "elw_sensitivity": (
        _nothing,
        {
            **{name: (name, 1) for name in ("theoretical_price", "delta", "gamma", "theta", "vega", "rho")},
            "implied_volatility": ("implied_volatility", 1),
            "volatility_90_days": ("historical_volatility_90_day", 1),
        },
    ),
    "elw_quick_change": (
        _jump,
        {
            "price_jump": ("change_from_base_value_rate", 1),
            "price_drop": ("change_from_base_value_rate", -1),
            "volume_jump": ("change_from_base_value_rate", 1),
            "bids_jump": ("change_from_base_value_rate", 1),
            "asks_jump": ("change_from_base_value_rate", 1),
        },
    ),
}
"""Tool → what its rows say beside a warrant's own facts, and its orders by the word of ``sort``."""

WARRANT_LISTS: Mapping[str, Callable[[World, Call], Answer]] = {
    "elw_newly_listed": newly_listed,
    "elw_expiration_stocks": expiring,
    "elw_udrl_asset_list": underlyings,
    "elw_udrl_asset_price": of_underlying,
    "elw_cond_search": search,
    "elw_compare_stocks": to_compare,
    **dict.fromkeys(RANKINGS, ranking),
}
