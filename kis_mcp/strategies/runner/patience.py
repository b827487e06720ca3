"""How long an order may stand unfilled, and why it is taken back then. Pure."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.strategies.runner.ports import OwnOrder

ENTRY_STANDS: Final = timedelta(minutes=3)
"""An entry that is not filled by then lapses, as it does in a backtest. A volatility interruption of KRX takes two and
a half minutes at most."""

EXIT_STANDS: Final = timedelta(minutes=1)
"""An exit whose limit the price has left behind by then is ordered anew at a limit near the last price."""

STANDING_IS_SAID: Final = timedelta(minutes=3)
"""An exit that nothing can be done about is told after so long."""


def reason_to_cancel(order: OwnOrder, stood: timedelta, last_price: Decimal | None, *, sells: bool) -> str:
    """Why an order is to be cancelled; empty while it may stand.

    Args:
        stood: How long it has stood while the market was open.
        sells: Whether nothing is to be held any more.
    """
    if order.side == "buy":
        if sells:
            return "what was bought is to be sold"
        return f"not filled within {_minutes(ENTRY_STANDS)}" if stood >= ENTRY_STANDS else ""
    if order.limit is None or last_price is None or last_price >= order.limit or stood < EXIT_STANDS:
        return ""
    return f"the price fell to {last_price:f}, below its limit of {order.limit:f}"


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)} minutes"
