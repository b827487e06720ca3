"""One instrument of a backtest: its bars, what is held and what is ordered, filled bar by bar.

The rules of filling:

- A decision is made at a bar's end and filled at the next bar's open, slippage against it, but never beyond the day's
  price limit. An entry that finds no volume, no money, a price locked at its daily limit, or a bar after a halt lapses;
  an exit waits.
- Stop and target stand from the entry's own bar on. A bar that opens beyond one is filled at its open; else one that
  reaches it is filled there, a stop with slippage. Where a bar reaches both, the stop is taken: which came first is not
  known. A trailing stop follows the high of the bars before.
- An end of session is decided at the first bar that ends within the last minutes of its regular session, and sells as
  any exit. Where that is the day's last bar, as in Korea the one of the closing auction, it sells at that bar's close;
  so it does where the session's hours are not given.
- A bar without volume fills nothing.
"""

from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.options import BacktestOptions, InstrumentTerms, Side, lead_in
from kis_mcp.strategies.backtest.regular_hours import LEAD
from kis_mcp.strategies.backtest.result import BacktestResult, SignalEvent, Trade
from kis_mcp.strategies.backtest.shared_values import SharedValues
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import (
    NOTHING,
    Decider,
    EntryBook,
    exit_levels,
    has_levels,
    make_indicator,
    whole_signals,
)

_NOTHING, _HUNDRED = Decimal(0), Decimal(100)
_LOCKED_SHARE = Decimal("0.97")
"""A bar without a range that is this much of the daily limit away from the close before is locked at the limit: the
limit itself is rounded to the tick, and by a base price that splits and dividends move."""

_LONGEST_PAUSE = timedelta(days=15)
"""Between ends of bars of a market that is open: the longest holidays, and weeks around them."""


class Lane:
    """One instrument of a running backtest.

    Args:
        strategy: Resolved.
        symbol, bars, terms: The instrument.
        book: Shared by all lanes.
        options: The assumptions.
        result: Into which it writes.
        shared: The values of the bars and indicators, where other backtests run over the same.

    Attributes:
        sells_at_close: Whether it may sell while it decides.
    """

    def __init__(
        self,
        strategy: Strategy,
        symbol: str,
        bars: Bars,
        terms: InstrumentTerms,
        book: EntryBook,
        options: BacktestOptions,
        result: BacktestResult,
        shared: SharedValues | None = None,
    ) -> None:
        self.symbol = symbol
        self.bars = bars
        make = shared.make if shared else make_indicator
        closes = shared.closes if shared else list(bars.closes())
        signals = whole_signals(strategy, lambda: shared.values if shared else list(bars.values()), closes, make)
        self._lead_in = lead_in(bars.ends_at, options.start)
        self._begins = max(0, self._lead_in - 1)
        self._entries = [at for at, signal in enumerate(signals or ()) if signal.enters and at >= self._begins]
        self._exits = [at for at, signal in enumerate(signals or ()) if signal.exits]
        # Without signals every bar is needed; with them few are, and a year of minutes takes memory.
        values = shared.values if shared else list(bars.values()) if signals is None else None
        self._value_at = bars.value if values is None else values.__getitem__
        self.at = 0
        self._traded = 0
        self._strategy = strategy
        self._terms = terms
        self._options = options
        self._result = result
        self._decider = Decider(strategy, symbol, book, terms.lot, make, signals)
        self._entry_quantity = 0
        self._exit_reason = ""
        self._trade: Trade | None = None
        self._highest = Decimal(0)
        self.sells_at_close = strategy.exits.at_session_end
        self._close_of: dict[date, datetime | None] = {}
        self._has_levels = has_levels(strategy.exits)

    @property
    def warm_up(self) -> int:
        """Of how many of its bars nothing can be decided but at the end of the last."""
        return max(self._decider.evaluator.warm_up, self._lead_in)

    @property
    def decides_from(self) -> datetime | None:
        """The end of the first bar at which something can be decided; None where there are too few."""
        return self.bars.ends_at[self.warm_up - 1] if self.warm_up <= len(self.bars) else None

    @property
    def holds(self) -> bool:
        return self._trade is not None

    def worth(self) -> Decimal:
        """What is held, at the close of the last bar that was traded."""
        if self._trade is None:
            return _NOTHING
        return self.bars.close[self._traded] * self._trade.quantity * self.bars.unit

    def skip(self, cash: Decimal) -> list[Decimal]:
        """Pass over the bars in which nothing can happen; returns what the account is worth at the end of each."""
        if not self._decider.rests or self._entry_quantity or self._exit_reason:
            return []
        begin, trade = self.at, self._trade
        if trade is None:
            self.at = self._next_of(self._entries)
            return [cash] * (self.at - begin)
        assert self._decider.position is not None
        end = begin if self._has_levels else self._next_of(self._exits)
        if begin == end:
            return []
        self.at, self._traded = end, end - 1
        self._decider.position.pass_bars(end - begin, max(self.bars.high[begin:end]) / self.bars.divisor)
        quantity, unit = trade.quantity, self.bars.unit
        return [cash + close * quantity * unit for close in self.bars.close[begin:end]]

    def _next_of(self, numbers: list[int]) -> int:
        """The first bar from here on that is among some; the end where none is."""
        at = bisect_left(numbers, self.at)
        return numbers[at] if at < len(numbers) else len(self.bars)

    def trade_bar(self) -> None:
        """Fill what is ordered in the next bar, and what its prices set off."""
        self._traded = self.at
        if self._entry_quantity:
            self._buy_at_open()
        if not self.bars.volume[self.at]:
            return
        if self._exit_reason:
            self._sell_at_open()
        if self._trade is None or not self._has_levels:
            return
        if not self._exit_reason:
            self._check_levels(self._trade)
        self._highest = max(self._highest, self.bars.high[self.at] * self.bars.unit)

    def end_bar(self, equity: Decimal) -> None:
        """Decide at the end of the bar, at which the account is worth so much, and go to the next."""
        at = self.at
        bar = self._value_at(at)
        self.at = at + 1
        if at < self._begins:
            self._decider.learn(bar, at)
            return
        decision = self._decider.end_bar(
            bar,
            equity,
            ends_session=self.sells_at_close and self._ends_session(at),
            pending=bool(self._entry_quantity or self._exit_reason),
            at=at,
        )
        if decision is NOTHING:
            return
        self._result.signals.append(
            SignalEvent(self.symbol, bar.ends_at, decision.action, decision.quantity, decision.reason)
        )
        match decision.action:
            case "enter":
                self._entry_quantity = decision.quantity
            case "exit" if decision.reason == "session_end" and self.bars.volume[at] and self._is_last_of_day(at):
                self._sell(self.bars.close[at] * self.bars.unit, at, decision.reason)
            case "exit":
                self._exit_reason = decision.reason
            case _:
                pass

    def end_trading(self) -> None:
        """No bar comes any more, while others have some: it is halted or delisted, and keeps no other from being
        bought."""
        if self._entry_quantity:
            self._entry_quantity = 0
            self._lapse("halted")

    def finish(self) -> None:
        """The history is over: what is held stays open."""
        if self._trade is not None and self._decider.position is not None:
            self._trade.bars = self._decider.position.bars

    def _ends_session(self, at: int) -> bool:
        closes = self._closes(at)
        return self._is_last_of_day(at) if closes is None else self.bars.ends_at[at] >= closes - LEAD

    def _is_last_of_day(self, at: int) -> bool:
        times = self.bars.ends_at
        if at + 1 < len(times):
            return times[at + 1].date() != times[at].date()
        closes = self._closes(at)
        return closes is not None and times[at] >= closes

    def _closes(self, at: int) -> datetime | None:
        """When the session of a bar's day closes."""
        if self._terms.closes is None:
            return None
        day = self.bars.ends_at[at].date()
        if day not in self._close_of:
            self._close_of[day] = self._terms.closes(day)
        return self._close_of[day]

    def _buy_at_open(self) -> None:
        at, quantity = self.at, self._entry_quantity
        self._entry_quantity = 0
        if self.bars.ends_at[at] - self.bars.ends_at[at - 1] > _LONGEST_PAUSE:
            return self._lapse("halted")
        if self._is_locked(1):
            return self._lapse("locked_at_upper_limit")
        price = self._slipped(self.bars.open[at] * self.bars.unit, "buy")
        quantity = min(quantity, self._most_of_volume(at))
        if not quantity:
            return self._lapse("no_volume")
        day = self.bars.ends_at[at].date()
        affordable = self._affordable(price, quantity, at)
        if affordable < quantity:
            self._count("less_for_lack_of_money")
        if not affordable:
            return self._lapse("no_money")
        costs = self._terms.costs.cost("buy", price * affordable, affordable, day)
        self._pay(-price * affordable, costs)
        self._trade = Trade(self.symbol, affordable, self.bars.ends_at[at], price, costs)
        self._result.trades.append(self._trade)
        self._highest = price
        self._decider.open(float(price))
        return None

    def _affordable(self, price: Decimal, quantity: int, at: int) -> int:
        """So many of a quantity as the cash pays for, costs included."""
        day, cash = self.bars.ends_at[at].date(), self._result.cash
        total = price * quantity + self._terms.costs.cost("buy", price * quantity, quantity, day)
        if total <= cash:
            return quantity
        lot = self._terms.lot
        fitting = max(0, int(quantity * cash / total) // lot * lot)
        while fitting and price * fitting + self._terms.costs.cost("buy", price * fitting, fitting, day) > cash:
            fitting -= lot
        return fitting

    def _sell_at_open(self) -> None:
        if self._is_locked(-1):
            self._count("exit_waits_at_lower_limit")
            return
        reason, self._exit_reason = self._exit_reason, ""
        self._sell(self._slipped(self.bars.open[self.at] * self.bars.unit, "sell"), self.at, reason)

    def _check_levels(self, trade: Trade) -> None:
        bars, at, unit = self.bars, self.at, self.bars.unit
        levels = exit_levels(self._strategy.exits, trade.entry_price, self._highest)
        stop, target = levels.stop, levels.target
        reaches_stop = stop is not None and bars.low[at] * unit <= stop
        reaches_target = target is not None and bars.high[at] * unit >= target
        if not (reaches_stop or reaches_target) or self._is_locked(-1):
            return
        opening = bars.open[at] * unit
        if target is not None and opening >= target:
            self._sell(opening, at, "take_profit")
        elif stop is not None and reaches_stop:
            self._result.ambiguous_exits += reaches_target and opening > stop
            self._sell(self._slipped(min(opening, self._to_tick(stop, ROUND_FLOOR)), "sell"), at, levels.stop_name)
        elif target is not None:
            self._sell(self._to_tick(target, ROUND_CEILING), at, "take_profit")

    def _sell(self, price: Decimal, at: int, reason: str) -> None:
        trade = self._trade
        assert trade is not None
        amount = price * trade.quantity
        self._result.large_exits += trade.quantity > self._most_of_volume(at)
        costs = self._terms.costs.cost("sell", amount, trade.quantity, self.bars.ends_at[at].date())
        self._pay(amount, costs)
        assert self._decider.position is not None
        trade.exited_at, trade.exit_price, trade.exit_reason = self.bars.ends_at[at], price, reason
        trade.costs += costs
        trade.bars = self._decider.position.bars
        self._trade = None
        self._decider.close()

    def _pay(self, amount: Decimal, costs: Decimal) -> None:
        self._result.cash += amount - costs
        self._result.costs += costs
        self._result.turnover += abs(amount)

    def _slipped(self, price: Decimal, side: Side) -> Decimal:
        tick = self._tick(price)
        worse = tick * self._options.slippage_ticks + price * self._options.slippage_percent / _HUNDRED
        if side == "buy":
            slipped = self._to_tick(price + worse, ROUND_CEILING)
            return max(price, min(slipped, self._limit(1) or slipped))
        # Nothing is sold for nothing: a stop of a penny stock ends at its last step.
        slipped = max(self._to_tick(price - worse, ROUND_FLOOR), tick or self.bars.unit)
        return min(price, max(slipped, self._limit(-1) or slipped))

    def _limit(self, direction: int) -> Decimal | None:
        """The highest (1) or lowest (-1) price of the day; None where there is none."""
        percent = self._terms.daily_limit_percent
        if percent is None or (base := self._base()) is None:
            return None
        rounding = ROUND_FLOOR if direction > 0 else ROUND_CEILING
        return self._to_tick(base * (1 + direction * percent / _HUNDRED), rounding)

    def _base(self) -> Decimal | None:
        """The last close before the day of the bar; None on the first day."""
        now = self.bars.ends_at[self.at]
        before = bisect_left(self.bars.ends_at, datetime.combine(now.date(), time.min, now.tzinfo)) - 1
        return self.bars.close[before] * self.bars.unit if before >= 0 else None

    def _to_tick(self, price: Decimal, rounding: str) -> Decimal:
        tick = self._tick(price)
        return (price / tick).to_integral_value(rounding) * tick if tick else price

    def _tick(self, price: Decimal) -> Decimal:
        return self._terms.tick(price) if self._terms.tick else Decimal(0)

    def _most_of_volume(self, at: int) -> int:
        most = int(self.bars.volume[at] * self._options.most_volume_percent / _HUNDRED)
        return most // self._terms.lot * self._terms.lot

    def _is_locked(self, direction: int) -> bool:
        """Whether the bar stands at its daily limit all the time, where nobody sells (1) or buys (-1)."""
        at, limit = self.at, self._terms.daily_limit_percent
        if limit is None or self.bars.high[at] != self.bars.low[at]:
            return False
        base = self._base()
        change = self.bars.open[at] * self.bars.unit / base - 1 if base else _NOTHING
        return change * direction * _HUNDRED >= limit * _LOCKED_SHARE

    def _lapse(self, why: str) -> None:
        self._count(why)
        self._decider.give_up_entry()

    def _count(self, why: str) -> None:
        self._result.unfilled[why] = self._result.unfilled.get(why, 0) + 1
