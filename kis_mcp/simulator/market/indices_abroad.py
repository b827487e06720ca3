"""Stock indices abroad: their members, by exchange or by name, and how they are weighted."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.index_members import Index
from kis_mcp.simulator.market.instruments import Instrument, instruments


@cache
def indices_abroad() -> Mapping[str, Index]:
    """The simulated indices abroad by KIS' code of them."""
    rows = csv_rows(resources_folder() / "simulator" / "indices_abroad.csv")
    return {row["code"]: _index(row) for row in rows}


def _index(row: dict[str, str]) -> Index:
    """An index by what all shares are worth, or by the sum of prices as if of each there were one share."""
    members = tuple(_members(row))
    if row["by"] == "price":
        members = tuple(replace(member, listed_shares=1) for member in members)
    worth = sum(member.base_units * member.listed_shares for member in members)
    return Index(row["code"], row["name_ko"], Decimal(row["base"]), members, worth)


def _members(row: dict[str, str]) -> list[Instrument]:
    """Stocks of exchanges and single ones, without those that a minus sign takes out."""
    words = row["members"].split()
    without = {word[1:] for word in words if word.startswith("-")}
    stocks = [stock for stock in instruments().values() if stock.kind == "stock" and stock.country == row["country"]]
    return [stock for stock in stocks if {stock.exchange, stock.symbol} & set(words) and stock.symbol not in without]
