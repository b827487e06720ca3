"""The Korean indices and the stocks that make them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.listings import listings

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the Korean exchange.

    Attributes:
        base: Its level when every member stands at its base price.
        members: The stocks in it, weighted by what all their shares are worth.
        worth: What they are worth at their base prices.
    """

    code: str
    name_ko: str
    base: Decimal
    members: tuple[Instrument, ...]
    worth: int

    def level(self, prices: Iterable[int]) -> Decimal:
        """The level at these prices of its members, in points."""
        return self.points(
            sum(price * member.listed_shares for price, member in zip(prices, self.members, strict=True))
        )

    def points(self, worth: int) -> Decimal:
        """The level where its members are worth so much."""
        return (self.base * worth / self.worth).quantize(_CENT)


@cache
def indices() -> Mapping[str, Index]:
    """The simulated indices by KIS' code of them."""
    rows = csv_rows(resources_folder() / "simulator" / "indices.csv")
    return {row["code"]: _index(row) for row in rows}


def _index(row: dict[str, str]) -> Index:
    members = tuple(
        instrument
        for instrument in instruments().values()
        if instrument.kind == "stock"
        and instrument.country == "KR"
        and row["board"] in ("", instrument.board)
        and row["sector"] in ("", instrument.sector)
        and (not row["group"] or row["group"] in listings()[instrument.symbol].groups)
    )
    worth = sum(member.base_units * member.listed_shares for member in members)
    return Index(row["code"], row["name_ko"], Decimal(row["base"]), members, worth)
