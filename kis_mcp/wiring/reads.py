"""One call's view of KIS: what it reads, from where, how old that is, and how long it waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast

from kis_mcp.account import Account
from kis_mcp.catalog.apis import KisApis, Page
from kis_mcp.catalog.arguments import validate
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.gateway import MayLeave, WaitReporter
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind, Api
from kis_mcp.catalog.reserved import FIELDS
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import NotInEnvironment
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.simulated_gaps import gaps_note

FROM_REAL = "KIS' demo does not offer this; it was read from KIS' real host (KIS_DEMO_QUOTES=real)."

T = TypeVar("T")


class Reads:
    """`KisApis` for one tool call: waits are reported to its client, and the age of the oldest answer is kept.

    Reads of markets that demo lacks go to real where the operator wants it; reads of accounts and orders never do.
    Implements the ports that `kis_mcp.market` and `kis_mcp.trading` declare.
    """

    def __init__(self, brokerage: Brokerage, waiting: WaitReporter) -> None:
        self._brokerage = brokerage
        self._apis = brokerage.apis
        self._waiting = waiting
        self._oldest: datetime | None = None
        self.notes: list[str] = []

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
    def as_of(self) -> datetime:
        """When KIS gave the oldest answer of this call; now, if it gave none."""
        return self._oldest or self._apis.clock()

    async def call(self, api: Api, arguments: Mapping[str, object]) -> Page:
        """Answer a tool call of a KIS API that reads."""

        async def ask(apis: KisApis) -> Page:
            return await apis.call(api, arguments, waiting=self._waiting)

        page = await self._ask(api, ask)
        page.notes.extend(self.notes)
        if self.environment is Environment.SIM:
            wanted = cast("str | list[str] | None", validate(api, arguments).get(FIELDS))
            page.notes.extend(filter(None, [gaps_note(api, wanted)]))
        return page

    async def rows(
        self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False, max_rows: int = 5_000
    ) -> Decoded:
        async def ask(apis: KisApis) -> Decoded:
            return await apis.rows(tool, arguments, fresh=fresh, max_rows=max_rows, waiting=self._waiting)

        decoded = await self._ask(self.catalog.find(tool), ask)
        self._oldest = min((moment for moment in (self._oldest, decoded.as_of) if moment is not None), default=None)
        return decoded

    def check(self, api: Api, values: Mapping[str, object]) -> None:
        self._apis.check(api, values)

    async def order(self, tool: str, values: Mapping[str, object], may_leave: MayLeave) -> Decoded:
        return await self._apis.order(tool, values, may_leave)

    async def _ask(self, api: Api | None, ask: Callable[[KisApis], Awaitable[T]]) -> T:
        try:
            return await ask(self._apis)
        except NotInEnvironment:
            if self._brokerage.real_quotes is None or api is None or api.risk != "read":
                raise
        self.notes = [FROM_REAL]
        return await ask(await self._brokerage.real_quotes())
