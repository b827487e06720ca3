"""What sales and closed contracts brought, by day and instrument."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby

from kis_mcp.catalog import number, rounded, text
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter import KOREAN, OVERSEAS, PlacedOrder, orders_between
from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.portfolio.amounts import known_total, total
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates
from kis_mcp.trading.portfolio.holdings import Holding
from kis_mcp.trading.venues import COUNTRIES, KRX_CONTRACTS, OVERSEAS_CONTRACTS

_KOREAN = "domestic_stock_inquire_period_trade_profit"
_ABROAD = "overseas_stock_inquire_period_profit"
_CONTRACTS = "domestic_fo_inquire_daily_amount_fee"
_CONTRACTS_ABROAD = "overseas_fo_inquire_period_ccld"
_LISTED_FOR = timedelta(days=90)
_PERCENT = Decimal("0.01")
_WON = Decimal(1)
_DIGITS = 10

_log = logging.getLogger(__name__)

FROM_FILLS = (
    "KIS' demo tells no realized profit: that of stocks was worked out from the fills of the last 90 days at average"
    " cost, without fees and taxes, in won at today's rate; that of contracts is not in it."
)
COSTS = (
    "costs are what KIS lists beside the profit: of Korean stocks and contracts also those of the day's purchases,"
    " abroad those of the sale alone. They need not be what the profit is after."
)
LATE_ABROAD = "KIS tells the realized profit of overseas stocks from the day after the sale."


@dataclass(frozen=True, slots=True, kw_only=True)
class RealizedProfit:
    """What the sales of one instrument on one day, in the exchange's calendar, brought, in ``currency``.

    What KIS does not tell is None.

    Attributes:
        date: None where KIS only tells the whole period.
        costs: Fees, taxes and interest, as far as KIS tells; of Korean stocks and contracts those of the day's
            purchases too.
        profit_rate: In percent of what was paid.
        profit_krw: At KIS' rate of that day, to the won.
    """

    date: date | None
    market: str
    symbol: str
    name: str | None
    currency: str
    quantity: Decimal | None
    profit: Decimal | None
    profit_krw: Decimal | None
    profit_rate: Decimal | None
    costs: Decimal | None = None


@dataclass(slots=True)
class Realized:
    """The sales of a period, latest first.

    Attributes:
        notes: What a reader has to know of them.
        complete: Whether all could be read.
    """

    sales: list[RealizedProfit] = field(default_factory=list[RealizedProfit])
    notes: list[str] = field(default_factory=list[str])
    complete: bool = True


async def read_realized_profit(
    kis: KisReads, start: date, end: date, *, held: Sequence[Holding], rates: ExchangeRates, now: datetime
) -> Realized:
    """The realized profit of these days: as KIS tells it, in demo worked out from the fills.

    Args:
        held: What is held, to know which fills the list begins with.
        rates: For what KIS does not tell in won.

    Raises:
        KisMcpError: Nothing could be read.
    """
    if kis.environment.uses_demo_api:
        found = await _read_from_fills(kis, start, end, held, rates, now)
    else:
        found = await _read_from_kis(kis, start, end, rates)
    found.sales.sort(key=lambda sale: (sale.date or date.min, sale.symbol), reverse=True)
    return found


async def _read_from_kis(kis: KisReads, start: date, end: date, rates: ExchangeRates) -> Realized:
    """From each account that is set; one that cannot be read is said."""
    found, failures = Realized(), list[KisMcpError]()
    readers = {
        _KOREAN: _read_korean,
        _ABROAD: _read_abroad,
        _CONTRACTS: _read_contracts,
        _CONTRACTS_ABROAD: partial(_read_contracts_abroad, rates=rates),
    }
    offered = [tool for tool in readers if is_offered(kis, tool)]
    for tool in offered:
        try:
            found.sales += await readers[tool](kis, start, end)
        except KisMcpError as error:
            _log.warning("%s could not be read: %s", tool, error)
            failures.append(error)
            found.notes.append(f"{tool} could not be read: {error.what}")
    if failures and len(failures) == len(offered):
        raise failures[0]
    found.complete = not failures
    if any(sale.costs for sale in found.sales):
        found.notes.append(COSTS)
    if _ABROAD in offered:
        found.notes.append(LATE_ABROAD)
    return found


async def _read_korean(kis: KisReads, start: date, end: date) -> list[RealizedProfit]:
    page = await kis.rows(_KOREAN, {"start_date": start, "end_date": end})
    return [
        RealizedProfit(
            date=_date(row, "trade_date"),
            market="KR",
            symbol=text(row, "symbol") or "",
            name=text(row, "name"),
            currency="KRW",
            quantity=number(row, "sell_quantity"),
            profit=number(row, "realized_profit_loss"),
            profit_krw=number(row, "realized_profit_loss"),
            profit_rate=number(row, "profit_loss_rate"),
            costs=known_total(number(row, name) for name in ("fee", "tax", "loan_interest")),
        )
        for row in page.rows("trades")
        if number(row, "sell_quantity") != 0 and text(row, "symbol")
    ]


async def _read_abroad(kis: KisReads, start: date, end: date) -> list[RealizedProfit]:
    """KIS is asked twice, so that the won amounts are its own, at the rates of the days of sale."""
    days: dict[str, object] = {"start_date": start, "end_date": end}
    foreign = await kis.rows(_ABROAD, {**days, "amounts_in": "foreign"})
    won = await kis.rows(_ABROAD, {**days, "amounts_in": "won"})
    in_won = {
        _sale(row): rounded(profit, _WON)
        for row in won.rows("sales")
        if (profit := number(row, "overseas_realized_profit_loss")) is not None
    }
    return [
        RealizedProfit(
            date=_date(row, "trade_date"),
            market=COUNTRIES.get(text(row, "exchange") or "", ("overseas", ""))[0],
            symbol=text(row, "symbol") or "",
            name=text(row, "name"),
            currency=COUNTRIES.get(text(row, "exchange") or "", ("", ""))[1],
            quantity=number(row, "closed_quantity"),
            profit=number(row, "overseas_realized_profit_loss"),
            profit_krw=in_won.get(_sale(row)),
            profit_rate=number(row, "return_rate"),
            costs=number(row, "stock_sell_expense"),
        )
        for row in foreign.rows("sales")
        if text(row, "symbol")
    ]


async def _read_contracts(kis: KisReads, start: date, end: date) -> list[RealizedProfit]:
    """Contracts on KRX, by day; how many were closed KIS does not tell here."""
    page = await kis.rows(_CONTRACTS, {"start_date": start, "end_date": end})
    return [
        RealizedProfit(
            date=_date(row, "order_date"),
            market=KRX_CONTRACTS,
            symbol=text(row, "symbol") or "",
            name=text(row, "name"),
            currency="KRW",
            quantity=None,
            profit=number(row, "trade_profit_loss"),
            profit_krw=number(row, "trade_profit_loss"),
            profit_rate=None,
            costs=number(row, "total_fee_sum"),
        )
        for row in page.rows("days")
        if text(row, "symbol") and number(row, "trade_profit_loss") != 0
    ]


async def _read_contracts_abroad(
    kis: KisReads, start: date, end: date, *, rates: ExchangeRates
) -> list[RealizedProfit]:
    """Contracts abroad, of the whole period, in won at today's rate."""
    page = await kis.rows(_CONTRACTS_ABROAD, {"start_date": start, "end_date": end})
    return [
        RealizedProfit(
            date=None,
            market=OVERSEAS_CONTRACTS,
            symbol=text(row, "symbol") or "",
            name=None,
            currency=text(row, "currency") or "",
            quantity=None,
            profit=number(row, "closed_profit_loss"),
            profit_krw=rates.won(number(row, "closed_profit_loss"), text(row, "currency") or ""),
            profit_rate=None,
            costs=number(row, "fee"),
        )
        for row in page.rows("by_symbol")
        if text(row, "symbol") and number(row, "closed_profit_loss") != 0
    ]


def _date(row: Mapping[str, object], name: str) -> date | None:
    day = text(row, name)
    return date.fromisoformat(day) if day else None


def _sale(row: Mapping[str, object]) -> tuple[object, ...]:
    return row.get("trade_date"), row.get("symbol"), row.get("exchange")


async def _read_from_fills(
    kis: KisReads, start: date, end: date, held: Sequence[Holding], rates: ExchangeRates, now: datetime
) -> Realized:
    found = Realized(notes=[FROM_FILLS])
    for order_list in (KOREAN, OVERSEAS):
        placed = await orders_between(kis, order_list, now - _LISTED_FOR, now)
        filled = [order for order in placed.orders if order.filled_quantity and order.ordered_at]
        filled.sort(key=lambda order: (order.symbol, order.ordered_at, order.order_id.zfill(_DIGITS)))
        for symbol, orders in groupby(filled, lambda order: order.symbol):
            quantity = total(holding.quantity for holding in held if holding.symbol == symbol)
            sales = None if quantity is None else sales_of(list(orders), quantity, rates)
            if sales is None:
                why = "is held in an unknown quantity" if quantity is None else "was bought before KIS' list begins"
                found.notes.append(f"{symbol} {why}, so its profit cannot be told.")
            found.sales += [sale for sale in sales or () if sale.date and start <= sale.date <= end]
    return found


def sales_of(orders: Sequence[PlacedOrder], held: Decimal, rates: ExchangeRates) -> list[RealizedProfit] | None:
    """The sales among one instrument's filled orders, oldest first, at average cost.

    Args:
        held: How much is held after them.

    Returns:
        A row for each sale; None where the orders do not begin with the first purchase.
    """
    sold_net = sum(
        (order.filled_quantity if order.side == "sell" else -order.filled_quantity for order in orders), Decimal(0)
    )
    if held + sold_net != 0:
        return None
    quantity = cost = Decimal(0)
    sales: list[RealizedProfit] = []
    for order in orders:
        filled, price = order.filled_quantity, order.average_fill_price or Decimal(0)
        if order.side == "buy":
            quantity, cost = quantity + filled, cost + filled * price
            continue
        if filled > quantity:
            return None
        paid = cost * filled / quantity
        quantity, cost = quantity - filled, cost - paid
        profit = filled * price - paid
        currency = order.currency or ""
        sales.append(
            RealizedProfit(
                date=_day(order),
                market=order.market,
                symbol=order.symbol,
                name=order.name,
                currency=currency,
                quantity=filled,
                profit=rounded(profit, _PERCENT),
                profit_krw=rates.won(profit, currency),
                profit_rate=rounded(profit / paid * 100, _PERCENT) if paid else None,
            )
        )
    return sales


def _day(order: PlacedOrder) -> date:
    ordered_at = order.ordered_at
    assert ordered_at is not None
    return ordered_at.astimezone(KST if order.market == "KR" else NEW_YORK).date()
