"""What a trade costs."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from kis_mcp.simulator.engine.model import ZERO, Side
from kis_mcp.simulator.market.instruments import Category, Instrument

COMMISSION_RATES: Mapping[Category, Decimal] = {
    "domestic_stock": Decimal("0.000140527"),
    "overseas_stock": Decimal("0.0025"),
    "domestic_futureoption": Decimal("0.00003"),
    "overseas_futureoption": Decimal("0.00002"),
    "domestic_bond": Decimal("0.0001"),
}
_KR_SALES_TAX = Decimal("0.0020")
_US_SALES_FEE = Decimal("0.0000206")
_CENT = Decimal("0.01")


def commission(instrument: Instrument, amount: Decimal) -> Decimal:
    """The broker's fee: whole won rounded down, cents rounded half up."""
    return _money(instrument, amount * COMMISSION_RATES[instrument.category])


def tax(instrument: Instrument, side: Side, amount: Decimal) -> Decimal:
    """The sales tax on Korean shares, funds exempt, or the US regulator's fee on shares; only sells pay it."""
    exempt = instrument.margin_rate or (instrument.country == "KR" and instrument.kind != "stock")
    if side is Side.BUY or exempt:
        return ZERO
    return _money(instrument, amount * (_KR_SALES_TAX if instrument.country == "KR" else _US_SALES_FEE))


def needed_cash(instrument: Instrument, price: Decimal, quantity: int) -> Decimal:
    """What opening a position takes at most, commission included: all of its value, or a contract's margin."""
    amount = price * quantity * instrument.multiplier
    return margin(instrument, amount) + commission(instrument, amount)


def margin(instrument: Instrument, amount: Decimal) -> Decimal:
    """What a position of some value binds."""
    return _money(instrument, amount * instrument.margin_rate) if instrument.margin_rate else amount


def _money(instrument: Instrument, amount: Decimal) -> Decimal:
    if instrument.country == "KR":
        return amount.quantize(Decimal(1), ROUND_DOWN)
    return amount.quantize(_CENT, ROUND_HALF_UP)
