"""A wish as a tool call: at which price, or of which standing order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.simulator.market.market import Market
from tests.chaos.audit import Content, bare_number
from tests.chaos.peer import Json
from tests.chaos.plan import Wish
from tests.chaos.ways import CORE_TOOLS, EVERY_INSTRUMENT, WAYS, Way

_US_EXCHANGES = ("nasdaq", "nyse", "amex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An order that stands, with what a change or cancel of it has to name."""

    way: Way
    order_id: str = ""
    symbol: str
    exchange: str
    side: str
    quantity: int
    price: Decimal
    day: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a client calls, and what that says.

    Attributes:
        api: KIS' API that it should reach.
        becomes: What will stand at a price if KIS takes it, but for its number.
    """

    tool: str
    arguments: Json
    api: str
    content: Content
    becomes: Standing | None = None

    @property
    def has_key(self) -> bool:
        return "idempotency_key" in self.arguments


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
        self._prices: dict[tuple[str, str, str, int], Decimal | None] = {}
        self._standing: list[Standing] = []
        self.wanted: Counter[Content] = Counter()

    def call_of(self, wish: Wish) -> ToolCall:
        """A change or cancel takes an order that stands, of its own way if there is one; where none is known to, it
        becomes a new order."""
        call = self._new(wish) if wish.kind == "place" or not self._standing else self._change(wish)
        self.wanted[call.content] += wish.verdict == "accept"
        if wish.has_key and call.tool in CORE_TOOLS:
            call.arguments["idempotency_key"] = f"wish-{wish.number}"
        return call

    def stands(self, call: ToolCall, order: Json) -> None:
        """An order came back from a call."""
        number = order.get("reservation_id") or order.get("order_id")
        if call.becomes and number:
            self._standing.append(replace(call.becomes, order_id=number))

    def _new(self, wish: Wish) -> ToolCall:
        way, exchange, price = WAYS[wish.way], EVERY_INSTRUMENT[wish.symbol].exchange, self._price(wish)
        arguments: Json = {"symbol": wish.symbol, "quantity": wish.quantity, **way.more}
        if way.category != "domestic_bond":
            arguments["side"] = wish.side
        if exchange in _US_EXCHANGES and way.place not in CORE_TOOLS:
            arguments["exchange"] = exchange
        content: Content = (way.api, wish.symbol, wish.side, wish.quantity, price)
        if price is None:
            return ToolCall(way.place, {**arguments, "order_type": "market"}, way.api, content)
        becomes = Standing(
            way=way,
            symbol=wish.symbol,
            exchange=exchange,
            side=wish.side,
            quantity=wish.quantity,
            price=price,
            day=f"{self._clock().astimezone(way.zone):%Y-%m-%d}",
        )
        return ToolCall(way.place, {**arguments, "price": float(price)}, way.api, content, becomes)

    def _change(self, wish: Wish) -> ToolCall:
        own = [standing for standing in self._standing if standing.way is WAYS[wish.way]]
        original = (own or self._standing)[-1]
        self._standing.remove(original)
        way, number = original.way, bare_number(original.order_id)
        arguments: Json = {name: getattr(original, fact) for name, fact in way.naming.items()} | dict(way.more_changing)
        is_cancel = wish.kind == "cancel" or way.modify is None
        if way.modify == way.cancel:
            arguments["action"] = "cancel" if is_cancel else "modify"
        if is_cancel or way.modify is None:
            return ToolCall(way.cancel, arguments, way.change_api, (way.change_api, "cancel", number))
        price = self._tick_below(original)
        arguments["price"] = float(price)
        content: Content = (way.change_api, "modify", number, price)
        return ToolCall(way.modify, arguments, way.change_api, content, replace(original, price=price))

    def _price(self, wish: Wish) -> Decimal | None:
        """A twin gets its twin's price, though the market has moved on."""
        if wish.percent is None:
            return None
        known = (wish.way, wish.symbol, wish.side, wish.quantity)
        if known not in self._prices:
            instrument = EVERY_INSTRUMENT[wish.symbol]
            last = instrument.units(self._market.quote(instrument, self._clock()).price)
            assert last is not None
            units = int(last * (100 + wish.percent) // 100)
            tick = instrument.tick(units)
            self._prices[known] = instrument.price(units // tick * tick)
        return self._prices[known]

    @staticmethod
    def _tick_below(order: Standing) -> Decimal:
        instrument = EVERY_INSTRUMENT[order.symbol]
        units = instrument.units(order.price)
        assert units is not None
        return instrument.price(units - instrument.tick(units))
