"""The state of the market and of one share in it: sessions, and interruptions of trading."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from kis_mcp.simulator.answers.live.auctions import LENGTH, interruption_times, sessions_ends
from kis_mcp.simulator.answers.live.days import DayFeed, Stretch, is_within
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.stocks import share, share_on_nextrade
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World

_STATE = ("symbol", "trading_halted", "stock_status", "vi_active", "after_hours_vi_active")
_CODES: Mapping[str, tuple[Facts, Facts]] = {
    "opening": (
        {"expected_market_operation_code": "311"},
        {"market_operation_code": "112", "expected_market_operation_code": "112"},
    ),
    "closing": (
        {"market_operation_code": "121", "expected_market_operation_code": "121"},
        {"market_operation_code": "129", "expected_market_operation_code": "129"},
    ),
}
"""KIS' codes when an auction begins and when it ends: at the open and at the close."""


def sessions(world: World, instrument: Instrument, day: date, stretch: Stretch) -> Iterator[tuple[datetime, Facts]]:
    """The auctions at the open and the close, the session between them, and its interruptions."""
    for which, ends in sessions_ends(world, instrument, day):
        for at, codes in zip((ends - LENGTH, ends), _CODES[which], strict=True):
            if is_within(at, stretch):
                yield at, {**_state(world, instrument, at), **codes}
    yield from interruptions(world, instrument, day, stretch)


def interruptions(
    world: World, instrument: Instrument, day: date, stretch: Stretch
) -> Iterator[tuple[datetime, Facts]]:
    """Interruptions of trading alone, when they begin and when they end: Nextrade holds no other auctions."""
    for begins, ends, _ in interruption_times(world, instrument, day):
        for at in (begins, ends):
            if is_within(at, stretch):
                yield at, _state(world, instrument, at)


def _state(world: World, instrument: Instrument, at: datetime) -> Facts:
    """What the exchange says of a share after what has happened at a time."""
    sheet = FactSheet(Subject(world.market, instrument, at))
    return {name: sheet[name] for name in _STATE}


STATES: Mapping[str, Source] = {
    "H0STMKO0": DayFeed("H0STMKO0", share, sessions),
    "H0NXMKO0": DayFeed("H0NXMKO0", share_on_nextrade, interruptions),
    "H0UNMKO0": DayFeed("H0UNMKO0", share, sessions),
}
