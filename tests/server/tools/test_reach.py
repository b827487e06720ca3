"""Which tools a caller reaches, and that looking for them holds nobody up."""

import threading

import pytest

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.errors import BadArgument
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.tools.search import Reach
from tests.catalog.conftest import SMALL_TABLE


class WatchedCatalog(Catalog):
    """Remembers the threads that read the table from the disk."""

    def __init__(self) -> None:
        super().__init__(SMALL_TABLE)
        self.readers = set[threading.Thread]()

    def category(self, name: str) -> tuple[Api, ...]:
        if name not in self._categories:
            self.readers.add(threading.current_thread())
        return super().category(name)


async def test_the_table_is_read_beside_the_event_loop_where_a_tools_name_is_mistyped() -> None:
    table = WatchedCatalog()
    with pytest.raises(BadArgument, match="There is no tool 'domestic_stock_qoute'"):
        await Reach(table, [], SurfaceOptions()).offered("domestic_stock_qoute")
    assert table.readers
    assert threading.current_thread() not in table.readers
