"""What the kinds of pictures share: their arguments, and what they come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kis_mcp.charts import PALETTES, Palette
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, builtin_instruments
from kis_mcp.wiring import SOURCES, Reads


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a picture is asked for with.

    Attributes:
        values: The checked arguments.
        reads: KIS, for this call.
        colors: As the operator chose them.
    """

    values: Mapping[str, Any]
    reads: Reads
    colors: str

    @property
    def palette(self) -> Palette:
        return PALETTES[self.colors]

    def instrument(self) -> Instrument:
        """The instrument that the arguments name.

        Raises:
            BadArgument: They name none.
        """
        symbol, exchange = self.values.get("symbol"), self.values.get("exchange")
        if symbol is None:
            raise BadArgument(
                f"A chart of kind {self.values['kind']} needs a symbol.",
                remedy="Give symbol, such as 005930 or AAPL; kinds positions and equity need none.",
                field="symbol",
            )
        use = "book" if self.values["kind"] == "order_book" else "candles"
        return builtin_instruments().resolve(symbol, exchange.lower() if exchange else None, use)

    def source(self) -> str:
        """Where the numbers are from and when they were told; for the foot of the picture, after all is read."""
        told = self.reads.as_of.astimezone(KST)
        return f"자료: {SOURCES[self.reads.environment]} · {told:%Y-%m-%d %H:%M:%S} 한국 시각 조회"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with what it shows.

    Attributes:
        svg: The picture.
        summary: In the fields of the tool's block.
        notes: What a reader has to know.
        complete: Whether all that it stands for could be read.
    """

    svg: str
    summary: Mapping[str, object]
    notes: list[str] = field(default_factory=list[str])
    complete: bool = True


def identity(instrument: Instrument) -> dict[str, object]:
    """The instrument, for a summary."""
    return {
        "title": instrument.name or instrument.symbol,
        "symbol": instrument.symbol,
        "market": instrument.market,
        "exchange": instrument.exchange,
        "currency": instrument.currency,
    }
