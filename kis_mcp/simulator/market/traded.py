"""What an instrument trades on a day, so far and in all: what every flow is a part of."""

from dataclasses import dataclass
from datetime import date

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

MILLION = 1_000_000
"""Parts are counted in millionths."""


@dataclass(frozen=True, slots=True)
class Traded:
    """Shares and won that changed hands until some moment of a day, and on the whole of it."""

    day: date
    volume: int
    turnover: int
    whole_volume: int
    whole_turnover: int


def traded(market: Market, instrument: Instrument, day: date, ticks: int | None = None) -> Traded:
    """What a Korean instrument has traded; nothing on a day when it was not listed.

    Args:
        ticks: How many ticks of the day have happened; None where all have.
    """
    whole = market.history(instrument).bar(day)
    if whole is None:
        return Traded(day, 0, 0, 0, 0)
    so_far = whole if ticks is None else market.session(instrument, day).until(ticks)
    return Traded(day, so_far.volume, so_far.turnover, whole.volume, whole.turnover)


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody's part of one side of a day's trade.

    It grows with the trade, never shrinks, and ends at ``part`` and ``extra`` together.

    Attributes:
        part: In millionths.
        extra: Shares of the whole day on top, or less where negative.
        bend: In millionths: how far the day's middle is above the straight way there.
    """

    part: int
    extra: int = 0
    bend: int = 0

    def of(self, so_far: int, whole: int, whole_volume: int) -> int:
        """Of an amount, shares or won, until some moment.

        Args:
            whole: The same amount of the whole day.
            whole_volume: Shares of the whole day, which ``extra`` counts in.
        """
        if not whole or (not self.extra and not self.bend):
            return self.part * so_far // MILLION
        straight = (self.part * whole_volume + self.extra * MILLION) * whole
        bent = 4 * self.bend * (whole - so_far) * whole_volume
        return (straight + bent) * so_far // (MILLION * whole_volume * whole)


@dataclass(frozen=True, slots=True)
class Flow:
    """What somebody bought and sold: shares, and won or another unit."""

    bought: int = 0
    sold: int = 0
    paid: int = 0
    earned: int = 0

    @property
    def net(self) -> int:
        return self.bought - self.sold

    @property
    def net_paid(self) -> int:
        return self.paid - self.earned

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(
            self.bought + other.bought, self.sold + other.sold, self.paid + other.paid, self.earned + other.earned
        )

    def __sub__(self, other: "Flow") -> "Flow":
        return Flow(
            self.bought - other.bought, self.sold - other.sold, self.paid - other.paid, self.earned - other.earned
        )

    def in_units(self, shares: int, money: int) -> "Flow":
        """In whole units of so many shares and won, rounded down."""
        return Flow(self.bought // shares, self.sold // shares, self.paid // money, self.earned // money)


NOTHING = Flow()


def flow(buys: Share, sells: Share, traded: Traded) -> Flow:
    """What somebody with these shares of a day's trade has bought and sold."""
    whole = traded.whole_volume
    return Flow(
        bought=buys.of(traded.volume, whole, whole),
        sold=sells.of(traded.volume, whole, whole),
        paid=buys.of(traded.turnover, traded.whole_turnover, whole),
        earned=sells.of(traded.turnover, traded.whole_turnover, whole),
    )
