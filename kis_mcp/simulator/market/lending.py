"""Borrowed money and shares: margin loans, stock loans, short sales. Each balance is yesterday's, more what is new,
less what is repaid."""

from dataclasses import dataclass
from datetime import date

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.noise import between, wave
from kis_mcp.simulator.market.traded import MILLION

LOAN_PERCENT = 55
"""The part of a purchase on a margin loan that is lent."""

_MOVES = ((5, 0.03), (20, 0.1), (120, 0.2))
"""Of a balance's usual size."""

_SET_ASIDE = (0.0005, 0.0015)
"""The part of the usual day's volume that KIS has set aside to be borrowed."""

_THROUGH_KIS = 0.12
"""The part of all stock loans that KIS has given: always less than it has set aside."""

_SHORT_SALES = (0.005, 0.07)
"""The part of the volume that is sold short."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A kind of borrowing.

    Attributes:
        balance: How much is owed: parts of the usual day's volume, the least and the most.
        renewed: How much of a day's volume is borrowed and as much repaid, in millionths: the least and the most.
        percent: Of the price that is owed for a share.
        days: Over whose closes the price of what is owed is averaged.
    """

    name: str
    balance: tuple[float, float]
    renewed: tuple[int, int]
    percent: int
    days: int


MARGIN = Lent("margin loan", (0.2, 0.45), (12_000, 25_000), LOAN_PERCENT, 60)
"""Money for shares (융자)."""

BORROWED = Lent("borrowed shares", (0.0005, 0.002), (50, 200), 100, 60)
"""Shares that private investors have sold (대주)."""

LENT = Lent("lent shares", (2.0, 6.0), (20_000, 60_000), 100, 1)
"""Shares that institutions lend each other (대차), to be sold or not."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What is borrowed and repaid on a day and owed at its end, in shares and won."""

    new: int = 0
    repaid: int = 0
    balance: int = 0
    new_amount: int = 0
    repaid_amount: int = 0
    balance_amount: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            self.new + other.new,
            self.repaid + other.repaid,
            self.balance + other.balance,
            self.new_amount + other.new_amount,
            self.repaid_amount + other.repaid_amount,
            self.balance_amount + other.balance_amount,
        )


NO_BALANCE = Balance()

_LEAST_RENEWED = 50
"""A part of the balance that is repaid in any case: more than its average price moves on a day."""


def owed_shares(seed: int, instrument: Instrument, lent: Lent, day: date) -> int:
    """At the end of a day."""
    name = f"{seed}:{instrument.symbol}:{lent.name}"
    usual = instrument.daily_volume * between(name, *lent.balance)
    return int(usual * (1 + wave(name, day, _MOVES)))


def balance(market: Market, instrument: Instrument, lent: Lent, day: date) -> Balance:
    """A whole day of a balance, at the prices at which it was borrowed, or at the close; nothing before the listing."""
    before = market.calendar(instrument).before(day)
    history, seed = market.history(instrument), market.seed
    bar = history.bar(day)
    if bar is None:
        return NO_BALANCE
    owed, earlier = (owed_shares(seed, instrument, lent, on) for on in (day, before))
    share = between(f"{seed}:{instrument.symbol}:{lent.name}:{day}", *lent.renewed)
    renewed = max(int(bar.volume * share / MILLION), 1 + owed // _LEAST_RENEWED)
    new, repaid = renewed + max(owed - earlier, 0), renewed + max(earlier - owed, 0)
    amount, earlier_amount, new_amount = (
        shares * price * lent.percent // 100
        for shares, price in (
            (owed, _price(market, instrument, lent, day)),
            (earlier, _price(market, instrument, lent, before)),
            (new, bar.close),
        )
    )
    return Balance(new, repaid, owed, new_amount, earlier_amount + new_amount - amount, amount)


def short_part(seed: int, instrument: Instrument, day: date) -> int:
    """The millionths of a day's volume that are sold short."""
    name = f"{seed}:{instrument.symbol}:short sales"
    return int(MILLION * between(name, *_SHORT_SALES) * between(f"{name}:{day}", 0.5, 1.5))


def lendable(seed: int, instrument: Instrument, day: date) -> tuple[int, int]:
    """Shares that KIS has set aside for its customers to borrow, and how many of them are lent at the end of a day."""
    usual = instrument.daily_volume * between(f"{seed}:{instrument.symbol}:lendable", *_SET_ASIDE)
    return -int(-usual // 100) * 100, int(owed_shares(seed, instrument, BORROWED, day) * _THROUGH_KIS)


def _price(market: Market, instrument: Instrument, lent: Lent, day: date) -> int:
    """For a share of what is owed at the end of a day."""
    history, calendar = market.history(instrument), market.calendar(instrument)
    total, on = 0, calendar.after(day)
    for _ in range(lent.days):
        total += history.previous_close(on)
        on = calendar.before(on)
    return total // lent.days
