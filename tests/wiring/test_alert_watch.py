"""What a person at ``kis-mcp watch`` is shown beside what fires."""

import asyncio
from datetime import timedelta
from pathlib import Path

from kis_mcp.alerts import WATCHED, new_rule
from kis_mcp.clock import system_clock
from kis_mcp.settings import Settings
from kis_mcp.storage import LockedFile, SqliteAlerts, private_folder
from kis_mcp.wiring import follow_alerts
from tests.streams.test_watches import NOW, condition

DOWN = "not watched: Nothing has been received since 10:31:05 KST. The link broke."


async def test_alerts_that_another_process_cannot_watch_are_told_and_that_they_are_watched_again(
    tmp_path: Path,
) -> None:
    folder, now = private_folder(tmp_path / "sim"), system_clock()
    store = SqliteAlerts(folder / "alerts.db")
    first, second = [
        await store.create(
            new_rule(condition({"symbol": symbol, "price_above": 1}), now, now + timedelta(days=1), None)
        )
        for symbol in ("005930", "000660")
    ]
    other = LockedFile(folder / "alerts.lock")
    assert other.try_lock()
    said = asyncio.Queue[str]()

    async def look_soon(seconds: float) -> None:
        await asyncio.sleep(0.003)

    settings = Settings.load(env="sim", data_dir=tmp_path)
    following = asyncio.create_task(follow_alerts(settings, said.put_nowait, sleep=look_soon))
    changes = [(second, DOWN), (first, DOWN), (first, WATCHED), (second, WATCHED)]
    try:
        async with asyncio.timeout(20):
            assert (await said.get()).startswith("2 alerts in sim;")
            await store.keep_watching(first.id, WATCHED)
            told: list[str] = []
            for rule, standing in changes:
                await store.keep_watching(rule.id, standing)
                told.append(await said.get())
        of_one = f"{second.id} {DOWN}"
        assert told == [of_one, f"Alerts {DOWN}", of_one, "All alerts are watched again."]
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        other.close()


async def test_a_level_that_a_future_stands_at_when_its_alert_is_made_fires_at_once(tmp_path: Path) -> None:
    store = SqliteAlerts(private_folder(tmp_path / "sim") / "alerts.db")
    above = condition({"symbol": "A01606", "market": "domestic_futureoption", "price_above": 1})
    await store.create(new_rule(above, NOW, NOW + timedelta(days=1), None))
    said = asyncio.Queue[str]()

    async def look_soon(seconds: float) -> None:
        await asyncio.sleep(0.01)

    settings = Settings.load(env="sim", data_dir=tmp_path)
    following = asyncio.create_task(follow_alerts(settings, said.put_nowait, clock=lambda: NOW, sleep=look_soon))
    try:
        async with asyncio.timeout(30):
            await said.get()
            assert (await said.get()).startswith("2026-03-04 10:31:05 KST  A01606 traded at ")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
