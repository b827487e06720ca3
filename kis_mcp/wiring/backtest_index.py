"""Where the instruments of a backtest are listed: what kind each is, and the index that it is held beside."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import cast

from kis_mcp.errors import KisMcpError
from kis_mcp.market import INDICES, CandleRange, Candles, Instrument, get_candles, read_board
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import Bars, History
from kis_mcp.trading.venues import InstrumentKind, kind_by_tick
from kis_mcp.wiring.reads import Reads


@dataclass(frozen=True, slots=True)
class Listed:
    """Where one instrument is listed.

    Attributes:
        kind: None where neither this package nor KIS' price steps tell it.
        index: Of its market; None where it is not known.
    """

    kind: InstrumentKind | None
    index: Instrument | None


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


async def read_listed(reads: Reads, store: HistoryFiles, instrument: Instrument) -> Listed:
    """Where it is listed, from KIS once, and then from what is kept; what cannot be read is not known."""
    name = f"{instrument.market}-{instrument.symbol.replace('/', '.')}-listed"
    told = cast("InstrumentKind | None", instrument.kind or None)
    if (kept := store.read(name)) is not None:
        try:
            facts = json.loads(kept)
            return Listed(told or facts["kind"], INDICES.get(facts["index"]))
        except (ValueError, KeyError, TypeError):
            pass
    try:
        board = await read_board(reads, instrument)
    except KisMcpError:
        return Listed(told, None)
    stepped = kind_by_tick(board.last, board.tick) if board.last and board.tick else None
    kind = told or ("stock" if instrument.market == "US" else stepped)
    if board.index is not None:
        store.write(name, json.dumps({"kind": kind, "index": board.index.symbol}).encode())
    return Listed(kind, board.index)


async def read_index(
    reads: Reads, store: HistoryFiles, listed: Sequence[Listed], start: date, end: date
) -> MarketIndex:
    """The index of the market in which most of the instruments are listed, over these days.

    A backtest is worth having without it: whatever fails is told as the reason.
    """
    index = Counter(each.index for each in listed).most_common(1)[0][0]
    if index is None:
        return MarketIndex(reason="The index of the market is not known.")
    today = reads.clock().astimezone(index.timezone).date()
    history = History(index, "1d", partial(read_candles, reads, index), store, today)
    try:
        return MarketIndex(index, await history.between(start, end))
    except KisMcpError as error:
        return MarketIndex(index, reason=f"The days of {index.name_en} could not be read: {error}")


async def read_candles(reads: Reads, instrument: Instrument, wanted: CandleRange) -> Candles:
    """A port of `History` to KIS."""
    return await get_candles(reads, instrument, wanted, now=reads.clock())
