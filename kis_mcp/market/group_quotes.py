"""Quotes of many stocks by the APIs that tell several at once: the price, not what is beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kis_mcp.catalog import Record
from kis_mcp.market.exchanges import KOREA
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.quotables import OVERSEAS_STOCK, Quotable
from kis_mcp.market.quote import Quote, quote_of

GROUP_FIELDS = frozenset(
    {
        "symbol",
        "name",
        "market",
        "exchange",
        "currency",
        "price",
        "change",
        "change_rate",
        "open",
        "high",
        "low",
        "previous_close",
        "volume",
        "turnover",
    }
)
"""Of a quote what both APIs tell: not whether it is halted, its limits, its year or what its company is worth."""

_KOREA, _MOST_KOREAN = "domestic_stock_intstock_multprice", 30
_ABROAD, _MOST_ABROAD = "overseas_stock_multprice", 10

Subject = Instrument | Quotable
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """What one call reads."""

    tool: str
    arguments: Mapping[str, object]
    subjects: Sequence[Subject]

    async def read(self, kis: Kis) -> dict[Subject, Quote]:
        """The quotes of those that KIS tells to have traded today; the others are to be asked for one by one, which
        tells why they have not.

        Raises:
            KisMcpError: By KIS' answer, which is an error where it does not know one of them abroad.
        """
        is_korean = self.tool == _KOREA
        rows = (await kis.rows(self.tool, self.arguments)).rows("stocks" if is_korean else "prices")
        by_symbol = {(row.get("symbol"), None if is_korean else row.get("exchange")): row for row in rows}
        found: dict[Subject, Quote] = {}
        for subject in self.subjects:
            row = by_symbol.get((subject.symbol, None if is_korean else subject.exchange))
            if row and row.get("price") and row.get("volume"):
                found[subject] = quote_of(subject, _as_of_one(row) if is_korean else row)
        return found


def groups_of(subjects: Iterable[Subject]) -> Iterator[Group]:
    """The calls that read those of which several can be read at once."""
    korean: dict[str, list[Subject]] = {}
    abroad: list[Subject] = []
    for each in dict.fromkeys(subjects):
        if isinstance(each, Instrument) and each.market == KOREA:
            korean.setdefault(each.exchange, []).append(each)
        elif isinstance(each, Instrument) or each.tool == OVERSEAS_STOCK:
            abroad.append(each)
    for exchange, stocks in korean.items():
        for part in _parts(stocks, _MOST_KOREAN):
            yield Group(_KOREA, {"symbols": [each.symbol for each in part], "exchange": exchange}, part)
    for part in _parts(abroad, _MOST_ABROAD):
        where = {"symbols": [each.symbol for each in part], "exchanges": [each.exchange for each in part]}
        yield Group(_ABROAD, where, part)


def _as_of_one(row: Record) -> Record:
    """Changes are counted from the base price, as where KIS tells one stock: after a split it is no previous close."""
    return {**row, "previous_close": row.get("base_price") or row.get("previous_close")}


def _parts(whole: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Parts of at most so many; what would be alone is left out, since it costs a call in any case."""
    parts = (whole[start : start + most] for start in range(0, len(whole), most))
    return (part for part in parts if len(part) > 1)
