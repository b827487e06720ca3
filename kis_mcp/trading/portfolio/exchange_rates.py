"""Won for other currencies, from KIS' own answers; what has no rate is never added up."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.catalog import number, rounded, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads, is_offered

PRESENT_BALANCE = "overseas_stock_inquire_present_balance"
EVERYTHING_ABROAD: Mapping[str, object] = {"market": "all", "amounts_in": "foreign"}
_ORDERABLE = "overseas_stock_inquire_psamount"
_ONE = Decimal(1)
_QUOTED_FOR = {"JPY": Decimal(100), "VND": Decimal(100)}
"""Units of a currency that KIS quotes a rate for, where that is not one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """What a currency is worth in won.

    Attributes:
        krw_rate: Of one unit.
        quoted_rate, quoted_units: As KIS quotes it, such as 945.20 for 100 yen.
        source: The API that said so.
        as_of: When it did.
    """

    currency: str
    krw_rate: Decimal
    source: str
    as_of: datetime | None
    quoted_rate: Decimal | None = None
    quoted_units: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """The known rates, by currency."""

    by_currency: Mapping[str, ExchangeRate]

    def won(self, amount: Decimal | None, currency: str) -> Decimal | None:
        """An amount in won, to the won; None where it or the rate is not known. Of nothing no rate is needed."""
        if amount == 0:
            return Decimal(0)
        rate = (
            _ONE if currency == "KRW" else self.by_currency[currency].krw_rate if currency in self.by_currency else None
        )
        return None if amount is None or rate is None else rounded(amount * rate, _ONE)

    def missing(self, currencies: Iterable[str]) -> list[str]:
        """Those of the currencies that have no rate."""
        return sorted(set(currencies) - self.by_currency.keys() - {"KRW"})


async def read_exchange_rates(kis: KisReads, example: Mapping[str, object] | None = None) -> ExchangeRates:
    """The rates of all currencies that the account holds something in.

    Args:
        example: Symbol, exchange and price of a US stock, by which demo tells the rate of the dollar where its present
            balance is empty.
    """
    found = list[ExchangeRate]()
    if is_offered(kis, PRESENT_BALANCE):
        page = await kis.rows(PRESENT_BALANCE, EVERYTHING_ABROAD)
        for row in page.rows("cash"):
            currency = text(row, "currency") or ""
            units = _QUOTED_FOR.get(currency, _ONE)
            found += _quoted(currency, number(row, "first_posted_exchange_rate"), units, PRESENT_BALANCE, page.as_of)
        for row in page.rows("positions"):
            currency, units = text(row, "buy_currency") or "", number(row, "unit_amount") or _ONE
            found += _quoted(currency, number(row, "base_exchange_rate"), units, PRESENT_BALANCE, page.as_of)
    if kis.environment.uses_demo_api and example is not None and "USD" not in {one.currency for one in found}:
        page = await kis.rows(_ORDERABLE, example)
        found += _quoted("USD", number(page.record("buying_power"), "exchange_rate"), _ONE, _ORDERABLE, page.as_of)
    return ExchangeRates({one.currency: one for one in found})


def _quoted(
    currency: str, rate: Decimal | None, units: Decimal, source: str, as_of: datetime | None
) -> list[ExchangeRate]:
    """The rate; nothing where KIS leaves it or its currency blank."""
    return [ExchangeRate(currency, rate / units, source, as_of, rate, units)] if currency and rate else []


async def try_read_exchange_rates(
    kis: KisReads, example: Mapping[str, object] | None = None
) -> tuple[ExchangeRates, list[str]]:
    """As `read_exchange_rates`; where KIS fails no rate is known, and a note says so."""
    try:
        return await read_exchange_rates(kis, example), []
    except KisMcpError as error:
        _log.warning("The exchange rates could not be read: %s", error)
        return ExchangeRates({}), [f"The exchange rates could not be read: {error.what}"]
