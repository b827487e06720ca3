from collections.abc import Callable
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from tests.catalog.tables import small_catalog


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The small table of tables.py."""
    return small_catalog(Path(tmp_path_factory.mktemp("table")))


@pytest.fixture(scope="session")
def api(small: Catalog) -> Callable[[str], Api]:
    """An API of the small table by its slug."""

    def find(slug: str) -> Api:
        found = small.find(f"domestic_stock_{slug}")
        assert found is not None
        return found

    return find
