"""What is held and being bought, in every account and market, for the cap on open positions."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from kis_mcp.catalog import Api
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter import EVERY_LIST, OrderList, lists_of_api, orders_between, pick_available
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order
from kis_mcp.trading.portfolio.holding_lists import markets_with_holdings
from kis_mcp.trading.portfolio.holdings import read_market_holdings
from kis_mcp.trading.reads import PartialAnswer, read_parts
from kis_mcp.trading.venues import STOCK_MARKETS

_log = logging.getLogger(__name__)


async def read_open_positions(
    kis: KisReads, api: Api, order: Order, cap: int, now: datetime
) -> PartialAnswer[frozenset[str]]:
    """The instruments held in any account that is set, and those with an open order that adds to them.

    The order's own market is asked afresh; the others come from the account cache, and only if they can matter.
    """
    own_lists = pick_available(kis, lists_of_api(api))
    try:
        positions = _union(
            await asyncio.gather(
                _read_held(kis, order.market, fresh=True),
                *(_read_adding(kis, one, now, fresh=True) for one in own_lists),
            )
        )
        if positions is None or order.symbol in positions or len(positions) >= cap:
            return PartialAnswer(positions)
        others, left_out = await read_parts(
            {market: _read_held(kis, market) for market in markets_with_holdings(kis) if market != order.market}
            | {
                f"{one.tool} {one.family}": _read_adding(kis, one, now)
                for one in pick_available(kis, EVERY_LIST)
                if one not in own_lists
            }
        )
    except KisMcpError as error:
        _log.warning("The open positions could not be read: %s", error)
        return PartialAnswer(None)
    return PartialAnswer(_union([positions, *others.values()]), left_out)


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """All of them; None where one is unknown."""
    union = frozenset[str]()
    for part in parts:
        if part is None:
            return None
        union |= part
    return union


async def _read_held(kis: KisReads, market: str, *, fresh: bool = False) -> frozenset[str]:
    """What is held in one market; what KIS gives an unreadable quantity for counts as held."""
    return frozenset(lot.symbol for lot in await read_market_holdings(kis, market, fresh=fresh) if lot.is_open)


async def _read_adding(
    kis: KisReads, order_list: OrderList, now: datetime, *, fresh: bool = False
) -> frozenset[str] | None:
    """What open orders add to; None where there are more orders than could be read."""
    placed = await orders_between(kis, order_list, now, now, fresh=fresh)
    if not placed.complete:
        _log.warning("%s has more rows than could be read.", order_list.tool)
        return None
    return frozenset(
        order.symbol
        for order in placed.orders
        if order.status.is_open and (order.side == "buy" or order.market not in STOCK_MARKETS)
    )
