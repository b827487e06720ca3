"""How much an account has lost today: by what is held, traded and paid; deposits and withdrawals do not count."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kis_mcp.catalog import Api, Record, number
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter import OVERSEAS, PlacedOrder, orders_between
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order
from kis_mcp.trading.portfolio.amounts import total
from kis_mcp.trading.portfolio.exchange_rates import read_exchange_rates
from kis_mcp.trading.portfolio.holding_lists import KOREAN_STOCKS, markets_with_holdings
from kis_mcp.trading.portfolio.holdings import Holding, lots_of, read_market_holdings
from kis_mcp.trading.reads import PartialAnswer, read_parts, read_record, read_whole
from kis_mcp.trading.venues import COUNTRIES, STOCK_MARKETS

_FUTURES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "futures": ("domestic_fo_inquire_balance", "summary", ("trade_profit_loss_total", "valuation_profit_loss_sum")),
    "overseas_futures": (
        "overseas_fo_inquire_deposit",
        "deposit",
        ("closed_profit_loss", "derivative_valuation_profit_loss"),
    ),
}
"""Account → which fields of which block make up today's result, in won."""

_KOREA = "KR"
_ORDERS = "overseas orders"
_QUOTE = "overseas_stock_price"
_DAY_BEGINS: Mapping[str, tuple[ZoneInfo, time]] = {"US": (NEW_YORK, time(4))}
_ASIAN_DAY_BEGINS = KST, time(7)
"""From when on quotes abroad are compared with the close of the day before."""

_ZERO = Decimal(0)
_NOTHING: Record = {}

_log = logging.getLogger(__name__)


async def read_loss_today(
    kis: KisReads, api: Api, order: Order, krw_rate: Decimal | None, now: datetime
) -> PartialAnswer[Decimal]:
    """The loss in won of the account that an order goes to; negative for a profit, None where it is unknown.

    A stock account's result is, for each Korean and overseas stock that is held or was traded today, what it is worth
    now and what its sales brought, less what it was worth at the previous close and what its purchases cost. Fees and
    taxes count as far as KIS tells them, which it does for Korea. Bonds are not in it. A market whose day is over
    counts with its last one. A futures account's result is what KIS calls it.

    Args:
        krw_rate: Of the order's currency, where the account does not tell it.
    """
    try:
        if futures := _FUTURES.get(api.account or ""):
            result, left_out = await _read_futures_result(kis, *futures), ()
        else:
            result, left_out = await _read_stock_result(kis, order, krw_rate, now)
    except KisMcpError as error:
        _log.warning("The result of the day could not be read: %s", error)
        return PartialAnswer(None)
    if result is None:
        _log.warning("The result of the day is unknown: KIS leaves a part of it out.")
        return PartialAnswer(None)
    return PartialAnswer(-result, left_out)


async def _read_futures_result(kis: KisReads, tool: str, block: str, names: Sequence[str]) -> Decimal | None:
    summary = await read_record(kis, tool, {}, block=block, fresh=True)
    return total(number(summary, name) for name in names)


async def _read_stock_result(
    kis: KisReads, order: Order, krw_rate: Decimal | None, now: datetime
) -> tuple[Decimal | None, tuple[str, ...]]:
    """The result of all stocks, and what KIS refuses to tell."""
    abroad = [market for market in markets_with_holdings(kis) if market in STOCK_MARKETS - {_KOREA}]
    own = {_KOREA, order.market, *([_ORDERS] if order.market in abroad else [])}
    orders = {_ORDERS: _read_fills_abroad(kis, now, fresh=order.market in abroad)} if abroad else {}
    fills, without_orders = await read_parts(orders, needed=own)
    results, left_out = await read_parts(
        {_KOREA: _read_korean_result(kis)}
        | {
            market: _read_overseas_result(kis, market, filled, order, krw_rate)
            for filled in fills.values()
            for market in abroad
        },
        needed=own,
    )
    return total(results.values()), without_orders + left_out


async def _read_korean_result(kis: KisReads) -> Decimal | None:
    """The balance lists what was sold to the last share today as well, with a quantity of 0."""
    page = await read_whole(kis, KOREAN_STOCKS.tool, KOREAN_STOCKS.arguments, fresh=True)
    summary = next(iter(page.rows("summary")), _NOTHING)
    sold, bought, costs = (number(summary, f"today_{name}_amount") for name in ("sell", "buy", "expense"))
    changes = total(_change_in_value(lot) for lot in lots_of(kis, KOREAN_STOCKS, page))
    if changes is None or sold is None or bought is None or costs is None:
        return None
    return changes + sold - bought - costs


def _change_in_value(lot: Holding) -> Decimal | None:
    """What a Korean stock is worth now, less what of it was held before today was worth then."""
    if lot.quantity is None or lot.bought_today is None or lot.sold_today is None:
        return None
    before = lot.quantity - lot.bought_today + lot.sold_today
    if lot.quantity == before == 0:
        return _ZERO
    if lot.price is None or lot.change is None:
        return None
    return lot.quantity * lot.price - before * (lot.price - lot.change)


async def _read_fills_abroad(kis: KisReads, now: datetime, *, fresh: bool) -> list[PlacedOrder] | None:
    """The overseas orders of the day that something was bought or sold by; None where they are more than could be
    read."""
    began = {country: _began(country, now) for country, _ in COUNTRIES.values()}
    placed = await orders_between(kis, OVERSEAS, min(began.values()), now, fresh=fresh)
    if not placed.complete:
        return None
    return [
        order
        for order in placed.orders
        if order.filled_quantity and order.ordered_at and order.ordered_at >= began.get(order.market, now)
    ]


async def _read_overseas_result(
    kis: KisReads, market: str, filled: Sequence[PlacedOrder] | None, order: Order, krw_rate: Decimal | None
) -> Decimal | None:
    """The result of one country's stocks, in won."""
    if filled is None:
        return None
    held = await read_market_holdings(kis, market, fresh=market == order.market)
    mine = [one for one in filled if one.market == market]
    stocks = dict.fromkeys([(one.exchange, one.symbol) for one in (*mine, *held)])
    result = total(
        await asyncio.gather(
            *(
                _read_change_abroad(
                    kis,
                    *stock,
                    total(lot.quantity for lot in held if (lot.exchange, lot.symbol) == stock),
                    [one for one in mine if (one.exchange, one.symbol) == stock],
                )
                for stock in stocks
            )
        )
    )
    if not result:
        return result
    exchange, symbol = next(iter(stocks))
    example = {"symbol": symbol, "exchange": exchange, "price": 1} if market == "US" else None
    currency = next(money for country, money in COUNTRIES.values() if country == market)
    in_won = (await read_exchange_rates(kis, example)).won(result, currency)
    if in_won is not None:
        return in_won
    return None if krw_rate is None or market != order.market else result * krw_rate


async def _read_change_abroad(
    kis: KisReads, exchange: str | None, symbol: str, quantity: Decimal | None, filled: Sequence[PlacedOrder]
) -> Decimal | None:
    """The result of one stock, in its currency."""
    if quantity == 0 and not filled:
        return _ZERO
    if quantity is None or exchange is None:
        return None
    quote = await read_record(kis, _QUOTE, {"exchange": exchange, "symbol": symbol})
    bought, paid, sold, brought = _ZERO, _ZERO, _ZERO, _ZERO
    for one in filled:
        amount = one.filled_quantity * (one.average_fill_price or _ZERO)
        if one.side == "buy":
            bought, paid = bought + one.filled_quantity, paid + amount
        else:
            sold, brought = sold + one.filled_quantity, brought + amount
    before = quantity - bought + sold
    worth, was_worth = _worth(quantity, quote, "price"), _worth(before, quote, "previous_close")
    return None if worth is None or was_worth is None else worth + brought - was_worth - paid


def _worth(quantity: Decimal, quote: Record, price: str) -> Decimal | None:
    """At a price of the quote, where 0 is none."""
    if quantity == 0:
        return _ZERO
    found = number(quote, price)
    return quantity * found if found else None


def _began(country: str, now: datetime) -> datetime:
    """When the day of a country's market began that is on, or was the last one; its holidays are not looked at."""
    zone, begins = _DAY_BEGINS.get(country, _ASIAN_DAY_BEGINS)
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=local.time() < begins)
    return datetime.combine(day - timedelta(days=max(day.weekday() - 4, 0)), begins, zone)
