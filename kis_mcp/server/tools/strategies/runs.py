"""What strategies do while they run: where they stand, what they hold, and why they decided as they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.server.tools.call import Call, facts, page
from kis_mcp.server.tools.strategies.given import name_of, no_strategy, records_of
from kis_mcp.server.tools.strategies.life import sign_of_life
from kis_mcp.server.tools.strategies.numbers import readable
from kis_mcp.server.tools.strategies.stopped import LATELY, LEFT_ALONE, left_of, stopped_runs
from kis_mcp.server.tools.strategies.waiting import waiting_notes
from kis_mcp.strategies.records import SOLD_ELSEWHERE, SignalEntry, StrategyRecords, StrategyRun
from kis_mcp.trading.halt import LIFTED_BY, halted_text
from kis_mcp.trading.mandate import MandatedOrder, RoundTrip, exchange_day
from kis_mcp.wiring import RunAccount, is_kept, kill_switch, note_losses, read_run_account, silent_since

_NEVER_RAN = "It never ran in this environment."
_STALE = "KIS could not be asked how far orders are filled: what is told of them is as of earlier."

_MOST_SIGNALS = 10_000
"""Of one run, so many at most are looked through."""


@dataclass(slots=True)
class _Found:
    """What is told of runs, block by block."""

    notes: list[str] = field(default_factory=list[str])
    runs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    mandates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    positions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    orders: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


async def status(call: Call) -> Page:
    """The latest run of a strategy, or all that are not stopped, with those that stopped lately or left something:
    mandates and what is used of them, positions, orders that stand, and the last decisions."""
    values, records = call.values(), await records_of(call)
    if "strategy" in values:
        name, within = name_of(call), timedelta(0)
        await _require(records, name)
        runs: Sequence[StrategyRun] = await records.runs(name, limit=1)
        notes = [] if runs else [_NEVER_RAN]
    else:
        name, within = None, LATELY
        runs, notes = await records.active_runs(), list[str]()
    ids = {run.id for run in runs}
    others = [run for run in await stopped_runs(call, records, name, within) if run.id not in ids]
    decisions = [
        _decision(signal) for run in runs for signal in reversed(await records.signals(run.id, limit=values["limit"]))
    ]
    found = await _look_at(call, records, [*runs, *others])
    notes += halt_notes(call)
    for run, row in zip([*runs, *others], found.runs, strict=True):
        if run.state == "running":
            notes.append(await sign_of_life(call, records, run) if row["kept"] else _unkept(run.strategy))
    blocks: dict[str, Any] = {"runs": found.runs, **_rows_of(found)}
    return page(call.now(), notes=[*notes, *found.notes], **blocks, positions=found.positions, decisions=decisions)


async def shown(call: Call, runs: Sequence[StrategyRun]) -> Page:
    """Runs as a call that changed them tells them: those blocks that have rows."""
    found, told = await _look_at(call, await records_of(call), runs), {block.name for block in call.api.blocks}
    every: dict[str, Any] = {"runs": found.runs, **_rows_of(found), "positions": found.positions}
    blocks = {name: rows for name, rows in every.items() if rows and name in told}
    return page(call.now(), notes=found.notes, **blocks)


async def trades(call: Call) -> Page:
    """What a strategy bought and sold, and its decisions to do so with what came of them, the latest first."""
    values, name, records = call.values(), name_of(call), await records_of(call)
    await _require(records, name)
    cursor = Cursor(call.environment, call.api.tool, values)
    offset = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    runs = await records.runs(name)
    made = [signal for run in runs for signal in reversed(await records.signals(run.id, limit=_MOST_SIGNALS))]
    ordered = [signal for signal in made if signal.action != "none"]
    following = offset + values["limit"]
    chosen = ordered[offset:following]
    accounts = await _accounts_of(call, runs)
    fills = {order.intent_id: order for account in accounts for order in account.book.orders}
    reasons = {signal.intent_id: signal.reason for signal in ordered if signal.intent_id}
    trips = [_trip(trip, reasons) for account in accounts for trip in reversed(account.trips)]
    told = trips[offset:following]
    blocks: dict[str, Any] = {"trades": told} if told else {}
    return page(
        call.now(),
        notes=[] if runs else [_NEVER_RAN],
        next_cursor=cursor.write(PagePosition(offset=following)) if following < max(len(ordered), len(trips)) else None,
        **blocks,
        decisions=[_decision(signal, fills) for signal in chosen],
    )


async def _accounts_of(call: Call, runs: Sequence[StrategyRun]) -> list[RunAccount]:
    brokerage, reads = await call.brokerage(), await call.reads()
    await note_losses(brokerage, reads)
    found = [await read_run_account(brokerage, run, reads) for run in runs]
    return [account for account in found if account is not None]


async def _look_at(call: Call, records: StrategyRecords, runs: Sequence[StrategyRun]) -> _Found:
    found, brokerage, reads = _Found(), await call.brokerage(), await call.reads()
    await note_losses(brokerage, reads)
    for run in runs:
        account = await read_run_account(brokerage, run, reads)
        row = _run(run)
        if run.state != "stopped":
            row["kept"] = is_kept(brokerage, run)
            silent = silent_since(brokerage)
            row |= {"silent_since": silent} if silent is not None else {}
            found.positions += [facts(position) for position in await records.positions(run.id)]
            orders = () if account is None else account.book.orders
            found.notes += await waiting_notes(records, run, orders)
        elif left := await left_of(call, run, None if account is None else account.book):
            found.positions += left
            if LEFT_ALONE not in found.notes:
                found.notes.append(LEFT_ALONE)
        if account is not None:
            mandate = account.record.mandate
            row |= {"currency": mandate.currency, "profit_realised": readable(account.realised)}
            if account.open_profit is not None:
                row["profit_open"] = readable(account.open_profit)
            found.mandates.append(_mandate(call, account))
            found.orders += [_order(run, order) for order in account.standing]
            if not account.is_fresh and _STALE not in found.notes:
                found.notes.append(_STALE)
        found.runs.append(row)
    return found


def _rows_of(found: _Found) -> dict[str, Any]:
    """What there is of runs with a mandate."""
    blocks: dict[str, Any] = {"mandates": found.mandates, "orders": found.orders}
    return {name: rows for name, rows in blocks.items() if rows}


def halt_notes(call: Call) -> Sequence[str]:
    """That trading is halted, while it is."""
    if (reason := kill_switch(call.environments.settings.data_dir).reason()) is None:
        return ()
    return (f"{halted_text(reason)} {LIFTED_BY}",)


def _unkept(name: str) -> str:
    return (
        f"Nothing keeps {name} now, so it decides nothing: a server that stays takes it up in a moment, and"
        f" `kis-mcp strategies run {name}` keeps it without one."
    )


async def _require(records: StrategyRecords, name: str) -> None:
    """Refuse a name of which nothing was ever saved."""
    if not await records.versions(name):
        raise no_strategy(name)


def _run(run: StrategyRun) -> dict[str, Any]:
    row = facts(run)
    names = ("strategy", "version", "state", "reason", "mandate_id", "started_at", "ended_at")
    return {
        "run_id": run.id,
        "symbols": ", ".join(run.symbols),
        **{name: row[name] for name in names if name in row},
    }


def _mandate(call: Call, account: RunAccount) -> dict[str, Any]:
    """A mandate's bounds, each beside what is used of it."""
    mandate, book, now = account.record.mandate, account.book, call.now()
    row = {
        "mandate_id": mandate.id,
        "strategy": mandate.strategy,
        "status": account.record.status(now).value,
        "until": mandate.until,
        "currency": mandate.currency,
        "most_per_order": mandate.most_per_order,
        "most_in_all": mandate.most_in_all,
        "bound": readable(book.bound),
        "most_loss": mandate.most_loss,
        "loss": readable(account.loss),
        "orders_a_day": mandate.orders_a_day,
        "orders_today": book.count_on(exchange_day(mandate.symbols[0].market, now)),
    }
    return {name: value for name, value in row.items() if value is not None}


def _order(run: StrategyRun, order: MandatedOrder) -> dict[str, Any]:
    row = {
        "run_id": run.id,
        "intent_id": order.intent_id,
        "order_id": order.order_id,
        "sent_at": order.sent_at,
        "symbol": order.order.symbol,
        "side": order.order.side,
        "quantity": order.order.quantity,
        "filled": order.filled,
        "price": order.order.price,
    }
    return {name: value for name, value in row.items() if value is not None}


def _trip(trip: RoundTrip, reasons: Mapping[str, str]) -> dict[str, Any]:
    row = {
        "symbol": trip.buy.order.symbol,
        "quantity": trip.quantity,
        "entered_at": trip.buy.sent_at,
        "entry_price": trip.entry_price,
        "exited_at": trip.exited_at,
        "exit_price": trip.exit_price,
        "exit_reason": _exit_reason(trip, reasons),
        "profit": trip.profit,
        "costs": trip.costs,
    }
    return {name: readable(value) for name, value in row.items() if value not in (None, "")}


def _exit_reason(trip: RoundTrip, reasons: Mapping[str, str]) -> str:
    if trip.is_held:
        return "still open"
    return SOLD_ELSEWHERE if trip.sale is None else reasons.get(trip.sale.intent_id, "")


def _decision(signal: SignalEntry, fills: Mapping[str, MandatedOrder] = {}) -> dict[str, Any]:
    row = {name: value for name, value in facts(signal).items() if name != "values"}
    known = ", ".join(f"{name}={'none' if value is None else f'{value:.6g}'}" for name, value in signal.values.items())
    if known:
        row["values"] = known
    order = fills.get(signal.intent_id or "")
    if order is not None:
        row["filled"] = order.filled
        if order.filled:
            row["fill_price"] = readable(order.fill.worth / order.filled)
    return row
