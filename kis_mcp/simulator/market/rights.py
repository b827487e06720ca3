"""What companies do to their shares and give to those who hold them: dividends, issues, splits, reductions, mergers.

``resources/simulator/events.csv`` has what changes a company's shares; dividends follow from its statements. Prices and
counts in the file of instruments are those of :data:`ANCHOR`. Before and after it they differ by the ratios of the
events between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Literal, cast

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.companies import company_of, par_value, statement
from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.instruments import Instrument

ANCHOR = date(2026, 6, 1)
"""The day whose prices, shares and par values the file of instruments has."""

Kind = Literal[
    "dividend",
    "bonus_issue",
    "paid_in_issue",
    "public_offer",
    "split",
    "reverse_split",
    "capital_reduction",
    "merger",
]

_AT_ONCE = frozenset({"split", "reverse_split", "capital_reduction"})
"""Holders have the other shares on the first day at the other price."""

_NOTICE = 12
_LISTING = {"bonus_issue": 16, "paid_in_issue": 38, "public_offer": 8, "merger": 44}
"""Trading days from the ex-date until the new shares are listed."""

_UNCHANGED = Fraction(1)
_PUBLISHED, _PAID_IN_APRIL = (4, 1), (4, 15)


@dataclass(frozen=True, slots=True)
class Right:
    """What the holders of a Korean share get, or what happens to their shares.

    Attributes:
        announced: When it becomes known.
        ex_date: The first trading day on which a buyer does not get it. Of a split, a reverse split and a capital
            reduction the first day with the other shares; of a public offer and a merger the day that decides.
        record_date: Whoever is in the company's books at its end gets it.
        pay_date: When cash is paid, or shares are listed and handed over.
        cash: Won a share before tax.
        share_ratio: Shares after it for one before; 1 where they stay. Of a paid-in issue for those who subscribe.
        price_ratio: The price from the ex-date on for 1 before; 1 where nothing is taken away.
        discount: Of the price of new shares that must be paid for, in percent of the last price.
        other: The company that is merged into this one.
    """

    symbol: str
    kind: Kind
    announced: date
    ex_date: date
    record_date: date
    pay_date: date
    cash: int = 0
    share_ratio: Fraction = Fraction(1)
    price_ratio: Fraction = Fraction(1)
    discount: int = 0
    other: str = ""

    @property
    def rate(self) -> Decimal:
        """New shares for one old one; of a reduction, what remains of one."""
        ratio = self.share_ratio - (0 if self.kind in _AT_ONCE else 1)
        return Decimal(ratio.numerator) / ratio.denominator


def rights(seed: int, instrument: Instrument, start: date, end: date) -> tuple[Right, ...]:
    """The rights of a Korean share whose ex-date lies from ``start`` up to and including ``end``, oldest first.

    Funds and shares abroad have none.
    """
    if instrument.kind != "stock" or instrument.country != "KR":
        return ()
    found = [right for right in events(instrument) if start <= right.ex_date <= end]
    for year in range(start.year, end.year + 1):
        right = dividend(seed, instrument, year)
        if right is not None and start <= right.ex_date <= end:
            found.append(right)
    return tuple(sorted(found, key=lambda right: right.ex_date))


def events(instrument: Instrument) -> tuple[Right, ...]:
    """What changes the shares of an instrument, at any time, oldest first."""
    return _events().get(instrument.symbol, ())


def dividend(seed: int, instrument: Instrument, year: int) -> Right | None:
    """The dividend for a whole year, to the holders at its end; None where there is none."""
    record = date(year, 12, 31)
    last = record if trades_on("KR", record) else trading_day("KR", record, -1)
    ex_date = trading_day("KR", last, -1)
    cash = round(statement(seed, company_of(instrument), year).dividend * price_factor(instrument, ex_date))
    if cash == 0:
        return None
    paid = trading_day("KR", date(year + 1, *_PAID_IN_APRIL), 1)
    return Right(instrument.symbol, "dividend", date(year + 1, *_PUBLISHED), ex_date, record, paid, cash=cash)


def price_factor(instrument: Instrument, day: date) -> Fraction:
    """What a price of :data:`ANCHOR` was or will be on a day, for 1."""
    return _factor(instrument, day, "price_ratio")


def shares(instrument: Instrument, day: date) -> int:
    """How many there are on a day, new ones counted from their ex-date on."""
    if not events(instrument):
        return instrument.listed_shares
    return int(instrument.listed_shares * _factor(instrument, day, "share_ratio"))


def par(instrument: Instrument, day: date) -> Decimal:
    """Of a share on a day, in its currency; splits alone change it."""
    changes = [r for r in events(instrument) if r.kind in ("split", "reverse_split")]
    factor = _product(changes, day, "share_ratio")
    return par_value(instrument) * factor.denominator / factor.numerator


def _factor(instrument: Instrument, day: date, name: str) -> Fraction:
    changes = _events().get(instrument.symbol)
    return _product(changes, day, name) if changes else _UNCHANGED


def _product(changes: "tuple[Right, ...] | list[Right]", day: date, name: str) -> Fraction:
    factor = Fraction(1)
    for right in changes:
        if ANCHOR < right.ex_date <= day:
            factor *= getattr(right, name)
        elif day < right.ex_date <= ANCHOR:
            factor /= getattr(right, name)
    return factor


@cache
def _events() -> Mapping[str, tuple[Right, ...]]:
    found: dict[str, tuple[Right, ...]] = {}
    for row in csv_rows(resources_folder() / "simulator" / "events.csv"):
        right = _right(row)
        found[right.symbol] = (*found.get(right.symbol, ()), right)
    return found


def _right(row: dict[str, str]) -> Right:
    kind, day, rate = cast("Kind", row["kind"]), date.fromisoformat(row["day"]), Fraction(row["rate"])
    discount = int(row["discount"] or 0)
    share_ratio = rate if kind in _AT_ONCE else 1 + rate
    # The old shares and the new ones at their lower price make the price of all of them.
    paid = {"paid_in_issue": rate * (100 - discount) / 100, "public_offer": rate}.get(kind, Fraction(0))
    price_ratio = (1 + paid) / share_ratio if kind not in _AT_ONCE else 1 / rate
    return Right(
        symbol=row["symbol"],
        kind=kind,
        announced=trading_day("KR", day, -_NOTICE),
        ex_date=day,
        record_date=trading_day("KR", day, -1 if kind in _AT_ONCE else 1),
        pay_date=trading_day("KR", day, _LISTING[kind]) if kind in _LISTING else day,
        share_ratio=share_ratio,
        price_ratio=price_ratio,
        discount=discount,
        other=row["other"],
    )
