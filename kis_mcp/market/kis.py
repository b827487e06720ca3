"""What the market view needs of KIS."""

from collections.abc import Mapping
from typing import Protocol

from kis_mcp.catalog import Decoded
from kis_mcp.environment import Environment


class Kis(Protocol):
    """The part of `kis_mcp.catalog.apis.KisApis` that reads markets."""

    @property
    def environment(self) -> Environment: ...

    async def rows(
        self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False, max_rows: int = 5_000
    ) -> Decoded:
        """Every page of a read API, up to so many rows."""
        ...
