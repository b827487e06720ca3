"""What is told of a trade with the quote that it made."""

from collections.abc import Callable, Mapping, Set as AbstractSet
from decimal import Decimal
from functools import cached_property

from kis_mcp.simulator.answers.quotes.measures import bought
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.trades import Count
from kis_mcp.simulator.world import World

_CENT = Decimal("0.01")
_IN_SESSION = "20"
"""KIS' code of a session that runs as usual."""


class LastTrade:
    """The trade of the last tick, and those of the day until then."""

    def __init__(self, world: World, subject: Subject) -> None:
        self.world, self.subject = world, subject

    @property
    def size(self) -> int:
        return self.subject.session.volume_at(self.subject.ticks - 1)

    @cached_property
    def bought(self) -> int:
        """What of the day's volume was traded at the ask."""
        return bought(self.subject)

    @property
    def is_buy(self) -> bool:
        before = self.subject.ticks - 1
        return self.bought > (self.subject.session.bought_until(before) if before else 0)

    @cached_property
    def count(self) -> Count:
        """Of all trades of the day."""
        subject = self.subject
        return self.world.large_trades.until(subject.instrument, subject.quote.day, subject.ticks, 0)

    @cached_property
    def yesterdays_volume(self) -> int:
        """What had been traded the day before at the same time of it; 0 of what was not traded yet."""
        market, instrument = self.subject.market, self.subject.instrument
        day = market.calendar(instrument).before(self.subject.quote.day)
        if market.history(instrument).bar(day) is None:
            return 0
        return market.session(instrument, day).until(self.subject.ticks).volume


def _static_reference(trade: LastTrade) -> Decimal:
    """The price of the last auction: from it the exchange measures whether to interrupt an instrument."""
    subject, prices = trade.subject, trade.subject.session.prices
    interruptions = subject.market.interruptions(subject.instrument, subject.quote.day)
    ended = [found.end for found in interruptions if found.end < subject.ticks]
    return subject.instrument.price(prices[ended[-1]] if ended else prices[0])


def _side(buy: str, sell: str) -> Callable[[LastTrade], str]:
    return lambda trade: buy if trade.is_buy else sell


_TRADE: Mapping[str, Callable[[LastTrade], object]] = {
    "trade_volume": lambda t: t.size,
    "trade_side": _side("buy", "sell"),
    "trade_type_code": _side("1", "5"),
    "trade_date": lambda t: t.subject.quote.day,
    "sell_trade_count": lambda t: t.count.sells,
    "buy_trade_count": lambda t: t.count.buys,
    "net_buy_trade_count": lambda t: t.count.buys - t.count.sells,
    "total_sell_quantity": lambda t: t.subject.quote.volume - t.bought,
    "total_buy_quantity": lambda t: t.bought,
    "buy_ratio": lambda t: (Decimal(t.bought) / t.subject.quote.volume).quantize(_CENT),
    "open_time": lambda t: t.subject.market.calendar(t.subject.instrument).time_of(t.subject.quote.day, 0).timetz(),
    "market_operation_code": lambda _: _IN_SESSION,
    "market_session": lambda _: "regular",
    "previous_same_time_volume": lambda t: t.yesterdays_volume,
    "previous_same_time_volume_rate": lambda t: percent(Decimal(t.subject.quote.volume), Decimal(t.yesterdays_volume)),
    "static_vi_base_price": _static_reference,
}
"""By readable name. The part of what was bought is a fraction, not a percentage."""


def trade_facts(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
    """Those of the named facts that are true of a tick's trade; None of a tick without one."""
    trade = LastTrade(world, subject)
    return {name: fact(trade) for name, fact in _TRADE.items() if name in names} if trade.size else None
