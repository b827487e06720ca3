"""The composition root: what the callers of the package are given to work with."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kis_mcp.wiring.brokerage import Brokerage
    from kis_mcp.wiring.drift import read_drift
    from kis_mcp.wiring.environments import Environments, open_environments
    from kis_mcp.wiring.operator import check_settings, kill_switch, load_settings, order_limits, symbol_lists
    from kis_mcp.wiring.order_records import read_order_records
    from kis_mcp.wiring.reads import Reads
    from kis_mcp.wiring.status import gateway_status

__all__ = [
    "Brokerage",
    "Environments",
    "Reads",
    "check_settings",
    "gateway_status",
    "kill_switch",
    "load_settings",
    "open_environments",
    "order_limits",
    "read_drift",
    "read_order_records",
    "symbol_lists",
]

_MODULES = {
    "Brokerage": "brokerage",
    "Environments": "environments",
    "Reads": "reads",
    "check_settings": "operator",
    "gateway_status": "status",
    "kill_switch": "operator",
    "load_settings": "operator",
    "open_environments": "environments",
    "order_limits": "operator",
    "read_drift": "drift",
    "read_order_records": "order_records",
    "symbol_lists": "operator",
}


def __getattr__(name: str) -> object:
    """Import what is first asked for: SQLAlchemy alone takes a third of the server's start, and it may go unused."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
