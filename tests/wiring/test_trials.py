"""The history that a strategy is tried on."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import Candle, CandleRange, Candles, Instrument
from kis_mcp.wiring import trials
from kis_mcp.wiring.trials import read_history, wait_silently

EXAM_DAY = date(2025, 11, 13)
SAMSUNG = Instrument("005930", "KR", "krx", kind="stock")


async def test_minutes_of_a_day_with_other_hours_are_those_of_its_own_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The day of the college entrance exam opens and closes an hour later."""
    clocks = ("09:30", "10:00", "15:35", "16:19", "16:30", "16:40")
    candles = [
        Candle(datetime.combine(EXAM_DAY, time.fromisoformat(clock), KST), *[Decimal(100)] * 4, volume=1)
        for clock in clocks
    ]

    async def read(reads: Any, instrument: Instrument, wanted: CandleRange) -> Candles:
        return Candles(candles, None)

    monkeypatch.setattr(trials, "read_candles", read)
    now = datetime(2025, 11, 20, tzinfo=KST)
    brokerage = SimpleNamespace(
        folder=tmp_path,
        environment=Environment.DEMO,
        settings=SimpleNamespace(sim_clock="market"),
        clock=lambda: now,
        apis=SimpleNamespace(environment=Environment.DEMO, clock=lambda: now),
    )
    found = await read_history(cast("Any", brokerage), [SAMSUNG], "1m", EXAM_DAY, EXAM_DAY, wait_silently)
    ends = [f"{end:%H:%M}" for end in found["005930"].ends_at]
    assert ends == ["10:01", "15:36", "16:20", "16:31"]
