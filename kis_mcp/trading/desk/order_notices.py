"""What is done with KIS' notices of orders: each is kept in the journal with the order that it is of, and settles one
whose answer was lost. Where no notices come, everything goes on by KIS' lists of orders."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kis_mcp.account import Account
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.market import OrderNotice, ReadNotices
from kis_mcp.trading.blotter import EVERY_LIST, SAME_DAY, NoticeBook, OrderKey, family_of, key_of, keys_of
from kis_mcp.trading.journal import Journal, NoticeEntry, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import is_same_symbol

_MOST_RECORDS = 1_000

_log = logging.getLogger(__name__)


class NoticeReceiver(Protocol):
    """Takes what comes. Called where the link is read: it keeps what it is given and returns at once."""

    def receive(self, read: ReadNotices) -> None: ...

    def report_gap(self, category: str, ended_at: datetime, *, is_lost: bool) -> None:
        """Notices of a category's orders may have been missed until then; or none come any more."""
        ...


class NoticeSource(Protocol):
    """Where notices come from."""

    async def open(self, category: str, receiver: NoticeReceiver) -> bool:
        """Have the notices of a KIS category's orders come, from when it returns; False where there are none here.

        Raises:
            KisMcpError: They could not be had.
        """
        ...


class OrderNotices:
    """Implements `NoticeReceiver` for one environment's journal.

    Args:
        source: None where no notices can be had.
        settle: Looks up what became of an order whose state is unknown, by KIS' list and the book.
        reconcile: Looks up every such order.
    """

    def __init__(
        self,
        kis: KisReads,
        journal: Journal,
        *,
        source: NoticeSource | None,
        settle: Callable[[Record], Awaitable[Record]],
        reconcile: Callable[[], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._kis = kis
        self._journal = journal
        self._source = source
        self._settle = settle
        self._reconcile = reconcile
        self._clock = clock
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._fresh: deque[OrderNotice] = deque()
        self._working: asyncio.Task[None] | None = None
        self._has_gap = False
        self._is_closed = False
        self._keys: Mapping[str, OrderKey] = {}
        """Of the accepted orders, by intent: they stay as they are."""
        self.book = NoticeBook()

    def begin(self, category: str) -> None:
        """Have the notices of a category's orders come, if they do not yet; in the background, whatever comes of it."""
        if self._source is not None and category not in self._opening:
            self._opening[category] = asyncio.create_task(
                self._open(self._source, category), name=f"notices of {category} orders"
            )

    def receive(self, read: ReadNotices) -> None:
        for problem in read.problems:
            _log.warning("%s KIS' list of orders tells what it said.", problem)
        own = [notice for notice in read.notices if self._account_of(notice.category) in notice.accounts]
        if fresh := self.book.add(own):
            self._fresh.extend(fresh)
            self._work()

    def report_gap(self, category: str, ended_at: datetime, *, is_lost: bool) -> None:
        """What was missed, reconciliation catches up."""
        if is_lost:
            self.book.end(family_of(category))
            self._opening.pop(category, None)
        else:
            self.book.begin(family_of(category), ended_at)
        self._has_gap = True
        self._work()

    async def attach(self, record: Record) -> None:
        """Keep what came of an order before it was known which it is. It never raises."""
        if record.status is not Status.ACCEPTED or record.order_id is None or record.sent_at is None:
            return
        try:
            for notice in self.book.of(key_of(self._kis.catalog, record), record.sent_at):
                if await self._is_for(notice, record):
                    await self._note(record, notice)
        except Exception:
            _log.exception("What KIS notified of order intent %s could not be journaled", record.intent.id)

    async def finish(self) -> None:
        """Return once all that came is dealt with."""
        while self._working is not None and not self._working.done():
            await asyncio.gather(self._working, return_exceptions=True)

    async def aclose(self) -> None:
        """Deal with what came, and wait for no more."""
        opening = list(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        await self.finish()
        self._is_closed = True

    async def _open(self, source: NoticeSource, category: str) -> None:
        try:
            if await source.open(category, self):
                self.book.begin(family_of(category), self._clock())
        except KisMcpError as error:
            _log.warning("No notices of %s orders come, their state is polled: %s", category, error)
            self._opening.pop(category, None)
        except Exception:
            _log.exception("No notices of %s orders come, their state is polled", category)
            self._opening.pop(category, None)

    def _account_of(self, category: str) -> Account | None:
        """The account whose orders are sent and listed here: orders of two accounts may have one number."""
        lists = (each for each in EVERY_LIST if each.family == family_of(category))
        api = next((self._kis.catalog.find(each.tool) for each in lists), None)
        return self._kis.accounts.get(api.account) if api is not None and api.account is not None else None

    def _work(self) -> None:
        if not self._is_closed and (self._working is None or self._working.done()):
            self._working = asyncio.create_task(self._keep(), name="keep notices of orders")

    async def _keep(self) -> None:
        """Deal with all that came, in turn."""
        while self._fresh or self._has_gap:
            notices, has_gap = list(self._fresh), self._has_gap
            self._fresh.clear()
            self._has_gap = False
            try:
                if has_gap:
                    await self._reconcile()
                await self._keep_all(notices)
            except Exception:
                _log.exception("Notices of orders could not be journaled; KIS' list of orders tells what they said")

    async def _keep_all(self, notices: Sequence[OrderNotice]) -> None:
        if not notices:
            return
        accepted = self._by_key(await self._journal.accepted_since(self._clock() - SAME_DAY))
        unclaimed = [notice for notice in notices if not await self._keep_one(notice, accepted)]
        for record in await self._doubtful() if unclaimed else ():
            if any(_may_be_of(notice, record) for notice in unclaimed):
                await self.attach(await self._settle(record))

    def _by_key(self, accepted: Sequence[Record]) -> Mapping[OrderKey, Sequence[Record]]:
        found: dict[OrderKey, list[Record]] = {}
        self._keys = {
            record.intent.id: self._keys.get(record.intent.id) or key_of(self._kis.catalog, record)
            for record in accepted
        }
        for record in accepted:
            found.setdefault(self._keys[record.intent.id], []).append(record)
        return found

    async def _doubtful(self) -> list[Record]:
        """The orders that may stand at KIS after all, oldest first; of those on their way, an answer comes yet."""
        latest = await self._journal.history(since=self._clock() - SAME_DAY, limit=_MOST_RECORDS)
        return [record for record in reversed(latest) if record.status in (Status.UNKNOWN, Status.NOT_ACCEPTED)]

    async def _keep_one(self, notice: OrderNotice, accepted: Mapping[OrderKey, Sequence[Record]]) -> bool:
        """Journal a notice with the orders that it tells of; whether one of them is the order that it is of."""
        is_claimed = False
        for key in keys_of(notice):
            record = await self._record_of(notice, key, accepted.get(key, ()))
            if record is not None:
                await self._note(record, notice)
                is_claimed = is_claimed or key == keys_of(notice)[0]
        return is_claimed

    async def _record_of(self, notice: OrderNotice, key: OrderKey, records: Sequence[Record]) -> Record | None:
        """The latest of these that was sent before a notice came; a number comes again another day."""
        for record in reversed(records):
            if notice in self.book.of(key, record.sent_at) and await self._is_for(notice, record):
                return record
        return None

    async def _is_for(self, notice: OrderNotice, record: Record) -> bool:
        return record.intent.account_id in [await self._journal.account_id(account) for account in notice.accounts]

    async def _note(self, record: Record, notice: OrderNotice) -> None:
        await self._journal.note(NoticeEntry(intent_id=record.intent.id, at=self._clock(), notice=notice))


def _may_be_of(notice: OrderNotice, record: Record) -> bool:
    order = record.intent.order
    return is_same_symbol(notice.symbol, order.symbol) and order.side in (None, notice.side)
