"""Rankings of stocks in the words of all markets: which of KIS' rankings tells one, and where its value stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kis_mcp.catalog import Record, number, rounded, text
from kis_mcp.errors import BadArgument
from kis_mcp.market.exchanges import COUNTRIES, CURRENCIES, EXCHANGES, KOREA, words_of
from kis_mcp.market.kis import Kis

KOREAN_BOARDS: Mapping[str, str] = {"kr": "all", "kospi": "kospi", "kosdaq": "kosdaq"}
"""Market → the table's word for it in Korean rankings."""

_SECTORS = {"kr": "0000", "kospi": "0001", "kosdaq": "1001"}
_PERCENT, _SHARES, _MONEY = "%", "shares", "currency"
_STEP = Decimal("0.01")
_FAR_FROM = "distance"
"""A value that is no field: how far the price is from a level, in percent."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One of KIS' rankings.

    Attributes:
        value: The field that is ranked, or ``distance`` from the field ``level``.
        unit: Of the value; ``currency`` for the market's.
        scale: What the value is multiplied by to be in that unit.
        place: The argument that names the market.
        note: What a reader has to know of it.
    """

    tool: str
    value: str
    unit: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    scale: int = 1
    level: str = ""
    place: str = "universe"
    note: str = ""


def _volume(sort: str, value: str, unit: str, note: str = "") -> Ranking:
    return Ranking("domestic_stock_volume_rank", value, unit, {"sort": sort}, place="sector", note=note)


def _net_buy(investor: str) -> Ranking:
    return Ranking(
        "domestic_stock_foreign_institution_total",
        f"{investor}_net_buy_turnover",
        _MONEY,
        {"investor": investor, "direction": "buy"},
        scale=1_000_000,
        place="sector",
        note="KIS estimates net buying from brokers' reports during the day.",
    )


def _near(extreme: str) -> Ranking:
    return Ranking("domestic_stock_near_new_highlow", _FAR_FROM, _PERCENT, {"extreme": extreme}, level=f"new_{extreme}")


def _abroad(tool: str, value: str, unit: str, level: str = "", note: str = "", **arguments: str) -> Ranking:
    return Ranking(f"overseas_stock_{tool}", value, unit, arguments, level=level, place="exchange", note=note)


_AVERAGE = "KIS calls it a ranking by average volume; value is the day's volume, which may rise from row to row."
_BROKEN = "Stocks that broke a 52-week level: KIS lists no others abroad."

_DIVIDENDS = "By each cash dividend with a record date in the last year."

_KOREA: Mapping[str, Ranking] = {
    "volume": _volume("volume", "volume", _SHARES, _AVERAGE),
    "turnover": _volume("traded_value", "turnover", _MONEY),
    "volume_surge": _volume("volume_growth", "volume_growth_rate", _PERCENT),
    "gainers": Ranking("domestic_stock_fluctuation", "change_rate", _PERCENT, {"sort": "rise"}),
    "losers": Ranking("domestic_stock_fluctuation", "change_rate", _PERCENT, {"sort": "fall"}),
    "market_cap": Ranking("domestic_stock_market_cap", "market_cap", _MONEY, scale=100_000_000),
    "dividend_yield": Ranking("domestic_stock_dividend_rate", "dividend_rate", _PERCENT, note=_DIVIDENDS),
    "near_high": _near("high"),
    "near_low": _near("low"),
    "short_selling": Ranking("domestic_stock_short_sale", "short_sale_quantity", _SHARES),
    "foreign_net_buy": _net_buy("foreign"),
    "institution_net_buy": _net_buy("institution"),
}
_ABROAD: Mapping[str, Ranking] = {
    "volume": _abroad("trade_vol", "volume", _SHARES),
    "turnover": _abroad("trade_pbmn", "turnover", _MONEY),
    "volume_surge": _abroad("trade_growth", "volume_growth_rate", _PERCENT),
    "gainers": _abroad("updown_rate", "change_rate", _PERCENT, direction="up"),
    "losers": _abroad("updown_rate", "change_rate", _PERCENT, direction="down"),
    "market_cap": _abroad("market_cap", "market_cap", _MONEY),
    "near_high": _abroad("new_highlow", _FAR_FROM, _PERCENT, level="base_price", note=_BROKEN, extreme="high"),
    "near_low": _abroad("new_highlow", _FAR_FROM, _PERCENT, level="base_price", note=_BROKEN, extreme="low"),
}
_EXCHANGES = tuple(each.word for each in EXCHANGES if each.country != "KR")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking as KIS told it: ``value`` is what it is by, in ``unit``, of the one exchange or board ``market``."""

    market: str
    rows: list[Record]
    value: str
    unit: str
    note: str


def find_ranking(by: str, market: str) -> Ranking:
    """The ranking of KIS that tells it.

    Raises:
        BadArgument: KIS has none such of this market; the error names those that it has.
    """
    offered = _KOREA if market in KOREAN_BOARDS else _ABROAD
    if market not in (*KOREAN_BOARDS, *_EXCHANGES):
        raise BadArgument(
            f"There is no market {market}.",
            remedy=f"Use {', '.join((*KOREAN_BOARDS, *_EXCHANGES))}, or a country such as us.",
            field="market",
        )
    if by not in offered:
        raise BadArgument(
            f"KIS has no ranking by {by} of {market}.",
            remedy=f"By {by} it has {_markets(by)}; of {market} by {', '.join(offered)}.",
            field="by",
        )
    return offered[by]


async def read_ranking(kis: Kis, by: str, market: str, *, limit: int) -> Ranked:
    """The first stocks of a ranking: rank, symbol, name, price, change and the value that is ranked.

    Args:
        market: ``kr`` or one of its boards, the word of an exchange abroad, or a country, which stands for its first
            exchange.

    Raises:
        BadArgument: KIS has no such ranking.
        KisMcpError: By KIS' answer.
    """
    named, market = market, _exchange_of(market)
    ranking = find_ranking(by, market)
    where = {"sector": _SECTORS, "universe": KOREAN_BOARDS}.get(ranking.place, {}).get(market, market)
    found = (await kis.rows(ranking.tool, {**ranking.arguments, ranking.place: where})).rows("stocks")
    rows = [_row(ranking, place, row) for place, row in enumerate(found[:limit], start=1)]
    currency = "KRW" if market in KOREAN_BOARDS else CURRENCIES[COUNTRIES[market]]
    value = f"distance from {ranking.level}" if ranking.value == _FAR_FROM else ranking.value
    notes = filter(None, (ranking.note, _note_on_others(named, market)))
    return Ranked(market, rows, value, currency if ranking.unit == _MONEY else ranking.unit, " ".join(notes))


def require_ranking(by: str, market: str) -> None:
    """Refuse a ranking that KIS has not; nothing is asked.

    Args:
        by, market: As `read_ranking` takes them, in any case.

    Raises:
        BadArgument: KIS has no such ranking.
    """
    find_ranking(by, _exchange_of(market.strip().lower()))


def _exchange_of(market: str) -> str:
    """The first exchange of a country abroad; any other word as it is."""
    country = market.upper()
    return words_of(country)[0] if country in CURRENCIES and country != KOREA else market


def _note_on_others(named: str, market: str) -> str:
    """That a country has other exchanges than the one that is ranked."""
    others = [word for word in words_of(named.upper()) if word != market] if named != market else []
    return f"Of {market} alone: KIS ranks {' and '.join(others)} apart." if others else ""


def _row(ranking: Ranking, place: int, row: Mapping[str, Any]) -> Record:
    return {
        "rank": row.get("rank") or place,
        "symbol": text(row, "symbol"),
        "name": text(row, "name"),
        "price": number(row, "price"),
        "change_rate": number(row, "change_rate"),
        "value": _value(ranking, row),
    }


def _value(ranking: Ranking, row: Mapping[str, Any]) -> Decimal | None:
    if ranking.value != _FAR_FROM:
        value = number(row, ranking.value)
        return None if value is None else value * ranking.scale
    price, level = number(row, "price"), number(row, ranking.level)
    return rounded((price - level) / level * 100, _STEP) if price and level else None


def _markets(by: str) -> str:
    return ", ".join((*(KOREAN_BOARDS if by in _KOREA else ()), *(_EXCHANGES if by in _ABROAD else ())))
