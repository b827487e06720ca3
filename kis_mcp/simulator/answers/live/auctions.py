"""What auctions are expected to come to: at the open, at the close, and after an interruption."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from kis_mcp.simulator.answers.contracts.boards import AUCTION, expected_openings, step_facts as contract_step
from kis_mcp.simulator.answers.live.contracts import at_night, future_on, option
from kis_mcp.simulator.answers.live.days import DayFeed, Stretch
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.stocks import share, share_on_nextrade
from kis_mcp.simulator.answers.live.warrants import warrant
from kis_mcp.simulator.answers.quotes.auctions import step_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.auctions import STEPS, Auction, auction_of, interruption_auction
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import CALL_TICKS, Interruption
from kis_mcp.simulator.world import World

LENGTH = timedelta(seconds=STEPS * TICK_SECONDS)
"""How long orders are collected at the open and at the close."""

_STEP = timedelta(seconds=TICK_SECONDS)
_PHASES = {"opening": ("pre_open_expected", "10"), "closing": ("after_close_expected", "21")}
"""KIS' word of the time of an auction, and its code of the session: before the open, or at the close of the session."""

_INTERRUPTED = ("intraday_expected", "20")


def krx_auctions(world: World, instrument: Instrument, day: date, stretch: Stretch) -> Iterator[tuple[datetime, Facts]]:
    """Those that open and close a day, and those after interruptions."""
    for which, ends in sessions_ends(world, instrument, day):
        if has_step(ends, STEPS, stretch):
            yield from _steps(auction_of(world.market, instrument, day, which), *_PHASES[which])
    yield from interruption_auctions(world, instrument, day, stretch)


def interruption_auctions(
    world: World, instrument: Instrument, day: date, stretch: Stretch
) -> Iterator[tuple[datetime, Facts]]:
    """Those after interruptions alone: Nextrade holds no others."""
    for _, ends, found in interruption_times(world, instrument, day):
        if has_step(ends, CALL_TICKS, stretch):
            yield from _steps(interruption_auction(world.market, instrument, day, found), *_INTERRUPTED)


def contract_openings(
    world: World, instrument: Instrument, day: date, stretch: Stretch
) -> Iterable[tuple[datetime, Facts]]:
    """The auction that opens a day of a future or an option."""
    opening = world.market.calendar(instrument).time_of(day, 0)
    if not has_step(opening, AUCTION // _STEP + 1, stretch):
        return ()
    subject = Subject(world.market, instrument, opening)
    symbol: Facts = {"symbol": instrument.symbol}
    return [(at, {**symbol, **contract_step(subject, at, price)}) for at, price in expected_openings(subject)]


def sessions_ends(
    world: World, instrument: Instrument, day: date
) -> Iterator[tuple[Literal["opening", "closing"], datetime]]:
    """When a day's first and last trades are; nothing of a day that the instrument has not."""
    calendar = world.market.calendar(instrument)
    if world.market.history(instrument).bar(day) is not None:
        yield "opening", calendar.time_of(day, 0)
        yield "closing", calendar.time_of(day, calendar.ticks_a_day - 1)


def interruption_times(
    world: World, instrument: Instrument, day: date
) -> Iterator[tuple[datetime, datetime, Interruption]]:
    """When trade stops and goes on again on a day."""
    calendar = world.market.calendar(instrument)
    for found in world.market.interruptions(instrument, day):
        last = min(found.end, calendar.ticks_a_day - 1)
        yield calendar.time_of(day, found.tick), calendar.time_of(day, last), found


def has_step(ends: datetime, count: int, stretch: Stretch) -> bool:
    """Whether one of the expected prices of an auction is told in a stretch; the last of so many is when it ends."""
    since, until = stretch
    left = max(-((until - ends) // _STEP), 0)
    return left < count and ends - left * _STEP > since


def _steps(found: Auction, session: str, operation: str) -> Iterator[tuple[datetime, Facts]]:
    for step in found.steps:
        yield (
            step.at,
            {
                **step_facts(found, step),
                "symbol": found.instrument.symbol,
                "trade_volume": step.volume,
                "volume": None,
                "quote_session": session,
                "market_operation_code": operation,
            },
        )


AUCTIONS: Mapping[str, Source] = {
    "H0STANC0": DayFeed("H0STANC0", share, krx_auctions),
    "H0NXANC0": DayFeed("H0NXANC0", share_on_nextrade, interruption_auctions),
    "H0UNANC0": DayFeed("H0UNANC0", share, krx_auctions),
    "H0EWANC0": DayFeed("H0EWANC0", warrant, krx_auctions),
    "H0ZFANC0": DayFeed("H0ZFANC0", future_on("share"), contract_openings),
    "H0ZOANC0": DayFeed("H0ZOANC0", option, contract_openings),
    "H0EUANC0": DayFeed("H0EUANC0", at_night(option), contract_openings),
}
