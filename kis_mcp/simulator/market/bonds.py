"""Exchange-listed bonds, priced from the yield curve.

Prices are for 10,000 won of a bond, with the interest that has accrued since it last paid some, as the Korean exchange
quotes them. A yield and a price stand for each other: coupons are discounted whole periods by compound interest and
the part of a period until the next one by simple interest, as Korean dealers reckon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Literal, cast

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.history import FIRST_DAY, DayBar, trading_days_until, volume_around
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Ladder
from kis_mcp.simulator.market.rates import curve

FACE = 10_000
"""What a price is for, in won."""

_LOT = 10
"""In thousands of won, outside the small-lot market."""

BondClass = Literal["treasury", "municipal", "special", "corporate"]

_HUNDRED_MILLION = 100_000_000
_DAILY_MOVE = 0.004
"""How far a day's trade goes beyond the yields of two days, in percent of yield."""


_MOST_STEPS, _SMALL, _CLOSE, _LEAST_YIELD = 60, 1e-4, 1e-7, -90.0
"""Of the search for a price's yield: how often, by what the slope is taken, when it is found, and from where."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a bond was issued.

    Attributes:
        coupon: Percent a year.
        months: Between two payments, or between two times of adding interest to what is owed.
        compounds: Whether it pays interest on interest, all at its end; else a coupon each period.
        amount: Issued, in won.
        rating: Of all rating agencies; empty of the state's and of municipal ones.
        spread: How much more it yields than the state's bonds, in percent.
    """

    symbol: str
    bond_class: BondClass
    issuer: str
    name_ko: str
    name_en: str
    coupon: Decimal
    months: int
    compounds: bool
    issued: date
    matures: date
    amount: int
    rating: str
    spread: float
    daily_volume: int

    @property
    def first_payment(self) -> date:
        """Of interest: its end, if it compounds."""
        return self.matures if self.compounds else self.payment_days()[0]

    @property
    def redemption(self) -> Decimal:
        """What is paid at the end besides a coupon, in percent of the face value."""
        if not self.compounds:
            return Decimal(100)
        periods = _months_between(self.issued, self.matures) // self.months
        return (100 * (1 + self.coupon * self.months / 1200) ** periods).quantize(Decimal("0.0001"))

    @property
    def pays_at_month_end(self) -> bool:
        return (self.matures + timedelta(days=1)).day == 1

    def payment_days(self) -> Sequence[date]:
        """Days on which interest is paid or added, counted back from the last."""
        return _payment_days(self)

    def around(self, day: date) -> tuple[date, date]:
        """The last payment day, or the issue, up to a day, and the next one after it."""
        days = [self.issued, *self.payment_days()]
        last = max((each for each in days if each <= day), default=self.issued)
        return last, min((each for each in days if each > day), default=self.matures)

    def cash_flows(self, day: date) -> Sequence[tuple[date, float]]:
        """What 10,000 won of it will pay after a day."""
        if self.compounds:
            return [(self.matures, float(self.redemption) * FACE / 100)]
        coupon = float(self.coupon) * self.months / 1200 * FACE
        days = [each for each in self.payment_days() if each > day]
        return [(each, coupon + (FACE if each == self.matures else 0)) for each in days]

    def price(self, percent: float, day: date) -> float:
        """What it is worth on a day at a yield."""
        return self._present_value(percent, *self._periods(day))

    def yield_at(self, price: float, day: date) -> float:
        """The yield in percent that a price on a day stands for."""
        flows, left = self._periods(day)
        percent = float(self.coupon)
        for _ in range(_MOST_STEPS):
            value = self._present_value(percent, flows, left)
            slope = (self._present_value(percent + _SMALL, flows, left) - value) / _SMALL
            step = (price - value) / slope
            percent = max(percent + step, _LEAST_YIELD)
            if abs(step) < _CLOSE:
                break
        return percent

    def _periods(self, day: date) -> tuple[Sequence[float], float]:
        """What is paid at the end of each period after a day, and what part of the first is left."""
        last, following = self.around(day)
        flows = dict(self.cash_flows(day))
        payments = [flows.get(each, 0.0) for each in self.payment_days() if each > day]
        return payments, (following - day).days / (following - last).days

    def _present_value(self, percent: float, payments: Sequence[float], left: float) -> float:
        rate = percent / 100 * self.months / 12
        whole = sum(payment / (1 + rate) ** number for number, payment in enumerate(payments))
        return whole / (1 + rate * left)


@cache
def bond_terms() -> Mapping[str, Terms]:
    """The terms of the simulated bonds by their standard codes."""
    rows = csv_rows(resources_folder() / "simulator" / "bonds.csv")
    return {row["symbol"]: _terms(row) for row in rows}


def terms_of(symbol: str) -> Terms:
    return bond_terms()[symbol]


@cache
def bonds() -> Mapping[str, Instrument]:
    """The simulated bonds, in the order of their file."""
    return {terms.symbol: _instrument(terms) for terms in bond_terms().values()}


def fair_yield(seed: int, terms: Terms, day: date) -> float:
    """What a bond yields on a day, in percent: the curve at its remaining life, and its spread."""
    years = max((terms.matures - day).days, 1) / 365
    return curve(seed, "KR").at(day, years) + terms.spread


class BondHistory:
    """The daily bars of a bond: each day goes from yesterday's yield to today's."""

    def __init__(self, seed: int, bond: Instrument, terms: Terms) -> None:
        self._seed, self._bond, self._terms = seed, bond, terms
        self._first = max(terms.issued, FIRST_DAY)
        self._bars: dict[date, DayBar] = {}

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar, from its redemption on at what it paid; None before its issue."""
        if day < self._first:
            return None
        if day not in self._bars:
            self._bars[day] = self._make(day)
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before; on its first day what it was issued for."""
        bar = self.bar(trading_day("KR", day, -1))
        return bar.close if bar else FACE

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        return [bar for each in trading_days_until("KR", day, count) if (bar := self.bar(each))]

    def _make(self, day: date) -> DayBar:
        random = Random(f"{self._seed}:{self._bond.symbol}:{day}")  # noqa: S311
        before, now = (fair_yield(self._seed, self._terms, each) for each in (trading_day("KR", day, -1), day))
        opening, close = self._units(before, day), self._units(now, day)
        below, above = (_DAILY_MOVE * random.random() for _ in range(2))
        high = max(opening, close, self._units(min(before, now) - below, day))
        low = min(opening, close, self._units(max(before, now) + above, day))
        volume = volume_around(random, self._bond.daily_volume, least=10_000)
        return DayBar.of(day, opening, high, low, close, volume)

    def _units(self, percent: float, day: date) -> int:
        if day >= self._terms.matures:
            return int(self._terms.redemption * FACE / 100)
        return round(self._terms.price(percent, day))


def _instrument(terms: Terms) -> Instrument:
    return Instrument(
        symbol=terms.symbol,
        country="KR",
        exchange="krx",
        name_ko=terms.name_ko,
        name_en=terms.name_en,
        kind="bond",
        base_units=FACE,
        daily_volume=terms.daily_volume,
        listed_shares=0,
        sector="",
        decimals=0,
        ticks=Ladder((1,)),
        multiplier=Decimal("0.1"),
        expiry=terms.matures,
        volatility=0.0005,
        lot=_LOT,
    )


def _terms(row: Mapping[str, str]) -> Terms:
    return Terms(
        symbol=row["symbol"],
        bond_class=cast("BondClass", row["class"]),
        issuer=row["issuer"],
        name_ko=row["name_ko"],
        name_en=row["name_en"],
        coupon=Decimal(row["coupon"]),
        months=int(row["months"]),
        compounds=row["method"] == "02",
        issued=date.fromisoformat(row["issued"]),
        matures=date.fromisoformat(row["matures"]),
        amount=int(row["amount"]) * _HUNDRED_MILLION,
        rating=row["rating"],
        spread=float(row["spread"]),
        daily_volume=int(row["daily_volume"]),
    )


@cache
def _payment_days(terms: Terms) -> Sequence[date]:
    count = -(-_months_between(terms.issued, terms.matures) // terms.months)
    days = (_months_before(terms.matures, terms.months * back) for back in range(count))
    return sorted(day for day in days if day > terms.issued)


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month."""
    years, month = divmod(day.month - 1 - months, 12)
    year = day.year + years
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))
