"""The mandate: what a person agrees to once, so that a strategy's orders within it need no question each."""

from kis_mcp.trading.mandate.book import MandateBook, exchange_day
from kis_mcp.trading.mandate.orders import Fill, InstrumentKey, LostShares, MandatedOrder
from kis_mcp.trading.mandate.rules import MandateCheck, exceeds, loss_exceeds
from kis_mcp.trading.mandate.terms import (
    LONGEST,
    Mandate,
    MandateDraft,
    MandateEnd,
    MandateRecord,
    MandateStatus,
    MandateSymbol,
    can_agree,
    terms_of,
)
from kis_mcp.trading.mandate.trips import RoundTrip, cost_of, quantity_of

__all__ = [
    "LONGEST",
    "Fill",
    "InstrumentKey",
    "LostShares",
    "Mandate",
    "MandateBook",
    "MandateCheck",
    "MandateDraft",
    "MandateEnd",
    "MandateRecord",
    "MandateStatus",
    "MandateSymbol",
    "MandatedOrder",
    "RoundTrip",
    "can_agree",
    "cost_of",
    "exceeds",
    "exchange_day",
    "loss_exceeds",
    "quantity_of",
    "terms_of",
]
