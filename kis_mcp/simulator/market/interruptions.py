"""Volatility interruptions of the Korean exchange, found from the ticks of a session.

A price that is 10 % or more from the reference interrupts a stock statically; one that is 3 % from the last trade (6 %
of KOSDAQ's stocks) dynamically. The reference is the price of the last auction: the day's first, or that which ended
the last interruption. After the trade that crosses a bound no share is traded for two minutes, and then at one price.
"""

from array import array
from dataclasses import dataclass

from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.instruments import Instrument

CALL_TICKS = 120 // TICK_SECONDS
"""How long orders are collected."""

_STATIC_PERCENT = 10
_DYNAMIC_PERCENT = {"kosdaq": 6}
_USUAL_DYNAMIC_PERCENT = 3


@dataclass(frozen=True, slots=True)
class Interruption:
    """A call period of two minutes.

    Attributes:
        tick: Of the trade that caused it; the next trade is :data:`CALL_TICKS` later, or at the day's end.
        price: Of that trade, in units.
        reference: What it was 10 % away from, in units; 0 where it was not.
        last: What it was 3 or 6 % away from, in units; 0 where it was not.
        count: How many there have been on the day, with this one.
    """

    tick: int
    price: int
    reference: int
    last: int
    count: int

    @property
    def end(self) -> int:
        """The tick of the next trade."""
        return self.tick + CALL_TICKS


def has_interruptions(instrument: Instrument) -> bool:
    """Whether the exchange interrupts it: Korean shares and funds."""
    return instrument.category == "domestic_stock" and instrument.kind != "warrant"


def may_interrupt(instrument: Instrument, high: int, low: int) -> bool:
    """Whether a day with these extremes can have an interruption."""
    return has_interruptions(instrument) and _is_beyond(high, low, _dynamic_percent(instrument))


def interrupt(prices: "array[int]", instrument: Instrument) -> tuple[Interruption, ...]:
    """The interruptions of a day. Its prices are held during each; an extreme that falls within comes right after.

    Args:
        prices: Of the day's ticks, in units; they are changed.
    """
    high, low = max(prices), min(prices)
    if not may_interrupt(instrument, high, low):
        return ()
    dynamic = _dynamic_percent(instrument)
    found: list[Interruption] = []
    reference, tick, last = prices[0], 1, len(prices) - 1
    while tick < last:
        price, before = prices[tick], prices[tick - 1]
        is_static, is_dynamic = _is_beyond(price, reference, _STATIC_PERCENT), _is_beyond(price, before, dynamic)
        if not is_static and not is_dynamic:
            tick += 1
            continue
        interruption = Interruption(
            tick, price, reference if is_static else 0, before if is_dynamic else 0, len(found) + 1
        )
        found.append(interruption)
        tick = min(interruption.end, last)
        _hold(prices, interruption.tick, tick, (high, low))
        reference, tick = prices[tick], tick + 1
    return tuple(found)


def active(interruptions: tuple[Interruption, ...], ticks: int) -> Interruption | None:
    """The call period that a session is in after so many ticks."""
    return next((i for i in interruptions if i.tick < ticks <= i.end), None)


def _dynamic_percent(instrument: Instrument) -> int:
    return _DYNAMIC_PERCENT.get(instrument.board, _USUAL_DYNAMIC_PERCENT)


def _is_beyond(price: int, reference: int, percent: int) -> bool:
    return abs(price - reference) * 100 >= reference * percent


def _hold(prices: "array[int]", start: int, end: int, extremes: tuple[int, int]) -> None:
    """Repeat the price of ``start`` until ``end``. An extreme of the day that was between moves to ``end``, or near it
    where another one or the day's last price has to be there.
    """
    price, between = prices[start], set(prices[start + 1 : end])
    for tick in range(start + 1, end):
        prices[tick] = price
    missing = [extreme for extreme in extremes if extreme in between and extreme not in prices]
    for number, extreme in enumerate(missing):
        prices[min(end + number, len(prices) - 2)] = extreme
