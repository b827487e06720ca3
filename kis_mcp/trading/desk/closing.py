"""Positions and the orders that close them: the other side, what can be sold, and the type that the venue takes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, TypeAlias

from kis_mcp.catalog import CheckedArguments, check_arguments, number
from kis_mcp.errors import BadArgument
from kis_mcp.trading.blotter import PlacedOrder
from kis_mcp.trading.desk.drafts import OrderCall, draft_order
from kis_mcp.trading.guard import read_selling_lot
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order, Side, is_same_symbol
from kis_mcp.trading.portfolio import Holding, add_lots
from kis_mcp.trading.reads import read_record
from kis_mcp.trading.venues import (
    CONTRACT_MARKETS,
    MARKETS,
    STOCK_MARKETS,
    Listing,
    as_kis_writes,
    is_option,
    us_tick,
    venue_of,
)

PositionKind: TypeAlias = Literal["stock", "bond", "future", "option"]

_CUSHION = Decimal("0.01")
"""How far beyond the best US price a limit goes, so that it is filled although the price moves."""

_WITHOUT_LOAN = ("", "현금")
"""What KIS calls a lot of Korean stock that no loan is on."""

_ON_LOAN = "It is on credit: close it with place_order, with credit_type and loan_date."

_ODD_RESTS: Mapping[str, str] = {
    "domestic_bond": "Sell less than a lot with domestic_bond_sell, with small_lot_market true.",
    "HK": "Sell less than a lot with place_order, with order_type odd_lot_limit.",
}
"""How less than a lot is sold, by market."""

_BOOKS: Mapping[str, str] = {"domestic_bond": "domestic_bond_inquire_asking_price"}
_BOOK_ABROAD = "overseas_stock_inquire_asking_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A position that is to be closed.

    Attributes:
        side: Of the order that closes it.
        why_not: Why no order can close it.
    """

    position: Holding
    side: Side
    why_not: str = ""

    @property
    def closable(self) -> int:
        """What an order can close now, in whole units."""
        return int(self.position.sellable_quantity or 0)


def kind_of(position: Holding) -> PositionKind:
    """What a position is of; funds count as stocks."""
    if position.market in CONTRACT_MARKETS:
        return "option" if is_option(position.market, position.symbol) else "future"
    return "bond" if position.market == "domestic_bond" else "stock"


def pick_closings(
    lots: Collection[Holding],
    symbols: Collection[str] = (),
    markets: Collection[str] = (),
    kinds: Collection[PositionKind] = (),
) -> list[Closing]:
    """The positions that a caller means; without any word of theirs, all.

    Raises:
        BadArgument: A symbol is not held.
    """
    wanted = [lot for lot in lots if (not markets or lot.market in markets) and (not kinds or kind_of(lot) in kinds)]
    for symbol in symbols:
        if not any(_is_named(lot, symbol) for lot in wanted):
            raise BadArgument(
                f"No position in {symbol} is held, of the markets and kinds that are named.",
                remedy="Name positions as get_positions shows them, or leave symbols out to close all.",
                field="symbols",
            )
    named = [lot for lot in wanted if not symbols or any(_is_named(lot, symbol) for symbol in symbols)]
    on_loan = [lot for lot in named if _is_on_loan(lot)]
    free = add_lots([lot for lot in named if lot not in on_loan])
    return [*map(_closing, free), *(_closing(position, _ON_LOAN) for position in add_lots(on_loan))]


def is_held_by(order: PlacedOrder, closing: Closing) -> bool:
    """Whether an open order may close the position, or a part of it, and so holds that."""
    position = closing.position
    return (
        order.is_waiting
        and order.session != "reserved"
        and order.side == closing.side
        and order.market == position.market
        and is_same_symbol(order.symbol, position.symbol)
    )


def is_unchanged(order: Order, lots: Collection[Holding], freed: int = 0, lot: int = 1) -> bool:
    """Whether a position is still what a closing order was made for: the same side, and as much to close.

    Args:
        freed: What open orders hold of it that will be cancelled first.
        lot: What the order's quantity is a multiple of.
    """
    same = [
        closing
        for closing in pick_closings(lots)
        if closing.position.market == order.market
        and is_same_symbol(closing.position.symbol, order.symbol)
        and order.exchange in (None, closing.position.exchange)
        and not closing.why_not
    ]
    return [(one.side, (one.closable + freed) // lot * lot) for one in same] == [(order.side, order.quantity)]


async def draft_closing_in_lots(kis: KisReads, closing: Closing, quantity: int) -> tuple[CheckedArguments, str]:
    """The order that closes the most whole lots of so much of a position, and what is to be said of the rest.

    Raises:
        BadArgument: It is less than one lot, or no order can be made of it.
    """
    arguments = await draft_closing(kis, closing, quantity)
    lot = await read_selling_lot(kis, arguments)
    rest = quantity % lot
    if not rest:
        return arguments, ""
    remedy = _ODD_RESTS.get(closing.position.market, "Buy what a lot lacks with place_order, and close it then.")
    if rest == quantity:
        raise BadArgument(f"It is sold in lots of {lot:,}, and {quantity:,} is less.", remedy=remedy, field="symbols")
    whole = await draft_closing(kis, closing, quantity - rest)
    return whole, f"It is sold in lots of {lot:,}, so that {rest:,} of it stay. {remedy}"


async def draft_closing(kis: KisReads, closing: Closing, quantity: int) -> CheckedArguments:
    """The order that closes so much of a position: at market where the venue takes that, else at a limit that meets
    the best price of the other side, in the US one percent beyond it.

    Raises:
        BadArgument: The venue takes only limits, and no price is known.
    """
    position = closing.position
    has_exchange = MARKETS[position.market].usual is not None
    listing = Listing(position.symbol, position.market, position.exchange if has_exchange else None)
    at_market = _draft_at_market(kis, listing, closing.side, quantity)
    if at_market is not None:
        return at_market
    price = await _read_price(kis, position, closing.side)
    return _checked(kis, draft_order(kis.catalog, listing, side=closing.side, quantity=quantity, price=price))


def _draft_at_market(kis: KisReads, listing: Listing, side: Side, quantity: int) -> CheckedArguments | None:
    """The order without a price; None where the order API or the venue, by the table of sessions, takes no such."""
    try:
        call = draft_order(kis.catalog, listing, side=side, order_type="market", quantity=quantity)
        arguments = _checked(kis, call)
    except BadArgument:
        return None
    venue = venue_of(arguments.api, arguments)
    return arguments if venue is None or "market" in venue.types_of(side) else None


def _checked(kis: KisReads, call: OrderCall) -> CheckedArguments:
    api = kis.catalog.find(call.tool)
    assert api is not None, call.tool
    return check_arguments(api, call.arguments)


async def _read_price(kis: KisReads, position: Holding, side: Side) -> Decimal:
    """The price at which the other side of the book trades now, else the last one."""
    tool = _BOOKS.get(position.market, _BOOK_ABROAD)
    where = {"symbol": position.symbol}
    if position.market in STOCK_MARKETS:
        where["exchange"] = position.exchange or ""
    block = "book" if tool in _BOOKS.values() else "order_book"
    book = await read_record(kis, tool, where, block=block, fresh=True)
    price = number(book, f"{'bid' if side == 'sell' else 'ask'}_price_1") or position.price
    if not price:
        raise BadArgument(
            f"No price of {position.symbol} is known, and its venue takes only limit orders.",
            remedy="Close it with place_order at a price of your own.",
            field="symbols",
        )
    if position.market != "US":
        return price
    beyond, rounding = (1 - _CUSHION, ROUND_FLOOR) if side == "sell" else (1 + _CUSHION, ROUND_CEILING)
    tick = us_tick(price * beyond)
    return (price * beyond / tick).to_integral_value(rounding) * tick


def _is_named(lot: Holding, symbol: str) -> bool:
    return is_same_symbol(lot.symbol, as_kis_writes(symbol, lot.market))


def _is_on_loan(lot: Holding) -> bool:
    """Whether KIS lent for it: its sale has to say which loan it repays."""
    return lot.market == "KR" and lot.lot.split(" ")[0] not in _WITHOUT_LOAN


def _closing(position: Holding, why_not: str = "") -> Closing:
    side: Side = "buy" if position.is_short else "sell"
    return Closing(position=position, side=side, why_not=why_not or _obstacle(position))


def _obstacle(position: Holding) -> str:
    if position.market not in MARKETS or (position.market in STOCK_MARKETS and not position.exchange):
        return "KIS does not tell on which exchange it is held."
    if position.quantity is None or position.sellable_quantity is None:
        return "KIS does not tell how much of it can be closed."
    if position.market in STOCK_MARKETS and position.is_short:
        return "It was borrowed and sold: buy it back with place_order, with credit_type and loan_date."
    return ""
