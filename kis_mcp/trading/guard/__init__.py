"""What speaks against an order, before anyone is asked and before it is sent."""

from kis_mcp.trading.guard.check import check_order, refusal, rules_for
from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.guard.fees import Commission, commissions, estimated_costs, fee_rates
from kis_mcp.trading.guard.likeness import LATE_ARRIVAL, is_like
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.lookup import look_up_facts, read_last_price, read_selling_lot
from kis_mcp.trading.guard.margins import with_margin
from kis_mcp.trading.guard.market_facts import FindInstrument, builtin_facts, expected_amount
from kis_mcp.trading.guard.rules.terms import tick_of
from kis_mcp.trading.guard.symbol_lists import ListedSymbol, allowed_symbols, denied_symbols

__all__ = [
    "LATE_ARRIVAL",
    "Commission",
    "FindInstrument",
    "Finding",
    "GuardFacts",
    "ListedSymbol",
    "OrderLimits",
    "allowed_symbols",
    "builtin_facts",
    "check_order",
    "commissions",
    "denied_symbols",
    "estimated_costs",
    "expected_amount",
    "fee_rates",
    "is_like",
    "look_up_facts",
    "read_last_price",
    "read_selling_lot",
    "refusal",
    "rules_for",
    "tick_of",
    "with_margin",
]
