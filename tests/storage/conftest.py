from pathlib import Path

import pytest

from kis_mcp.storage import SqlJournal
from kis_mcp.storage.sqlite import SqliteDatabase


@pytest.fixture(autouse=True)
def journals_are_made(monkeypatch: pytest.MonkeyPatch, journals_are_copies: None) -> None:
    """Each new journal is made by the migrations, as everywhere but in tests."""

    async def open_new(path: Path) -> SqlJournal:
        return await SqlJournal.on(SqliteDatabase(path))

    monkeypatch.setattr(SqlJournal, "open", open_new)
