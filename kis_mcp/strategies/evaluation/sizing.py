"""How much an entry buys."""

from decimal import Decimal
from typing import Final

from kis_mcp.strategies.document import Exits, Limits, Sizing

_HUNDRED = Decimal(100)

BUY_ROOM: Final = Decimal("0.03")
"""A buy may pay so much more than the last price, as a share of it: what is bought is bought at once, and never at any
price. The money for it is set aside."""


def quantity_of(
    sizing: Sizing,
    *,
    price: Decimal,
    equity: Decimal,
    usual_range: Decimal | None,
    exits: Exits,
    limits: Limits,
    lot: int = 1,
) -> int:
    """So many shares or contracts, in whole lots; 0 where the rule buys less than one.

    Args:
        sizing: A resolved strategy's.
        price: At which the entry is decided, in the currency of equity.
        equity: Cash and positions.
        usual_range: The average true range over 20 bars. None while it is not known: a rule by it buys nothing then.
        exits: For the distance to the stop.
        limits: For the largest position.
        lot: The smallest quantity that is traded.
    """
    wanted = _wanted(sizing, price, equity, usual_range, exits)
    if limits.position_percent is not None:
        wanted = min(wanted, equity * _number(limits.position_percent) / _HUNDRED / price)
    return max(0, int(wanted / lot) * lot)


def _wanted(sizing: Sizing, price: Decimal, equity: Decimal, usual_range: Decimal | None, exits: Exits) -> Decimal:
    if sizing.shares is not None:
        return _number(sizing.shares)
    if sizing.amount is not None:
        return _number(sizing.amount) / price
    if sizing.percent_of_equity is not None:
        return equity * _number(sizing.percent_of_equity) / _HUNDRED / price
    if sizing.volatility_percent is not None:
        return equity * _number(sizing.volatility_percent) / _HUNDRED / usual_range if usual_range else Decimal(0)
    assert sizing.risk_percent is not None
    assert exits.stop_loss_percent is not None, "the document was checked when it was read"
    return equity * _number(sizing.risk_percent) / (price * _number(exits.stop_loss_percent))


def _number(value: float | str) -> Decimal:
    """A document's number as it is written: 0.1 is a tenth."""
    return Decimal(str(value))
