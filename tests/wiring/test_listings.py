"""KIS' files of instruments, fetched once a day by one process and searched by all."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import KisUnavailable
from kis_mcp.kis import MasterHost
from kis_mcp.storage import ListingFile, LockedFile
from kis_mcp.wiring.listings import Listings, age_note
from tests.market.test_masters import ALCOA, CALL, KODEX_200, SAMSUNG, content

MORNING = datetime(2026, 3, 4, 8, tzinfo=KST)


@dataclass
class Host:
    """KIS' host of files: what it has, and what it was asked for."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def fetch(self, masters: MasterHost, file: str) -> bytes:
        del masters
        self.asked.append(file)
        if file not in self.files:
            raise KisUnavailable(f"no {file}", remedy="none")
        return self.files[file]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    kospi, index = "kospi_code.mst", "fo_idx_code_mts.mst"
    files = {kospi: content(kospi, SAMSUNG, KODEX_200), index: content(index, CALL)}
    serving = Host(files)

    async def fetch(masters: MasterHost, file: str) -> bytes:
        return await serving.fetch(masters, file)

    monkeypatch.setattr(MasterHost, "fetch", fetch)
    return serving


@dataclass
class Clock:
    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


Open = Callable[[], Listings]


@asynccontextmanager
async def opened(tmp_path: Path, clock: Clock, *, first_seconds: float = 60) -> AsyncGenerator[Open]:
    """Processes that share a folder."""
    async with anyio.create_task_group() as background:
        yield lambda: Listings(
            tmp_path / "data" / "instruments.db",
            "http://127.0.0.1:9/common/master",
            "a-test",
            clock,
            background,
            first_seconds=first_seconds,
            monotonic=lambda: clock.now.timestamp(),
        )


async def found(listings: Listings, query: str) -> list[str]:
    return [each.symbol for each in (await listings.search(query, 1)).listings]


async def test_the_first_search_has_the_files_fetched_and_the_next_ones_of_the_day_do_not(
    tmp_path: Path, host: Host
) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as process:
        assert await found(process(), "삼성전자") == ["005930"]
        asked = len(host.asked)
        clock.now += timedelta(hours=8)
        other = process()
        host.files = {}
        assert await found(other, "B01601517") == ["B01601517"]
        await other.wait_for_update(60)
    assert asked == len(set(host.asked[:asked]))
    assert set(host.asked[asked:]).isdisjoint({"kospi_code.mst", "fo_idx_code_mts.mst"})


async def test_another_day_in_korea_has_them_fetched_again(tmp_path: Path, host: Host) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as process:
        listings = process()
        await found(listings, "삼성전자")
        host.files["kospi_code.mst"] = content("kospi_code.mst", SAMSUNG.replace("삼성전자", "삼성전기"))
        clock.now += timedelta(days=1)
        assert await found(listings, "삼성전자") == ["005930"]
        await listings.wait_for_update(60)
        assert await found(listings, "삼성전기") == ["005930"]
        assert await found(listings, "kodex200") == []


@pytest.mark.parametrize("comes", [None, b"", content("kospi_code.mst", SAMSUNG)[:9_000], b"<html>\n" * 600])
async def test_a_file_that_does_not_come_whole_stays_as_it_was_and_says_how_old_it_is(
    tmp_path: Path, host: Host, comes: bytes | None
) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as process:
        listings = process()
        await found(listings, "삼성전자")
        del host.files["kospi_code.mst"]
        host.files["nysmst.cod"] = content("nysmst.cod", ALCOA)
        if comes is not None:
            host.files["kospi_code.mst"] = comes
        clock.now += timedelta(days=3)
        await found(listings, "삼성전자")
        await listings.wait_for_update(60)
        assert await found(listings, "알코아") == ["AA"]
        kept = await listings.search("삼성전자", 1)
    assert [each.symbol for each in kept.listings] == ["005930"]
    assert kept.read_at == MORNING
    assert age_note(MORNING, clock()) == "KIS' lists of instruments are of 2026-03-04, 3 days old."


async def test_what_failed_is_not_asked_for_with_every_search(tmp_path: Path, host: Host) -> None:
    host.files = {}
    clock = Clock()
    async with opened(tmp_path, clock) as process:
        listings = process()
        assert (await listings.search("삼성전자", 1)).read_at is None
        asked = len(host.asked)
        await found(listings, "삼성전자")
        assert len(host.asked) == asked
        clock.now += timedelta(minutes=11)
        await found(listings, "삼성전자")
        assert len(host.asked) == 2 * asked


async def test_one_process_at_a_time_fetches(tmp_path: Path, host: Host) -> None:
    lock = LockedFile(tmp_path / "data" / "instruments.lock")
    assert lock.try_lock()
    try:
        async with opened(tmp_path, Clock()) as process:
            assert (await process().search("삼성전자", 1)).count == 0
        assert host.asked == []
    finally:
        lock.close()


async def test_a_slow_host_does_not_hold_a_search_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(masters: MasterHost, file: str) -> bytes:
        del masters, file
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(MasterHost, "fetch", never)
    async with anyio.create_task_group() as background:
        listings = Listings(
            tmp_path / "instruments.db", "http://127.0.0.1:9", "a-test", Clock(), background, first_seconds=0.01
        )
        assert (await listings.search("삼성전자", 1)).read_at is None
        background.cancel_scope.cancel()
    ListingFile(tmp_path / "instruments.db")


async def test_a_proxy_that_cannot_be_used_is_one_plain_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hidden@[::")
    async with anyio.create_task_group() as background:
        path = tmp_path / "instruments.db"
        listings = Listings(path, "https://kis.test/master", "a-test", Clock(), background, first_seconds=60)
        assert (await listings.search("삼성전자", 1)).listings == []
    (line,) = caplog.records
    assert "were not renewed: HTTPS_PROXY names no proxy that can be used" in line.getMessage()
    assert (line.levelname, line.exc_info, "hidden" in caplog.text) == ("WARNING", None, False)
