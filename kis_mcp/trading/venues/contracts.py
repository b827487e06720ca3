"""What the symbol of a contract tells, and what a bond's unit is."""

from decimal import Decimal
from typing import Final

KRX_CONTRACTS: Final = "domestic_futureoption"
OVERSEAS_CONTRACTS: Final = "overseas_futureoption"
CONTRACT_MARKETS = frozenset({KRX_CONTRACTS, OVERSEAS_CONTRACTS})
"""As in `kis_mcp.trading.order.Order`."""

BOND_UNIT = Decimal(1_000) / Decimal(10_000)
"""Bonds are counted in 1,000 won of face value and priced for 10,000."""

_ISIN = "KR4"
_OPTIONS = ("2", "3", "B", "C")
"""What codes of options on KRX begin with, short or behind the ISIN's country and kind."""


def is_option(market: str, symbol: str) -> bool:
    """Whether it is an option, on KRX (``201W12350``) or abroad (``OESU24 C5500``)."""
    return (
        symbol.removeprefix(_ISIN).startswith(_OPTIONS)
        if market == KRX_CONTRACTS
        else market == OVERSEAS_CONTRACTS and " " in symbol
    )
