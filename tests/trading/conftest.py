from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kis_mcp.storage.journal import SqlJournal
from tests.trading.fakes import FakeClock, FakeKis


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def kis(clock: FakeClock) -> FakeKis:
    return FakeKis(clock)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.open(tmp_path / "journal.sqlite3")
    yield journal
    await journal.aclose()
