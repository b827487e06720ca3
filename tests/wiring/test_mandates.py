"""The end of all mandates when trading is halted."""

from datetime import datetime
from pathlib import Path

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import KisMcpError
from kis_mcp.storage import SqlJournal
from kis_mcp.trading.mandate import MandateStatus
from kis_mcp.wiring import end_mandates, kill_switch
from tests.trading.mandates import YES, mandate

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)


async def test_a_halt_lasts_until_the_mandates_of_every_environment_have_ended(tmp_path: Path) -> None:
    for name in ("sim", "demo"):
        (tmp_path / name).mkdir()
    journal = await SqlJournal.open(tmp_path / "sim" / "journal.db")
    one = mandate()
    await journal.propose_mandate(one)
    await journal.decide_mandate(one.id, YES, NOW)
    broken = tmp_path / "demo" / "journal.db"
    broken.write_text("no database")
    halt = kill_switch(tmp_path)
    halt.halt("losses", NOW)
    with pytest.raises(KisMcpError):
        await end_mandates(tmp_path, "losses", lambda _: lambda: NOW)
    halt.path.unlink()
    assert halt.reason() is not None, "some may be in force yet"

    broken.unlink()
    await end_mandates(tmp_path, "losses", lambda _: lambda: NOW)
    assert halt.reason() is None
    ended = await journal.find_mandate(one.id)
    await journal.aclose()
    assert ended is not None
    assert ended.status(NOW) is MandateStatus.ENDED
