from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api

SMALL_TABLE = Path(__file__).parent / "table"


@pytest.fixture(scope="session")
def small() -> Catalog:
    """The small table beside this file: one row for each hard case."""
    return Catalog(SMALL_TABLE, strict=True)


@pytest.fixture(scope="session")
def api(small: Catalog) -> Callable[[str], Api]:
    """An API of the small table by its slug."""

    def find(slug: str) -> Api:
        found = small.find(f"domestic_stock_{slug}")
        assert found is not None
        return found

    return find


@pytest.fixture
def edited_table(tmp_path: Path) -> Callable[..., Path]:
    """Copies the small table with one text of one file replaced, and returns its folder."""

    def edit(written: str, instead: str, file: str = "domestic_stock/quotations.toml") -> Path:
        root = Path(copytree(SMALL_TABLE, tmp_path / "table"))
        text = (root / file).read_text(encoding="utf-8")
        assert written in text
        (root / file).write_text(text.replace(written, instead, 1), encoding="utf-8")
        return root

    return edit
