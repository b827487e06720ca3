"""Reading the numbers of decoded rows."""

from collections.abc import Collection, Mapping

from kis_mcp.catalog import number
from kis_mcp.errors import BadArgument
from kis_mcp.market.elsewhere import lead_elsewhere
from kis_mcp.market.exchanges import words_of
from kis_mcp.market.instrument import Instrument

KNOWN_BY_KOREA = ("price", "base_price", "upper_limit_price", "representative_market_name")
KNOWN_BY_ABROAD = ("price", "previous_close", "buy_availability", "tradability")
"""Fields of a quote of which at least one is filled if the instrument exists, even where it has no price."""


def is_told(row: Mapping[str, object], names: Collection[str]) -> bool:
    """Whether one of these fields is filled; KIS answers for what it does not know with blanks and zeros."""
    return any(row.get(name) not in (None, "", 0) for name in names)


def whole(row: Mapping[str, object], name: str) -> int | None:
    """A count of a row, or None."""
    value = number(row, name)
    return None if value is None else int(value)


def unknown_to_kis(instrument: Instrument) -> BadArgument:
    """What to say when KIS answers with blanks, which is how it says that it does not know a symbol."""
    return BadArgument(
        f"KIS knows no {instrument.symbol} on {instrument.exchange}.",
        remedy=" ".join(part for part in (_other_place(instrument), lead_elsewhere(instrument.symbol)) if part),
        field="symbol",
    )


def _other_place(instrument: Instrument) -> str:
    if instrument.market == "KR":
        return "Check the code with the person; KRX lists no other stock under it."
    others = [word for word in words_of(instrument.market) if word != instrument.exchange]
    return f"Check the ticker, or pass exchange as {' or '.join(others)}."
