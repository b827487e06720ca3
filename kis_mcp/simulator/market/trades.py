"""The single trades of a session: one at each tick, a buy or a sell."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.session import Session


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade in won and shares."""

    price: int
    size: int
    is_buy: bool

    @property
    def amount(self) -> int:
        return self.price * self.size


@dataclass(slots=True)
class Count:
    """Trades and their shares, by side."""

    buys: int = 0
    sells: int = 0
    bought: int = 0
    sold: int = 0
    amount: int = 0

    @property
    def volume(self) -> int:
        return self.bought + self.sold

    def add(self, trade: Trade) -> None:
        self.amount += trade.amount
        if trade.is_buy:
            self.buys += 1
            self.bought += trade.size
        else:
            self.sells += 1
            self.sold += trade.size


def trades(session: Session, start: int, end: int) -> Iterator[Trade]:
    """The trades of the ticks from ``start`` up to and without ``end``, oldest first, without ticks that have none."""
    for tick in range(start, end):
        size = session.volume_at(tick)
        if size:
            bought = session.bought_until(tick + 1) - (session.bought_until(tick) if tick else 0)
            yield Trade(session.prices[tick], size, bought > 0)


def by_price(session: Session, ticks: int) -> Counter[int]:
    """Shares traded at each price in the first ticks of a day."""
    sizes: Counter[int] = Counter()
    for trade in trades(session, 0, ticks):
        sizes[trade.price] += trade.size
    return sizes


class LargeTrades:
    """Counts of the trades of a day that are worth an amount or more. Each tick is looked at once."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._day = date.min
        self._counts: dict[tuple[str, int], tuple[int, Count]] = {}

    def until(self, instrument: Instrument, day: date, ticks: int, least: int) -> Count:
        """Those of the first ticks of a day.

        Args:
            least: Won.
        """
        if day != self._day:
            self._day, self._counts = day, {}
        key = (instrument.symbol, least)
        until, count = self._counts.get(key, (0, Count()))
        if ticks < until:
            until, count = 0, Count()
        for trade in trades(self._market.session(instrument, day), until, ticks):
            if trade.amount >= least:
                count.add(trade)
        self._counts[key] = (ticks, count)
        return count
