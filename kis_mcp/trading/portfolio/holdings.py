"""Everything that the accounts hold, of every kind, by a table of KIS' lists of holdings."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kis_mcp.catalog.fields import number, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import Kis, is_offered
from kis_mcp.trading.portfolio.exchange_rates import EVERYTHING_ABROAD, PRESENT_BALANCE
from kis_mcp.trading.venues.exchanges import COUNTRIES

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One instrument in one account. Money is in ``currency``; a short position counts below zero.

    Attributes:
        account: Masked.
        market: A country for stocks; the KIS category for everything else.
        value: At the current price; None where KIS does not tell.
        profit, profit_rate: Not realized; the rate in percent of what was paid.
    """

    account: str
    market: str
    exchange: str | None
    symbol: str
    name: str | None
    currency: str
    quantity: Decimal
    price: Decimal | None
    purchase_amount: Decimal | None
    value: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _HoldingList:
    """A list of holdings; ``names`` maps facts to fields that differ from the usual, ``in_demo`` tells whether only
    demo or only the others use it."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    block: str = "positions"
    market: str | None = None
    currency: str | None = "KRW"
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    in_demo: bool | None = None


_LISTS = (
    _HoldingList(tool="domestic_stock_inquire_balance", market="KR", names={"balance_quantity": "holding_quantity"}),
    _HoldingList(
        tool=PRESENT_BALANCE,
        arguments=EVERYTHING_ABROAD,
        currency=None,
        names={
            "balance_quantity": "holding_quantity",
            "currency": "buy_currency",
            "purchase_amount": "fx_purchase_amount",
            "valuation_amount": "fx_valuation_amount",
        },
        in_demo=False,
    ),
    *(
        _HoldingList(
            tool="overseas_stock_inquire_balance",
            arguments={"exchange": exchange, "currency": "USD"},
            currency=None,
            names={
                "balance_quantity": "overseas_balance_quantity",
                "purchase_amount": "fx_purchase_amount",
                "valuation_amount": "overseas_stock_valuation_amount",
                "valuation_profit_loss": "fx_valuation_profit_loss",
            },
            in_demo=True,
        )
        for exchange in ("nasdaq", "nyse", "amex")
    ),
    _HoldingList(
        tool="domestic_bond_inquire_balance",
        block="holdings",
        market="domestic_bond",
        names={"purchase_amount": "buy_amount"},
    ),
    _HoldingList(tool="domestic_fo_inquire_balance", market="domestic_futureoption"),
    _HoldingList(
        tool="overseas_fo_inquire_unpd",
        market="overseas_futureoption",
        currency=None,
        names={"balance_quantity": "open_quantity", "valuation_amount": "option_valuation_amount"},
    ),
)


async def holdings(kis: Kis) -> tuple[list[Holding], list[str]]:
    """What is held, and which lists could not be read.

    Raises:
        KisMcpError: None of them could.
    """
    found: list[Holding] = []
    failures: list[KisMcpError] = []
    lists = [
        item for item in _LISTS if is_offered(kis, item.tool) and item.in_demo in (None, kis.environment.uses_demo_api)
    ]
    for item in lists:
        try:
            page = await kis.rows(item.tool, item.arguments)
        except KisMcpError as error:
            _log.warning("%s could not be read: %s", item.tool, error)
            failures.append(error)
            continue
        found += [_holding(kis, item, row) for row in page.rows(item.block)]
    if failures and len(failures) == len(lists):
        raise failures[0]
    notes = [f"A part of the holdings could not be read: {failure.what}" for failure in failures]
    return [holding for holding in found if holding.quantity], notes


def example_of(held: Sequence[Holding]) -> Mapping[str, object] | None:
    """A US stock among them, as `exchange_rates` takes it."""
    return next(
        (
            {"symbol": holding.symbol, "exchange": holding.exchange, "price": holding.price}
            for holding in held
            if holding.currency == "USD" and holding.price
        ),
        None,
    )


def is_short(row: Mapping[str, object]) -> bool:
    """Whether a row of a list of holdings is of something that was sold, or borrowed and sold."""
    said = f"{text(row, 'side')} {text(row, 'side_name')}"
    return "sell" in said or "매도" in said or bool(number(row, "borrowed_stock_sale_proceeds"))


def _holding(kis: Kis, item: _HoldingList, row: Mapping[str, object]) -> Holding:
    def amount(fact: str) -> Decimal | None:
        return number(row, item.names.get(fact, fact))

    api = kis.catalog.find(item.tool)
    account = kis.accounts.get(api.account) if api and api.account else None
    exchange = text(row, "exchange")
    sign = -1 if is_short(row) else 1
    quantity, value = amount("balance_quantity"), amount("valuation_amount")
    return Holding(
        account=account.masked if account else "",
        market=item.market or COUNTRIES.get(exchange or "", ("overseas", ""))[0],
        exchange=exchange,
        symbol=text(row, "symbol") or "",
        name=text(row, "name"),
        currency=item.currency or text(row, item.names.get("currency", "currency")) or "",
        quantity=(quantity or Decimal(0)) * sign,
        price=amount("price"),
        purchase_amount=amount("purchase_amount"),
        value=None if value is None else value * sign,
        profit=amount("valuation_profit_loss"),
        profit_rate=amount("valuation_profit_loss_rate"),
    )
