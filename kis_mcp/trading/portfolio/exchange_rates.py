"""Won for other currencies, from KIS' own answers; what has no rate is never added up."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.catalog.fields import number, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads

PRESENT_BALANCE = "overseas_stock_inquire_present_balance"
EVERYTHING_ABROAD: Mapping[str, object] = {"market": "all", "amounts_in": "foreign"}
_ORDERABLE = "overseas_stock_inquire_psamount"
_WON = Decimal(1)
_QUOTED_FOR = {"JPY": Decimal(100), "VND": Decimal(100)}
"""Units of a currency that KIS quotes a rate for, where that is not one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """What one unit of a currency is worth in won.

    Attributes:
        source: The API that said so.
        as_of: When it did.
    """

    currency: str
    krw_rate: Decimal
    source: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """The known rates, by currency."""

    by_currency: Mapping[str, ExchangeRate]

    def won(self, amount: Decimal | None, currency: str) -> Decimal | None:
        """An amount in won, to the won; None where it or the rate is not known."""
        rate = (
            _WON if currency == "KRW" else self.by_currency[currency].krw_rate if currency in self.by_currency else None
        )
        return None if amount is None or rate is None else (amount * rate).quantize(_WON)

    def missing(self, currencies: Iterable[str]) -> list[str]:
        """Those of the currencies that have no rate."""
        return sorted(set(currencies) - self.by_currency.keys() - {"KRW"})


async def read_exchange_rates(kis: KisReads, example: Mapping[str, object] | None = None) -> ExchangeRates:
    """The rates of all currencies that the account holds something in.

    Args:
        example: Symbol, exchange and price of a US stock, by which demo tells the rate of the dollar; its present
            balance is empty.
    """
    if kis.environment.uses_demo_api:
        if example is None:
            return ExchangeRates({})
        page = await kis.rows(_ORDERABLE, example)
        found = {"USD": number(page.record("buying_power"), "exchange_rate")}
        source = _ORDERABLE
    else:
        page = await kis.rows(PRESENT_BALANCE, EVERYTHING_ABROAD)
        found = {
            text(row, "currency"): _for_one(
                row, "first_posted_exchange_rate", _QUOTED_FOR.get(text(row, "currency") or "")
            )
            for row in page.rows("cash")
        } | {
            text(row, "buy_currency"): _for_one(row, "base_exchange_rate", number(row, "unit_amount"))
            for row in page.rows("positions")
        }
        source = PRESENT_BALANCE
    return ExchangeRates(
        {
            currency: ExchangeRate(currency, rate, source, page.as_of)
            for currency, rate in found.items()
            if currency and rate
        }
    )


async def try_read_exchange_rates(
    kis: KisReads, example: Mapping[str, object] | None = None
) -> tuple[ExchangeRates, list[str]]:
    """As `read_exchange_rates`; where KIS fails no rate is known, and a note says so."""
    try:
        return await read_exchange_rates(kis, example), []
    except KisMcpError as error:
        _log.warning("The exchange rates could not be read: %s", error)
        return ExchangeRates({}), [f"The exchange rates could not be read: {error.what}"]


def _for_one(row: Mapping[str, object], field: str, units: Decimal | None) -> Decimal | None:
    rate = number(row, field)
    return rate / (units or 1) if rate else None
