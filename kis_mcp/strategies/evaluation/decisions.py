"""What a strategy does at the end of a bar: signals, bounded by its limits and sized by its rule.

A backtest and the live runner decide here, so that both do the same on the same bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation.evaluator import Evaluator, Signal
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.evaluation.registers import MakeIndicator, make_indicator
from kis_mcp.strategies.evaluation.sizing import quantity_of
from kis_mcp.strategies.indicators import BarValues, find_kind

RANGE: Final = find_kind("atr")
RANGE_PARAMS: Final = {"period": 20}
"""Over so many bars the usual range is measured, as `Sizing.volatility_percent` says."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do.

    Attributes:
        action: ``enter`` buys, ``exit`` sells the whole position.
        quantity: Of an entry.
        reason: Why, in a word: of an exit ``exit_condition``, ``after_bars`` or ``session_end``; of nothing why an
            entry that the conditions asked for is not made.
    """

    action: Literal["enter", "exit", "none"]
    quantity: int = 0
    reason: str = ""


NOTHING: Final = Decision("none")
"""Returned as it is whenever there is nothing to say."""


class EntryBook:
    """What a strategy's instruments share: its limits on positions and entries.

    Args:
        strategy: Resolved.
    """

    def __init__(self, strategy: Strategy) -> None:
        self._most_positions = strategy.limits.positions
        self._most_entries = strategy.limits.entries_a_day
        self.open: set[str] = set()
        self._day: date | None = None
        self._entries = 0

    def refusal(self, day: date) -> str:
        """Why no position may be opened; empty where one may."""
        if day != self._day:
            self._day, self._entries = day, 0
        if self._most_positions is not None and len(self.open) >= float(self._most_positions):
            return "most_positions"
        if self._most_entries is not None and self._entries >= float(self._most_entries):
            return "most_entries_a_day"
        return ""

    def enter(self, symbol: str) -> None:
        self.open.add(symbol)
        self._entries += 1

    def leave(self, symbol: str) -> None:
        self.open.discard(symbol)

    def remember(self, day: date, entries: int) -> None:
        """So many entries were made on a day before this book was opened."""
        self._day, self._entries = day, entries


class Decider:
    """Decides for one instrument.

    Args:
        strategy: Resolved.
        symbol: Which one.
        book: Shared by all instruments of the strategy.
        lot: The smallest quantity that is traded.
        make: Where indicators come from.
        signals: The signals of a history's bars, one after the other, where they were worked out before.

    Attributes:
        evaluator: Gives the signals otherwise.
        signal: Of the last bar.
        rests: Whether a bar without a signal decides nothing: it may be left out while there is no position, and passed
            over by the position while there is one.
    """

    def __init__(
        self,
        strategy: Strategy,
        symbol: str,
        book: EntryBook,
        lot: int = 1,
        make: MakeIndicator = make_indicator,
        signals: Sequence[Signal] | None = None,
    ) -> None:
        self._strategy = strategy
        self._symbol = symbol
        self._book = book
        self._lot = lot
        self._cooldown = int(strategy.limits.cooldown_bars)
        self._after_bars = None if strategy.exits.after_bars is None else int(strategy.exits.after_bars)
        self._wait = 0
        self._usual_range: float | None = None
        self._cools_down = False
        needs_range = strategy.sizing.volatility_percent is not None
        self._push_range = make(RANGE, RANGE_PARAMS) if needs_range else None
        self.evaluator = Evaluator(strategy, make)
        self._signals = signals
        self.signal = Signal(enters=None, exits=None)
        exits = strategy.exits
        self.rests = (
            signals is not None
            and not (needs_range or self._cooldown or exits.at_session_end)
            and exits.after_bars is None
        )
        self.position: Position | None = None

    def open(self, price: float) -> None:
        """An entry was filled."""
        self.position = Position(price, highest=price)

    def close(self) -> None:
        """The position was ended."""
        self.position = None
        self.cool_down()
        self._book.leave(self._symbol)

    def cool_down(self) -> None:
        """A position was ended in the bar that comes next."""
        self._wait = self._cooldown

    def give_up_entry(self) -> None:
        """An entry that was decided was not filled."""
        self._book.leave(self._symbol)

    def learn(self, bar: BarValues, at: int = 0) -> None:
        """Take a bar that has ended, and decide nothing.

        Args:
            bar: It.
            at: Its number, where signals were given.
        """
        position = self.position
        if position is not None:
            position.pass_bars(1, bar.high)
        if self._push_range is not None:
            self._usual_range = self._push_range(bar)[0]
        self.signal = self.evaluator.push(bar, position) if self._signals is None else self._signals[at]
        self._cools_down = position is None and self._wait > 0
        if self._cools_down:
            self._wait -= 1

    def end_bar(self, bar: BarValues, equity: Decimal, *, ends_session: bool, pending: bool, at: int = 0) -> Decision:
        """Take a bar that has ended, and decide.

        Args:
            bar: It.
            at: Its number, where signals were given.
            equity: Cash and positions at that moment, in the instrument's currency.
            ends_session: Whether no later bar of the day's session comes.
            pending: Whether an order of the strategy for the instrument is under way: nothing is decided then.
        """
        self.learn(bar, at)
        position, signal = self.position, self.signal
        if self._cools_down:
            return Decision("none", reason="cooldown") if signal.enters else NOTHING
        if pending:
            return NOTHING
        if position is not None:
            return self._exit(position, signal.exits, ends_session=ends_session)
        if not signal.enters or signal.exits:
            return NOTHING
        if ends_session and self._strategy.exits.at_session_end:
            return Decision("none", reason="session_end")
        return self._enter(bar, equity)

    def _exit(self, position: Position, exits: bool | None, *, ends_session: bool) -> Decision:
        if exits:
            return Decision("exit", reason="exit_condition")
        if self._after_bars is not None and position.bars >= self._after_bars:
            return Decision("exit", reason="after_bars")
        if ends_session and self._strategy.exits.at_session_end:
            return Decision("exit", reason="session_end")
        return NOTHING

    def _enter(self, bar: BarValues, equity: Decimal) -> Decision:
        usual_range = self._usual_range
        if refusal := self._book.refusal(bar.ends_at.date()):
            return Decision("none", reason=refusal)
        quantity = quantity_of(
            self._strategy.sizing,
            price=Decimal(str(bar.close)),  # the digits of the price: a float of so few keeps them
            equity=equity,
            usual_range=None if usual_range is None else Decimal(str(usual_range)),
            exits=self._strategy.exits,
            limits=self._strategy.limits,
            lot=self._lot,
        )
        if not quantity:
            return Decision("none", reason="less_than_one_lot")
        self._book.enter(self._symbol)
        return Decision("enter", quantity, "entry_condition")
