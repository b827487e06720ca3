"""What KRX says of its listed shares, funds and warrants, beside what :class:`Instrument` holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from kis_mcp.catalog import csv_rows, resources_folder

Right = Literal["call", "put"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A share or fund on KRX.

    Attributes:
        isin: Empty where it is not known.
        listed_since: None where it is not known.
        groups: Indices beyond its board's and its sector's that count it, by their words.
        common: Of a preferred share, its company's common share; empty of all others.
        margin_percent: What part of a purchase KIS wants in cash.
        trades_on_nxt: Whether Nextrade trades it too.
    """

    symbol: str
    isin: str
    listed_since: date | None
    groups: frozenset[str]
    common: str
    margin_percent: int
    trades_on_nxt: bool


@dataclass(frozen=True, slots=True)
class FundTerms:
    """What an ETF or ETN follows.

    Attributes:
        follows: An index's code, or the symbol of a foreign fund.
        multiple: Of that one's return on each day.
        creation_unit: How many ETF shares are made at once; 0 of an ETN.
        issuer: The ETF's manager, the ETN's securities firm.
    """

    symbol: str
    follows: str
    multiple: int
    creation_unit: int
    issuer: str


@dataclass(frozen=True, slots=True)
class WarrantTerms:
    """An ELW's terms.

    Attributes:
        issuer: KIS' number of the securities firm, which is its liquidity provider too.
        underlying: A stock's symbol or an index's code.
        listed_since, expiry: Its first and last trading day.
        ratio: How many of its underlying one warrant stands for; of an index, won for a point.
        barrier: The price of the underlying that ends it early; None where it has none.
    """

    symbol: str
    issuer: str
    underlying: str
    right: Right
    strike: Decimal
    listed_since: date
    expiry: date
    ratio: Decimal
    listed_shares: int
    barrier: Decimal | None

    @property
    def sign(self) -> int:
        return 1 if self.right == "call" else -1


@dataclass(frozen=True, slots=True)
class Issuer:
    """A securities firm that issues warrants.

    Attributes:
        code: KIS' number of it.
        prefix: What its warrants' symbols begin with.
    """

    code: str
    prefix: str
    short_name: str
    english_name: str
    name: str


ISSUERS: Mapping[str, Issuer] = {
    issuer.code: issuer
    for issuer in (
        Issuer("00003", "57", "한국", "Korea", "한국투자증권(주)"),
        Issuer("00005", "52", "미래", "Mirae", "미래에셋증권(주)"),
        Issuer("00017", "58", "KB", "KB", "KB증권(주)"),
    )
}


@cache
def listings() -> Mapping[str, Listing]:
    """Korean shares and funds by symbol."""
    return {row["symbol"]: _listing(row) for row in _rows("listings.csv")}


@cache
def fund_terms() -> Mapping[str, FundTerms]:
    """Korean ETF and ETN by symbol."""
    return {row["symbol"]: _fund(row) for row in _rows("funds.csv")}


@cache
def warrant_terms() -> Mapping[str, WarrantTerms]:
    """ELW by symbol."""
    return {row["symbol"]: _warrant(row) for row in _rows("warrants.csv")}


def is_preferred(symbol: str) -> bool:
    """Whether a symbol is of a preferred share."""
    listing = listings().get(symbol)
    return listing is not None and bool(listing.common)


@cache
def preferred_shares() -> Mapping[str, tuple[str, ...]]:
    """The preferred shares of a company by its common share."""
    found: dict[str, tuple[str, ...]] = {}
    for listing in listings().values():
        if listing.common:
            found[listing.common] = (*found.get(listing.common, ()), listing.symbol)
    return found


def _listing(row: dict[str, str]) -> Listing:
    return Listing(
        symbol=row["symbol"],
        isin=row["isin"],
        listed_since=date.fromisoformat(row["listing_date"]) if row["listing_date"] else None,
        groups=frozenset(row["groups"].split()),
        common=row["common"],
        margin_percent=int(row["margin_percent"]),
        trades_on_nxt=row["nxt"] == "yes",
    )


def _fund(row: dict[str, str]) -> FundTerms:
    return FundTerms(
        symbol=row["symbol"],
        follows=row["follows"],
        multiple=int(row["multiple"]),
        creation_unit=int(row["creation_unit"] or 0),
        issuer=row["issuer"],
    )


def _warrant(row: dict[str, str]) -> WarrantTerms:
    return WarrantTerms(
        symbol=row["symbol"],
        issuer=row["issuer"],
        underlying=row["underlying"],
        right="call" if row["right"] == "call" else "put",
        strike=Decimal(row["strike"]),
        listed_since=date.fromisoformat(row["listing_date"]),
        expiry=date.fromisoformat(row["expiry"]),
        ratio=Decimal(row["ratio"]),
        listed_shares=int(row["listed_shares"]),
        barrier=Decimal(row["barrier"]) if row["barrier"] else None,
    )


def _rows(name: str) -> list[dict[str, str]]:
    return csv_rows(resources_folder() / "simulator" / name)
