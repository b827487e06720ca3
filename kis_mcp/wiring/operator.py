"""The operator's settings as the limits that orders are held to, and the kill switch."""

from __future__ import annotations

from decimal import Decimal

from kis_mcp.environment import Environment
from kis_mcp.settings.settings import Settings
from kis_mcp.storage.halt import HaltFile
from kis_mcp.trading.guard.fees import commissions
from kis_mcp.trading.guard.limits import OrderLimits


def order_limits(settings: Settings, environment: Environment) -> OrderLimits:
    """The limits of one environment. A simulator's market never closes, so there its hours count only if asked for."""
    most = settings.max_order_quantity
    is_simulated = settings.profile(environment).is_simulated
    return OrderLimits(
        max_notional=settings.max_order_notional,
        max_quantity=None if most is None else Decimal(most),
        allow_real_orders=settings.allow_real_orders,
        max_orders_per_day=settings.max_orders_per_day,
        max_open_positions=settings.max_open_positions,
        max_daily_loss=settings.max_daily_loss,
        price_collar=settings.price_collar_percent,
        allowed_symbols=settings.allowed_symbols,
        denied_symbols=settings.denied_symbols,
        check_sessions=settings.session_check == "on" or (settings.session_check == "auto" and not is_simulated),
        commissions=commissions(settings.commission),
    )


def kill_switch(settings: Settings) -> HaltFile:
    """What stops all new orders of every process and environment with these settings' data folder."""
    return HaltFile(settings.data_dir)
