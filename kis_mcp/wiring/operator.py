"""The operator's settings: read, held against what trading knows, as the limits of orders, and as the kill switch.

Every command begins here, so what is slow to import is imported where it is used.
"""

import logging
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kis_mcp.environment import Environment
from kis_mcp.settings import Settings, wrong_setting

if TYPE_CHECKING:
    from kis_mcp.storage import HaltFile
    from kis_mcp.trading.guard import Commission, ListedSymbol, OrderLimits


_log = logging.getLogger(__name__)


def load_settings(**overrides: Any) -> Settings:
    """Read the configuration, and refuse it as a whole before anything starts; ``overrides`` win over every source.

    What counts for nothing, such as a variable that does not exist, is told in the log.

    Raises:
        SettingsError: Naming the first variable at fault.
    """
    settings = check_settings(**overrides)
    for warning in settings.warnings:
        _log.warning("%s", warning)
    return settings


def check_settings(**overrides: Any) -> Settings:
    """`load_settings` without a word in the log, for a command whose server will say it.

    Raises:
        SettingsError: Naming the first variable at fault.
    """
    settings = Settings.load(**overrides)
    own_commissions(settings)
    symbol_lists(settings)
    return settings


def order_limits(settings: Settings, environment: Environment) -> "OrderLimits":
    """The limits of one environment. Where a simulator's market never closes, hours count only if asked for.

    Raises:
        SettingsError: The settings were not read by `load_settings`, which would have refused them.
    """
    from kis_mcp.trading.guard import OrderLimits

    most = settings.max_order_quantity
    allowed, denied = symbol_lists(settings)
    return OrderLimits(
        max_notional=settings.max_order_notional,
        max_quantity=None if most is None else Decimal(most),
        allow_real_orders=settings.allow_real_orders,
        allow_real_strategies=settings.allow_real_strategies,
        max_orders_per_day=settings.max_orders_per_day,
        max_open_positions=settings.max_open_positions,
        max_daily_loss=settings.max_daily_loss,
        price_collar=settings.price_collar_percent,
        allowed_symbols=allowed,
        denied_symbols=denied,
        check_sessions=settings.session_check == "on"
        or (settings.session_check == "auto" and keeps_hours(settings, environment)),
        commissions=own_commissions(settings),
    )


def keeps_hours(settings: Settings, environment: Environment) -> bool:
    """Whether the environment's market opens and closes as the exchanges do; a simulator's may never close."""
    return settings.sim_clock == "market" or not settings.profile(environment).is_simulated


def symbol_lists(settings: Settings) -> "tuple[frozenset[ListedSymbol], frozenset[ListedSymbol]]":
    """The only instruments that may be ordered (all, where there is none), and those that never may.

    Raises:
        SettingsError: An entry of KIS_ALLOWED_SYMBOLS or KIS_DENIED_SYMBOLS means no instrument.
    """
    if not settings.allowed_symbols and not settings.denied_symbols:
        return frozenset(), frozenset()
    from kis_mcp.market import builtin_instruments
    from kis_mcp.trading.guard import allowed_symbols, denied_symbols

    name = "KIS_ALLOWED_SYMBOLS"
    try:
        allowed = allowed_symbols(settings.allowed_symbols, builtin_instruments())
        name = "KIS_DENIED_SYMBOLS"
        return allowed, denied_symbols(settings.denied_symbols, builtin_instruments())
    except ValueError as error:
        raise wrong_setting(name, str(error)) from None


def own_commissions(settings: Settings) -> "Mapping[str, Commission]":
    """Market → what this account pays, by KIS_COMMISSION.

    Raises:
        SettingsError: It cannot be read.
    """
    if not settings.commission:
        return {}
    from kis_mcp.trading.guard import commissions

    try:
        return commissions(settings.commission)
    except ValueError as error:
        raise wrong_setting("KIS_COMMISSION", str(error)) from None


def kill_switch(folder: Path) -> "HaltFile":
    """What stops all new orders of every process and environment with this data folder."""
    from kis_mcp.storage import HaltFile

    return HaltFile(folder)
