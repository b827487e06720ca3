"""One call's view of KIS: what it reads, from where, how old that is, and how long it waits for it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar, cast

from kis_mcp.account import Account
from kis_mcp.catalog import (
    FIELDS,
    MORE_ROWS,
    MOST_READ_ROWS,
    AccountKind,
    Api,
    Catalog,
    CheckedArguments,
    Decoded,
    KisApis,
    Page,
    WaitReporter,
)
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, NotInEnvironment
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.simulated_gaps import gaps_note

FROM_REAL = "KIS' demo does not offer this; it was read from KIS' real host (KIS_DEMO_QUOTES=real)."

T = TypeVar("T")


class Reads:
    """`KisApis` for one tool call: waits are reported to its client, and of all answers together it is kept how old the
    oldest is, what has to be known of them, and whether each was whole.

    Reads of markets that demo lacks go to real where the operator wants it; reads of accounts and orders never do.
    Implements the ports that `kis_mcp.market` and `kis_mcp.trading` declare.

    Attributes:
        notes: Of the answers, each once, by the API that gave it.
        complete: Whether none failed or was cut, except where the caller wanted no more.
    """

    def __init__(self, brokerage: Brokerage, waiting: WaitReporter) -> None:
        self._brokerage = brokerage
        self._apis = brokerage.apis
        self._waiting = waiting
        self._oldest: datetime | None = None
        self.notes: list[str] = []
        self.complete = True

    @property
    def catalog(self) -> Catalog:
        return self._apis.catalog

    @property
    def environment(self) -> Environment:
        return self._apis.environment

    @property
    def accounts(self) -> Mapping[AccountKind, Account]:
        return self._apis.accounts

    @property
    def clock(self) -> Clock:
        return self._apis.clock

    @property
    def clock_error(self) -> timedelta | None:
        return self._apis.clock_error

    @property
    def as_of(self) -> datetime:
        """When KIS gave the oldest answer of this call; now, if it gave none."""
        return self._oldest or self._apis.clock()

    async def call(self, arguments: CheckedArguments) -> Page:
        """Answer a tool call of a KIS API that reads."""

        async def ask(apis: KisApis) -> Page:
            return await apis.call(arguments, waiting=self._waiting)

        page = await self._ask(arguments.api, ask)
        page.notes.extend(self.notes)
        if self.environment is Environment.SIM:
            wanted = cast("str | list[str] | None", arguments.get(FIELDS))
            page.notes.extend(filter(None, [gaps_note(arguments.api, wanted)]))
        return page

    async def rows(
        self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False, max_rows: int = MOST_READ_ROWS
    ) -> Decoded:
        async def ask(apis: KisApis) -> Decoded:
            return await apis.rows(tool, arguments, fresh=fresh, max_rows=max_rows, waiting=self._waiting)

        try:
            decoded = await self._ask(self.catalog.find(tool), ask)
        except KisMcpError:
            self.complete = False
            raise
        self._oldest = min((moment for moment in (self._oldest, decoded.as_of) if moment is not None), default=None)
        wants_all = max_rows >= MOST_READ_ROWS
        self.complete = self.complete and (decoded.complete or not wants_all)
        self._note(*(f"{tool}: {note}" for note in decoded.notes if wants_all or note != MORE_ROWS))
        return decoded

    def _note(self, *notes: str) -> None:
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    async def _ask(self, api: Api | None, ask: Callable[[KisApis], Awaitable[T]]) -> T:
        try:
            return await ask(self._apis)
        except NotInEnvironment:
            if self._brokerage.real_quotes is None or api is None or api.risk != "read":
                raise
        self._note(FROM_REAL)
        return await ask(await self._brokerage.real_quotes())
