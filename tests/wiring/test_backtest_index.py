"""Where a backtest's instruments are listed, and the index beside it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.market import Instrument
from kis_mcp.market.indices import KOSDAQ, KOSPI, SP500
from kis_mcp.storage import HistoryFiles
from kis_mcp.wiring.backtest_index import Listed, read_index, read_listed
from kis_mcp.wiring.reads import Reads
from tests.market.conftest import FakeGateway, apis_of
from tests.market.test_indices import korean

UNKNOWN = Instrument("123456", "KR", "krx")


def quote(**told: str) -> Any:
    return lambda _: {"output": {"rprs_mrkt_kor_name": "KOSDAQ", "stck_prpr": "70100", "aspr_unit": "100"} | told}


def no_answer(_: Mapping[str, str]) -> dict[str, Any]:
    raise KisUnavailable("KIS did not answer.", remedy="Try again.")


def reads_of(gateway: FakeGateway) -> Reads:
    return cast("Reads", apis_of(gateway, Environment.SIM))


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def store(tmp_path: Path) -> HistoryFiles:
    return HistoryFiles(tmp_path / "histories")


@pytest.mark.parametrize(
    ("instrument", "told", "listed"),
    [
        (UNKNOWN, {}, Listed("stock", KOSDAQ)),
        (UNKNOWN, {"rprs_mrkt_kor_name": "ETF", "aspr_unit": "5"}, Listed("etf", KOSPI)),
        # A step that shares and funds have in common tells neither.
        (UNKNOWN, {"stck_prpr": "1500", "aspr_unit": "1"}, Listed(None, KOSDAQ)),
        (Instrument("069500", "KR", "krx", kind="etf"), {}, Listed("etf", KOSDAQ)),
    ],
)
async def test_a_fund_is_told_from_a_share_and_kept(
    instrument: Instrument, told: dict[str, str], listed: Listed, gateway: FakeGateway, store: HistoryFiles
) -> None:
    gateway.answers = {"inquire-price": quote(**told)}
    for _ in range(2):
        assert await read_listed(reads_of(gateway), store, instrument) == listed
    assert len(gateway.asked) == 1


async def test_an_american_one_needs_no_question(gateway: FakeGateway, store: HistoryFiles) -> None:
    apple = Instrument("BRK/B", "US", "nyse")
    assert await read_listed(reads_of(gateway), store, apple) == Listed("stock", SP500)


async def test_what_cannot_be_read_is_not_known_and_asked_again(gateway: FakeGateway, store: HistoryFiles) -> None:
    gateway.answers = {"inquire-price": no_answer}
    assert await read_listed(reads_of(gateway), store, UNKNOWN) == Listed(None, None)
    gateway.answers = {"inquire-price": quote()}
    assert await read_listed(reads_of(gateway), store, UNKNOWN) == Listed("stock", KOSDAQ)


async def test_what_is_kept_and_damaged_is_asked_again(gateway: FakeGateway, store: HistoryFiles) -> None:
    store.write("KR-123456-listed", b"{")
    gateway.answers = {"inquire-price": quote()}
    assert await read_listed(reads_of(gateway), store, UNKNOWN) == Listed("stock", KOSDAQ)


async def test_the_index_is_that_of_most_instruments(gateway: FakeGateway, store: HistoryFiles) -> None:
    gateway.answers = {"inquire-daily-indexchartprice": korean}
    listed = [Listed("stock", KOSPI), Listed("stock", KOSDAQ), Listed("stock", KOSDAQ)]
    found = await read_index(reads_of(gateway), store, listed, date(2026, 1, 5), date(2026, 2, 27))
    assert (found.name, found.reason) == ("KOSDAQ", "")
    assert found.bars is not None
    assert (found.bars.ends_at[0].date(), found.bars.ends_at[-1].date()) == (date(2026, 1, 5), date(2026, 2, 27))


@pytest.mark.parametrize(
    ("listed", "reason"), [(Listed("stock", None), "not known"), (Listed("stock", KOSPI), "KOSPI could not")]
)
async def test_a_missing_index_has_its_reason(
    listed: Listed, reason: str, gateway: FakeGateway, store: HistoryFiles
) -> None:
    gateway.answers = {"inquire-daily-indexchartprice": no_answer}
    found = await read_index(reads_of(gateway), store, [listed], date(2026, 1, 5), date(2026, 2, 27))
    assert found.bars is None
    assert reason in found.reason
