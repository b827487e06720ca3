"""What a trade costs."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from kis_mcp.simulator.engine.model import ZERO, Side
from kis_mcp.simulator.market.instruments import Instrument

COMMISSION_RATES = {"KR": Decimal("0.000140527"), "US": Decimal("0.0025")}
_KR_SALES_TAX = Decimal("0.0020")
_US_SALES_FEE = Decimal("0.0000206")
_CENT = Decimal("0.01")


def commission(instrument: Instrument, amount: Decimal) -> Decimal:
    """The broker's fee: whole won rounded down, cents rounded half up."""
    return _money(instrument, amount * COMMISSION_RATES[instrument.country])


def tax(instrument: Instrument, side: Side, amount: Decimal) -> Decimal:
    """The sales tax on Korean shares, funds exempt, or the US regulator's fee; only sells pay it."""
    if side is Side.BUY or (instrument.country == "KR" and instrument.kind != "stock"):
        return ZERO
    return _money(instrument, amount * (_KR_SALES_TAX if instrument.country == "KR" else _US_SALES_FEE))


def needed_cash(instrument: Instrument, price: Decimal, quantity: int) -> Decimal:
    """What a buy takes at most, commission included."""
    amount = price * quantity
    return amount + commission(instrument, amount)


def _money(instrument: Instrument, amount: Decimal) -> Decimal:
    if instrument.country == "KR":
        return amount.quantize(Decimal(1), ROUND_DOWN)
    return amount.quantize(_CENT, ROUND_HALF_UP)
