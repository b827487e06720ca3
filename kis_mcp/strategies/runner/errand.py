"""One order of a lane: sent once, and followed until nothing more can come of it."""

from collections.abc import Callable
from itertools import chain, repeat
from typing import Final

from kis_mcp.errors import KisMcpError, OrderStateUnknown, StorageError
from kis_mcp.strategies.evaluation import Decision
from kis_mcp.strategies.records import ACTION_OF
from kis_mcp.strategies.runner.diary import Diary, key_of
from kis_mcp.strategies.runner.live_lane import LiveLane, Want
from kis_mcp.strategies.runner.patience import STANDING_IS_SAID, reason_to_cancel
from kis_mcp.strategies.runner.ports import Answer, InAccount, Orders, OwnOrder, Wish
from kis_mcp.strategies.runner.terms import RunTerms

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each look at an order: what is ordered near the last price is filled at once, most of the time."""

SELDOM: Final = 30.0
STEP: Final = 2.0
"""A wait is no longer than this once the position is to be sold."""

_MOST_CANCELS: Final = 3
"""So often it is tried to cancel one order."""


class Errand:
    """Carries out what a lane wants.

    Args:
        stop: Called with the reason where an order is outside the mandate.
        exits_kept: How many of the day's orders are kept for the exits of other instruments.
    """

    def __init__(
        self,
        terms: RunTerms,
        orders: Orders,
        lane: LiveLane,
        diary: Diary,
        stop: Callable[[str], None],
        exits_kept: Callable[[], int],
    ) -> None:
        self._terms = terms
        self._orders = orders
        self._lane = lane
        self._diary = diary
        self._stop = stop
        self._exits_kept = exits_kept
        self._cancels = 0
        self._is_said = False

    async def send(self, want: Want) -> None:
        """Order it, and follow the order.

        Raises:
            StorageError: The run's records cannot be written, or the journal cannot tell what became of the order.
            OrderStateUnknown: It may stand at KIS, and the journal does not know it.
        """
        lane, run = self._lane, self._terms.run
        if want.side == "sell" and not lane.quantity:
            lane.want = None
            return None
        try:
            quantity = await self._sellable() if want.side == "sell" else want.quantity
            if not quantity:
                if lane.quantity:
                    return await self._refuse(want, "other orders to sell, or a pledge, hold all that the account has")
                lane.want = None
                return None
            wish = Wish(
                symbol=lane.symbol,
                side=want.side,
                quantity=quantity,
                price=lane.price,
                key=key_of(run.id, lane.symbol, want.at, ACTION_OF[want.side]),
            )
            answer = await self._orders.place(wish)
        except (StorageError, OrderStateUnknown):
            raise  # it may have been sent: the run begins anew by what the journal has
        except KisMcpError as error:
            return await self._refuse(want, str(error))
        if answer.kind == "outside":
            self._stop(answer.reason)
        if answer.kind in ("outside", "refused") or answer.intent_id is None:
            return await self._refuse(want, answer.reason)
        order = OwnOrder(
            intent_id=answer.intent_id,
            key=wish.key,
            at=self._terms.clock(),
            symbol=lane.symbol,
            side=want.side,
            quantity=quantity,
            state="unknown" if answer.kind == "unknown" else "open",
        )
        lane.answer(order)
        await self._terms.records.set_intent(run.id, lane.symbol, want.at, order.intent_id)
        if answer.kind == "unknown":
            await self._diary.say(lane, f"order_unknown: {answer.reason}")
        return await self.follow(order.intent_id)

    async def follow(self, intent_id: str) -> None:
        """Look at an order until nothing more can come of it. It is never sent again; what stands too long is taken
        back, and an exit is decided upon anew."""
        for pause in chain(PAUSES, repeat(SELDOM)):
            await self._wait(pause)
            try:
                order = await self._orders.look_up(intent_id)
            except KisMcpError:
                continue
            self._lane.take_order(order)
            await self._terms.records.put_position(self._lane.held_position(self._terms.run.id))
            if order.state == "ended":
                return await self._end(order)
            if order.state == "open":
                await self._tend(order)
        return None

    async def _wait(self, seconds: float) -> None:
        while seconds > 0:
            await self._terms.sleep(min(seconds, STEP))
            seconds = seconds - STEP if self._lane.want is None else 0

    async def _tend(self, order: OwnOrder) -> None:
        """Take an order back that stands too long, or say that it stands."""
        lane, now = self._lane, self._terms.clock()
        stood, closes = self._terms.sessions.traded_since(order.at, now), self._terms.sessions.is_about_to_close(now)
        sells = lane.want is not None or (closes and self._terms.strategy.exits.at_session_end)
        if why := reason_to_cancel(order, stood, lane.last_price, sells=sells):
            if self._cancels < _MOST_CANCELS:
                await self._cancel(order, why)
        elif order.side == "sell" and stood >= STANDING_IS_SAID and not closes:
            await self._say_once(f"exit_stands: {lane.quantity} are not sold yet: nobody takes them at its price")

    async def _cancel(self, order: OwnOrder, why: str) -> None:
        """An exit is cancelled only where the mandate lets out another one."""
        try:
            if order.side == "sell" and await self._orders.orders_left() <= self._exits_kept():
                await self._say_once(f"exit_stands: {why}, and no order of today is left for another one")
                return
            self._cancels += 1
            answer = await self._orders.cancel(order.intent_id, f"{order.key}-cancel-{self._cancels}")
        except KisMcpError as error:
            answer = Answer("refused", None, str(error))
        said = "cancelled" if answer.kind == "accepted" else f"cancel_{answer.kind}"
        reason = "" if answer.kind == "accepted" else f". {answer.reason}"
        await self._diary.say(self._lane, f"{ACTION_OF[order.side]}_{said}: {why}{reason}")
        if answer.kind == "unknown":
            self._cancels = _MOST_CANCELS

    async def _end(self, order: OwnOrder) -> None:
        """Offer what an exit did not sell again: at once where it was cancelled for that, else later."""
        lane, rest = self._lane, order.quantity - order.filled
        if order.side == "buy" or not lane.quantity or not lane.leaving or lane.want is not None:
            return
        if not rest or not self._cancels:
            lane.sell_later(self._terms.clock())
            if rest:
                await self._diary.say(lane, f"exit_unfilled: {rest} of {order.quantity} were not sold")
            return
        at = self._diary.moment()
        lane.leave(lane.leaving, at)
        again = self._diary.entry(lane, at, Decision("exit", reason=lane.leaving))
        await self._terms.records.add_signals([again])

    async def _say_once(self, what: str) -> None:
        if not self._is_said:
            self._is_said = True
            await self._diary.say(self._lane, what)

    async def _sellable(self) -> int:
        """What it holds, as far as the account has it and no other order is for it."""
        account = await self._orders.account(self._lane.symbol)
        await settle_holding(self._terms, self._lane, self._diary, account)
        return min(self._lane.quantity, account.sellable)

    async def _refuse(self, want: Want, reason: str) -> None:
        self._lane.refuse(want, self._terms.clock())
        await self._diary.say(self._lane, f"{ACTION_OF[want.side]}_refused: {reason}")


async def settle_holding(terms: RunTerms, lane: LiveLane, diary: Diary, account: InAccount) -> None:
    """Hold what the run's orders made against what the account has, and write down what it holds."""
    await diary.note_loss(lane, lane.lacks(account.held, terms.clock()))
    await terms.records.put_position(lane.held_position(terms.run.id))
