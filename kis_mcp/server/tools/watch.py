"""The core tools that watch live data in the background: open, read, wait, end, list."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kis_mcp.catalog import Page
from kis_mcp.market import Book, Event, EventKind, Interest, OrderUpdate, Status, Trade, notes_on_live
from kis_mcp.server.tools.call import Call, facts, page, rows_of
from kis_mcp.server.tools.present import Present
from kis_mcp.server.tools.waits import missed, wait_at_most
from kis_mcp.streams import (
    Feed,
    News,
    StreamStatus,
    Waiting,
    Watch,
    Watches,
    condition_text,
    interruptions,
    read_condition,
)
from kis_mcp.trading.venues import find_watched, market_of

_MOST_NOTICES = 200
_UNKNOWN_SLOTS = "Which slots are taken is not known: the process that holds the live session does not tell."


async def watch(call: Call) -> Page:
    watches = await _watches(call)
    interests = _interests(call.values())
    found = await watches.watch(interests)
    row = {**_identity(found), "opened_at": found.opened_at, "slots": len(found.feeds)}
    return _page(call, notes=[*notes_on_live(interests), *_troubles(found)], watch=row)


async def read_watch(call: Call) -> Page:
    values, watches = call.values(), await _watches(call)
    found = watches.touch(values["watch_id"])
    most: Mapping[EventKind, int | None] = {
        "trade": values["limit"],
        "book": 0,
        "order": _MOST_NOTICES,
        "status": _MOST_NOTICES,
    }
    news, cursor = watches.read(found.id, values.get("cursor"), most=most)
    latest = found.latest()
    events = [event for event in news.events if isinstance(event, Trade)]
    kept = events[len(events) - values["limit"] :] if len(events) > values["limit"] else events
    books = [event for event in latest if isinstance(event, Book)]
    return _page(
        call,
        notes=[*_notes(found, news, len(events) - len(kept)), *notes_on_live(found.interests)],
        watch={**_identity(found), "opened_at": found.opened_at, "cursor": cursor},
        prices=_rows(call, "prices", latest, Trade),
        books=[_best(book) for book in books],
        levels=[row for book in books for row in _levels(book, values["depth"])] if values["depth"] > 1 else [],
        trades=_rows(call, "trades", kept, Trade),
        orders=_rows(call, "orders", news.events, OrderUpdate),
        statuses=_rows(call, "statuses", news.events, Status),
    )


async def wait_for(call: Call) -> Page:
    values, watches = call.values(), await _watches(call)
    condition = read_condition(values["condition"], find_watched)
    cursor, present = values.get("cursor"), Present(call)
    if "watch_id" in values:
        waiting = watches.wait(values["watch_id"], condition, cursor, present.read)
    else:
        waiting = await watches.watch_and_wait(condition, cursor, present.read)
    found = waiting.watch
    seconds, words = values["seconds"], condition_text(condition, call.say)

    async def report(passed: int) -> None:
        passing = f"Waiting until {words}; {passed} of {seconds} s have passed."
        await call.progress.report(" ".join([passing, *_interruptions(found)]))

    met = await wait_at_most(seconds, waiting.until_met, report)
    watches.touch(found.id)
    cursor = met.cursor if met else waiting.cursor()
    result: dict[str, object] = {"met": met is not None, "waits_for": words}
    return _page(
        call,
        notes=[*present.notes, *_waited(waiting), *_troubles(found), *notes_on_live(found.interests)],
        next_cursor=None if met else cursor,
        result={**result, **({"what": met.words} if met else {}), "watch_id": found.id, "cursor": cursor},
        prices=_rows(call, "prices", found.latest(), Trade),
    )


async def unwatch(call: Call) -> Page:
    watches = await _watches(call)
    ended = await watches.unwatch(call.values()["watch_id"])
    return _page(call, watch={**_identity(ended), "ended": True})


async def list_watches(call: Call) -> Page:
    watches = await _watches(call)
    found, slots = watches.watches(), await watches.slots()
    feeds = [feed for each in found for feed in each.feeds]
    return _page(
        call,
        notes=[*interruptions({feed.name: feed.outage for feed in feeds}), *([] if slots else [_UNKNOWN_SLOTS])],
        watches=[
            {**_identity(each), "opened_at": each.opened_at, "read_at": each.read_at, "slots": len(each.feeds)}
            for each in found
        ],
        channels=[_channel(each, *told) for each in found for told in watches.status(each)],
        slots={"taken": slots.taken, "free": slots.free} if slots else {},
        processes=[{"process": each.process, "slots": each.slots, "is_own": each.is_own} for each in slots.uses]
        if slots
        else [],
    )


async def _watches(call: Call) -> Watches:
    return await (await call.brokerage()).watches()


def _page(call: Call, *, notes: Sequence[str] = (), next_cursor: str | None = None, **blocks: Any) -> Page:
    now = call.now()
    return page(now, notes=list(dict.fromkeys(notes)), next_cursor=next_cursor, **blocks)


def _interests(values: Mapping[str, Any]) -> frozenset[Interest]:
    """What the arguments of watch name; own orders in all markets where they name no symbol."""
    symbols: Sequence[str] = values.get("symbols", ())
    kinds: Sequence[EventKind] = values.get("kinds", ("trade",) if symbols else ("order",))
    market = values.get("market")
    if not symbols and set(kinds) == {"order"}:
        return frozenset({Interest("", "order", market_of(market) if market else "")})
    listings = [find_watched(symbol, values.get("exchange"), market) for symbol in symbols]
    return frozenset(
        Interest(each.symbol, kind, each.market, "" if kind == "order" else each.exchange or "")
        for each in listings
        for kind in kinds
    )


def _identity(found: Watch) -> dict[str, object]:
    return {"watch_id": found.id, "watches": str(found)}


def _rows(call: Call, block: str, events: Sequence[Event], event_type: type[Event]) -> list[dict[str, Any]]:
    return rows_of(call.api, block, [event for event in events if isinstance(event, event_type)])


def _best(book: Book) -> dict[str, Any]:
    best = next(_levels(book, 1), dict[str, Any]())
    totals = {"total_bid_quantity": book.total_bid_quantity, "total_ask_quantity": book.total_ask_quantity}
    row = {**best, "spread": book.spread, **totals, "symbol": book.symbol, "exchange": book.exchange, "time": book.time}
    return {name: value for name, value in row.items() if value not in (None, "") and name != "level"}


def _levels(book: Book, depth: int) -> Iterator[dict[str, Any]]:
    for step in range(min(depth, max(len(book.bids), len(book.asks)))):
        row: dict[str, Any] = {"symbol": book.symbol, "exchange": book.exchange, "level": step + 1}
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            if step < len(levels):
                row |= {side: levels[step].price, f"{side}_quantity": levels[step].quantity}
        yield row


def _channel(found: Watch, feed: Feed, status: StreamStatus) -> dict[str, Any]:
    told = facts(status)
    row = {"watch_id": found.id, "channel": feed.name, "kind": feed.kind, "events": told.pop("records"), **told}
    return {**row, "lost_because": feed.lost_because} if feed.lost_because else row


def _notes(found: Watch, news: News, cut: int) -> list[str]:
    notes: list[str] = []
    if news.is_from_start:
        notes.append(
            "The cursor is of an earlier watch: what came between is not known, all since this one began is told."
        )
    if skipped := news.skipped.get("trade", 0) + cut:
        notes.append(f"{skipped:,} earlier trades since the cursor are left out; limit tells more.")
    if news.lost:
        notes.append(f"{news.lost:,} events since the cursor are lost: only the latest 2,000 of a channel are kept.")
    return [*notes, *missed(news.unreadable, news.gaps), *_troubles(found)]


def _waited(waiting: Waiting) -> list[str]:
    lost = [f"{waiting.lost:,} events came faster than they were looked at, and are lost."] if waiting.lost else []
    return lost + missed(waiting.unreadable, waiting.gaps)


def _interruptions(found: Watch) -> list[str]:
    return interruptions({feed.name: feed.outage for feed in found.feeds})


def _troubles(found: Watch) -> list[str]:
    """What does not come, for now or any more."""
    return _interruptions(found) + [
        f"KIS sends {feed.name} no more: {feed.lost_because} Call watch again to ask for it anew."
        for feed in found.feeds
        if feed.lost_because
    ]
