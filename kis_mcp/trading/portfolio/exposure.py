"""How much is at stake where: the holdings and cash of all accounts by instrument, market and currency."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.catalog.fields import number, text
from kis_mcp.trading.kis import Kis, is_offered
from kis_mcp.trading.portfolio.balances import balance
from kis_mcp.trading.portfolio.exchange_rates import EVERYTHING_ABROAD, PRESENT_BALANCE, ExchangeRates, exchange_rates
from kis_mcp.trading.portfolio.holdings import Holding, example_of, holdings

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Rows by instrument, market and currency, each with its worth in won and its share of all holdings, in percent.

    Attributes:
        rates: What the won amounts were worked out with.
        notes: What is missing in them.
    """

    instruments: list[Mapping[str, object]]
    markets: list[Mapping[str, object]]
    currencies: list[Mapping[str, object]]
    rates: ExchangeRates
    notes: list[str]


async def exposure(kis: Kis) -> Exposure:
    """The exposure now. A short position counts against the worth and for the share."""
    held, notes = await holdings(kis)
    cash = await _cash(kis)
    currencies = {holding.currency for holding in held} | cash.keys()
    rates = await exchange_rates(kis, example_of(held)) if currencies - {"KRW"} else ExchangeRates({})
    if missing := rates.missing(currencies):
        notes.append(f"KIS tells no exchange rate for {', '.join(missing)}: those amounts are in no sum in won.")
    if unvalued := [holding.symbol for holding in held if holding.value is None]:
        notes.append(f"KIS tells no current value of {', '.join(unvalued)}: they count for nothing here.")
    whole = sum((abs(_won(rates, holding)) for holding in held), Decimal(0))

    def rows_by(fact: Callable[[Holding], str], name: str) -> list[Mapping[str, object]]:
        groups: dict[str, list[Holding]] = {}
        for holding in held:
            groups.setdefault(fact(holding), []).append(holding)
        return [{name: key, **_worth(rates, group, whole)} for key, group in sorted(groups.items())]

    by_currency = {str(row["currency"]): row for row in rows_by(lambda holding: holding.currency, "currency")}
    return Exposure(
        instruments=[
            {
                "account": holding.account,
                "market": holding.market,
                "symbol": holding.symbol,
                "name": holding.name,
                "currency": holding.currency,
                "quantity": holding.quantity,
                "value": holding.value,
                **_worth(rates, [holding], whole),
            }
            for holding in sorted(held, key=lambda holding: -abs(_won(rates, holding)))
        ],
        markets=rows_by(lambda holding: holding.market, "market"),
        currencies=[
            {
                "currency": currency,
                "value": sum((h.value for h in held if h.currency == currency and h.value is not None), Decimal(0)),
                "cash": cash.get(currency),
                "cash_krw": rates.won(cash.get(currency), currency),
                **by_currency.get(currency, {}),
            }
            for currency in sorted(currencies)
        ],
        rates=rates,
        notes=notes,
    )


def _worth(rates: ExchangeRates, held: Sequence[Holding], whole: Decimal) -> Mapping[str, object]:
    if rates.missing(holding.currency for holding in held):
        return {}
    worth = [_won(rates, holding) for holding in held]
    at_stake = sum(map(abs, worth), Decimal(0))
    share = (at_stake / whole * 100).quantize(_PERCENT) if whole else None
    return {"value_krw": sum(worth, Decimal(0)), "share": share}


def _won(rates: ExchangeRates, holding: Holding) -> Decimal:
    return rates.won(holding.value, holding.currency) or Decimal(0)


async def _cash(kis: Kis) -> Mapping[str, Decimal | None]:
    """Cash by currency, as far as KIS tells; demo does not for foreign ones."""
    cash: dict[str, Decimal | None] = {}
    if is_offered(kis, PRESENT_BALANCE) and not kis.environment.uses_demo_api:
        page = await kis.rows(PRESENT_BALANCE, EVERYTHING_ABROAD)
        cash = {text(row, "currency") or "": number(row, "fx_deposit") for row in page.rows("cash")}
    if is_offered(kis, "domestic_stock_inquire_balance"):
        cash["KRW"] = (await balance(kis, "KR")).cash
    return {currency: amount for currency, amount in cash.items() if currency and amount}
