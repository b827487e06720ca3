"""A wish as a tool call: at which price, or of which standing order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.simulator.market.instruments import instruments
from kis_mcp.simulator.market.market import Market
from tests.chaos.audit import Content
from tests.chaos.peer import Json
from tests.chaos.plan import Wish

_STEPS = {"KR": Decimal(1000), "US": Decimal("0.01")}
"""Multiples of every tick."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a client calls, and what that says."""

    tool: str
    arguments: Json
    market: str
    content: Content

    @property
    def is_new(self) -> bool:
        return self.tool == "place_order"


@dataclass(frozen=True, slots=True)
class _Standing:
    order_id: str
    market: str
    price: Decimal


class Orders:
    """Turns wishes into calls.

    Args:
        seed: Of the simulator's market.
        clock: Its time.

    Attributes:
        wanted: How often each order was wanted.
    """

    def __init__(self, seed: int, clock: Callable[[], datetime]) -> None:
        self._market = Market(seed)
        self._clock = clock
        self._prices: dict[tuple[str, str, int], Decimal | None] = {}
        self._standing: list[_Standing] = []
        self.wanted: Counter[Content] = Counter()

    def call_of(self, wish: Wish) -> ToolCall:
        """A change or cancel takes an order that stands; where none is known to, it becomes a new order."""
        call = self._new(wish) if wish.kind == "place" or not self._standing else self._change(wish)
        self.wanted[call.content] += wish.verdict == "accept"
        if wish.key:
            call.arguments["idempotency_key"] = wish.key
        return call

    def stands(self, call: ToolCall, order: Json) -> None:
        """An order came back from a call."""
        if "order_id" in order and order.get("price") and call.tool != "cancel_order":
            self._standing.append(_Standing(order["order_id"], call.market, Decimal(str(order["price"]))))

    def _new(self, wish: Wish) -> ToolCall:
        arguments: Json = {"symbol": wish.symbol, "side": wish.side, "quantity": wish.quantity}
        price = self._price(wish)
        if price is None:
            arguments["order_type"] = "market"
        else:
            arguments["price"] = float(price)
        content: Content = ("new", wish.symbol, wish.side, wish.quantity, price)
        return ToolCall("place_order", arguments, instruments()[wish.symbol].country, content)

    def _change(self, wish: Wish) -> ToolCall:
        original = self._standing.pop(wish.number % len(self._standing))
        arguments: Json = {"order_id": original.order_id, "market": original.market.lower()}
        number = original.order_id.lstrip("0")
        if wish.kind == "cancel":
            return ToolCall("cancel_order", arguments, original.market, ("cancel", number))
        step = _STEPS[original.market]
        price = max(step, original.price // step * step - step)
        return ToolCall(
            "modify_order", {**arguments, "price": float(price)}, original.market, ("modify", number, price)
        )

    def _price(self, wish: Wish) -> Decimal | None:
        """A twin gets its twin's price, though the market has moved on."""
        if wish.percent is None:
            return None
        known = (wish.symbol, wish.side, wish.quantity)
        if known not in self._prices:
            instrument = instruments()[wish.symbol]
            last = instrument.units(self._market.quote(instrument, self._clock()).price)
            assert last is not None
            units = int(last * (100 + wish.percent) // 100)
            tick = instrument.tick(units)
            self._prices[known] = instrument.price(units // tick * tick)
        return self._prices[known]
