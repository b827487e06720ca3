"""Cash dividends of companies abroad: what a part of their earnings pays, on days that each country's custom has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zlib import crc32

from kis_mcp.simulator.market.companies import last_year, statement
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Country

_RECORD_MONTHS: Mapping[Country, tuple[tuple[int, ...], ...]] = {
    "US": ((1, 4, 7, 10), (2, 5, 8, 11), (3, 6, 9, 12)),
    "HK": ((6, 9),),
    "CN": ((6,), (7,)),
    "JP": ((3, 9),),
    "VN": ((5,), (8,)),
}
"""When a year's payments are decided on; a company keeps to one of its country's customs."""

_NOTICE, _UNTIL_PAID = 20, 12
"""Trading days from the announcement to the record date, and from there to the payment."""

_PAYERS, _LEAST, _MOST = 70, 20, 60
"""Percent of the companies that pay, and of their earnings that they pay."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment to the holders of a share abroad.

    Attributes:
        ex_date: The first trading day on which a buyer does not get it.
        record_date: Whoever is in the company's books at its end gets it.
        cash: A share, in its currency, before tax.
    """

    symbol: str
    announced: date
    ex_date: date
    record_date: date
    pay_date: date
    cash: Decimal


def payments(seed: int, company: Instrument, start: date, end: date) -> tuple[Payment, ...]:
    """The dividends of a company abroad with record dates from ``start`` up to and including ``end``, oldest first.

    Funds, Korean shares, and companies that keep what they earn have none.
    """
    if company.kind != "stock" or company.country not in _RECORD_MONTHS:
        return ()
    if _draw(seed, company, "pays", 100) >= _PAYERS:
        return ()
    made = (_payment(seed, company, day) for day in _record_dates(seed, company, start.year, end.year))
    return tuple(payment for payment in made if start <= payment.record_date <= end and payment.cash)


def _record_dates(seed: int, company: Instrument, first: int, last: int) -> list[date]:
    customs = _RECORD_MONTHS[company.country]
    months = customs[_draw(seed, company, "custom", len(customs))]
    day = 28 if company.country == "JP" else 5 + _draw(seed, company, "day", 20)
    return [
        trading_day(company.country, date(year, month, day), 1) for year in range(first, last + 1) for month in months
    ]


def _payment(seed: int, company: Instrument, record: date) -> Payment:
    """A buyer of the ex-date settles after the record date, one of the day before on it."""
    country, home = company.country, company.home
    announced = trading_day(country, record, -_NOTICE)
    earned = statement(seed, company, last_year(announced)).eps
    times = len(_RECORD_MONTHS[country][0])
    payout = Decimal(_LEAST + _draw(seed, company, "payout", _MOST - _LEAST + 1)) / 100
    cash = (earned * payout / times).quantize(Decimal(1).scaleb(-home.currency_decimals))
    settles = home.settlement_days - 1
    ex_date = trading_day(country, record, -settles) if settles else record
    return Payment(company.symbol, announced, ex_date, record, trading_day(country, record, _UNTIL_PAID), cash)


def _draw(seed: int, company: Instrument, what: str, below: int) -> int:
    return crc32(f"{seed}:{company.symbol}:dividend:{what}".encode()) % below
