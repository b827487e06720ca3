"""The mandate: what a person agrees to once, so that a strategy's orders within it need no question each."""

from kis_mcp.trading.mandate.book import Fill, InstrumentKey, MandateBook, MandatedOrder, zone_of
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

__all__ = [
    "LONGEST",
    "Fill",
    "InstrumentKey",
    "Mandate",
    "MandateBook",
    "MandateCheck",
    "MandateDraft",
    "MandateEnd",
    "MandateRecord",
    "MandateStatus",
    "MandateSymbol",
    "MandatedOrder",
    "can_agree",
    "exceeds",
    "loss_exceeds",
    "terms_of",
    "zone_of",
]
