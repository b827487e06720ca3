"""The lanes of a run while it runs: what they were, what they hear, what is decided, and the orders that follow."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.errors import KisMcpError, StorageError
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import Decision, EntryBook, settling_bars
from kis_mcp.strategies.records import SignalEntry
from kis_mcp.strategies.runner.adjustments import look_at_adjustments
from kis_mcp.strategies.runner.bar_builder import GRACE, MOST_AHEAD, MOST_BEHIND, BuiltBar, Tick
from kis_mcp.strategies.runner.bar_log import BarLog
from kis_mcp.strategies.runner.diary import Diary
from kis_mcp.strategies.runner.errand import Errand, settle_holding
from kis_mcp.strategies.runner.live_lane import SESSION_END, LiveLane
from kis_mcp.strategies.runner.ports import Heard
from kis_mcp.strategies.runner.recovery import losses, read_past_bars, take_up_decisions
from kis_mcp.strategies.runner.terms import RunTerms
from kis_mcp.strategies.runner.trade_lag import TradeLag
from kis_mcp.strategies.runner.warm_up import WarmUp

_MOST_SIGNALS: Final = 10_000
_REFUSALS_SAID_EVERY: Final = timedelta(hours=1)
_NOTHING: Final = Decimal(0)
_ONE_SECOND: Final = timedelta(seconds=1)
_ACCOUNT_IS_LOOKED_AT_EVERY: Final = timedelta(minutes=5)
"""Each look is a request to KIS. A sale is believed after `LISTED_AFTER` only."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RunReport:
    """How a run is doing.

    Attributes:
        ticks: How many it heard. Bars are made of all of them that were not refused.
        refused: How many were dated too far from the clock.
        decisions: How many bars it decided upon.
        skipped: Upon how many it did not, because something of them was missing.
        slowest: Seconds that it took at most for what came at once.
        slow: How often that was too long.
    """

    ticks: int = 0
    refused: int = 0
    decisions: int = 0
    skipped: int = 0
    slowest: float = 0.0
    slow: int = 0


@dataclass(slots=True)
class _Due:
    """The bars that ended at one moment and wait for a decision."""

    end: datetime
    built: dict[str, BuiltBar] = field(default_factory=dict[str, BuiltBar])


class LiveRun:
    """A run from when it is taken up until it stands still.

    Attributes:
        outside: Why an order was outside the mandate; empty while none was.
    """

    def __init__(self, terms: RunTerms, report: RunReport) -> None:
        self._terms = terms
        self._report = report
        self._diary = Diary(terms)
        self._book = EntryBook(terms.strategy)
        self._lanes: dict[str, LiveLane] = {}
        self._purse: dict[str, LiveLane] = {}  # those that ever wanted or ordered anything
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._due: list[_Due] = []
        self._bars = BarLog(terms)
        self._of_trades = terms.sessions.of_trades
        self._warm_up = WarmUp(terms, self._diary)
        self._lag = TradeLag()
        self._signals: list[SignalEntry] = []
        self._moved: set[str] = set()
        self._reconciled_at: dict[str, datetime] = {}
        self._clocked_at: datetime | None = None
        self._refusal_said_at: datetime | None = None
        self._adjusted_on: date | None = None
        self._looks_again = False
        self._shares = _shares_purse(terms)
        self._by_equity = _is_by_equity(terms.strategy)
        self.outside = ""

    async def prepare(self) -> None:
        """Read what was: bars, orders, positions, and what was decided and not ordered. The feed is open already, so
        that no trade falls between what was and what is heard.

        Raises:
            PositionInDoubt: Prices of what it holds were adjusted.
            KisMcpError: It could not be read.
        """
        terms, heard_from = self._terms, self._terms.clock()
        orders = await terms.orders.orders() if terms.orders else ()
        kept = {each.symbol: each for each in await terms.records.positions(terms.run.id)}
        signals = await terms.records.signals(terms.run.id, limit=_MOST_SIGNALS, moved=True)
        for symbol in terms.run.symbols:
            lane = self._lanes[symbol] = LiveLane(
                terms.strategy, symbol, self._book, terms.sessions, heard_from, terms.lots.get(symbol, 1)
            )
            bars = await read_past_bars(terms, lane)
            own = [each for each in (*orders, *losses(signals)) if each.symbol == symbol]
            lane.restore(bars, sorted(own, key=lambda each: each.at), kept.get(symbol))
            await self._reconcile(lane)
        await take_up_decisions(terms, self._book, self._lanes, orders, signals)
        bound = [lane for lane in self._lanes.values() if lane.quantity or lane.is_busy]
        await self._look_at_adjustments(heard_from, bound)
        ordered = {each.symbol for each in orders}
        self._purse = {symbol: lane for symbol, lane in self._lanes.items() if symbol in ordered or lane.want}
        for lane in self._lanes.values():
            for order in lane.standing:
                self._start(lane, self._errand(lane).follow(order.intent_id))

    async def take(self, heard: Heard) -> None:
        """Take what was heard, and what the clock says.

        Raises:
            PositionInDoubt: Prices of what it holds were adjusted.
            KisMcpError: It cannot be told whether they were, or what was decided could not be written down.
        """
        now = self._terms.clock()
        self._report.ticks += len(heard.ticks)
        if self._is_look_due(now):
            await self._look_at_adjustments(now, self._lanes.values())
        for symbol, began_at, ended_at in heard.missed:
            self._lanes[symbol].miss(began_at, ended_at)
        for lane in self._lanes.values() if heard.silent_since is not None else ():
            lane.miss(heard.silent_since or now, now)
            lane.builder.begin_unheard(now)
        earliest, latest = now - MOST_BEHIND, now + MOST_AHEAD
        for symbol, tick in heard.ticks:
            if tick.price <= 0:  # no trade has such a price: neither a bar nor a stop may see it
                continue
            lane = self._lanes[symbol]
            if not earliest <= tick.time <= latest:
                await self._refuse(lane, tick, now)
                continue
            self._lag.note(tick.time, now)
            if built := lane.builder.take(tick):
                await self._end(symbol, built, now)
            if (reason := lane.hear(tick)) and self._terms.sessions.takes_orders(tick.time):
                self._leave(lane, reason, self._diary.moment(tick.time))
        if self._signals:
            await self._order(now)
        is_second = self._clocked_at is None or abs(now - self._clocked_at) >= _ONE_SECOND
        if is_second:
            self._clocked_at = now
            await self._look_at_clock(now)
        if is_second or not self._of_trades:
            await self._write()

    def _is_look_due(self, now: datetime) -> bool:
        sessions = self._terms.sessions
        if sessions.day_of(now) == self._adjusted_on:
            return self._looks_again and sessions.is_open(now)
        return sessions.is_in_session(now)

    async def _look_at_adjustments(self, now: datetime, lanes: Iterable[LiveLane]) -> None:
        """Before anything of a day is decided or sold; again at the opening where KIS could not tell before."""
        sessions = self._terms.sessions
        day, in_session = sessions.day_of(now), sessions.is_in_session(now)
        looks = [
            await look_at_adjustments(self._terms, lane, self._diary, day, in_session=in_session) for lane in lanes
        ]
        if in_session:
            self._adjusted_on, self._looks_again = day, not all(looks) and not sessions.is_open(now)

    async def _refuse(self, lane: LiveLane, tick: Tick, now: datetime) -> None:
        """Leave out a tick whose time cannot be: the bar lacks it, and is read from KIS."""
        self._report.refused += 1
        lane.miss(now, now)
        said_at = self._refusal_said_at
        if said_at is None or now - said_at >= _REFUSALS_SAID_EVERY:
            self._refusal_said_at = now
            dated = tick.time.astimezone(self._terms.sessions.timezone)
            await self._diary.say(
                lane,
                f"tick_refused: a trade is dated {dated:%Y-%m-%d %H:%M:%S}, too far from the clock, as were"
                f" {self._report.refused} so far; look at the clock of this computer if that goes on",
            )

    async def _look_at_clock(self, now: datetime) -> None:
        """What follows from the time alone."""
        ended_by = now - self._lag.least
        for symbol, lane in self._lanes.items():
            if built := lane.builder.end_by(ended_by):
                await self._end(symbol, built, now)
        await self._decide_due(now)
        self._end_session(now)
        self._look_at_account(now)
        await self._order(now)

    def _look_at_account(self, now: datetime) -> None:
        """Hold what one instrument's orders made against the account, now and then: the person may have sold it."""
        held = [lane for lane in self._lanes.values() if lane.quantity and not lane.is_busy and self._is_idle(lane)]
        lane = min(held, key=lambda each: self._reconciled_at.setdefault(each.symbol, now), default=None)
        if lane is None or not self._terms.sessions.is_in_session(now):
            return
        if now - self._reconciled_at[lane.symbol] >= _ACCOUNT_IS_LOOKED_AT_EVERY:
            self._reconciled_at[lane.symbol] = now
            self._start(lane, self._reconcile_as_told(lane))  # trades do not wait for KIS

    async def _reconcile_as_told(self, lane: LiveLane) -> None:
        try:
            await self._reconcile(lane)
        except StorageError:
            raise
        except KisMcpError as error:
            _log.info("What the account has of %s could not be read: %s", lane.symbol, error)

    def look(self) -> None:
        """Raise what an order's errand raised."""
        for task in self._errands.values():
            if task.done():
                task.result()

    async def aclose(self) -> None:
        """Follow no order any more; one that is being sent is sent.

        Also who is cancelled waits: an errand that is cancelled twice gives up what it is writing, and the journal
        closes under it.
        """
        for task in self._errands.values():
            task.cancel()
        cancelled: asyncio.CancelledError | None = None
        while errands := [task for task in self._errands.values() if not task.done()]:
            try:
                await asyncio.wait(errands)
            except asyncio.CancelledError as error:
                cancelled = error
        for task in self._errands.values():
            if not task.cancelled():
                task.exception()  # looked at, so that nobody is told that it never was
        if cancelled is not None:
            raise cancelled

    def equity(self) -> Decimal:
        """What the purse is worth: its capital, what was earned, and what is held, at the last prices."""
        lanes = self._purse.values()
        profits = (lane.holding.realised + lane.worth() - lane.holding.cost for lane in lanes)
        return self._terms.bounds.capital + sum(profits, _NOTHING)

    def loss(self) -> Decimal:
        """What its mandate has lost, at the last prices."""
        if self._terms.orders is None:
            return _NOTHING
        prices = {lane.symbol: lane.last_price for lane in self._purse.values() if lane.last_price is not None}
        return self._terms.orders.loss(prices)

    def is_selling(self) -> bool:
        """Whether an exit is on its way."""
        return any(lane.leaving and lane.is_busy for lane in self._purse.values())

    def holdings(self) -> str:
        """What it holds, in words."""
        return ", ".join(f"{lane.quantity} {symbol}" for symbol, lane in self._lanes.items() if lane.quantity)

    def what_stays(self) -> str:
        """What it holds and which of its orders may still be filled, in sentences after others."""
        standing = [order for lane in self._lanes.values() for order in lane.standing]
        orders = ", ".join(f"{each.side} {each.quantity - each.filled} {each.symbol}" for each in standing)
        held = f" It holds {held}." if (held := self.holdings()) else ""
        return f"{held} Its orders that may still be filled: {orders}." if orders else held

    def _free(self) -> Decimal:
        """What may be spent: never more than the capital, whatever was earned."""
        earned = committed = _NOTHING
        for lane in self._purse.values():
            earned += lane.holding.realised
            committed += lane.committed()
        return self._terms.bounds.capital + min(earned, _NOTHING) - committed

    async def _reconcile(self, lane: LiveLane) -> None:
        """Hold what the run's orders made against what the account has."""
        orders, records = self._terms.orders, self._terms.records
        if orders is None:
            return None
        if lane.quantity and not lane.standing:
            account = await orders.account(lane.symbol)
            now = self._terms.clock()
            if account.held and lane.lacks(account.held, now):  # fewer shares after a reverse split are no sale
                await self._look_at_adjustments(now, [lane])
            return await settle_holding(self._terms, lane, self._diary, account)
        return await records.put_position(lane.held_position(self._terms.run.id))

    async def _end(self, symbol: str, built: BuiltBar, now: datetime) -> None:
        """A bar has ended. Where instruments share a purse or limits, it is decided upon with those of the others."""
        if not self._shares:
            equity = self.equity() if self._by_equity else _NOTHING  # which nothing looks at
            return await self._end_bar(self._lanes[symbol], built, equity)
        end = built.bar.ends_at
        due = next((each for each in self._due if each.end == end and symbol not in each.built), None)
        if due is None:
            due = _Due(end)
            self._due.append(due)
            self._due.sort(key=lambda each: each.end)
        due.built[symbol] = built
        return await self._decide_due(now)

    async def _decide_due(self, now: datetime) -> None:
        """Decide upon all bars of a moment in the order of the run's symbols, once each has ended."""
        while self._due and self._is_ready(self._due[0], now):
            due = self._due.pop(0)
            equity = self.equity()
            for symbol in self._lanes:
                if symbol in due.built:
                    await self._end_bar(self._lanes[symbol], due.built[symbol], equity)

    def _is_ready(self, due: _Due, now: datetime) -> bool:
        until = max(each.span.until for each in due.built.values())
        is_over = now - self._lag.least >= until + GRACE
        spans = (lane.builder.span for symbol, lane in self._lanes.items() if symbol not in due.built)
        return is_over or all(span is not None and span.begins >= until for span in spans)

    async def _end_bar(self, lane: LiveLane, built: BuiltBar, equity: Decimal) -> None:
        bar = await self._whole_bar(lane, built)
        if bar is None:
            if not built.bar.volume:
                return None  # nothing was heard, and nothing traded, for all that is known
            self._report.skipped += 1
            return await self._diary.say(lane, "bar_skipped: trades of it are missing, here and in KIS' candles")
        if not self._of_trades:
            self._bars.add(lane.symbol, bar, is_live=built.is_whole)
        decision = lane.end_bar(bar, built, equity, self._free)
        self._report.decisions += 1
        if self._diary.is_told(lane, decision):
            self._signals.append(self._diary.entry(lane, bar.ends_at, decision))
        if self._terms.orders is None:
            lane.forgo()
        elif lane.quantity:
            self._moved.add(lane.symbol)
        if lane.want is not None:
            self._purse[lane.symbol] = lane
        if self._of_trades:
            await self._warm_up.tell(lane)
        return None

    async def _whole_bar(self, lane: LiveLane, built: BuiltBar) -> Bar | None:
        """The bar with all of its trades, after all bars before it; None where that cannot be had."""
        if lane.has_heard_all_since_last_bar and not lane.is_stale:
            return built.bar
        if self._of_trades:
            await self._warm_up.begin(lane)
            return built.bar
        try:
            if lane.is_stale or lane.last_bar is None:
                past = await self._terms.history.latest(lane.symbol, settling_bars(self._terms.strategy))
            else:
                past = await self._terms.history.since(lane.symbol, lane.last_bar)
        except KisMcpError as error:
            _log.warning("Bars of %s that were not heard could not be read: %s", lane.symbol, error)
            return None
        end = built.bar.ends_at
        own = built.bar if built.is_whole else next((bar for bar in past if bar.ends_at == end), None)
        if own is not None:
            lane.catch_up([bar for bar in past if bar.ends_at < end])
        return own

    def _leave(self, lane: LiveLane, reason: str, at: datetime) -> None:
        """Sell at once: at a price, or at the end of the session."""
        lane.leave(reason, at)
        self._signals.append(self._diary.entry(lane, at, Decision("exit", reason=reason)))

    def _end_session(self, now: datetime) -> None:
        if not self._terms.strategy.exits.at_session_end or not self._terms.sessions.is_about_to_close(now):
            return
        for lane in self._lanes.values():
            if lane.quantity and lane.want is None and not lane.is_being_sold and not lane.waits(now):
                self._leave(lane, SESSION_END, self._diary.moment())

    async def _order(self, now: datetime) -> None:
        """Write down what was decided since the last time, in one go; then send what is wanted, while the market takes
        it."""
        signals, self._signals = self._signals, []
        if signals:
            await self._terms.records.add_signals(signals)
        if not self._terms.sessions.takes_orders(now):
            return
        for lane in self._lanes.values():
            if self.outside and lane.want is not None and lane.want.side == "buy":
                lane.forgo()
            # Without minutes of earlier days, as in demo, there is no price before the first trade.
            if lane.want is not None and lane.last_price is not None and self._is_idle(lane):
                self._start(lane, self._errand(lane).send(lane.want))

    def _is_idle(self, lane: LiveLane) -> bool:
        task = self._errands.get(lane.symbol)
        if task is not None and task.done():
            task.result()
        return task is None or task.done()

    def _start(self, lane: LiveLane, errand: Coroutine[None, None, None]) -> None:
        self._errands[lane.symbol] = asyncio.create_task(errand)

    def _errand(self, lane: LiveLane) -> Errand:
        assert self._terms.orders is not None

        def exits_kept() -> int:
            others = (each for each in self._purse.values() if each is not lane)
            return sum(bool(each.quantity) and not each.is_being_sold for each in others)

        return Errand(self._terms, self._terms.orders, lane, self._diary, self._stop, exits_kept)

    def _stop(self, reason: str) -> None:
        self.outside = reason

    async def _write(self) -> None:
        """Write down the bars that were decided upon, and how long positions are held. What was decided is written
        already: it is what an order follows from."""
        moved, self._moved = self._moved, set[str]()
        await self._bars.write()
        for symbol in moved:
            await self._terms.records.put_position(self._lanes[symbol].held_position(self._terms.run.id))


def _shares_purse(terms: RunTerms) -> bool:
    """Whether what is decided for one instrument depends on the others' bars of the same moment. Single trades are
    decided upon one after the other, as they come."""
    limits = terms.strategy.limits
    has_limits = limits.positions is not None or limits.entries_a_day is not None
    is_shared = len(terms.run.symbols) > 1 and (has_limits or _is_by_equity(terms.strategy))
    return is_shared and not terms.sessions.of_trades


def _is_by_equity(strategy: Strategy) -> bool:
    """Whether what an entry buys depends on what the purse is worth."""
    sizing = strategy.sizing
    return (sizing.shares is None and sizing.amount is None) or strategy.limits.position_percent is not None
