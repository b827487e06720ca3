"""What is held and being bought, in every account and market, for the cap on open positions."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import TypeAlias, TypeVar

from kis_mcp.catalog.decode import Record
from kis_mcp.catalog.fields import number, text
from kis_mcp.catalog.model import Api
from kis_mcp.errors import KisMcpError, KisUnavailable
from kis_mcp.trading.blotter.lists import EVERY_LIST, OrderList, lists_of_api
from kis_mcp.trading.blotter.reading import orders_between, pick_available
from kis_mcp.trading.kis import Kis, is_offered
from kis_mcp.trading.order import Order
from kis_mcp.trading.reads import PartialAnswer, read_list, read_parts
from kis_mcp.trading.venues.exchanges import STOCK_MARKETS

Question: TypeAlias = tuple[str, Mapping[str, object]]
"""A read API and what it is asked with."""

_T = TypeVar("_T")

HELD = ("holding_quantity", "overseas_balance_quantity", "balance_quantity", "open_quantity")
"""What lists of holdings call the quantity."""

_ABROAD = "overseas_stock_inquire_balance"

_HOLDINGS: Mapping[str, tuple[Question, ...]] = {
    "KR": (("domestic_stock_inquire_balance", {}),),
    "domestic_bond": (("domestic_bond_inquire_balance", {}),),
    "domestic_futureoption": (("domestic_fo_inquire_balance", {}),),
    "overseas_futureoption": (("overseas_fo_inquire_unpd", {}),),
    **{
        market: tuple((_ABROAD, {"exchange": exchange, "currency": currency}) for exchange in exchanges)
        for market, currency, exchanges in (
            ("US", "USD", ("nasdaq", "nyse", "amex")),
            ("HK", "HKD", ("hong_kong",)),
            ("CN", "CNY", ("shanghai", "shenzhen")),
            ("JP", "JPY", ("tokyo",)),
            ("VN", "VND", ("hanoi", "ho_chi_minh")),
        )
    },
}
"""Market → what lists the holdings there."""


_log = logging.getLogger(__name__)


async def holding_rows(kis: Kis, market: str, *, exchange: str | None = None, fresh: bool = False) -> list[Record]:
    """The holdings of one market, or of one exchange there.

    Raises:
        KisMcpError: KIS fails, or says no.
        KisUnavailable: No list has them.
    """
    if market not in _HOLDINGS:
        raise KisUnavailable(f"KIS lists no holdings of {market}.", remedy="Order in another market.")
    asked = [
        (tool, arguments)
        for tool, arguments in _HOLDINGS[market]
        if exchange is None or arguments.get("exchange") in (None, exchange)
    ]
    return list(chain.from_iterable([await read_list(kis, tool, arguments, fresh=fresh) for tool, arguments in asked]))


async def open_positions(kis: Kis, api: Api, order: Order, cap: int, now: datetime) -> PartialAnswer[frozenset[str]]:
    """The instruments held in any account that is set, and those with an open order that adds to them.

    The order's own market is asked afresh; the others come from the account cache, and only if they can matter.
    """
    own_lists = pick_available(kis, lists_of_api(api))
    try:
        found = await asyncio.gather(
            _held(kis, order.market, fresh=True), *(_adding(kis, one, now, fresh=True) for one in own_lists)
        )
        positions = frozenset[str]().union(*found)
        if order.symbol in positions or len(positions) >= cap:
            return PartialAnswer(positions)
        others, left_out = await read_parts(
            {market: _held(kis, market) for market in markets_with_holdings(kis) if market != order.market}
            | {
                f"{one.tool} {one.family}": _adding(kis, one, now)
                for one in pick_available(kis, EVERY_LIST)
                if one not in own_lists
            }
        )
    except KisMcpError as error:
        _log.warning("The open positions could not be read: %s", error)
        return PartialAnswer(None)
    return PartialAnswer(positions.union(*others.values()), left_out)


def markets_with_holdings(kis: Kis) -> list[str]:
    """The markets whose holdings this environment tells, of accounts that are set."""
    return [market for market, ((tool, _), *_) in _HOLDINGS.items() if is_offered(kis, tool)]


async def _held(kis: Kis, market: str, *, fresh: bool = False) -> frozenset[str]:
    rows = await holding_rows(kis, market, fresh=fresh)
    return frozenset(text(row, "short_symbol", "symbol") or "" for row in rows if number(row, *HELD))


async def _adding(kis: Kis, order_list: OrderList, now: datetime, *, fresh: bool = False) -> frozenset[str]:
    placed = await orders_between(kis, order_list, now, now, fresh=fresh)
    if not placed.complete:
        raise KisUnavailable(f"{order_list.tool} has more rows than could be read.", remedy="Try again.")
    return frozenset(
        order.symbol
        for order in placed.orders
        if order.status.is_open and (order.side == "buy" or order.market not in STOCK_MARKETS)
    )
