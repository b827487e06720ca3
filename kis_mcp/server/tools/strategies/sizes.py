"""Whether bounds leave room for one order of the size that a document says: a run that orders none, or another size
than was tested, is not what the person wanted."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import BUY_ROOM
from kis_mcp.trading.desk import money

_HUNDRED: Final = Decimal(100)


def require_room_for_one_order(
    strategy: Strategy,
    prices: Mapping[str, Decimal],
    currency: str,
    *,
    most_per_order: Decimal,
    most_in_all: Decimal,
    bound: Decimal,
) -> None:
    """Refuse bounds that one order of the strategy is beyond.

    Args:
        strategy: Resolved.
        prices: Symbol → the last one, where it buys a number of shares.
        bound: By what earlier runs left.

    Raises:
        BadArgument: Naming the bound.
    """
    for what, worth in _orders_of(strategy, prices, most_in_all - bound):
        if worth > most_per_order > 0:
            raise BadArgument(
                f"One order of its size, {what}, takes up to {money(worth, currency)}; most_per_order is"
                f" {money(most_per_order, currency)}.",
                remedy="Give a larger most_per_order, or a document that buys less.",
                field="most_per_order",
            )
        if bound + worth > most_in_all > 0:
            raise BadArgument(
                f"One order of its size, {what}, takes up to {money(worth, currency)}, and what earlier runs left binds"
                f" {money(bound, currency)}; most_in_all is {money(most_in_all, currency)}.",
                remedy="Give a larger most_in_all, or a document that buys less.",
                field="most_in_all",
            )


def _orders_of(strategy: Strategy, prices: Mapping[str, Decimal], capital: Decimal) -> Iterator[tuple[str, Decimal]]:
    """In words, and what each takes; none where that follows from bars that are to come."""
    sizing, most = strategy.sizing, strategy.limits.position_percent
    if sizing.shares is not None and most is None:
        shares = Decimal(str(sizing.shares))
        for symbol, price in prices.items():
            yield f"{shares:f} × {symbol}", (shares * price * (1 + BUY_ROOM)).quantize(Decimal("0.01")).normalize()
    elif sizing.amount is not None and most is None:
        yield "by its amount", Decimal(str(sizing.amount))
    elif sizing.percent_of_equity is not None and capital > 0:
        share = min(Decimal(str(sizing.percent_of_equity)), Decimal(str(most if most is not None else 100)))
        yield f"{share.normalize():f} % of its money", capital * share / _HUNDRED
