"""The core tool that tells when markets are open, and what quotes tell of it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from kis_mcp.catalog import Page
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, Quote, find_country
from kis_mcp.server.tools.call import Call, page_of
from kis_mcp.trading.venues import (
    MARKET_VENUES,
    Hours,
    VenueState,
    holidays_ahead,
    latest_session_day,
    read_venue_state,
    venues,
    venues_of,
)
from kis_mcp.wiring import Reads, keeps_hours

NEVER_CLOSES = "simulated: never closes"

_LONGEST_HOLIDAY = 14
"""Days that are looked ahead for the next session: China's longest is nine."""

_SIMULATED = "This simulator's market never closes and takes orders at any hour: these are the exchanges' own hours."


async def get_market_hours(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    markets = [_country(values["market"])] if "market" in values else list(MARKET_VENUES)
    now, ahead = reads.clock(), max(values["days"] + 1, _LONGEST_HOLIDAY)
    states = {
        market: [await read_venue_state(reads, venues()[name], now, ahead=ahead) for name in MARKET_VENUES[market]]
        for market in markets
    }
    every = [(market, state) for market, of_market in states.items() for state in of_market]
    last = date.fromordinal(now.astimezone(KST).toordinal() + values["days"])
    notes = [] if keeps_hours(call.environments.settings, call.environment) else [_SIMULATED]
    return page_of(
        reads,
        notes=[*notes, *_notes_on_unknown(state for _, state in every)],
        venues=[_venue(market, state) for market, state in every],
        sessions=[row for _, state in every for row in _sessions(state)] if "market" in values else [],
        holidays=[row for market, of_market in states.items() for row in _holidays(market, of_market[0], last)],
    )


def _country(word: str) -> str:
    """The country of a caller's country or exchange.

    Raises:
        BadArgument: There is none such.
    """
    country = find_country(word)
    if country is None:
        words = ", ".join(each.lower() for each in MARKET_VENUES)
        raise BadArgument(
            f"There is no market {word}.", remedy=f"Use {words}, or an exchange such as tokyo.", field="market"
        )
    return country


async def market_status(call: Call, reads: Reads, market: str, exchange: str) -> dict[str, Any]:
    """Whether an instrument's market is open: ``market_open``, ``session``, and when it is closed, ``next_open``; empty
    where no table says. A session that orders have to name says so."""
    if not keeps_hours(call.environments.settings, call.environment):
        return {"market_open": True, "session": NEVER_CLOSES}
    places = venues_of(market, exchange, reads.environment)
    found = [await read_venue_state(reads, venue, reads.clock()) for venue in places]
    if not found:
        return {}
    state = next((state for state in found if state.is_trading), None)
    if state is not None:
        return {"market_open": True, "session": _with_order_session(state)}
    following = min((each.opens for state in found if (each := state.following)), default=None)
    session = next((state.session for state in found if state.session), None)
    return {"market_open": False, "session": session, "next_open": following and _korean(following)}


def trade_moment(call: Call, reads: Reads, instrument: Instrument, quote: Quote, clock: time) -> dict[str, object]:
    """When an instrument last traded: ``trade_time``, as KIS tells it, and ``trade_date``, its Korean day, which KIS
    leaves out: the latest session's with that time, where the quote says that it traded in that."""
    moment: dict[str, object] = {"trade_time": clock.isoformat()}
    if not quote.volume:
        return moment
    now = reads.clock()
    if keeps_hours(call.environments.settings, call.environment):
        places = venues_of(instrument.market, instrument.exchange, reads.environment)
        day = latest_session_day(places, clock, now)
    else:
        today = now.astimezone(KST).date()
        day = today if datetime.combine(today, clock) <= now else date.fromordinal(today.toordinal() - 1)
    return moment | ({"trade_date": day} if day else {})


def _with_order_session(state: VenueState) -> str:
    word = state.venue.order_session
    return f"{state.session}" if word == "regular" else f"{state.session}: order with session={word}"


def _venue(market: str, state: VenueState) -> dict[str, Any]:
    following, closes = state.following, state.closes_at
    return {
        "venue": state.venue.name,
        "market": market,
        "order_session": state.venue.order_session,
        "trading": state.is_trading if _is_traded(state) else None,
        "takes_orders": state.takes_orders,
        "session": state.session,
        "closes_at": closes and _korean(closes),
        "next_session": following and following.session.name,
        "next_open": following and _korean(following.opens),
        "timezone": state.venue.timezone.key,
    }


def _sessions(state: VenueState) -> Iterator[dict[str, Any]]:
    zone = state.venue.timezone
    for each in state.sessions_of_the_day:
        yield {
            "venue": state.venue.name,
            "session": each.session.name,
            "opens": _korean(each.opens),
            "closes": _korean(each.closes),
            "local": None if zone == KST else _clocks((each.opens.astimezone(zone), each.closes.astimezone(zone))),
            "going_on": each in state.going_on or None,
            "order_types": ", ".join(each.session.order_types),
        }


def _holidays(market: str, state: VenueState, last: date) -> Iterator[dict[str, Any]]:
    for day, hours in holidays_ahead(state):
        if day <= last:
            yield {"date": day, "market": market, "hours": _clocks(hours) if hours else "closed"}


def _notes_on_unknown(states: Iterable[VenueState]) -> list[str]:
    first = {state.venue.title: min(state.unknown) for state in states if state.unknown and _is_traded(state)}
    return [
        f"No calendar here has the holidays of {title} from {day} on: such weekdays are taken as usual."
        for title, day in first.items()
    ]


def _is_traded(state: VenueState) -> bool:
    return state.venue.order_session != "reserved"


def _clocks(hours: Hours) -> str:
    opens, closes = hours
    return f"{opens:%H:%M}-{closes:%H:%M}"


def _korean(moment: datetime) -> datetime:
    return moment.astimezone(KST)
