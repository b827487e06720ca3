"""What the operator allows, and what the broker takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from kis_mcp.trading.guard.fees import Commission
from kis_mcp.trading.guard.symbol_lists import ListedSymbol


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """The caps and lists that orders are held to; None or empty where the operator set none.

    Attributes:
        max_notional: Most that one order may be worth, in won (KIS_MAX_ORDER_NOTIONAL).
        max_quantity: Most shares or contracts of one order (KIS_MAX_ORDER_QUANTITY).
        allow_real_orders: Whether orders may go out in real at all (KIS_ALLOW_REAL_ORDERS).
        allow_real_strategies: Whether a strategy's orders within its mandate may go out in real without a question each
            (KIS_ALLOW_REAL_STRATEGIES).
        max_orders_per_day: Most orders and changes sent on one day in Korea (KIS_MAX_ORDERS_PER_DAY).
        max_open_positions: Most instruments held or being bought, over all accounts and markets
            (KIS_MAX_OPEN_POSITIONS).
        max_daily_loss: In won; from this loss of the day on, only what reduces risk goes out (KIS_MAX_DAILY_LOSS). What
            counts is in `kis_mcp.trading.portfolio.day_result`.
        price_collar: How far a price may be on the losing side of the market, in percent; 0 for as far as it likes
            (KIS_PRICE_COLLAR_PERCENT).
        allowed_symbols: Where not empty, the only instruments that may be ordered (KIS_ALLOWED_SYMBOLS).
        denied_symbols: Instruments that may not be ordered (KIS_DENIED_SYMBOLS).
        check_sessions: Whether an exchange has to be open (KIS_SESSION_CHECK).
        commissions: Market → what this account pays, where it differs from what is usual (KIS_COMMISSION).
    """

    max_notional: Decimal | None = None
    max_quantity: Decimal | None = None
    allow_real_orders: bool = False
    allow_real_strategies: bool = False
    max_orders_per_day: int | None = None
    max_open_positions: int | None = None
    max_daily_loss: Decimal | None = None
    price_collar: Decimal = Decimal(0)
    allowed_symbols: frozenset[ListedSymbol] = frozenset()
    denied_symbols: frozenset[ListedSymbol] = frozenset()
    check_sessions: bool = False
    commissions: Mapping[str, Commission] = field(default_factory=dict[str, Commission])
