"""What trading needs of KIS."""

from collections.abc import Mapping
from typing import Protocol

from kis_mcp.account import Account
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.gateway import MayLeave
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind, Api
from kis_mcp.environment import Environment


class Kis(Protocol):
    """The part of `kis_mcp.catalog.apis.KisApis` that trading uses."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def environment(self) -> Environment: ...

    @property
    def accounts(self) -> Mapping[AccountKind, Account]: ...

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        """Every page of a read API."""
        ...

    def check(self, api: Api, values: Mapping[str, object]) -> None:
        """Find out, without asking KIS, whether a call with these validated arguments could be sent."""
        ...

    async def order(self, tool: str, values: Mapping[str, object], may_leave: MayLeave) -> Decoded:
        """Send an order once, if it may leave when its turn has come."""
        ...


def is_offered(kis: Kis, tool: str) -> bool:
    """Whether this environment has the API, of an account that is set."""
    api = kis.catalog.find(tool)
    return api is not None and (api.in_demo or not kis.environment.uses_demo_api) and api.account in kis.accounts
