"""The core tool that reads many quotes at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kis_mcp.catalog import ALL_FIELDS, FIELDS, Page
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import (
    GROUP_FIELDS,
    KOREA,
    Instrument,
    Quotable,
    Quote,
    groups_of,
    notes_on,
    notes_on_points,
    read_last_trade_time,
    read_quote,
)
from kis_mcp.server.tools.at_once import read_at_once
from kis_mcp.server.tools.call import Call, facts, page
from kis_mcp.server.tools.hours import market_status, trade_moment
from kis_mcp.server.tools.subjects import resolve_subject
from kis_mcp.wiring import Reads

Subject = Instrument | Quotable

_TRADE_MOMENT = frozenset({"trade_date", "trade_time"})
_OF_ROWS = frozenset({"error", "market_open", "session", "next_open"})
"""What this tool tells beside the quotes."""


@dataclass(frozen=True, slots=True)
class _TimedQuote:
    """A quote.

    Attributes:
        moment: When it was last traded, where that was asked for and is known: ``trade_date``, ``trade_time``.
        watch_id: The watch that its price is from.
    """

    quote: Quote
    moment: Mapping[str, object] = field(default_factory=dict[str, object])
    watch_id: str = ""

    def row(self) -> dict[str, Any]:
        return {**facts(self.quote), **self.moment}


async def get_quotes(call: Call) -> Page:
    reads, texts = await call.reads(), list(dict.fromkeys(call.values()["symbols"]))
    resolved = await read_at_once({text: partial(resolve_subject, call, "symbols", text) for text in texts})
    subjects = [each for each in resolved.values() if not isinstance(each, KisMcpError)]
    found = await _read(call, reads, subjects)
    answers = [(text, each if isinstance(each, KisMcpError) else found[each]) for text, each in resolved.items()]
    timed_quotes = [answer for _, answer in answers if isinstance(answer, _TimedQuote)]
    quotes = [each.quote for each in timed_quotes]
    notes = [note for quote in quotes for note in notes_on(quote)]
    return page(
        reads.as_of,
        notes=[*notes, *_notes_on_watches(timed_quotes), *notes_on_points(subjects), *reads.notes],
        complete=len(quotes) == len(answers),
        quotes=[_row(text, answer) for text, answer in answers],
        markets=[
            {"market": market, "exchange": exchange or None, **await market_status(call, reads, market, exchange)}
            for market, exchange in dict.fromkeys(map(_place, quotes))
        ],
    )


def _notes_on_watches(quotes: Sequence[_TimedQuote]) -> list[str]:
    symbols = ", ".join(each.quote.symbol for each in quotes if each.watch_id)
    return [f"Price, change, range, volume and turnover of {symbols} are from a watch."] if symbols else []


def _place(quote: Quote) -> tuple[str, str]:
    """What has the same hours: a market, and in Korea the venue."""
    return quote.market, quote.exchange if quote.market == KOREA else ""


def _row(text: str, answer: _TimedQuote | KisMcpError) -> dict[str, Any]:
    return answer.row() if isinstance(answer, _TimedQuote) else {"symbol": text, "error": str(answer)}


async def _read(call: Call, reads: Reads, subjects: Sequence[Subject]) -> dict[Subject, _TimedQuote | KisMcpError]:
    """The quote of each, by the fewest calls that tell the fields which are wanted; by a watch where it is fresh."""
    wanted: Any = call.values().get(FIELDS, ())
    found = await _watched(call, reads, subjects)
    if wanted != ALL_FIELDS and GROUP_FIELDS.issuperset({*wanted} - _OF_ROWS) and not reads.environment.uses_demo_api:
        found |= await _read_groups(reads, [each for each in subjects if each not in found])
    is_timed = wanted == ALL_FIELDS or not _TRADE_MOMENT.isdisjoint(wanted)
    left = [each for each in subjects if each not in found]
    return found | await read_at_once({each: partial(_read_one, call, reads, each, is_timed=is_timed) for each in left})


async def _read_groups(reads: Reads, subjects: Sequence[Subject]) -> dict[Subject, _TimedQuote | KisMcpError]:
    """What KIS tells of many at once. Of a group that it refuses each is left to be read by itself, which tells the one
    at fault; where it cannot be asked, it is not asked for each again."""
    groups = dict(enumerate(groups_of(subjects)))
    found: dict[Subject, _TimedQuote | KisMcpError] = {}
    for n, answer in (await read_at_once({n: partial(group.read, reads) for n, group in groups.items()})).items():
        if not isinstance(answer, KisMcpError):
            found |= {each: _TimedQuote(quote) for each, quote in answer.items()}
        elif not isinstance(answer, BadArgument):
            found |= dict.fromkeys(groups[n].subjects, answer)
    return found


async def _watched(call: Call, reads: Reads, subjects: Sequence[Subject]) -> dict[Subject, _TimedQuote | KisMcpError]:
    """The quotes that a watch tells."""
    live_quotes = (await call.brokerage()).live_quotes
    found: dict[Subject, _TimedQuote | KisMcpError] = {}
    for each in subjects if live_quotes else ():
        if isinstance(each, Instrument) and live_quotes and (live := live_quotes.find(each, reads.clock())):
            traded = live.trade.time.astimezone(KST)
            moment = {"trade_date": traded.date(), "trade_time": traded.time().isoformat()}
            found[each] = _TimedQuote(live.quote, moment, live.watch_id)
    return found


async def _read_one(call: Call, reads: Reads, subject: Subject, *, is_timed: bool) -> _TimedQuote:
    """A quote by itself; without its time where KIS does not tell that."""
    quote = await read_quote(reads, subject)
    if not isinstance(subject, Instrument):
        return _TimedQuote(quote)
    if live_quotes := (await call.brokerage()).live_quotes:
        live_quotes.keep(subject, quote, reads.as_of)
    if not is_timed:
        return _TimedQuote(quote)
    try:
        clock = await read_last_trade_time(reads, subject)
    except KisMcpError:
        clock = None
    return _TimedQuote(quote, trade_moment(call, reads, subject, quote, clock) if clock else {})
