"""KIS' APIs as calls: arguments in, typed blocks out, with paging and caching between them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, Final, cast

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import CheckedArguments, check_arguments
from kis_mcp.catalog.cache import CACHE_LIFETIMES, ReplyCache
from kis_mcp.catalog.cursor import Cursor, PagePosition
from kis_mcp.catalog.decode import Decoded, Record, decode
from kis_mcp.catalog.encode import channels, encode
from kis_mcp.catalog.gateway import KisGateway, KisReply, KisRequest, MayLeave, WaitReporter, read_urgency
from kis_mcp.catalog.live import Channel
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind, Api, CacheClass
from kis_mcp.catalog.paging import Collector, Limits, next_keys
from kis_mcp.catalog.projection import EVERYTHING, read_projection
from kis_mcp.catalog.refused_element import name_argument
from kis_mcp.catalog.reserved import CURSOR, FIELDS, LIMIT
from kis_mcp.catalog.shared_reads import SharedReads
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisMcpError

MOST_CHARACTERS = 48_000
MOST_PAGES = 100
MOST_READ_ROWS = 5_000
"""Of a list that is read whole."""

MORE_ROWS = "There are more rows than these."
_UNLIMITED = 1_000_000
_DATE_IS_ROUGH = timedelta(seconds=5)
"""A Date header counts whole seconds and comes late by the way."""

_NEVER_SHARED: Final = ("none", "account")
"""Who asks after an order must not get what was asked before it."""

_CLOCK_WAS_SET = 30.0
_DATA_CHANGED = "SYDB0050"


@dataclass(frozen=True, slots=True)
class Page:
    """What a tool answers.

    Attributes:
        blocks: Block name → rows, or one record.
        complete: Whether there is no more.
        next_cursor: Where it goes on, if it can.
        notes: What a reader has to know.
        as_of: When KIS said so; of several answers the earliest.
        picture: A PNG for the person to look at.
    """

    blocks: dict[str, list[Record] | Record]
    complete: bool
    next_cursor: str | None
    notes: list[str]
    as_of: datetime
    picture: bytes | None = None


class KisApis:
    """All APIs of one environment.

    Args:
        catalog: The spec table.
        gateway: The way to KIS.
        cache: Where answers are kept for a while.
        environment: Which KIS it is.
        accounts: The accounts to use, by kind; a missing one is an error only for the APIs that want it.
        hts_id: The customer's HTS ID, for the few APIs that want it.
        clock: Says what time it is in Korea.
        lifetimes: Seconds that an answer is reused, by cache class; 0 or absent for never.
        monotonic: Seconds that pass while the machine is awake, whatever is done to its clock.
    """

    def __init__(
        self,
        catalog: Catalog,
        gateway: KisGateway,
        cache: ReplyCache,
        *,
        environment: Environment,
        accounts: Mapping[AccountKind, Account],
        hts_id: str = "",
        clock: Clock,
        lifetimes: Mapping[CacheClass, float] = CACHE_LIFETIMES,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self.catalog = catalog
        self.environment = environment
        self.accounts = accounts
        self.clock = clock
        self._gateway = gateway
        self._cache = cache
        self._hts_id = hts_id
        self._lifetimes = lifetimes
        self._account_numbers = frozenset(account.number for account in accounts.values())
        self._orders_sent = 0
        self._shared = SharedReads()
        self._monotonic = monotonic
        self._clock_sample: tuple[timedelta, datetime, float] | None = None

    @property
    def clock_error(self) -> timedelta | None:
        """KIS' clock less this machine's, as KIS' last answer told it.

        None before the first, and once the machine's clock and the seconds that passed no longer agree: then the clock
        was set, or the machine slept, since.
        """
        if self._clock_sample is None:
            return None
        error, at, awake = self._clock_sample
        passed = (self.clock() - at).total_seconds()
        return error if abs(passed - (self._monotonic() - awake)) < _CLOCK_WAS_SET else None

    async def call(self, arguments: CheckedArguments, *, waiting: WaitReporter | None = None) -> Page:
        """Answer a tool call that reads.

        Lists are cut at the caller's limit or where the answer gets too long, and then go on with a cursor.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: Before anything is sent, or as KIS says.
            RateLimited, KisUnavailable: KIS could not be asked.
        """
        api = arguments.api
        _require_read(api)
        shown = read_projection(api, cast(str | list[str] | None, arguments.get(FIELDS)))
        characters = MOST_CHARACTERS if LIMIT in arguments else None
        limits = Limits(cast(int, arguments.get(LIMIT, _UNLIMITED)), characters, shown)
        cursor = Cursor(self.environment, api.tool, arguments, self._account_number(api))
        text = arguments.get(CURSOR)
        start = PagePosition() if text is None else cursor.read(cast(str, text))
        collected, as_of = await self._collect(arguments, start, limits, fresh=False, waiting=waiting)
        return Page(
            blocks=collected.blocks,
            complete=collected.complete,
            next_cursor=None if collected.going_on is None else cursor.write(collected.going_on),
            notes=[*collected.notes, *filter(None, [_unknown(arguments, collected), shown.note])],
            as_of=as_of,
        )

    async def rows(
        self,
        tool: str,
        arguments: Mapping[str, object],
        *,
        fresh: bool = False,
        max_rows: int = MOST_READ_ROWS,
        waiting: WaitReporter | None = None,
    ) -> Decoded:
        """Read an API whole: all pages, all fields.

        Args:
            tool: Its name.
            arguments: Its own arguments, without those of lists.
            fresh: Whether to ask KIS even where an answer is kept.
            max_rows: The most rows; a note says so when there are more.
            waiting: Told when the rate limit makes it wait.

        Raises:
            As :meth:`call`.
        """
        api = self._find(tool)
        _require_read(api)
        limits = Limits(max_rows, None, EVERYTHING)
        checked = check_arguments(api, arguments)
        collected, as_of = await self._collect(checked, PagePosition(), limits, fresh=fresh, waiting=waiting)
        if collected.going_on is not None:
            collected.notes.append(MORE_ROWS)
        return Decoded(collected.blocks, collected.notes, collected.complete, as_of)

    def check(self, arguments: CheckedArguments) -> None:
        """Find out, without asking KIS, whether this environment could send such a call.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: It could not.
        """
        self._request(arguments)

    def channels(self, arguments: CheckedArguments) -> list[Channel]:
        """The registrations that a call of a websocket API wants.

        Raises:
            NotInEnvironment, CredentialsError: This environment has none such, or the HTS ID is not set.
        """
        demo, today = self.environment.uses_demo_api, self.clock().date()
        return channels(arguments.api, arguments.own(), demo=demo, hts_id=self._hts_id, today=today)

    async def order(self, arguments: CheckedArguments, may_leave: MayLeave) -> Decoded:
        """Send an order, once. Kept account answers are forgotten, whatever comes of it.

        Raises:
            Whatever ``may_leave`` raises: It was not sent.
            BadArgument, NotInEnvironment, CredentialsError: It was not sent.
            OrderRejected, OrderStateUnknown, RateLimited, KisUnavailable: As :meth:`KisGateway.order` says.
        """
        api = arguments.api
        if api.risk != "order":
            raise ValueError(f"{api.tool} sends no order")
        request = self._request(arguments)
        try:
            reply = await self._gateway.order(request, may_leave)
        except KisMcpError as error:
            name_argument(error, api)
            raise
        finally:
            self._orders_sent += 1
            self._cache.drop("account")
        return decode(api, reply.body, hide=self._account_numbers)

    def forget_account(self) -> None:
        """Read accounts and orders at KIS the next time, whatever is kept of them."""
        self._cache.drop("account")

    async def _collect(
        self,
        arguments: CheckedArguments,
        start: PagePosition,
        limits: Limits,
        *,
        fresh: bool,
        waiting: WaitReporter | None,
    ) -> tuple[Collector, datetime]:
        """Collect pages; once more from the beginning when the data changed at KIS meanwhile."""
        paging = arguments.api.paging
        first = Collector(limits, start, paging)
        try:
            return first, await self._fill(first, arguments, start, fresh=fresh, waiting=waiting)
        except KisMcpError as error:
            if error.kis_code != _DATA_CHANGED:
                raise
        if start != PagePosition():
            raise BadArgument(
                "The list changed at KIS since the last page.", remedy="Call again without cursor.", field=CURSOR
            )
        second = Collector(limits, start, paging)
        try:
            return second, await self._fill(second, arguments, start, fresh=True, waiting=waiting)
        except KisMcpError as error:
            if error.kis_code != _DATA_CHANGED or not second.blocks:
                raise
        second.notes.append("The list keeps changing at KIS, so it ends early; call again for the rest.")
        second.going_on = None
        return second, self.clock()

    async def _fill(
        self,
        collector: Collector,
        arguments: CheckedArguments,
        start: PagePosition,
        *,
        fresh: bool,
        waiting: WaitReporter | None,
    ) -> datetime:
        """Ask for page after page until the collector has enough; when the first answer came."""
        api, keys = arguments.api, start.keys
        as_of = None
        for _ in range(MOST_PAGES):
            reply = await self._read(api, self._request(arguments, keys), fresh=fresh, waiting=waiting)
            as_of = min(filter(None, (as_of, reply.received_at)), default=None)
            following = None if api.paging is None else next_keys(api.paging, reply)
            if not collector.add(decode(api, reply.body, hide=self._account_numbers), keys, following):
                break
            keys = following
        return as_of or self.clock()

    async def _read(self, api: Api, request: KisRequest, *, fresh: bool, waiting: WaitReporter | None) -> KisReply:
        seconds = self._lifetimes.get(api.cache, 0)
        key = self._key(request)
        if seconds and not fresh and (kept := self._cache.get(key)):
            return kept
        if api.cache in _NEVER_SHARED:
            return await self._ask(api, request, key, seconds, waiting)
        ask = partial(self._ask, api, request, key, seconds, waiting)
        return await self._shared.read((key, read_urgency()), ask)

    async def _ask(
        self, api: Api, request: KisRequest, key: str, seconds: float, waiting: WaitReporter | None
    ) -> KisReply:
        orders_sent = self._orders_sent
        try:
            reply = await self._gateway.read(request, waiting=waiting)
        except KisMcpError as error:
            name_argument(error, api)
            raise
        now = self.clock()
        reply = replace(reply, received_at=now)
        if reply.kis_time is not None:
            ahead = reply.kis_time - now
            is_exact = abs(ahead) > _DATE_IS_ROUGH
            self._clock_sample = (ahead if is_exact else timedelta(), now, self._monotonic())
        before_an_order = api.cache == "account" and orders_sent != self._orders_sent
        if seconds and not before_an_order:
            self._cache.put(key, reply, seconds, api.cache)
        return reply

    def _request(self, arguments: CheckedArguments, page: Mapping[str, str] | None = None) -> KisRequest:
        api, now = arguments.api, self.clock()
        return encode(
            api,
            arguments.own(),
            demo=self.environment.uses_demo_api,
            account=self.accounts.get(api.account) if api.account else None,
            hts_id=self._hts_id,
            today=now.date(),
            now=now.time(),
            page=page,
        )

    def _account_number(self, api: Api) -> str:
        account = self.accounts.get(api.account) if api.account else None
        return account.number if account else ""

    def _key(self, request: KisRequest) -> str:
        """What an answer is kept under: its environment and the whole request, account included."""
        parts: list[Any] = [
            self.environment,
            request.method,
            request.path,
            request.tr_id,
            request.tr_cont,
            dict(request.elements),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _find(self, tool: str) -> Api:
        api = self.catalog.find(tool)
        if api is None:
            raise LookupError(f"The spec table has no {tool}")
        return api


def _unknown(arguments: CheckedArguments, collected: Collector) -> str | None:
    """That KIS may not know the instrument of a quote: for some it says so with blanks instead of an error."""
    api, symbol = arguments.api, arguments.get("symbol")
    is_quote = api.account is None and any(not block.is_list for block in api.blocks)
    if collected.has_values or not is_quote or not isinstance(symbol, str):
        return None
    return f"KIS answers with blanks only: it knows no {symbol} here, or has nothing of it. Check the symbol."


def _require_read(api: Api) -> None:
    if api.risk == "order":
        raise ValueError(f"{api.tool} sends orders: it is no read")
