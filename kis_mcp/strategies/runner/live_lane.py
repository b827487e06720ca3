"""One instrument of a run: its bars, its position, and what is decided. It waits for nothing and sends nothing.

It decides as a lane of a backtest does. Only fills differ, for they are real: an order goes out after the bar's end, at
a stop or target at the tick that touches it, whichever comes first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import (
    BUY_ROOM,
    Decider,
    Decision,
    EntryBook,
    ExitLevels,
    Signal,
    exit_levels,
    has_levels,
)
from kis_mcp.strategies.indicators import BarValues
from kis_mcp.strategies.records import LISTED_AFTER, HeldPosition
from kis_mcp.strategies.runner.bar_builder import BarBuilder, BuiltBar, Tick
from kis_mcp.strategies.runner.holding import Holding, holding_of, sale_elsewhere
from kis_mcp.strategies.runner.ports import OwnOrder, Side
from kis_mcp.strategies.runner.sessions import Sessions
from kis_mcp.strategies.runner.trade_bars import TradeBars

SESSION_END = "session_end"
RETRY_AFTER = timedelta(seconds=30)
"""So long an exit at a price waits after it was refused; of single trades all orders do."""

_NO_LEVELS = ExitLevels()
_WITH_ROOM = 1 + BUY_ROOM


@dataclass(frozen=True, slots=True)
class Want:
    """An order that was decided and has no answer yet.

    Attributes:
        at: The moment of its decision, as the signal has it.
        reason: Of an exit.
    """

    side: Side
    quantity: int
    at: datetime
    reason: str


class LiveLane:
    """One instrument of a run.

    Args:
        strategy: Resolved.
        book: Shared by all lanes of the run.
        whole_from: Since when every trade is heard.
        lot: The smallest quantity that is traded.

    Attributes:
        builder: Its bars in the making.
        want: The order that it wants now.
        leaving: Why the position is being sold; empty while it is not.
        last_bar: The end of the last bar that it took.
        last_price: Of the last trade.
        is_stale: Whether it took a bar that may have lacked trades.
        standing: Its orders that may still be filled.
    """

    def __init__(
        self, strategy: Strategy, symbol: str, book: EntryBook, sessions: Sessions, whole_from: datetime, lot: int = 1
    ) -> None:
        self.symbol = symbol
        self.builder = (TradeBars if sessions.of_trades else BarBuilder)(sessions, whole_from)
        self._sessions = sessions
        self.want: Want | None = None
        self.leaving = ""
        self.last_bar: datetime | None = None
        self.last_price: Decimal | None = None
        self.is_stale = False
        self.holding = Holding()
        self._lot = lot
        self._strategy = strategy
        self._exits = strategy.exits
        self._has_levels = has_levels(strategy.exits)
        self._book = book
        self._decider = Decider(strategy, symbol, book, lot)
        self._orders: dict[str, OwnOrder] = {}
        self.standing: Sequence[OwnOrder] = ()
        self._last_close = Decimal(0)
        self._highest = Decimal(0)
        self._levels = _NO_LEVELS
        self._bars_of_wait, self._high_of_wait = 0, 0.0
        self._no_order_before: datetime | None = None
        self._built_until: datetime | None = None
        self._covered_until: datetime | None = None

    @property
    def warm_up(self) -> int:
        return self._decider.evaluator.warm_up

    @property
    def bars_missing(self) -> int:
        """So many more it takes until there are signals."""
        return self._decider.evaluator.bars_missing

    @property
    def signal(self) -> Signal:
        return self._decider.signal

    @property
    def quantity(self) -> int:
        """What it holds."""
        return self.holding.quantity

    @property
    def is_busy(self) -> bool:
        """Whether an order is wanted or under way."""
        return self.want is not None or bool(self.standing)

    @property
    def is_being_sold(self) -> bool:
        """Whether an order to sell stands, or may."""
        return any(not _buys(order) for order in self.standing)

    @property
    def price(self) -> Decimal:
        """Of the last trade; where none was heard yet, the last close."""
        assert self.last_price is not None, "it has decided upon a bar"
        return self.last_price

    @property
    def has_heard_all_since_last_bar(self) -> bool:
        """Whether no trade was missed since its last bar ended."""
        if self._covered_until is None and self.last_bar is not None:
            self._covered_until = self._sessions.end_of_bar(self.last_bar)
        return self._covered_until is not None and self.builder.has_heard_since(self._covered_until)

    def values(self) -> dict[str, float | None]:
        """What the conditions compared at the last bar."""
        return self._decider.evaluator.values()

    def worth(self) -> Decimal:
        """What it holds, at the last price; at cost where none is known."""
        return self.holding.cost if self.last_price is None else self.quantity * self.last_price

    def committed(self) -> Decimal:
        """The cost of what it holds, and what its wanted and standing buys may take."""
        cost = self.holding.cost
        if not self.is_busy:
            return cost
        price = (self.last_price or Decimal(0)) * _WITH_ROOM
        wanted = self.want.quantity if self.want is not None and self.want.side == "buy" else 0
        standing = (_open_part(each) * max(price, each.limit or price) for each in self.standing if _buys(each))
        return cost + price * wanted + sum(standing, Decimal(0))

    def restore(self, bars: Iterable[Bar], orders: Sequence[OwnOrder], kept: HeldPosition | None) -> None:
        """Take up what was: the bars of the past, and the position that the run's orders made.

        Args:
            bars: The oldest first.
            orders: The run's, of this instrument.
            kept: What was last written of the position, for what was before these bars.
        """
        self._orders = {order.intent_id: order for order in orders}
        self.standing = _standing(self._orders)
        held = self.holding = holding_of(orders)
        position, cools_from = held.price, held.closed_at if not held.quantity else None
        for bar in bars:
            if position is not None and held.opened_at is not None and bar.ends_at > held.opened_at:
                self._open(position)
                position = None
            if cools_from is not None and bar.ends_at > cools_from:
                self._decider.cool_down()
                cools_from = None
            self.learn(bar)
        if self.last_bar is not None:
            self.builder.pass_over(self._sessions.end_of_bar(self.last_bar))
            self.last_price = self.last_price or self._last_close
        if position is not None:
            self._open(position)
        if cools_from is not None:
            self._decider.cool_down()
        if self._decider.position is not None and kept is not None and kept.quantity:
            self._decider.position.bars = max(self._decider.position.bars, kept.bars)
            self._decider.position.pass_bars(0, float(kept.highest))
            self._highest = max(self._highest, kept.highest)
        self._set_levels()
        if held.quantity or any(_buys(each) for each in self.standing):
            self._book.open.add(self.symbol)

    def hear(self, tick: Tick) -> str:
        """Take note of a price; returns why the position is to be sold at once, or nothing."""
        self.last_price = tick.price
        levels = self._levels
        if levels is _NO_LEVELS or self.leaving or self.want is not None:
            return ""
        if self.waits(tick.time):
            return ""
        if levels.stop is not None and tick.price <= levels.stop:
            return levels.stop_name
        return "take_profit" if levels.target is not None and tick.price >= levels.target else ""

    def waits(self, now: datetime) -> bool:
        """Whether an order was refused a moment ago."""
        return self._no_order_before is not None and now < self._no_order_before

    def miss(self, began_at: datetime, ended_at: datetime) -> None:
        """Trades may have been missed in a time."""
        self.builder.report_gap(ended_at)
        if self._built_until is not None and began_at < self._built_until:
            self.is_stale = True

    def begin_anew(self) -> None:
        """What it learnt is of no use any more: its bars are read anew, and an entry lapses."""
        self.forgo()
        self.is_stale = True

    def catch_up(self, bars: Sequence[Bar]) -> None:
        """Take the bars that were not heard; a stale lane begins anew with them."""
        if self.is_stale:
            self.begin_with(bars)
        else:
            for bar in bars:
                self.learn(bar)

    def begin_with(self, bars: Sequence[Bar]) -> None:
        """Forget all bars for these; what it holds stays."""
        kept, self.is_stale = self.held_position(""), False
        self._decider = Decider(self._strategy, self.symbol, self._book, self._lot)
        self.restore(bars, list(self._orders.values()), kept)

    def learn(self, bar: Bar) -> None:
        """Take a bar that has ended, and decide nothing."""
        self._decider.learn(values_of(bar))
        self._pass(bar)

    def end_bar(self, bar: Bar, built: BuiltBar, equity: Decimal, free: Callable[[], Decimal]) -> Decision:
        """Take a bar that has ended, and decide.

        Args:
            bar: With all of its trades.
            built: As far as it was heard.
            equity: What the run's purse is worth.
            free: Tells what of it may be spent.
        """
        self.last_price = bar.close
        if built.is_whole:
            self._built_until = built.span.until
        waits = self._sessions.of_trades and self.waits(bar.ends_at)
        decision = self._decider.end_bar(
            values_of(bar),
            equity,
            ends_session=built.span.ends_session,
            pending=self.is_busy or bool(self.leaving) or waits,
        )
        self._pass(bar)
        self._covered_until = built.span.until
        if decision.action == "enter":
            decision = self._afford(decision, bar.close, free())
            if decision.action == "enter":
                self.want = Want("buy", decision.quantity, bar.ends_at, decision.reason)
        elif self.leaving and self.quantity and not self.is_busy and not waits:
            decision = Decision("exit", reason=self.leaving)
        if decision.action == "exit":
            self.leave(decision.reason, bar.ends_at)
        return decision

    def enter(self, quantity: int, at: datetime) -> None:
        """Buy what was decided before."""
        self._book.open.add(self.symbol)
        self.want = Want("buy", quantity, at, "")

    def forgo(self) -> None:
        """Nothing can be ordered: an entry lapses."""
        if self.want is not None:
            self.want = None
            self._decider.give_up_entry()

    def leave(self, reason: str, at: datetime) -> None:
        """Sell the position."""
        self.leaving = reason
        self.want = Want("sell", self.quantity, at, reason)

    def take_order(self, order: OwnOrder) -> None:
        """Hear where one of its orders stands."""
        before = self.holding
        self._orders[order.intent_id] = order
        self.standing = _standing(self._orders)
        held = self.holding = holding_of(self._orders.values())
        if held.price is not None and self._decider.position is None:
            self._open(held.price, self._bars_of_wait, self._high_of_wait)
        elif held.price is not None and held != before and self._decider.position is not None:
            self._decider.position.price = float(held.price)
        elif not held.quantity and self._decider.position is not None and not self.standing:
            self._close()
        if _buys(order) and order.state == "ended" and not order.filled:
            self._decider.give_up_entry()
            self._rest(order.at)
        self._set_levels()

    def refuse(self, want: Want, now: datetime) -> None:
        """What it wanted was not ordered: an entry lapses, and an exit is tried again."""
        self.want = None
        if want.side == "buy":
            self._rest(now)
            self._decider.give_up_entry()
        else:
            self.sell_later(now)

    def sell_later(self, now: datetime) -> None:
        """An exit did not sell: it is tried again at the end of the next bar, one at a price once the price is there
        after a while, and any after a while at the end of a session."""
        self._rest(now)
        if self.leaving not in (SESSION_END, "exit_condition", "after_bars"):
            self.leaving = ""

    def _rest(self, now: datetime) -> None:
        """An order was refused. The exchange's clock counts where it is ahead."""
        heard_at = self.last_bar if self._sessions.of_trades else None
        self._no_order_before = max(now, heard_at or now) + RETRY_AFTER

    def answer(self, order: OwnOrder) -> None:
        """What it wanted was sent."""
        self.want = None
        self._bars_of_wait, self._high_of_wait = 0, 0.0
        self.take_order(order)

    def lacks(self, held: int, now: datetime) -> int:
        """How much of what it holds an account that holds so much has not: somebody else sold it. Of what was traded a
        while ago only: the account's list may be behind."""
        latest = max((order.at for order in self._orders.values()), default=now)
        return max(0, self.quantity - held) if now - latest >= LISTED_AFTER else 0

    def lose(self, quantity: int, now: datetime) -> None:
        """So much of what it held is not in the account any more: somebody else sold it."""
        self.take_order(sale_elsewhere(self.symbol, quantity, now))

    def held_position(self, run_id: str) -> HeldPosition:
        """What is to be written of the position."""
        held, position = self.holding, self._decider.position
        return HeldPosition(
            run_id=run_id,
            symbol=self.symbol,
            quantity=held.quantity,
            cost=held.cost,
            opened_at=held.opened_at or held.closed_at or self.last_bar or self.builder.whole_from,
            bars=position.bars if position else 0,
            highest=self._highest,
        )

    def _afford(self, decision: Decision, price: Decimal, free: Decimal) -> Decision:
        most = max(0, int(free / (price * _WITH_ROOM))) // self._lot * self._lot
        if most >= decision.quantity:
            return decision
        if most:
            why = f"{decision.reason}: {most} of {decision.quantity}, its money has room for no more"
            return replace(decision, quantity=most, reason=why)
        self._decider.give_up_entry()
        return Decision("none", reason="no_money")

    def _pass(self, bar: Bar) -> None:
        self.last_bar, self._last_close, self._covered_until = bar.ends_at, bar.close, None
        if self._decider.position is not None:
            self._highest = max(self._highest, bar.high)
            self._set_levels()
        elif self.standing:
            self._bars_of_wait += 1
            self._high_of_wait = max(self._high_of_wait, float(bar.high))

    def _open(self, price: Decimal, bars: int = 0, high: float = 0) -> None:
        """A position begins, of which it is heard so many bars later."""
        self._decider.open(float(price))
        if self._decider.position is not None:
            self._decider.position.pass_bars(bars, high)
        self._highest = max(price, Decimal(str(high)))

    def _close(self) -> None:
        self._decider.close()
        self.leaving, self._no_order_before = "", None

    def _set_levels(self) -> None:
        price = self.holding.price
        self._levels = _NO_LEVELS
        if self._has_levels and price is not None:
            self._levels = exit_levels(self._exits, price, self._highest)


def values_of(bar: Bar) -> BarValues:
    """A bar as an evaluator takes it."""
    return BarValues(bar.ends_at, float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))


def _standing(orders: Mapping[str, OwnOrder]) -> list[OwnOrder]:
    return [order for order in orders.values() if order.state != "ended"]


def _buys(order: OwnOrder) -> bool:
    return order.side == "buy"


def _open_part(order: OwnOrder) -> int:
    return order.quantity - order.filled
