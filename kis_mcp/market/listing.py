"""What is listed anywhere that KIS trades or quotes: a line of its files of instruments, in the market's words."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "stock",
    "etf",
    "etn",
    "fund",
    "elw",
    "warrant",
    "subscription_right",
    "bond",
    "index",
    "future",
    "spread",
    "call",
    "put",
]

CONTRACTS: frozenset[Kind] = frozenset({"future", "spread", "call", "put", "elw"})
"""Kinds that are named by what they are on, and of which there are tens of thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument.

    Attributes:
        symbol: As KIS' APIs take it.
        market: ISO code of the country; ``world`` for contracts and indices abroad, whose files do not tell it.
        exchange: The spec table's word; KIS' own code where the table has none.
        kind: What it is; an option is a ``call`` or a ``put``.
        name_ko, name_en: As KIS writes them; either may be empty.
        standard_code: ISIN, where the file tells it.
        currency: ISO code, where the file tells it.
        underlying, underlying_name: What a contract or an ELW is on.
        right: ``call`` or ``put``, of an ELW; a contract's is its kind.
        strike: In the quote's unit.
        listed_on, expires_on: In the exchange's calendar; an option's month is in its name alone.
        tick_size: Of contracts abroad.
        market_cap: In 100 million won, at the last close; Korean stocks and funds.
        indices: Those of `index_names` that it is a member of.
        is_halted, is_administered, has_warning: 거래정지, 관리종목, 시장경고 of Korean stocks.
    """

    symbol: str
    market: str
    exchange: str
    kind: Kind
    name_ko: str = ""
    name_en: str = ""
    standard_code: str = ""
    currency: str = ""
    underlying: str = ""
    underlying_name: str = ""
    right: str = ""
    strike: Decimal | None = None
    listed_on: date | None = None
    expires_on: date | None = None
    tick_size: Decimal | None = None
    market_cap: int | None = None
    indices: tuple[str, ...] = ()
    is_halted: bool = False
    is_administered: bool = False
    has_warning: bool = False
