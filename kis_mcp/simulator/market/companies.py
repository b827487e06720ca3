"""What the simulated companies earn, own and pay: statements over years that agree with themselves and each other."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from zlib import crc32

from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.listings import listings, preferred_shares

_ANCHOR = 2025
"""The year whose figures are drawn; those of other years grow from it."""

_FIRST = 2014
_HUNDRED_MILLION = 100_000_000
_TAX = Decimal("0.24")
_PUBLISHED = (4, 1)
"""From when on a year's statement is known: month and day of the next year."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One year of a company whose year ends in December, in hundred millions of its currency; per share in that.

    Attributes:
        dividend: A share, common or preferred, for the year; of Korean companies only.
        paid: To all shares.
        shares: Common ones, on which the amounts per share are reckoned.
    """

    year: int
    revenue: Decimal
    gross_profit: Decimal
    operating_profit: Decimal
    depreciation: Decimal
    non_operating_income: Decimal
    non_operating_expense: Decimal
    net_income: Decimal
    current_assets: Decimal
    quick_assets: Decimal
    total_assets: Decimal
    current_liabilities: Decimal
    borrowings: Decimal
    total_liabilities: Decimal
    capital: Decimal
    capital_surplus: Decimal
    total_equity: Decimal
    dividend: int
    paid: Decimal
    shares: int

    @property
    def ordinary_profit(self) -> Decimal:
        return self.operating_profit + self.non_operating_income - self.non_operating_expense

    @property
    def ebitda(self) -> Decimal:
        return self.operating_profit + self.depreciation

    @property
    def retained_earnings(self) -> Decimal:
        return self.total_equity - self.capital - self.capital_surplus

    @property
    def eps(self) -> Decimal:
        return self.per_share(self.net_income)

    @property
    def bps(self) -> Decimal:
        return self.per_share(self.total_equity)

    def per_share(self, amount: Decimal) -> Decimal:
        return (amount * _HUNDRED_MILLION / self.shares).quantize(Decimal("0.01"))


def last_year(day: date) -> int:
    """The newest year whose statement is known on a day."""
    return day.year - 1 if (day.month, day.day) >= _PUBLISHED else day.year - 2


@cache
def statement(seed: int, company: Instrument, year: int) -> Statement:
    """A year of a company, always the same for the same seed."""
    draw = _Draw(seed, company.symbol)
    net_income = _net_income(draw, company, year)
    equity = _equity(draw, company, year)
    # Each margin adds to the one below it, so that no profit exceeds the one above.
    ordinary = _whole(net_income / (1 - _TAX))
    operating = _whole(ordinary * draw.share("operating", 90, 110))
    revenue = _whole(operating / draw.share("margin", 5, 22))
    gross = _whole(operating + revenue * draw.share("overhead", 8, 20))
    expense = _whole(operating * draw.share("non-operating", 3, 9) + max(operating - ordinary, Decimal(0)))
    liabilities = _whole(equity * draw.share("debt", 30, 150))
    current_assets = _whole((equity + liabilities) * draw.share("current", 30, 60))
    return Statement(
        year=year,
        revenue=revenue,
        gross_profit=gross,
        operating_profit=operating,
        depreciation=_whole(revenue * draw.share("depreciation", 2, 8)),
        non_operating_income=expense + ordinary - operating,
        non_operating_expense=expense,
        net_income=net_income,
        current_assets=current_assets,
        quick_assets=_whole(current_assets * draw.share("quick", 55, 85)),
        total_assets=equity + liabilities,
        current_liabilities=_whole(liabilities * draw.share("short", 40, 70)),
        borrowings=_whole(liabilities * draw.share("borrowings", 20, 60)),
        total_liabilities=liabilities,
        capital=_capital(company),
        capital_surplus=_whole((equity - _capital(company)) / 10),
        total_equity=equity,
        dividend=_dividend(draw, company, year),
        paid=_paid(draw, company, year),
        shares=company.listed_shares,
    )


def par_value(company: Instrument) -> Decimal:
    """Of a share, in its currency."""
    return Decimal(100) if company.country == "KR" else Decimal("0.01")


def company_of(share: Instrument) -> Instrument:
    """The common share that stands for a share's company."""
    listing = listings().get(share.symbol) if share.country == "KR" else None
    return instruments()[listing.common] if listing and listing.common else share


def issued_shares(company: Instrument) -> int:
    """Common and preferred."""
    others = preferred_shares().get(company.symbol, ()) if company.country == "KR" else ()
    return company.listed_shares + sum(instruments()[symbol].listed_shares for symbol in others)


class _Draw:
    """Numbers of a company that are always the same."""

    def __init__(self, seed: int, symbol: str) -> None:
        self._seed = f"{seed}:{symbol}"

    def between(self, what: str, low: int, high: int) -> int:
        return low + crc32(f"{self._seed}:{what}".encode()) % (high - low + 1)

    def share(self, what: str, low: int, high: int) -> Decimal:
        """A part, between two in percent."""
        return Decimal(self.between(what, low * 100, high * 100)) / 10_000


def _net_income(draw: _Draw, company: Instrument, year: int) -> Decimal:
    """From a price-earnings ratio of the base price, growing or shrinking from year to year."""
    usual = company.price(company.base_units) * company.listed_shares / _HUNDRED_MILLION
    income = usual * 10 / draw.between("per", 70, 320)
    low, high = sorted((year, _ANCHOR))
    for passed in range(low, high):
        growth = 1 + draw.share(f"growth:{passed}", 0, 24) - Decimal("0.08")
        income = income * growth if year > _ANCHOR else income / growth
    return _whole(income)


def _dividend(draw: _Draw, company: Instrument, year: int) -> int:
    """In tens."""
    income = _net_income(draw, company, year) * _HUNDRED_MILLION
    return int(income * draw.share("payout", 20, 45) / issued_shares(company) / 10) * 10


def _equity(draw: _Draw, company: Instrument, year: int) -> Decimal:
    """What was kept since the first year, on top of what the company had then."""
    start = _net_income(draw, company, _ANCHOR) / draw.share("roe", 6, 18) / 2
    equity = _whole(max(start, _capital(company)))
    for passed in range(_FIRST, year + 1):
        equity += _net_income(draw, company, passed) - _whole(_paid(draw, company, passed))
    return equity


def _paid(draw: _Draw, company: Instrument, year: int) -> Decimal:
    return Decimal(_dividend(draw, company, year)) * issued_shares(company) / _HUNDRED_MILLION


def _capital(company: Instrument) -> Decimal:
    return _whole(par_value(company) * issued_shares(company) / _HUNDRED_MILLION)


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1))
