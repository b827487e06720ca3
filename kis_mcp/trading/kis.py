"""What trading needs of KIS."""

from collections.abc import Mapping
from typing import Protocol

from kis_mcp.account import Account
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind


class Kis(Protocol):
    """The part of `kis_mcp.catalog.apis.KisApis` that trading uses."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def accounts(self) -> Mapping[AccountKind, Account]: ...

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        """Every page of a read API."""
        ...

    async def order(self, tool: str, values: Mapping[str, object]) -> Decoded:
        """Send an order once."""
        ...
