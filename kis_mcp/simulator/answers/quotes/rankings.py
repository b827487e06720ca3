"""Lists of stocks in the order that was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, cast

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes import measures
from kis_mcp.simulator.answers.quotes.companies import year_facts
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.companies import company_of
from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.market.listings import is_preferred, listings
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.places import stock_exchanges
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_SHARE_CLASSES = ("common", "preferred")
_ALL_SECTORS = "0000"
_ROWS_AT_HOME = 30
"""What KIS shows of a ranking at home."""

_PERIODS = {"today": 0, "52w": 250, "1y": 250}
_SIZES = {"k": 1_000, "m": 1_000_000}
_BOUNDS = {
    "price": "price",
    "volume": "volume",
    "change_rate": "change_rate",
    "market_cap": "market_cap",
    "shares": "listed_shares",
    "turnover": "turnover",
    "eps": "eps",
    "per": "per",
}
"""Arguments min_… and max_… → the fact that they bound."""

_CENT = Decimal("0.01")
_VALUES = ("per", "pbr", "pcr", "psr", "eps", "eva", "ebitda", "ev_to_ebitda", "ebitda_to_interest")
_AMOUNTS = (
    "gross_profit",
    "operating_profit",
    "ordinary_profit",
    "net_income",
    "total_assets",
    "total_liabilities",
    "total_equity",
)
_LIMITS = {"at_limit": 0, "8_percent": 8, "10_percent": 10, "15_percent": 15, "20_percent": 20, "25_percent": 25}

Order: TypeAlias = tuple[str, int]
"""The fact that decides, and 1 for the greatest first or -1 for the least."""

More: TypeAlias = Callable[[Call, Subject], Facts]
"""What a row says beyond the instrument's own facts."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """How an API orders its stocks.

    Attributes:
        orders: Word of the deciding argument → order; "" where none decides.
        by: The deciding argument.
        more: See :data:`More`.
        keeps: Whether a row with these facts belongs to the list; None where each does.
    """

    orders: Mapping[str, Order]
    by: str = "sort"
    more: More | None = None
    keeps: Callable[[Call, Facts], bool] | None = None


def ranking(world: World, call: Call) -> Answer:
    """Stocks within the bounds that were asked for, in the order that was asked for, with their rank."""
    return rank(world, call, RANKINGS[call.api.tool])


def rank(world: World, call: Call, rule: Ranking) -> Answer:
    """Stocks by a rule."""
    name, sign = rule.orders["" if "" in rule.orders else word_of(call, rule.by)]
    subjects = stocks(world, call)
    sheets = [FactSheet(subject, rule.more(call, subject) if rule.more else None) for subject in subjects]
    chosen = [sheet for sheet in sheets if sheet.get(name) is not None and _is_within(call, sheet)]
    chosen = [sheet for sheet in chosen if rule.keeps is None or rule.keeps(call, sheet)]
    chosen.sort(key=lambda sheet: _number(sheet[name]) * sign, reverse=True)
    shown = chosen if call.api.category == "overseas_stock" else chosen[:_ROWS_AT_HOME]
    whole = sum((_number(sheet["market_cap"]) for sheet in sheets), Decimal(0))
    rows = [
        sheet.with_facts(rank=rank, market_cap_share=percent(_number(sheet["market_cap"]), whole))
        for rank, sheet in enumerate(shown, start=1)
    ]
    return {block.key: rows if block.is_list else _summary(call, len(rows)) for block in call.api.blocks}


def word_of(call: Call, name: str) -> str:
    """The word of an argument that may need several elements to tell it."""
    parameter = call.api.parameter(name)
    assert parameter is not None
    assert parameter.element is not None
    return next(
        word
        for word, code in (parameter.codes or {}).items()
        if code == call.text(parameter.element.upper())
        and all(words.get(word, "") == call.text(element.upper()) for element, words in parameter.also.items())
    )


def preferred_gaps(world: World, call: Call) -> Answer:
    """Common shares with a preferred one of theirs, the farthest apart first; the bounds are of the preferred."""
    rows: list[FactSheet] = []
    for preferred in stocks(world, call):
        listing = listings().get(preferred.instrument.symbol)
        if listing is None or not listing.common or not _is_within(call, FactSheet(preferred)):
            continue
        common = Subject(world.market, world.market.instruments[listing.common], call.now)
        gap = common.quote.price - preferred.quote.price
        facts: dict[str, object] = {
            "preferred_symbol": f"A{listing.symbol}",
            "preferred_name": preferred.instrument.name_ko,
            "preferred_price": preferred.quote.price,
            "preferred_change": preferred.quote.change,
            "preferred_price_direction": FactSheet(preferred)["price_direction"],
            "preferred_change_rate": preferred.quote.change_rate,
            "preferred_volume": preferred.quote.volume,
            "price_difference": gap,
            "divergence_rate": percent(gap, common.quote.price),
        }
        rows.append(FactSheet(common, facts))
    rows.sort(key=lambda row: _number(row["divergence_rate"]), reverse=True)
    return {"output": [row.with_facts(rank=rank) for rank, row in enumerate(rows[:_ROWS_AT_HOME], start=1)]}


def industries(world: World, call: Call) -> Answer:
    """The industries of an exchange's stocks."""
    rows = [{"industry_code": code, "industry_name": name} for code, name in _industries(world, call).items()]
    return {"output1": _summary(call, len(rows)), "output2": rows}


def industry(world: World, call: Call) -> Answer:
    """The stocks of one industry, the most traded first."""
    name = _industries(world, call).get(call.text("ICOD"))
    chosen = [subject for subject in stocks(world, call) if subject.instrument.sector == name]
    sheets = [sheet for sheet in map(FactSheet, chosen) if _is_within(call, sheet)]
    sheets.sort(key=lambda sheet: _number(sheet["turnover"]), reverse=True)
    rows = [sheet.with_facts(rank=rank) for rank, sheet in enumerate(sheets, start=1)]
    return {"output1": _summary(call, len(rows)), "output2": rows}


def _industries(world: World, call: Call) -> dict[str, str]:
    """Code → name, of all industries of the exchange's country, so that a code means the same on each exchange."""
    exchange = stock_exchanges()[call.text("EXCD")]
    listed = world.market.instruments.values()
    everywhere = sorted({i.sector for i in listed if i.category == "overseas_stock" and i.kind == "stock"})
    here = {i.sector for i in listed if i.listed_on is exchange and i.kind == "stock"}
    return {f"{number:02}0": name for number, name in enumerate(everywhere, start=1) if name in here}


def stocks(world: World, call: Call) -> list[Subject]:
    """What is listed on the exchange or board, and of the class, that was asked for."""
    exchange = stock_exchanges().get(call.text("EXCD"))
    universe, arguments = call.arguments.get("universe", "all"), call.arguments
    only_stocks = universe == "kospi200" or arguments.get("exclude") in ("funds", "all_special")
    whole = indices()["2001"].members if universe == "kospi200" else None
    boards = (universe,) if universe in ("kospi", "kosdaq") else ("kospi", "kosdaq")
    index = indices().get(arguments.get("sector", ""))
    sector = index.members if index else None
    share_class, status = arguments.get("share_class", "all"), arguments.get("status", "all")
    shares = status if share_class == "all" and status in _SHARE_CLASSES else share_class
    if shares not in ("all", *_SHARE_CLASSES):
        return []
    if index is None and arguments.get("sector", _ALL_SECTORS) != _ALL_SECTORS:
        return []
    found = [
        Subject(world.market, instrument, call.now)
        for instrument in world.market.instruments.values()
        if instrument.category == call.api.category
        and instrument.kind != "warrant"
        and (instrument.listed_on is exchange if exchange else instrument.board in boards)
        and (instrument.kind == "stock" or not only_stocks)
        and (whole is None or company_of(instrument) in whole)
        and (sector is None or instrument in sector)
        and (shares == "all" or is_preferred(instrument.symbol) is (shares == "preferred"))
    ]
    return [subject for subject in found if _has_status(subject, status)]


def _has_status(subject: Subject, status: str) -> bool:
    """Whether the exchange has said of a stock what was asked for."""
    if status in ("all", *_SHARE_CLASSES):
        return True
    return subject.is_administrative if status == "administrative" else subject.market_warning == status


def _is_within(call: Call, sheet: FactSheet) -> bool:
    """Whether it is within every bound that was given; what has no such fact is not."""
    for name, fact in _BOUNDS.items():
        low, high = (_size(call.arguments.get(f"{end}_{name}", "")) for end in ("min", "max"))
        if low is None and high is None:
            continue
        value = sheet.get(fact)
        if value is None or not (low is None or low <= _number(value)) or not (high is None or _number(value) <= high):
            return False
    return True


def _size(text: str) -> Decimal | None:
    """A bound as a number or as a word such as ``10k``; None for none."""
    if text in ("", "any"):
        return None
    return Decimal(text[:-1]) * _SIZES[text[-1]] if text[-1] in _SIZES else Decimal(text)


def _number(value: object) -> Decimal:
    return Decimal(cast("Decimal | int", value))


def _summary(call: Call, rows: int) -> Facts:
    exchange = stock_exchanges().get(call.text("EXCD"))
    counts: Facts = dict.fromkeys(("record_count", "current_record_count", "total_record_count"), rows)
    return {**counts, "decimal_places": exchange.decimals} if exchange else counts


def _days(call: Call) -> int:
    text = call.arguments.get("period", "today")
    return _PERIODS[text] if text in _PERIODS else int(text.rstrip("d"))


def _minutes(call: Call) -> int:
    return int(call.arguments["minutes_ago"].rstrip("m"))


def _growth(call: Call, subject: Subject) -> Facts:  # noqa: ARG001
    before = Decimal(subject.quote.previous_volume)
    return {"volume_growth_rate": percent(subject.quote.volume - before, before)}


def _of_days(call: Call, subject: Subject) -> Facts:
    days = int(call.arguments.get("days", "0"))
    past = measures.since(subject, days)
    base = {"base_price", "change_from_base_price", "change_from_base_price_rate"}
    own = {name: value for name, value in past.items() if name not in base}
    return {**own, "rise": past.get("period_change_rate", subject.quote.change_rate)}


def _period(call: Call, subject: Subject) -> Facts:
    """Against the close of so many days ago; today against yesterday's."""
    return measures.since(subject, _days(call) or 1)


def _usual(call: Call, subject: Subject) -> Facts:
    return measures.averages(subject, _days(call) or 1)


def _last_minutes(call: Call, subject: Subject) -> Facts:
    return measures.lately(subject, _minutes(call))


def _strength(call: Call, subject: Subject) -> Facts:
    return {"trade_strength": measures.lately(subject, _minutes(call))["trade_strength"]}


def _extreme(call: Call, subject: Subject) -> Facts:
    side = call.arguments["extreme"]
    facts = dict(measures.extreme(subject, side, _days(call)))
    reached = subject.quote.price if call.arguments["breakout"] == "held" else getattr(subject.quote, side)
    base = _number(facts["base_price"])
    return facts | {"is_beyond": reached >= base if side == "high" else reached <= base}


def _gap(call: Call, subject: Subject) -> Facts:
    """How far the price is from the day's limit, in percent of the previous close."""
    quote, up = subject.quote, call.arguments["direction"] == "up"
    away = quote.high_limit - quote.price if up else quote.price - quote.low_limit
    return {"gap": percent(away, quote.previous_close)}


def _is_near_limit(call: Call, facts: Facts) -> bool:
    return _number(facts["gap"]) <= _LIMITS[call.arguments["distance"]]


def _is_near_extreme(call: Call, facts: Facts) -> bool:
    """Whether the distance to the year's high or low lies between the asked percentages."""
    name = "price_to_high_250_day_rate" if call.arguments["extreme"] == "high" else "price_to_low_250_day_rate"
    low, high = (_size(call.arguments.get(f"{end}_gap_rate", "")) for end in ("min", "max"))
    gap = abs(_number(facts[name]))
    return (low is None or low <= gap) and (high is None or gap <= high)


def _disparity(call: Call, subject: Subject) -> Facts:
    return {"deciding": FactSheet(subject)[f"disparity_{call.arguments['days']}_day"]}


def _statement(call: Call, subject: Subject) -> Facts:
    """A whole year of a company with its multiples; nothing of parts of a year, or of a year that is not known."""
    newest = subject.statement
    year = int(call.arguments.get("fiscal_year", newest.year if newest else 0))
    if newest is None or year > newest.year or call.arguments.get("fiscal_period", "full_year") != "full_year":
        return {}
    facts = dict(year_facts(subject, year))
    price, sales = subject.quote.price, _number(facts["sps"])
    multiples = {"per": price / _number(facts["eps"]), "pbr": price / _number(facts["bps"]), "psr": price / sales}
    return {**facts, **{name: value.quantize(_CENT) for name, value in multiples.items()}, "fiscal_year_end_month": 12}


RANKINGS: Mapping[str, Ranking] = {
    "domestic_stock_volume_rank": Ranking(
        {
            "volume": ("volume", 1),
            "volume_growth": ("volume_growth_rate", 1),
            "turnover": ("volume_turnover_rate", 1),
            "traded_value": ("turnover", 1),
            "traded_value_turnover": ("turnover_to_market_cap_rate", 1),
        },
        more=_growth,
    ),
    "domestic_stock_fluctuation": Ranking(
        {
            "rise": ("rise", 1),
            "fall": ("rise", -1),
            "rise_from_low": ("change_from_low_rate", 1),
            "fall_from_high": ("change_from_high_rate", -1),
            "rise_from_open": ("change_from_open_rate", 1),
            "fall_from_open": ("change_from_open_rate", -1),
            "volatility": ("high_to_low_rate", 1),
        },
        more=_of_days,
    ),
    "domestic_stock_market_cap": Ranking({"": ("market_cap", 1)}),
    "domestic_stock_volume_power": Ranking({"": ("trade_strength", 1)}),
    "domestic_stock_quote_balance": Ranking(
        {
            "net_bids": ("net_bid_quantity", 1),
            "net_asks": ("net_bid_quantity", -1),
            "bid_ratio": ("bid_quantity_rate", 1),
            "ask_ratio": ("ask_quantity_rate", 1),
        }
    ),
    "domestic_stock_near_new_highlow": Ranking(
        {"high": ("price_to_high_250_day_rate", 1), "low": ("price_to_low_250_day_rate", -1)},
        by="extreme",
        keeps=_is_near_extreme,
    ),
    "domestic_stock_disparity": Ranking({"highest": ("deciding", 1), "lowest": ("deciding", -1)}, more=_disparity),
    "domestic_stock_capture_uplowprice": Ranking({"": ("gap", -1)}, more=_gap, keeps=_is_near_limit),
    "domestic_stock_market_value": Ranking({word: (word, 1) for word in _VALUES}, more=_statement),
    "domestic_stock_profit_asset_index": Ranking({word: (word, 1) for word in _AMOUNTS}, more=_statement),
    "domestic_stock_finance_ratio": Ranking(
        {
            "profitability": ("ordinary_profit_to_capital_rate", 1),
            "stability": ("equity_ratio", 1),
            "growth": ("revenue_growth_rate", 1),
            "activity": ("capital_turnover_rate", 1),
        },
        more=_statement,
    ),
    "overseas_stock_updown_rate": Ranking(
        {"up": ("change_from_base_price_rate", 1), "down": ("change_from_base_price_rate", -1)},
        by="direction",
        more=_period,
    ),
    "overseas_stock_price_fluct": Ranking(
        {"up": ("change_from_base_price_rate", 1), "down": ("change_from_base_price_rate", -1)},
        by="direction",
        more=_last_minutes,
    ),
    "overseas_stock_volume_surge": Ranking({"": ("volume_growth_rate", 1)}, more=_last_minutes),
    "overseas_stock_volume_power": Ranking({"": ("trade_strength", 1)}, more=_strength),
    "overseas_stock_new_highlow": Ranking(
        {"high": ("change_from_base_price_rate", 1), "low": ("change_from_base_price_rate", -1)},
        by="extreme",
        more=_extreme,
        keeps=lambda _, facts: bool(facts["is_beyond"]),
    ),
    "overseas_stock_trade_vol": Ranking({"": ("volume", 1)}, more=_usual),
    "overseas_stock_trade_pbmn": Ranking({"": ("turnover", 1)}, more=_usual),
    "overseas_stock_trade_growth": Ranking({"": ("volume_growth_rate", 1)}, more=_usual),
    "overseas_stock_trade_turnover": Ranking({"": ("volume_turnover_rate", 1)}, more=_usual),
    "overseas_stock_market_cap": Ranking({"": ("market_cap", 1)}),
    "overseas_stock_inquire_search": Ranking({"": ("market_cap", 1)}),
}
"""Tool → its order. Words such as ``deciding`` and ``gap`` are not shown."""
