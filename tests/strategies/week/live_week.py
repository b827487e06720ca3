"""Strategies that run against the simulator's own market while its clock is led through a week.

Everything is real but time: sockets, frames, journal, guard, mandates, orders and their fills. The clock stands still
until all that it lets happen has been heard, decided, ordered and looked up; then it goes on.
"""

import asyncio
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import Candle, CandleRange, builtin_instruments, get_candles
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.strategies.backtest import Bars
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import StoredBar, StrategyRun
from kis_mcp.strategies.runner import runner as runner_module
from kis_mcp.strategies.runner.live_run import RunReport
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.mandate import Mandate, MandateDraft, MandateSymbol
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.strategies import keep_strategies
from kis_mcp.wiring.strategy_feed import TradeTicks
from kis_mcp.wiring.strategy_run import ComposedRun, compose_run
from kis_mcp.wiring.trials import read_history, wait_silently
from tests.client import settings_for
from tests.strategies.week.evidence import RunEvidence, Trade, Week
from tests.strategies.week.observed import ObservedFeed, ObservedRunner, Time
from tests.strategies.week.plan import CAPITAL, Plan

ACCOUNT: Final = "87654321"
HEAR_SECONDS: Final = 0.05
"""Real time: so soon a run notices that the clock went on where nothing was traded."""

POLL_SECONDS: Final = 300.0
"""Of the world: so often a run looks whether somebody stopped it."""

LOOK_SECONDS: Final = 0.002
LONGEST_SECONDS: Final = 300.0
"""Real time, for all that follows from one time of the clock: whoever waits longer waits for a trade that was lost."""

_HISTORY_DAYS: Final = {"1d": 2_600}
_MINUTES_HISTORY_DAYS: Final = 60
"""The longest average of the templates, 60 bars of ten minutes, settles after 1,220 of them."""

_RICH: Final = Decimal(10**11)
_YES: Final = Decision(verdict="accepted", channel="elicitation")


@dataclass(slots=True)
class _Kept:
    """A run, and what keeps it now.

    Attributes:
        missed: Trades while it did not listen.
        opened_at: When it began to listen.
        earlier: What other runners of it heard and did.
    """

    run: StrategyRun
    strategy: Strategy
    mandate: Mandate
    runner: ObservedRunner | None = None
    feed: ObservedFeed | None = None
    missed: int = 0
    opened_at: list[datetime] = field(default_factory=list[datetime])
    earlier: Counter[str] = field(default_factory=Counter[str])

    def counts(self) -> Counter[str]:
        report = self.runner.report if self.runner is not None else RunReport()
        own = Counter(heard=report.ticks, decisions=report.decisions, skipped=report.skipped)
        return self.earlier + own


class Words(logging.Handler):
    """Counts what is logged, by its words without their numbers; and why runs wait, by the whole reason."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.found: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("kis_mcp."):
            self.found[str(record.msg)] += 1
        if record.name == runner_module.__name__ and " waits " in str(record.msg):
            self.waits[record.getMessage().partition(": ")[2]] += 1


@dataclass(slots=True)
class LiveWeek:
    """The runs of a plan, and the world in which they run."""

    plan: Plan
    simulator: Simulator
    brokerage: Brokerage
    time: Time
    kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])
    history: dict[tuple[str, str], Bars] = field(default_factory=dict[tuple[str, str], Bars])
    trades: dict[str, list[Trade]] = field(default_factory=dict[str, list[Trade]])
    trade_times: dict[str, list[datetime]] = field(default_factory=dict[str, list[datetime]])

    async def prepare(self) -> None:
        """Read the history, and let a person agree to each strategy."""
        for symbol in self.plan.symbols:
            self.trades[symbol] = list(self._trades_of(symbol))
            self.trade_times[symbol] = [trade.at for trade in self.trades[symbol]]
            for interval in self.plan.intervals:
                days = _HISTORY_DAYS.get(interval, _MINUTES_HISTORY_DAYS)
                yesterday = self.plan.dates[0] - timedelta(days=1)
                found = await read_history(
                    self.brokerage,
                    [builtin_instruments().resolve(symbol)],
                    interval,
                    yesterday - timedelta(days=days),
                    yesterday,
                    wait_silently,
                )
                self.history[symbol, interval] = found[symbol]
        for strategy in self.plan.strategies().values():
            await self._agree(strategy)

    async def live(self) -> None:
        """Lead the clock through the week."""
        ticks = TradeTicks()
        compose = partial(self._compose, ticks)
        times = iter(self.plan.times())
        for until in (*self.plan.restarts_at, datetime.max.replace(tzinfo=KST)):
            keeping = asyncio.create_task(keep_strategies(self.brokerage, resumes=True, compose=compose))
            try:
                await self._settle()
                for now in times:
                    self.simulator.kis.set_clock(now)
                    self.time.wake()
                    await self._settle()
                    if now >= until:
                        break
            finally:
                keeping.cancel()
                with suppress(asyncio.CancelledError):
                    await keeping
            for kept in self.kept.values():
                kept.earlier, kept.runner = kept.counts(), None

    async def _agree(self, strategy: Strategy) -> None:
        brokerage, now = self.brokerage, self.time.clock()
        records, desk = await brokerage.strategy_records(), await brokerage.desk()
        stored = await records.save(strategy, at=now)
        names = builtin_instruments()
        proposed = await desk.mandates.propose(
            MandateDraft(
                strategy=strategy.id,
                document=stored.digest,
                symbols=tuple(MandateSymbol(each, names.resolve(each).market) for each in self.plan.symbols),
                sides=frozenset({"buy", "sell"}),
                currency="KRW",
                most_per_order=CAPITAL,
                most_in_all=CAPITAL,
                orders_a_day=300,
                most_loss=CAPITAL,
            )
        )
        mandate = proposed.mandate
        await desk.mandates.decide(mandate.id, _YES)
        run = StrategyRun(
            id=mandate.id,
            strategy=strategy.id,
            version=stored.version,
            digest=stored.digest,
            mandate_id=mandate.id,
            account_id=mandate.account_id,
            symbols=tuple(self.plan.symbols),
            state="running",
            reason="Started.",
            started_at=now,
        )
        self.kept[run.id] = _Kept(await records.open_run(run), strategy, mandate)

    async def _compose(self, ticks: TradeTicks, run: StrategyRun) -> ComposedRun:
        """As `keep_strategies` does, with the world's time in place of the machine's."""
        composed = await compose_run(self.brokerage, run, ticks, None, resumes=True)
        kept, own = self.kept[run.id], composed.runner
        terms = replace(own._terms, sleep=self.time.sleep)  # pyright: ignore[reportPrivateUsage]
        note_opening = partial(self._note_opening, kept)
        kept.feed = ObservedFeed(own._feed, self.time.clock, note_opening)  # pyright: ignore[reportPrivateUsage]
        kept.runner = ObservedRunner(terms, kept.feed, resumes=True)
        return ComposedRun(kept.runner, composed.hours)

    def _note_opening(self, kept: _Kept) -> None:
        """What was traded before a run listens again does not come any more."""
        kept.opened_at.append(self.time.clock())
        kept.missed = self._traded() - kept.counts()["heard"]

    def _traded(self) -> int:
        now = self.time.clock()
        return sum(bisect_right(times, now) for times in self.trade_times.values())

    async def _settle(self) -> None:
        """Wait until every run has heard each trade of the world, and done what follows from it.

        Raises:
            AssertionError: One waits for trades that do not come.
        """
        now, expected = self.time.clock(), self._traded()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while self.time.is_at_work() or not self._has_taken(expected, now):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            heard = {each.strategy.id: each.counts()["heard"] for each in self.kept.values()}
            raise AssertionError(f"{now}: of {expected} trades were heard: {heard}") from None

    def _has_taken(self, expected: int, now: datetime) -> bool:
        for each in self.kept.values():
            runner, feed = each.runner, each.feed
            if runner is None or feed is None:
                return False
            is_behind = feed.taken_at != now or each.counts()["heard"] + each.missed < expected
            if is_behind and not runner.has_ended:
                return False
        return True

    def _trades_of(self, symbol: str) -> Sequence[Trade]:
        market = self.simulator.world.market
        instrument, found = market.instruments[symbol], list[Trade]()
        calendar = market.calendar(instrument)
        for day in self.plan.dates:
            session = market.session(instrument, day)
            found += [
                Trade(at=calendar.time_of(day, number), price=instrument.price(price), size=size)
                for number, price in enumerate(session.prices)
                if (size := session.volume_at(number))
            ]
        return found

    async def collect(self, words: Words) -> Week:
        """All that is there at the end."""
        plan, brokerage = self.plan, self.brokerage
        records, journal = await brokerage.strategy_records(), await brokerage.journal()
        runs, bars = list[RunEvidence](), dict[tuple[str, str], Sequence[StoredBar]]()
        for each in self.kept.values():
            run = await records.find_run(each.run.id)
            assert run is not None, each.run.id
            counts = each.counts()
            runs.append(
                RunEvidence(
                    run=run,
                    strategy=each.strategy,
                    mandate=each.mandate,
                    signals=await records.signals(run.id, limit=100_000),
                    positions={held.symbol: held.quantity for held in await records.positions(run.id)},
                    heard=counts["heard"],
                    missed=each.missed,
                    opened_at=each.opened_at,
                    decisions=counts["decisions"],
                    skipped=counts["skipped"],
                )
            )
        for symbol in plan.symbols:
            for interval in plan.intervals:
                bars[symbol, interval] = await records.bars(symbol, interval, plan.begins, self.time.clock())
        ledger = self.simulator.ledger
        (account,) = self.simulator.kis.accounts()
        return Week(
            plan=plan,
            runs=runs,
            history=self.history,
            bars=bars,
            trades=self.trades,
            minutes={symbol: await self._candles(symbol, "1m") for symbol in plan.symbols},
            days={symbol: await self._candles(symbol, "1d") for symbol in plan.symbols},
            orders=ledger.orders,
            fills=ledger.fills,
            held={symbol: lot.quantity for symbol, lot in account.positions.items()},
            records=await journal.history(limit=1_000_000),
            warnings=words.found,
            waits=words.waits,
        )

    async def _candles(self, symbol: str, interval: str) -> Sequence[Candle]:
        reads, found = Reads(self.brokerage, wait_silently), list[Candle]()
        instrument = builtin_instruments().resolve(symbol)
        for day in self.plan.dates:
            wanted = CandleRange(interval, day, day, limit=2_000)
            found += (await get_candles(reads, instrument, wanted, now=self.time.clock())).candles
        return found


@asynccontextmanager
async def open_week(plan: Plan, folder: Path) -> AsyncGenerator[LiveWeek]:
    """A world of its own for a plan; the folder is empty."""
    time = Time(plan.begins)
    options = SimulatorOptions(
        clock=time.clock, market_hours=True, real_rate=0, token_interval_seconds=0, starting_krw=_RICH
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner_module, "HEAR_SECONDS", HEAR_SECONDS)
        patch.setattr(runner_module, "POLL_SECONDS", POLL_SECONDS)
        async with run_simulator(options) as simulator:
            settings = settings_for(
                simulator,
                data_dir=folder,
                sim_clock="market",
                max_strategies=40,
                acct_stock=ACCOUNT,
                max_order_notional=_RICH,
                max_order_quantity=10**6,
            )
            async with open_environments(settings, catalog(), time.clock) as environments:
                yield LiveWeek(plan, simulator, await environments.brokerage(Environment.SIM), time)


async def live_through(plan: Plan, folder: Path) -> Week:
    """Run a plan, and return all that there is at its end."""
    words = Words()
    logging.getLogger("kis_mcp").addHandler(words)
    try:
        async with open_week(plan, folder) as week:
            await week.prepare()
            try:
                await week.live()
            except AssertionError as error:
                error.add_note(f"What was logged: {words.found}. Waits: {words.waits}")
                raise
            return await week.collect(words)
    finally:
        logging.getLogger("kis_mcp").removeHandler(words)
