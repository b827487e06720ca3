"""The market index that a backtest is held beside, with its days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from kis_mcp.errors import KisMcpError
from kis_mcp.market import INDICES, CandleRange, Candles, Instrument, find_index, get_candles
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import Bars, History
from kis_mcp.wiring.reads import Reads


@dataclass(frozen=True, slots=True)
class MarketIndex:
    """An index with its history, or why there is none.

    Attributes:
        index: None where it is not known.
        bars: Its days; None where they could not be read.
        reason: Why it is missing; empty where it is there.
    """

    index: Instrument | None = None
    bars: Bars | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        return self.index.name_en if self.index else ""


async def read_index(
    reads: Reads, store: HistoryFiles, instruments: Sequence[Instrument], start: date, end: date
) -> MarketIndex:
    """The index of the market in which most of the instruments are listed, over these days.

    A backtest is worth having without it: whatever fails is told as the reason.
    """
    try:
        found = Counter([await _index_of(reads, store, each) for each in instruments])
        index = found.most_common(1)[0][0]
        if index is None:
            return MarketIndex(reason=f"KIS tells no index of the market of {instruments[0].symbol}.")
        today = reads.clock().astimezone(index.timezone).date()
        history = History(index, "1d", partial(read_candles, reads, index), store, today)
        return MarketIndex(index, await history.between(start, end))
    except KisMcpError as error:
        return MarketIndex(reason=f"The market index could not be read: {error}")


async def _index_of(reads: Reads, store: HistoryFiles, instrument: Instrument) -> Instrument | None:
    """As `find_index`; what KIS told once is kept."""
    name = f"{instrument.market}-{instrument.symbol.replace('/', '.')}-index"
    kept = INDICES.get((store.read(name) or b"").decode(errors="replace"))
    index = kept or await find_index(reads, instrument)
    if index is not None and kept is None:
        store.write(name, index.symbol.encode())
    return index


async def read_candles(reads: Reads, instrument: Instrument, wanted: CandleRange) -> Candles:
    """A port of `History` to KIS."""
    return await get_candles(reads, instrument, wanted, now=reads.clock())
