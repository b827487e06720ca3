"""Exchange rates: the dollar against won and each currency against the dollar walk; the won rates of others follow."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, cast

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Country, Home, Ladder, home_of

if TYPE_CHECKING:
    from kis_mcp.simulator.market.market import Market

_CENT = Decimal("0.01")
_DOLLAR = "USD"
_DOLLARS_A_UNIT = frozenset({"EUR"})
"""Currencies that are quoted in dollars; of the others a dollar is quoted in them."""


@cache
def rate_rows() -> tuple[dict[str, str], ...]:
    """The rows of ``rates.csv``: pairs with the dollar, won rates, yields, and names of nearest futures."""
    return tuple(csv_rows(resources_folder() / "simulator" / "rates.csv"))


@cache
def pairs() -> Mapping[str, Instrument]:
    """What walks against the dollar, by currency; the dollar's own entry is its rate in won."""
    return {row["of"]: _walk(row) for row in rate_rows() if row["kind"] == "pair"}


def _base(currency: str) -> Decimal:
    """The pair that makes the currency worth its country's base rate."""
    dollar, won = (home_of(name).krw_rate for name in (_DOLLAR, currency))
    if currency == _DOLLAR:
        return won
    return won / dollar if currency in _DOLLARS_A_UNIT else dollar / won


def _walk(row: Mapping[str, str]) -> Instrument:
    """A pair as something with a history, which nobody trades here."""
    decimals = int(row["decimals"])
    tick = int(Decimal(row["tick"]).scaleb(decimals))
    return Instrument(
        symbol=row["code"],
        country=cast("Country", row["country"]),
        exchange="krx",
        name_ko=row["name_ko"],
        name_en=row["name_ko"],
        kind=row["kind"],
        base_units=round(_base(row["of"]).scaleb(decimals) / tick) * tick,
        daily_volume=0,
        listed_shares=0,
        sector="",
        decimals=decimals,
        ticks=Ladder((tick,)),
        volatility=float(row["volatility"]),
    )


def in_won(currency: str, dollar: Decimal, pair: Decimal) -> Decimal:
    """Won for one unit of a currency, from the dollar in won and the currency's pair."""
    if currency == _DOLLAR:
        return dollar
    return dollar * pair if currency in _DOLLARS_A_UNIT else dollar / pair


class ExchangeRates:
    """The rates at which accounts are valued: the first of each day in Seoul, the same all that day.

    KIS calls them 최초고시환율; currencies other than the dollar are worth what the dollar and their pair make.
    """

    def __init__(self, market: "Market") -> None:
        self._market = market

    def today(self, now: datetime) -> date:
        """The day in Seoul whose rates hold."""
        return self._market.moment(pairs()[_DOLLAR], now).day

    def before(self, now: datetime) -> date:
        """The day in Seoul before that one."""
        return self._market.calendar(pairs()[_DOLLAR]).before(self.today(now))

    def quoted(self, home: Home, day: date) -> Decimal:
        """Won for as many units of a country's currency as KIS quotes it for, two decimals."""
        if home.currency == "KRW":
            return Decimal(1)
        dollar, pair = (self._first(pairs()[currency], day) for currency in (_DOLLAR, home.currency))
        return (in_won(home.currency, dollar, pair) * home.quoted_for).quantize(_CENT)

    def for_one(self, home: Home, day: date) -> Decimal:
        """Won for one unit of a country's currency."""
        return self.quoted(home, day) / home.quoted_for

    def in_won(self, home: Home, amount: Decimal, day: date) -> Decimal:
        """An amount of a country's currency, to the won."""
        return amount if home.currency == "KRW" else (amount * self.for_one(home, day)).quantize(Decimal(1))

    def _first(self, pair: Instrument, day: date) -> Decimal:
        bar = self._market.history(pair).bar(day)
        return pair.price(bar.open if bar else pair.base_units)
