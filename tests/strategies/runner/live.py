"""A run over a market that the test writes: ticks with their times, a broker that fills, records in memory.

Time stands where the tick is that was told last. Every call of a port may be the last one: `Crash` says which.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from kis_mcp.clock import KST
from kis_mcp.errors import KisUnavailable
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.document import Strategy, read_strategy
from kis_mcp.strategies.records import (
    HeldPosition,
    RunState,
    SignalEntry,
    StoredBar,
    StrategyRun,
)
from kis_mcp.strategies.runner.bar_builder import BarBuilder, Tick
from kis_mcp.strategies.runner.ports import Answer, Heard, InAccount, OwnOrder, Wish
from kis_mcp.strategies.runner.runner import Runner
from kis_mcp.strategies.runner.sessions import Hours, Sessions
from kis_mcp.strategies.runner.terms import Bounds, RunTerms

MONDAY = date(2026, 3, 2)
ALWAYS = {"left": "close", "is": "above", "right": 0}
NEVER = {"left": "close", "is": "below", "right": 0}
LONG_AGO = datetime(2000, 1, 1, tzinfo=KST)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), KST)


def hours_of(day: date) -> Hours | None:
    return None if day.weekday() > 4 else (at("09:00", day), at("15:30", day))


def strategy(interval: str = "1m", **document: Any) -> Strategy:
    whole = {"id": "s", "name": "s", "interval": interval, "entry": ALWAYS, "sizing": {"shares": 10}}
    return read_strategy(whole | document)


class Killed(BaseException):
    """The process dies here."""


class Crash:
    """Kills at the call of a port with this number, counted from 0; never where it is None."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.calls = 0

    def step(self) -> None:
        self.calls += 1
        if self.at is not None and self.calls > self.at:
            raise Killed


class MemoryRecords:
    """`StrategyRecords`, as far as a run uses them. A call is done before it may kill, or killed before it is done."""

    def __init__(self, crash: Crash) -> None:
        self.crash = crash
        self.run: StrategyRun
        self.changes: list[tuple[RunState, str]] = []
        self.kept: dict[tuple[str, datetime], SignalEntry] = {}
        self.held: dict[str, HeldPosition] = {}
        self.stored: dict[tuple[str, datetime], StoredBar] = {}

    async def find_run(self, run_id: str) -> StrategyRun:
        self.crash.step()
        return self.run

    async def set_run_state(
        self, run_id: str, state: RunState, reason: str, at: datetime, *, only_from: RunState | None = None
    ) -> StrategyRun:
        self.crash.step()
        if self.run.state != "stopped" and only_from in (None, self.run.state):
            self.run = replace(self.run, state=state, reason=reason)
            self.changes.append((state, reason))
        return self.run

    async def add_signals(self, signals: Sequence[SignalEntry]) -> int:
        self.crash.step()
        before = len(self.kept)
        for signal in signals:
            self.kept.setdefault((signal.symbol, signal.at), signal)
        self.crash.step()
        return len(self.kept) - before

    async def set_intent(self, run_id: str, symbol: str, at: datetime, intent_id: str) -> None:
        self.crash.step()
        self.kept[symbol, at] = replace(self.kept[symbol, at], intent_id=intent_id)

    async def signals(
        self, run_id: str, since: datetime | None = None, limit: int = 100, *, moved: bool = False
    ) -> Sequence[SignalEntry]:
        self.crash.step()
        found = [each for each in self.kept.values() if each.quantity or not moved]
        return sorted(found, key=lambda each: each.at)[-limit:]

    async def put_position(self, position: HeldPosition) -> None:
        self.crash.step()
        self.held[position.symbol] = position

    async def positions(self, run_id: str) -> Sequence[HeldPosition]:
        self.crash.step()
        return list(self.held.values())

    async def add_bars(self, bars: Sequence[StoredBar]) -> int:
        self.crash.step()
        self.stored |= {(bar.symbol, bar.ends_at): bar for bar in bars}
        return len(bars)

    async def bars(self, symbol: str, interval: str, since: datetime, until: datetime) -> Sequence[StoredBar]:
        self.crash.step()
        return [bar for (name, end), bar in sorted(self.stored.items()) if name == symbol and since < end <= until]


class Broker:
    """`Orders`: fills at the tick of the decision's fill, refuses or loses answers where told, and outlives crashes.

    Attributes:
        fills: Whether orders are filled.
        answers: What becomes of the next orders instead of their acceptance; each ends with the order.
        wishes: What reached KIS, the oldest first.
        room: How far from the wish's price a limit is, as a share of it; None for orders at the market.
        cancels: The keys of cancels that reached KIS.
        orders_a_day: So many the mandate lets out.
        others: Symbol → what the person holds beside the run; below zero where they sold what is the run's.
        lost: What of that the run has found out.
        reserved: For how much the person has standing orders to sell.
        fee: Of each order that is filled.
    """

    def __init__(self, market: "Market", crash: Crash) -> None:
        self.market = market
        self.crash = crash
        self.fills = True
        self.answers: list[Answer | Exception] = []
        self.wishes: list[Wish] = []
        self.by_key: dict[str, OwnOrder] = {}
        self.others: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self.hidden: set[str] = set()
        self.reserved = 0
        self.fee = Decimal(0)
        self.room: Decimal | None = None
        self.cancels: list[str] = []
        self.orders_a_day = 1000

    async def place(self, wish: Wish) -> Answer:
        self.crash.step()
        if (earlier := self.by_key.get(wish.key)) is not None:
            return Answer("accepted", earlier.intent_id)
        self.wishes.append(wish)
        answer = self.answers.pop(0) if self.answers else Answer("accepted", f"i{len(self.wishes)}")
        if isinstance(answer, Exception):
            raise answer
        if answer.kind in ("accepted", "unknown"):
            self.by_key[wish.key] = OwnOrder(
                intent_id=answer.intent_id or "",
                key=wish.key,
                at=self.market.now,
                symbol=wish.symbol,
                side=wish.side,
                quantity=wish.quantity,
                state="open" if answer.kind == "accepted" else "unknown",
                limit=None if self.room is None else wish.price * (1 + self.room * (1 if wish.side == "buy" else -1)),
            )
            self._fill(wish.symbol)
        self.crash.step()
        return answer

    async def cancel(self, intent_id: str, key: str) -> Answer:
        self.crash.step()
        if key in self.cancels:
            return Answer("accepted")
        self.cancels.append(key)
        order = next(order for order in self.by_key.values() if order.intent_id == intent_id)
        if order.state == "ended":
            return Answer("refused", None, "nothing of it is open")
        self.settle(order.key, state="ended")
        self.crash.step()
        return Answer("accepted")

    async def orders_left(self) -> int:
        self.crash.step()
        return self.orders_a_day - len(self.wishes)

    async def look_up(self, intent_id: str) -> OwnOrder:
        self.crash.step()
        if intent_id in self.hidden:
            raise KisUnavailable("KIS does not answer.", remedy="Wait.")
        return next(order for order in self.by_key.values() if order.intent_id == intent_id)

    async def orders(self) -> Sequence[OwnOrder]:
        self.crash.step()
        return list(self.by_key.values())

    def loss(self, prices: Mapping[str, Decimal]) -> Decimal:
        filled = [order for order in self.by_key.values() if order.filled]
        paid = [order.filled * (order.price or 0) * (1 if order.side == "buy" else -1) for order in filled]
        worth = ((self.held(symbol) - self.lost.get(symbol, 0)) * price for symbol, price in prices.items())
        gone = (count * self.cost_of_one(symbol) for symbol, count in self.lost.items())
        return sum(paid, Decimal(0)) + len(filled) * self.fee - sum(worth, Decimal(0)) - sum(gone, Decimal(0))

    def cost_of_one(self, symbol: str) -> Decimal:
        bought = [each for each in self.by_key.values() if (each.symbol, each.side) == (symbol, "buy") and each.filled]
        cost = sum((each.filled * (each.price or 0) for each in bought), Decimal(0))
        return cost / sum((Decimal(each.filled) for each in bought), Decimal(0))

    async def note_lost(self) -> None:
        self.lost = {symbol: -count for symbol, count in self.others.items() if count < 0}

    async def account(self, symbol: str) -> InAccount:
        self.crash.step()
        held = self.others.get(symbol, 0) + self.held(symbol)
        return InAccount(held, held - self.reserved)

    def held(self, symbol: str) -> int:
        """What KIS' ledger has of the run's orders."""
        own = [order for order in self.by_key.values() if order.symbol == symbol]
        return sum(order.filled if order.side == "buy" else -order.filled for order in own)

    def settle(self, key: str, **changes: Any) -> None:
        self.by_key[key] = replace(self.by_key[key], **changes)

    def hear(self, symbol: str) -> None:
        self._fill(symbol)

    def _fill(self, symbol: str) -> None:
        """At the price of the tick that comes with the order, else of the next one."""
        tick = self.market.last.get(symbol)
        for order in self.by_key.values():
            is_open = order.symbol == symbol and order.state == "open" and self.fills
            if is_open and tick is not None and tick.time == self.market.now and _takes(order, tick.price):
                self.settle(order.key, filled=order.quantity, price=tick.price, state="ended")


def _takes(order: OwnOrder, price: Decimal) -> bool:
    if order.limit is None:
        return True
    return price <= order.limit if order.side == "buy" else price >= order.limit


class Market:
    """What is traded: told to a run tick by tick, and kept as KIS keeps candles.

    Attributes:
        script: Symbol and tick, or what else happens at a time: an event of the feed, or a function.
        now: The clock.
        last: Symbol → the tick that was told last.
        base_from: When KIS tells the day's base price; None for before every look.
        looks: When it was looked whether prices were adjusted.
        splits: Symbol → the first day at other prices, and what prices before are multiplied by.
    """

    def __init__(
        self, script: Sequence[tuple[datetime, Any]], history: Mapping[str, Sequence[Bar]], interval: str
    ) -> None:
        self.script = list(script)
        self.history = {symbol: list(bars) for symbol, bars in history.items()}
        self.interval = interval
        self.at = 0
        self.now = LONG_AGO
        self.last: dict[str, Tick] = {}
        self.splits: dict[str, tuple[date, Decimal]] = {}
        self.is_up = True
        self.base_from: datetime | None = None
        self.looks: list[datetime] = []
        self._candles: dict[str, list[tuple[datetime, Bar]]] = {}

    def candles(self, symbol: str) -> list[tuple[datetime, Bar]]:
        """Every bar of the script, whether it was heard or not, and when it has ended."""
        if symbol not in self._candles:
            builder = BarBuilder(sessions(self.interval), LONG_AGO)
            ticks = [event[1] for _, event in self.script if isinstance(event, tuple) and event[0] == symbol]
            built = [one for tick in ticks if (one := builder.take(tick))]
            last = builder.end_by(datetime.max.replace(tzinfo=KST))
            self._candles[symbol] = [(one.span.until, one.bar) for one in (*built, *([last] if last else []))]
        return self._candles[symbol]

    async def latest(self, symbol: str, count: int) -> Sequence[Bar]:
        if not self.is_up:
            raise KisUnavailable("KIS does not answer.", remedy="Wait.")
        if self.interval == "tick":
            return []
        ended = [bar for end, bar in self.candles(symbol) if end <= self.now]
        bars = [*self.history.get(symbol, ()), *ended][-count:]
        return [_times(bar, self._ratio(symbol, bar.ends_at.date())) for bar in bars]

    async def since(self, symbol: str, after: datetime) -> Sequence[Bar]:
        return [bar for bar in await self.latest(symbol, 10**9) if bar.ends_at > after]

    async def adjustment(self, symbol: str, day: date, *, in_session: bool) -> Decimal | None:
        if not self.is_up:
            raise KisUnavailable("KIS does not answer.", remedy="Wait.")
        self.looks.append(self.now)
        if self.base_from is not None and in_session and self.now < self.base_from:
            return None
        return self._ratio(symbol, day)

    def _ratio(self, symbol: str, day: date) -> Decimal:
        first, ratio = self.splits.get(symbol, (date.max, Decimal(1)))
        return ratio if day < first <= self.now.date() else Decimal(1)


def _times(bar: Bar, ratio: Decimal) -> Bar:
    prices = {name: getattr(bar, name) * ratio for name in ("open", "high", "low", "close")}
    return bar if ratio == 1 else replace(bar, **prices)


@dataclass
class FakeFeed:
    """Tells the market's script, an entry at a time."""

    market: Market
    crash: Crash
    broker: Broker
    is_deaf: bool = False
    openings: int = 0

    async def open(self) -> None:
        self.crash.step()
        self.openings += 1

    async def read(self, seconds: float) -> Heard:
        self.crash.step()
        for _ in range(8):
            await asyncio.sleep(0)
        market = self.market
        if market.at == len(market.script):
            raise Over
        moment, event = market.script[market.at]
        market.at += 1
        market.now = moment
        if event is None:
            return Heard()
        if isinstance(event, Heard):
            return event
        if callable(event):
            event()
            return Heard()
        symbol, tick = event
        market.last[symbol] = tick
        self.broker.hear(symbol)
        return Heard() if self.is_deaf else Heard(ticks=[(symbol, tick)])

    async def close(self) -> None: ...


class Over(BaseException):
    """The script is over."""


def sessions(interval: str) -> Sessions:
    return Sessions(interval, "KR", KST, hours_of)


@dataclass
class Live:
    """A run over a market, which may be killed and taken up again.

    Attributes:
        records, broker: What outlives the process.
    """

    strategy: Strategy
    market: Market
    symbols: tuple[str, ...] = ("A",)
    capital: Decimal = Decimal(10_000_000)
    most_loss: Decimal | None = None
    until: datetime | None = None
    orders: bool = True
    halted: list[str] = field(default_factory=list[str])
    crash: Crash = field(default_factory=Crash)
    runner: Runner | None = None

    def __post_init__(self) -> None:
        self.records = MemoryRecords(self.crash)
        self.records.run = StrategyRun(
            id="run",
            strategy="s",
            version=1,
            digest="",
            mandate_id="m",
            account_id="a",
            symbols=self.symbols,
            state="running",
            reason="",
            started_at=self.market.now,
        )
        self.broker = Broker(self.market, self.crash)
        self.feed = FakeFeed(self.market, self.crash, self.broker)
        self.market.now = self.market.script[0][0] if self.market.script else self.market.now

    @property
    def terms(self) -> RunTerms:
        return RunTerms(
            run=self.records.run,
            strategy=self.strategy,
            records=self.records,  # type: ignore[arg-type]
            history=self.market,
            orders=self.broker if self.orders else None,
            sessions=sessions(self.strategy.interval),
            bounds=Bounds(capital=self.capital, most_loss=self.most_loss, until=self.until),
            clock=lambda: self.market.now,
            sleep=self._sleep,
        )

    async def go(self, *, resumes: bool = False) -> None:
        """Run until the script is over, the run stops, or the process is killed."""
        self.runner = Runner(
            self.terms, self.feed, halt_reason=lambda: self.halted[0] if self.halted else None, resumes=resumes
        )
        with suppress(Over, Killed):
            await self.runner.run()

    async def _sleep(self, seconds: float) -> None:
        """A paused or waiting run lets the script go on."""
        await asyncio.sleep(0)
        if seconds >= 2 and not self._is_errand():
            await self.feed.read(0)

    @staticmethod
    def _is_errand() -> bool:
        task = asyncio.current_task()
        return task is not None and "Errand" in repr(task.get_coro())

    def signals(self, *actions: str) -> list[SignalEntry]:
        return [
            each
            for each in sorted(self.records.kept.values(), key=lambda each: each.at)
            if each.action in (actions or ("enter", "exit", "none"))
        ]

    def told(self) -> list[tuple[str, str, str]]:
        """What was written down: when, what, why."""
        return [(f"{each.at:%H:%M}", each.action, each.reason.partition(":")[0]) for each in self.signals()]

    def sent(self) -> list[tuple[str, str, int]]:
        return [(wish.symbol, wish.side, wish.quantity) for wish in self.broker.wishes]


def tick_at(clock: str, price: float, day: date = MONDAY, size: int = 1) -> tuple[datetime, Tick]:
    moment = at(clock, day)
    return moment, Tick(moment, Decimal(str(price)), size)


def script(*rows: Any, symbol: str = "A", day: date = MONDAY) -> list[tuple[datetime, Any]]:
    """``("09:00:10", 100)`` is a tick; anything else happens as it is."""
    found = list[tuple[datetime, Any]]()
    for clock, event in rows:
        if isinstance(event, int | float):
            moment, tick = tick_at(clock, event, day)
            found.append((moment, (symbol, tick)))
        else:
            found.append((at(clock, day), event))
    return found


def live(document: Strategy, *rows: Any, history: Sequence[Bar] = (), **more: Any) -> Live:
    return Live(document, Market(script(*rows), {"A": history}, document.interval), **more)


def index_of(bars: Sequence[Bar], moment: datetime) -> int:
    return bisect_right([bar.ends_at for bar in bars], moment)


Then = Callable[[], None]
