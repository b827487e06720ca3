"""What a trade costs."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.engine.model import ZERO, Side
from kis_mcp.simulator.market.instruments import Category, Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.places import Country

_COMMISSION_RATES: Mapping[Category, Decimal] = {
    "domestic_futureoption": Decimal("0.00003"),
    "overseas_futureoption": Decimal("0.00002"),
    "domestic_bond": Decimal("0.0001"),
}
"""Of what is no stock; stocks have those of their country in fees.csv."""


def commission(instrument: Instrument, amount: Decimal) -> Decimal:
    """The broker's fee: whole won rounded down, the last decimal of others rounded half up."""
    return _money(instrument, amount * _commission_rate(instrument))


def tax(instrument: Instrument, side: Side, amount: Decimal) -> Decimal:
    """Taxes and regulators' fees on stocks: on Korean shares, funds exempt, and abroad; mostly only sells pay them."""
    return _money(instrument, amount * _tax_rate(instrument, side))


def income_tax(instrument: Instrument, amount: Decimal) -> Decimal:
    """What is withheld of a dividend or of interest."""
    return _money(instrument, amount * _stock_rate(instrument.country, "stock", "income_tax", Side.BUY))


def buying_costs(country: Country) -> Decimal:
    """What a buy of a country's stocks costs beside its amount, as a part of it."""
    return sum((_stock_rate(country, "stock", what, Side.BUY) for what in ("commission", "tax")), ZERO)


def needed_cash(instrument: Instrument, price: Decimal, quantity: int) -> Decimal:
    """What opening a position takes at most, costs included: all of its value, or a contract's margin."""
    amount = price * quantity * instrument.multiplier
    return margin(instrument, amount) + commission(instrument, amount) + tax(instrument, Side.BUY, amount)


def margin(instrument: Instrument, amount: Decimal) -> Decimal:
    """What a position of some value binds."""
    return _money(instrument, amount * instrument.margin_rate) if instrument.margin_rate else amount


def short_margin(market: Market, option: Instrument, quantity: int) -> Decimal:
    """What a Korean option that was sold short binds beside its premium: the margin of futures at its strike.

    Args:
        quantity: Of the position; only a negative one of an option binds it.
    """
    if quantity >= 0 or option.category != "domestic_futureoption" or option.kind == "future":
        return ZERO
    future = market.underlying(option)
    rate = future.margin_rate if future else ZERO
    return _money(option, option.strike * option.multiplier * rate * -quantity)


def _money(instrument: Instrument, amount: Decimal) -> Decimal:
    rounding = ROUND_DOWN if instrument.country == "KR" else ROUND_HALF_UP
    return amount.quantize(Decimal(1).scaleb(-instrument.home.currency_decimals), rounding)


def _commission_rate(instrument: Instrument) -> Decimal:
    rate = _COMMISSION_RATES.get(instrument.category)
    return _stock_rate(instrument.country, instrument.kind, "commission", Side.BUY) if rate is None else rate


def _tax_rate(instrument: Instrument, side: Side) -> Decimal:
    if instrument.category in _COMMISSION_RATES:
        return ZERO
    return _stock_rate(instrument.country, instrument.kind, "tax", side)


def _stock_rate(country: str, kind: str, what: str, side: Side) -> Decimal:
    return _stock_rates().get((country, kind, what, side), ZERO)


@cache
def _stock_rates() -> Mapping[tuple[str, str, str, Side], Decimal]:
    """Rates of stocks and funds by country, kind, what they are, and side, as estimates of fees have them too.

    On every day they are the latest ones: the table's earlier ones are for tests of history.
    """
    rates: dict[tuple[str, str, str, Side], Decimal] = {}
    rows = csv_rows(resources_folder() / "fees.csv")
    latest = {(row["market"], row["kind"], row["side"], row["what"]): row for row in rows}
    for row in latest.values():
        for kind in (row["kind"],) if row["kind"] else ("stock", "etf", "etn", "warrant"):
            for side in (Side[row["side"].upper()],) if row["side"] else Side:
                key = (row["market"], kind, row["what"], side)
                rates[key] = rates.get(key, ZERO) + Decimal(row["percent"]) / 100
    return rates
