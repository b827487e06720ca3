"""The way of a running strategy's orders: its wishes as orders of the desk, and what became of them in its words."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, Protocol

from kis_mcp.catalog import CheckedArguments, check_arguments
from kis_mcp.errors import KisMcpError, KisUnavailable, OrderRefused, OrderRejected, OrderStateUnknown
from kis_mcp.market import Instrument, read_quote
from kis_mcp.strategies.evaluation import BUY_ROOM
from kis_mcp.strategies.runner import Answer, InAccount, OwnOrder, Wish
from kis_mcp.trading.blotter import PlacedOrder
from kis_mcp.trading.desk import OrderOutcome, draft_cancel, draft_order
from kis_mcp.trading.journal import CLOCK_WAS_SET, Record, moments_sent
from kis_mcp.trading.mandate import InstrumentKey
from kis_mcp.trading.order import Action
from kis_mcp.trading.portfolio import read_market_holdings
from kis_mcp.trading.venues import InstrumentKind, Listing, krx_tick, us_tick
from kis_mcp.wiring.reads import Reads

SELL_ROOM: Final = Decimal("0.03")
"""Where there are no market orders, a sale takes so much less than the last price, as a share of it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How far an order is filled, by KIS' lists and notices.

    Attributes:
        quantity: Shares.
        worth: What they cost or brought.
        is_over: Whether nothing more can be filled.
    """

    quantity: Decimal = Decimal(0)
    worth: Decimal = Decimal(0)
    is_over: bool = False


class Mandated(Protocol):
    """The orders of a strategy under its mandate, as the desk has them."""

    async def place(self, arguments: CheckedArguments, *, key: str) -> OrderOutcome: ...

    async def look_up(self, intent_id: str) -> Record: ...

    async def orders(self) -> Sequence[Record]: ...

    async def fills(self) -> Mapping[str, Filled]:
        """Intent → how far it is filled, after a look at KIS; only of what was sent."""
        ...

    def loss(self, prices: Mapping[InstrumentKey, Decimal]) -> Decimal:
        """What the mandate has lost, at these prices and by the fills of the last look."""
        ...

    async def read_book(self) -> None:
        """Count by what the journal has now."""
        ...

    async def journaled(self, reads: Reads) -> Sequence[PlacedOrder]:
        """The account's orders of today that the journal tells of, where KIS' lists do not."""
        ...

    async def orders_left(self) -> int:
        """How many new orders the mandate still lets out today."""
        ...

    def is_outside(self, error: OrderRefused) -> bool:
        """Whether it was refused because it is outside the mandate."""
        ...


class StrategyOrders:
    """Implements `kis_mcp.strategies.runner.ports.Orders`.

    Args:
        run_id: The run's, with which its keys begin.
        reads: For what the account holds.
    """

    def __init__(self, run_id: str, mandated: Mandated, reads: Reads, instruments: Mapping[str, Instrument]) -> None:
        self._run_id = run_id
        self._mandated = mandated
        self._reads = reads
        self._instruments = instruments

    async def place(self, wish: Wish) -> Answer:
        return await self._send(await self._arguments(wish), wish.key)

    async def cancel(self, intent_id: str, key: str) -> Answer:
        earlier, record = await self._record_of(key), await self._mandated.look_up(intent_id)
        if earlier is not None:
            return await self._send(self._checked(earlier.intent.tool, earlier.intent.arguments), key)
        if record.order_id is None:
            return Answer("refused", None, "KIS did not tell its number.")
        now, market = self._reads.clock(), record.intent.order.market
        journaled = await self._mandated.journaled(self._reads)
        call = await draft_cancel(self._reads, market, record.order_id, now=now, journaled=journaled)
        return await self._send(self._checked(call.tool, call.arguments), key)

    async def orders_left(self) -> int:
        return await self._mandated.orders_left()

    async def _send(self, arguments: CheckedArguments, key: str) -> Answer:
        try:
            outcome = await self._mandated.place(arguments, key=key)
        except OrderRefused as error:
            return Answer("outside" if self._mandated.is_outside(error) else "refused", None, str(error))
        except OrderRejected as error:
            return Answer("refused", None, str(error))
        except OrderStateUnknown as error:
            if (sent := await self._record_of(key)) is None:
                raise
            return Answer("unknown", sent.intent.id, str(error))
        return Answer("accepted", outcome.intent_id, outcome.message)

    async def look_up(self, intent_id: str) -> OwnOrder:
        record = await self._mandated.look_up(intent_id)
        ((at, _),) = moments_sent([record]) or [(record.intent.at, record)]
        return self._own(record, at, self._key_of(record) or "", (await self._mandated.fills()).get(intent_id))

    async def orders(self) -> Sequence[OwnOrder]:
        every = [each for each in await self._mandated.orders() if each.intent.order.action is Action.NEW]
        sent = [(at, each) for at, each in moments_sent(every) if self._key_of(each)]
        if not sent:
            return []
        fills = await self._mandated.fills()
        return [self._own(each, at, self._key_of(each) or "", fills.get(each.intent.id)) for at, each in sent]

    def loss(self, prices: Mapping[str, Decimal]) -> Decimal:
        return self._mandated.loss({(name, self._instruments[name].market): each for name, each in prices.items()})

    async def note_lost(self) -> None:
        await self._mandated.read_book()

    async def account(self, symbol: str) -> InAccount:
        instrument = self._instruments[symbol]
        lots = await read_market_holdings(self._reads, instrument.market, fresh=True)
        own = [each for each in lots if each.symbol == symbol]
        quantities = [each.quantity for each in own if each.quantity is not None]
        if len(quantities) < len(own):
            raise KisUnavailable(f"KIS does not tell how much of {symbol} is held.", remedy="Try again later.")
        return InAccount(int(sum(quantities)), int(sum(each.sellable_quantity or Decimal(0) for each in own)))

    def _own(self, record: Record, at: datetime, key: str, filled: Filled | None) -> OwnOrder:
        """Its time, which is KIS', by this machine's clock as that is set now."""
        error = self._reads.clock_error or timedelta()
        return _own(record, at - error if abs(error) > CLOCK_WAS_SET else at, key, filled)

    async def _record_of(self, key: str) -> Record | None:
        """What a key led to."""
        return next((record for record in await self._mandated.orders() if self._key_of(record) == key), None)

    async def _arguments(self, wish: Wish) -> CheckedArguments:
        """Those that the key stands for since a process proposed them and died; else by the last price."""
        earlier = await self._record_of(wish.key)
        if earlier is None:
            return await self._draft(wish)
        return self._checked(earlier.intent.tool, earlier.intent.arguments)

    def _key_of(self, record: Record) -> str | None:
        """The key of one of the run's orders, without what the desk puts before it."""
        _, begin, rest = (record.intent.idempotency_key or "").partition(f"{self._run_id}-")
        return f"{begin}{rest}" if begin else None

    async def _draft(self, wish: Wish) -> CheckedArguments:
        """Near the last price: a buy at a limit a little above it, and not above the day's. A sale in Korea takes what
        the market gives."""
        instrument = self._instruments[wish.symbol]
        listing = Listing(instrument.symbol, instrument.market, instrument.exchange)
        at_market = wish.side == "sell" and instrument.market == "KR"
        call = draft_order(
            self._reads.catalog,
            listing,
            side=wish.side,
            order_type="market" if at_market else "limit",
            quantity=wish.quantity,
            price=None if at_market else _limit(wish, instrument, await self._upper_limit(wish, instrument)),
        )
        return self._checked(call.tool, call.arguments)

    async def _upper_limit(self, wish: Wish, instrument: Instrument) -> Decimal | None:
        """The day's highest price, above which KIS refuses a buy; None where there is none, or it is not told now."""
        if wish.side == "sell" or instrument.market == "US":
            return None
        with suppress(KisMcpError):
            return (await read_quote(self._reads, instrument)).upper_limit_price
        return None

    def _checked(self, tool: str, arguments: Mapping[str, object]) -> CheckedArguments:
        api = self._reads.catalog.find(tool)
        assert api is not None, tool
        return check_arguments(api, arguments)


def _limit(wish: Wish, instrument: Instrument, upper_limit: Decimal | None) -> Decimal:
    is_buy = wish.side == "buy"
    price = wish.price * (1 + (BUY_ROOM if is_buy else -SELL_ROOM))
    price = price if upper_limit is None else min(price, upper_limit)
    step = _step(instrument)(price)
    return (price / step).to_integral_value(ROUND_FLOOR if is_buy else ROUND_CEILING) * step


def _step(instrument: Instrument) -> Callable[[Decimal], Decimal]:
    if instrument.market == "US":
        return us_tick
    kind: InstrumentKind = "etf" if instrument.kind == "etf" else "stock"
    return lambda price: krx_tick(price, kind)


def _own(record: Record, at: datetime, key: str, filled: Filled | None) -> OwnOrder:
    """An order in the run's words. What cannot stand at KIS has ended; what KIS does not tell of yet is open. One that
    seemed not to have arrived is looked for as long as the mandate counts it: it may turn up late, and is held then."""
    intent, found = record.intent, filled or Filled()
    order, status = intent.order, record.status
    assert order.symbol is not None and order.side is not None and order.quantity is not None, intent.id
    is_over = found.is_over or not (status.may_stand or status.may_be_settled)
    return OwnOrder(
        intent_id=intent.id,
        key=key,
        at=at,
        symbol=order.symbol,
        side=order.side,
        quantity=int(order.quantity),
        state="ended" if is_over else "unknown" if status.may_be_settled else "open",
        filled=int(found.quantity),
        price=found.worth / found.quantity if found.quantity else None,
        limit=order.price,
    )
