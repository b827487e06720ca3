"""One call's view of KIS: what it reads, how old that is, and how long it waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kis_mcp.account import Account
from kis_mcp.catalog.apis import KisApis
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.gateway import WaitReporter
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind, Api
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment


class Reads:
    """`KisApis` for one tool call: waits are reported to its client, and the age of the oldest answer is kept.

    Implements the ports that `kis_mcp.market` and `kis_mcp.trading` declare.
    """

    def __init__(self, apis: KisApis, waiting: WaitReporter) -> None:
        self._apis = apis
        self._waiting = waiting
        self._oldest: datetime | None = None

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

    async def rows(
        self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False, max_rows: int = 5_000
    ) -> Decoded:
        decoded = await self._apis.rows(tool, arguments, fresh=fresh, max_rows=max_rows, waiting=self._waiting)
        known = [moment for moment in (self._oldest, decoded.as_of) if moment is not None]
        self._oldest = min(known, default=None)
        return decoded

    def check(self, api: Api, values: Mapping[str, object]) -> None:
        self._apis.check(api, values)

    async def order(self, tool: str, values: Mapping[str, object]) -> Decoded:
        return await self._apis.order(tool, values)
