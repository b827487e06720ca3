"""What an order would cost beside its price: commission and taxes, estimated from ``resources/fees.csv``.

The table has each rate from a day on (``since``), the earliest first, the latest of which is in force.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.trading.order import Action, Order, Side
from kis_mcp.trading.venues import InstrumentKind

MARKETS = ("KR", "US", "HK", "CN", "JP", "VN", "domestic_futureoption", "overseas_futureoption", "domestic_bond")
"""Whose commission can be told, as `kis_mcp.trading.order.Order` calls them."""

_HUNDRED = Decimal(100)
_COMMISSION = re.compile(r"(\w+)\s+(\d+(?:\.\d+)?)(%?)")


class Commission(NamedTuple):
    """What the broker takes of one order: ``percent`` of its amount, and so much for each unit of its quantity."""

    percent: Decimal = Decimal(0)
    per_unit: Decimal = Decimal(0)
    source: str = "KIS_COMMISSION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What an order costs beside its price, in its currency.

    Attributes:
        source: The rates, and who says so.
    """

    commission: Decimal
    taxes: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class _Tax:
    kind: str
    side: str
    since: date
    percent: Decimal
    source: str

    def is_of(self, kind: InstrumentKind, side: Side | None) -> bool:
        return self.kind in ("", kind) and self.side in ("", side)


class FeeRates(NamedTuple):
    """Commission and taxes from a day on, in percent of the amount, and the commission of each unit."""

    since: date
    buy_percent: Decimal
    sell_percent: Decimal
    per_unit: Decimal


def commissions(text: str) -> dict[str, Commission]:
    """The account's own commissions from ``market rate`` pairs: ``US 0.1%, overseas_futureoption 2.5``.

    A rate with ``%`` is of the amount, one without is in the instrument's currency for each contract.

    Raises:
        ValueError: No pair, one that cannot be read, or a market that does not exist or has two rates.
    """
    rates: dict[str, Commission] = {}
    names = {market.casefold(): market for market in MARKETS}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        found = _COMMISSION.fullmatch(pair)
        market = names.get(found[1].casefold()) if found else None
        if found is None or market is None:
            raise ValueError(f"{pair!r} is not a market of {', '.join(MARKETS)} and a rate such as 0.1% or 2.5")
        if market in rates:
            raise ValueError(f"it has two rates for {market}")
        rate = Decimal(found[2])
        rates[market] = Commission(percent=rate) if found[3] else Commission(per_unit=rate)
    if not rates:
        raise ValueError("it is a list without an entry")
    return rates


def estimated_fees(order: Order, kind: InstrumentKind | None, own: Mapping[str, Commission]) -> Decimal | None:
    """Commission and taxes in the order's currency, if it is filled at its estimated amount; None where
    `estimated_costs` cannot tell them."""
    costs = estimated_costs(order, kind, own)
    return None if costs is None else costs.commission + costs.taxes


def estimated_costs(order: Order, kind: InstrumentKind | None, own: Mapping[str, Commission]) -> Costs | None:
    """What an order costs beside its price, in its currency, if it is filled at its estimated amount.

    None where the amount is not known, or neither the operator nor the table tells the market's commission. An
    instrument of unknown kind is taxed as a share.
    """
    commission = own.get(order.market) or _usual().get(order.market)
    if order.action is Action.CANCEL or order.amount is None or order.quantity is None or commission is None:
        return None
    taxes = _taxes_in_force(order.market, kind or "stock", order.side)
    return Costs(
        commission=order.amount * commission.percent / _HUNDRED + order.quantity * commission.per_unit,
        taxes=order.amount * sum(tax.percent for tax in taxes) / _HUNDRED,
        source="; ".join(
            [f"{_rate(commission)} ({commission.source})", *(f"{tax.percent} % ({tax.source})" for tax in taxes)]
        ),
    )


def _rate(commission: Commission) -> str:
    return f"{commission.per_unit} for each unit" if commission.per_unit else f"{commission.percent} %"


def fee_rates(market: str, kind: InstrumentKind, own: Mapping[str, Commission]) -> tuple[FeeRates, ...] | None:
    """What trading cost over the years, the earliest first; the first rates are of all time before too.

    Taxes are those of their days; the commission is the present one throughout, for earlier ones are not known. None
    where neither the operator nor the table tells the market's commission.
    """
    commission = own.get(market) or _usual().get(market)
    if commission is None:
        return None
    days = sorted({date.min, *(tax.since for tax in _taxes().get(market, ()) if tax.kind in ("", kind))})
    return tuple(
        FeeRates(
            day,
            commission.percent + _tax_percent(market, kind, "buy", day),
            commission.percent + _tax_percent(market, kind, "sell", day),
            commission.per_unit,
        )
        for day in days
    )


def _tax_percent(market: str, kind: InstrumentKind, side: Side, on: date) -> Decimal:
    return sum((tax.percent for tax in _taxes_in_force(market, kind, side, on)), Decimal(0))


def _taxes_in_force(market: str, kind: InstrumentKind, side: Side | None, on: date = date.max) -> list[_Tax]:
    """The taxes of a day: of each, its latest rate."""
    in_force = {
        (tax.kind, tax.side): tax for tax in _taxes().get(market, ()) if tax.is_of(kind, side) and tax.since <= on
    }
    return list(in_force.values())


@cache
def _usual() -> Mapping[str, Commission]:
    return {
        row["market"]: Commission(Decimal(row["percent"]), source=row["source"])
        for row in _rows()
        if row["what"] == "commission"
    }


@cache
def _taxes() -> Mapping[str, list[_Tax]]:
    found: dict[str, list[_Tax]] = {}
    for row in _rows():
        if row["what"] == "tax":
            since = date.fromisoformat(row["since"]) if row["since"] else date.min
            tax = _Tax(row["kind"], row["side"], since, Decimal(row["percent"]), row["source"])
            found.setdefault(row["market"], []).append(tax)
    return found


@cache
def _rows() -> list[dict[str, str]]:
    return csv_rows(resources_folder() / "fees.csv")
