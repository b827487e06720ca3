"""How much is at stake where: the holdings and cash of all accounts by instrument, market and currency."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.portfolio.balances import read_balance, read_cash_abroad
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates, try_read_exchange_rates
from kis_mcp.trading.portfolio.holding_lists import KOREAN_STOCKS
from kis_mcp.trading.portfolio.holdings import Holding, example_of, read_holdings

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Rows by instrument, market and currency, each with its worth in won and its share of all holdings, in percent.

    Attributes:
        rates: What the won amounts were worked out with.
        notes: What is missing or unknown.
        complete: Whether everything could be read.
    """

    instruments: list[Mapping[str, object]]
    markets: list[Mapping[str, object]]
    currencies: list[Mapping[str, object]]
    rates: ExchangeRates
    notes: list[str]
    complete: bool


async def read_exposure(kis: KisReads) -> Exposure:
    """The exposure now. A short position counts against the worth and for the share.

    Raises:
        KisMcpError: No list of holdings could be read.
    """
    found = await read_holdings(kis)
    held, notes = found.positions, [*found.notes]
    cash, cash_problems = await _read_cash(kis)
    currencies = {holding.currency for holding in held} | cash.keys()
    rates, rate_problems = (
        await try_read_exchange_rates(kis, example_of(held)) if currencies - {"KRW"} else (ExchangeRates({}), [])
    )
    notes += cash_problems + rate_problems
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
                "value": _value([holding for holding in held if holding.currency == currency]),
                "cash": cash.get(currency),
                "cash_krw": rates.won(cash.get(currency), currency),
                **by_currency.get(currency, {}),
            }
            for currency in sorted(currencies)
        ],
        rates=rates,
        notes=notes,
        complete=found.complete and not cash_problems and not rate_problems,
    )


def _worth(rates: ExchangeRates, held: Sequence[Holding], whole: Decimal) -> Mapping[str, object]:
    """What those of them that have a value are worth; nothing where none has, or a rate is missing."""
    valued = [holding for holding in held if holding.value is not None]
    if not valued or rates.missing(holding.currency for holding in held):
        return {}
    worth = [_won(rates, holding) for holding in valued]
    at_stake = sum(map(abs, worth), Decimal(0))
    share = (at_stake / whole * 100).quantize(_PERCENT) if whole else None
    return {"value_krw": sum(worth, Decimal(0)), "share": share}


def _value(held: Sequence[Holding]) -> Decimal | None:
    """The sum of the known values; None where something is held and none is known."""
    values = [holding.value for holding in held if holding.value is not None]
    return sum(values, Decimal(0)) if values or not held else None


def _won(rates: ExchangeRates, holding: Holding) -> Decimal:
    return rates.won(holding.value, holding.currency) or Decimal(0)


async def _read_cash(kis: KisReads) -> tuple[dict[str, Decimal], list[str]]:
    """Cash by currency, as far as KIS tells, and what could not be read; demo tells none in foreign currencies."""
    cash, problems = dict[str, Decimal](), list[str]()
    if not kis.environment.uses_demo_api:
        try:
            abroad = await read_cash_abroad(kis)
            cash = {currency: money.settled for currency, money in abroad.items() if money.settled}
        except KisMcpError as error:
            problems.append(f"The cash abroad could not be read: {error.what}")
    if is_offered(kis, KOREAN_STOCKS.tool):
        try:
            if won := (await read_balance(kis, "KR")).cash:
                cash["KRW"] = won
        except KisMcpError as error:
            problems.append(f"The cash in won could not be read: {error.what}")
    return cash, problems
