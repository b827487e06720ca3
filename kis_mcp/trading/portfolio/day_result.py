"""How much an account has lost today: what is traded, held and paid, and no deposit or withdrawal."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kis_mcp.catalog.decode import Record
from kis_mcp.catalog.fields import number, text
from kis_mcp.catalog.model import Api
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.errors import KisMcpError, KisUnavailable
from kis_mcp.trading.blotter.lists import OVERSEAS
from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.blotter.reading import orders_between
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Order
from kis_mcp.trading.portfolio.exchange_rates import exchange_rates
from kis_mcp.trading.portfolio.holdings import is_short
from kis_mcp.trading.portfolio.open_positions import HELD, holding_rows, markets_with_holdings
from kis_mcp.trading.reads import PartialAnswer, read_parts, read_record
from kis_mcp.trading.venues.exchanges import COUNTRIES, STOCK_MARKETS

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
_KOREAN = "domestic_stock_inquire_balance"
_QUOTE = "overseas_stock_price"
_DAY_BEGINS: Mapping[str, tuple[ZoneInfo, time]] = {"US": (NEW_YORK, time(4))}
_ASIAN_DAY_BEGINS = KST, time(7)
"""From when on quotes abroad are compared with the close of the day before."""

_ZERO = Decimal(0)
_NOTHING: Record = {}

_log = logging.getLogger(__name__)


async def loss_today(
    kis: Kis, api: Api, order: Order, krw_rate: Decimal | None, now: datetime
) -> PartialAnswer[Decimal]:
    """The loss in won of the account that an order goes to; negative for a profit.

    A stock account's result is, for each Korean and overseas stock that is held or was traded today, what it is worth
    now and what its sales brought, less what it was worth at the previous close and what its purchases cost. Fees and
    taxes count as far as KIS tells them, which it does for Korea. Bonds are not in it. A market whose day is over
    counts with its last one. A futures account's result is what KIS calls it.

    Args:
        krw_rate: Of the order's currency, where the account does not tell it.
    """
    try:
        if futures := _FUTURES.get(api.account or ""):
            return PartialAnswer(-await _futures_result(kis, *futures))
        return await _stock_loss(kis, order, krw_rate, now)
    except KisMcpError as error:
        _log.warning("The result of the day could not be told: %s", error)
        return PartialAnswer(None)


async def _futures_result(kis: Kis, tool: str, block: str, names: Sequence[str]) -> Decimal:
    summary = await read_record(kis, tool, {}, block=block, fresh=True)
    return sum((_told(summary, name) for name in names), _ZERO)


async def _stock_loss(kis: Kis, order: Order, krw_rate: Decimal | None, now: datetime) -> PartialAnswer[Decimal]:
    abroad = [market for market in markets_with_holdings(kis) if market in STOCK_MARKETS - {_KOREA}]
    own = {_KOREA, order.market, *([_ORDERS] if order.market in abroad else [])}
    orders = {_ORDERS: _filled_abroad(kis, now, fresh=order.market in abroad)} if abroad else {}
    filled, without_orders = await read_parts(orders, needed=own)
    results, left_out = await read_parts(
        {_KOREA: _korean_result(kis)}
        | {
            market: _overseas_result(kis, market, [one for one in fills if one.market == market], order, krw_rate)
            for fills in filled.values()
            for market in abroad
        },
        needed=own,
    )
    return PartialAnswer(-sum(results.values(), _ZERO), without_orders + left_out)


async def _korean_result(kis: Kis) -> Decimal:
    """The balance lists what was sold to the last share today as well, with a quantity of 0."""
    page = await kis.rows(_KOREAN, {}, fresh=True)
    if not page.complete:
        raise KisUnavailable("The balance has more rows than could be read.", remedy="Try again.")
    summary = next(iter(page.rows("summary")), _NOTHING)
    traded = _told(summary, "today_sell_amount") - _told(summary, "today_buy_amount")
    return sum(map(_change_in_value, page.rows("positions")), traded - _told(summary, "today_expense_amount"))


def _change_in_value(row: Mapping[str, object]) -> Decimal:
    """What a Korean stock is worth now, less what of it was held before today was worth then."""
    sign = -1 if is_short(row) else 1
    now = _told(row, "holding_quantity") * sign
    before = now - _told(row, "today_buy_quantity") + _told(row, "today_sell_quantity")
    if now == before == 0:
        return _ZERO
    price = _told(row, "price")
    if price == 0:
        raise KisUnavailable(f"KIS tells no price of {text(row, 'symbol')}.", remedy="Try again.")
    return now * price - before * (price - _told(row, "change"))


async def _filled_abroad(kis: Kis, now: datetime, *, fresh: bool) -> list[PlacedOrder]:
    """The overseas orders of the day that something was bought or sold by."""
    began = {country: _began(country, now) for country, _ in COUNTRIES.values()}
    placed = await orders_between(kis, OVERSEAS, min(began.values()), now, fresh=fresh)
    if not placed.complete:
        raise KisUnavailable("The overseas orders are more than could be read.", remedy="Try again.")
    return [
        order
        for order in placed.orders
        if order.filled_quantity and order.ordered_at and order.ordered_at >= began.get(order.market, now)
    ]


async def _overseas_result(
    kis: Kis, market: str, filled: Sequence[PlacedOrder], order: Order, krw_rate: Decimal | None
) -> Decimal:
    """The result of one country's stocks, in won."""
    quantities: dict[tuple[str, str], Decimal] = {(one.exchange or "", one.symbol): _ZERO for one in filled}
    for row in await holding_rows(kis, market, fresh=market == order.market):
        stock = text(row, "exchange") or "", text(row, "symbol") or ""
        if COUNTRIES.get(stock[0], ("",))[0] != market:
            continue
        quantities[stock] = quantities.get(stock, _ZERO) + _told(row, *HELD)
    changes = await asyncio.gather(
        *(
            _overseas_change(kis, *stock, quantity, [one for one in filled if (one.exchange, one.symbol) == stock])
            for stock, quantity in quantities.items()
        )
    )
    result, currency = sum(changes, _ZERO), next(money for country, money in COUNTRIES.values() if country == market)
    if result == 0:
        return _ZERO
    exchange, symbol = next(iter(quantities))
    example = {"symbol": symbol, "exchange": exchange, "price": 1} if market == "US" else None
    in_won = (await exchange_rates(kis, example)).won(result, currency)
    if in_won is not None:
        return in_won
    if krw_rate is None or market != order.market:
        raise KisUnavailable(f"KIS tells no exchange rate for {currency}.", remedy="Try again.")
    return result * krw_rate


async def _overseas_change(
    kis: Kis, exchange: str, symbol: str, quantity: Decimal, filled: Sequence[PlacedOrder]
) -> Decimal:
    """The result of one stock, in its currency."""
    if not quantity and not filled:
        return _ZERO
    quote = await read_record(kis, _QUOTE, {"exchange": exchange, "symbol": symbol})
    bought, paid, sold, brought = _ZERO, _ZERO, _ZERO, _ZERO
    for one in filled:
        amount = one.filled_quantity * (one.average_fill_price or _ZERO)
        if one.side == "buy":
            bought, paid = bought + one.filled_quantity, paid + amount
        else:
            sold, brought = sold + one.filled_quantity, brought + amount
    before = quantity - bought + sold
    worth = quantity * _price(quote, "price", symbol) if quantity else _ZERO
    was_worth = before * _price(quote, "previous_close", symbol) if before else _ZERO
    return worth + brought - was_worth - paid


def _began(country: str, now: datetime) -> datetime:
    """When the day of a country's market began that is on, or was the last one; its holidays are not looked at."""
    zone, begins = _DAY_BEGINS.get(country, _ASIAN_DAY_BEGINS)
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=local.time() < begins)
    return datetime.combine(day - timedelta(days=max(day.weekday() - 4, 0)), begins, zone)


def _price(quote: Record, name: str, symbol: str) -> Decimal:
    price = number(quote, name)
    if not price:
        raise KisUnavailable(f"KIS tells no {name} of {symbol}.", remedy="Try again.")
    return price


def _told(row: Mapping[str, object], *names: str) -> Decimal:
    found = number(row, *names)
    if found is None:
        raise KisUnavailable(f"KIS does not tell {names[0]}.", remedy="Try again.")
    return found
