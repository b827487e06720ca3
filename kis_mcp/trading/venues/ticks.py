"""The price steps that exchanges accept."""

from decimal import Decimal
from typing import Literal, TypeAlias

InstrumentKind: TypeAlias = Literal["stock", "etf", "etn", "elw"]

_KRX_STOCK = (
    (Decimal(2_000), Decimal(1)),
    (Decimal(5_000), Decimal(5)),
    (Decimal(20_000), Decimal(10)),
    (Decimal(50_000), Decimal(50)),
    (Decimal(200_000), Decimal(100)),
    (Decimal(500_000), Decimal(500)),
)
"""Below this price, this step; KOSPI and KOSDAQ alike since the reform of January 2023."""

_KRX_STOCK_TOP = Decimal(1_000)
_ELW_STEP = Decimal(5)
_FUND_STEPS = (Decimal(2_000), Decimal(1), Decimal(5))
"""ETF and ETN: below the first the second, from there the third (December 2023)."""


def krx_tick(price: Decimal, kind: InstrumentKind) -> Decimal:
    """The step of a KRX price in won."""
    if kind == "elw":
        return _ELW_STEP
    if kind in ("etf", "etn"):
        bound, below, above = _FUND_STEPS
        return below if price < bound else above
    return next((step for bound, step in _KRX_STOCK if price < bound), _KRX_STOCK_TOP)


def us_tick(price: Decimal) -> Decimal:
    """The step of a US price in dollars: a cent, and a hundredth of that under one dollar."""
    return Decimal("0.01") if price >= 1 else Decimal("0.0001")


def stepped(steps: str, price: Decimal) -> Decimal:
    """The step of a price by a rule such as ``0.01 3:0.02 10:0.05``: a hundredth, from 3 on two, from 10 on five."""
    first, *others = steps.split()
    bounds = (other.split(":") for other in others)
    reached = [step for bound, step in bounds if price >= Decimal(bound)]
    return Decimal(reached[-1] if reached else first)


def kind_by_tick(last_price: Decimal, tick: Decimal) -> InstrumentKind | None:
    """Whether a KRX instrument is stepped as a stock or as a fund, told from the step at its last price.

    None where both have the same step there.
    """
    as_stock, as_fund = krx_tick(last_price, "stock"), krx_tick(last_price, "etf")
    if as_stock == as_fund:
        return None
    return {as_stock: "stock", as_fund: "etf"}.get(tick)  # pyright: ignore[reportReturnType]
