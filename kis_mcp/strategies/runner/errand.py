"""One order of a lane: sent once, and followed until nothing more can come of it."""

from collections.abc import Callable
from itertools import chain, repeat
from typing import Final

from kis_mcp.errors import KisMcpError, OrderStateUnknown, StorageError
from kis_mcp.strategies.runner.diary import Diary, key_of
from kis_mcp.strategies.runner.live_lane import LiveLane, Want
from kis_mcp.strategies.runner.ports import InAccount, Orders, OwnOrder, Wish
from kis_mcp.strategies.runner.terms import RunTerms

ACTIONS: Final = {"buy": "enter", "sell": "exit"}
PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each look at an order: what is ordered near the last price is filled at once, most of the time."""

SELDOM: Final = 30.0


class Errand:
    """Carries out what a lane wants.

    Args:
        stop: Called with the reason where an order is outside the mandate.
    """

    def __init__(
        self, terms: RunTerms, orders: Orders, lane: LiveLane, diary: Diary, stop: Callable[[str], None]
    ) -> None:
        self._terms = terms
        self._orders = orders
        self._lane = lane
        self._diary = diary
        self._stop = stop

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
                key=key_of(run.id, lane.symbol, want.at, ACTIONS[want.side]),
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
        """Look at an order until nothing more can come of it. It is never sent again."""
        for pause in chain(PAUSES, repeat(SELDOM)):
            await self._terms.sleep(pause)
            try:
                order = await self._orders.look_up(intent_id)
            except KisMcpError:
                continue
            self._lane.take_order(order)
            await self._terms.records.put_position(self._lane.held_position(self._terms.run.id))
            if order.state == "ended":
                return

    async def _sellable(self) -> int:
        """What it holds, as far as the account has it and no other order is for it."""
        account = await self._orders.account(self._lane.symbol)
        await settle_holding(self._terms, self._lane, self._diary, account)
        return min(self._lane.quantity, account.sellable)

    async def _refuse(self, want: Want, reason: str) -> None:
        self._lane.refuse(want, self._terms.clock())
        await self._diary.say(self._lane, f"{ACTIONS[want.side]}_refused: {reason}")


async def settle_holding(terms: RunTerms, lane: LiveLane, diary: Diary, account: InAccount) -> None:
    """Hold what the run's orders made against what the account has, and write down what it holds."""
    await diary.note_loss(lane, lane.lacks(account.held, terms.clock()))
    await terms.records.put_position(lane.held_position(terms.run.id))
