"""What people call instruments → which comes first."""

import io
import os
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kis_mcp.catalog import catalog
from kis_mcp.market import Listing, layouts, read_master, search_listings
from kis_mcp.market.contract_search import read_contract_words
from kis_mcp.simulator import SimulatorOptions
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.storage import ListingFile
from tests.client import NOW

KIS_FILES = os.environ.get("KIS_MASTERS", "")
"""A folder with KIS' own files, unpacked."""

QUERIES = Path(__file__).parent / "master_queries.tsv"
RIGHT = 0.95


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListingFile]:
    """What the simulator lists."""
    kis = EmbeddedKis(SimulatorOptions(clock=lambda: NOW), catalog())
    try:
        listed: dict[str, list[Listing]] = {}
        for file in layouts():
            if packed := kis.master_file(f"{file}.zip"):
                with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                    listed[file] = read_master(file, archive.read(archive.namelist()[0]), least=1)
    finally:
        kis.close()
    file = ListingFile(tmp_path_factory.mktemp("listings") / "instruments.db")
    file.replace(listed, NOW)
    yield file


def first(store: ListingFile, query: str) -> str:
    return next((each.symbol for each in search_listings(store, query, 1)), "")


@pytest.mark.parametrize(
    ("query", "symbol"),
    [
        ("005930", "005930"),
        ("삼성전자", "005930"),
        ("삼성 전자", "005930"),
        ("삼전", "005930"),
        ("ㅅㅅㅈㅈ", "005930"),
        ("\u1109\u1109\u110c\u110c", "005930"),  # As NFKC writes ㅅㅅㅈㅈ.
        ("ㄴㅇㅂ", "035420"),
        ("Samsung Electronics", "005930"),
        ("삼성전쟈", "005930"),
        ("하이닉쓰", "000660"),
        ("에스케이하이닉스", "000660"),
        ("LG엔솔", "373220"),
        ("네이버", "035420"),
        ("aapl", "AAPL"),
        ("애플", "AAPL"),
        ("microsft", "MSFT"),
        ("brk.b", "BRK/B"),
        ("toyota", "7203"),
        ("텐센트", "00700"),
        ("코스피", "0001"),
        ("코스닥", "1001"),
        ("KODEX 200", "069500"),
        ("AJ네트웍스63-2", "KR6095572D81"),
        ("코스피200 선물", "A01603"),
        ("KOSPI200 June futures", "A01606"),
        ("코스피200 3월 콜 360", "B01603360"),
        ("C 202603 360", "B01603360"),
        ("코스피200 2026년 6월 풋 360", "C01606360"),
        ("코스피200풋옵션 202606 360", "C01606360"),
        ("미니 코스피 선물", "A05603"),
        ("미니코스피200선물 5월", "A05605"),
        ("삼성전자 선물 6월", "A11606"),
        ("삼성전자선물", "A11603"),
        ("달러선물", "A75603"),
        ("엔 선물 4월", "A76604"),
        ("국채3년 선물", "A65603"),
        ("국채 선물", "A65603"),
        ("10년 국채선물", "A67603"),
        ("10년 국채선물 26년 6월", "A67606"),
        ("KOSPI 200 futures", "A01603"),
        ("KOSPI 200 index futures front month", "A01603"),
        ("선물", "A01603"),
        ("야간선물", "A01603"),
        ("미니 선물", "A05603"),
        ("코스피 미니", "A05603"),
        ("mini kospi", "A05603"),
        ("현대차 주식선물", "A16603"),
        ("하이닉스 선물", "A50603"),
        ("E-mini S&P 500", "ESZ26"),
        ("E-mini", "ESZ26"),
        ("Gold", "GCZ26"),
        ("골드", "GCZ26"),
        ("e-mini nasdaq", "NQZ26"),
        ("S&P 선물", "ESZ26"),
        ("나스닥 선물", "NQZ26"),
        ("미국 국채 선물", "ZNH27"),
        ("옥수수 선물", "ZCH27"),
        ("나스닥", "COMP"),
        ("다우", ".DJI"),
        ("S&P", "SPX"),
        ("니케이", "JP#NI225"),
        ("항셍", "HK#HS"),
        ("KOSPI 200", "2001"),
        ("삼성전자 우선주", "005935"),
        ("E-mini S&P 500 futures", "ESZ26"),
        ("E-mini S&P 500 Dec 5,400 call", "OESZ26 C5400"),
        ("gold Feb 2027 4,100 put", "OGCG27 P4100"),
        ("Samsung Electronics September 46,500 call", "58E175"),
        ("삼성전자 ELW 9월 콜 46,500원", "58E175"),
    ],
)
def test_what_people_call_it_comes_first(store: ListingFile, query: str, symbol: str) -> None:
    assert first(store, query) == symbol


@pytest.mark.parametrize(
    "query",
    ["101W12", "삼성전자 콜 1", "코스피200 3월 콜 360.1", "zzzzqqqq", "A01699", "999999", "!?", "KODEX 선물 콜"],
)
def test_what_is_not_listed_is_not_replaced_by_what_looks_like_it(store: ListingFile, query: str) -> None:
    assert not {each.kind for each in search_listings(store, query, 5)} & {"call", "put", "future", "elw"}
    assert first(store, query) == "" or not query.isascii()


def test_only_the_markets_and_kinds_that_are_asked_for_are_found(store: ListingFile) -> None:
    in_japan = search_listings(store, "도요타", 5, markets=["JP"])
    assert {each.market for each in in_japan} == {"JP"}
    assert search_listings(store, "도요타", 5, markets=["US"]) == []
    funds = search_listings(store, "코스피", 20, kinds=["etf", "etn"])
    assert {each.kind for each in funds} == {"etf", "etn"}
    assert search_listings(store, "코스피200 선물", 5, kinds=["call"]) == []


def test_the_nearest_month_of_a_contract_comes_first_and_options_by_their_strikes(store: ListingFile) -> None:
    futures = search_listings(store, "코스피200 선물", 10)
    assert [each.symbol for each in futures] == ["A01603", "A01606", "A01609", "A01612"]
    calls = search_listings(store, "코스피200 3월 콜", 50)
    strikes = [each.strike for each in calls if each.strike is not None]
    assert len(strikes) == len(calls) == 49
    assert strikes == sorted(strikes)


@pytest.mark.parametrize(
    ("query", "month", "year", "strike"),
    [
        ("삼성전자 콜 72,500", None, None, "72500"),
        ("삼성전자 7월 콜 2,510", 7, None, "2510"),
        ("삼성전자 7월 콜 2510원", 7, None, "2510"),
        ("코스닥150 2027년 1월 풋 2,025", 1, 2027, "2025"),
        ("코스피200 26년7월 풋 12.10", 7, 2026, "12.10"),
        ("kospi200 2026-07 call 350", 7, 2026, "350"),
        ("KOSPI200 Sept. call", 9, None, None),
        ("코스피200 202607 선물", 7, 2026, None),
    ],
)
def test_months_and_strikes_are_told_apart(query: str, month: int | None, year: int | None, strike: str | None) -> None:
    words = read_contract_words(query)
    assert words is not None
    assert (words.month, words.year) == (month, year)
    assert words.strike == (None if strike is None else Decimal(strike))


@pytest.mark.parametrize("query", ["삼성전자", "KODEX 200선물인버스2X", "Ford", "005930", "풋옵션매도"])
def test_a_name_that_is_no_contracts_is_not_taken_for_one(query: str) -> None:
    words = read_contract_words(query)
    assert words is None or words.underlying == ""


@pytest.mark.skipif(not KIS_FILES, reason="KIS_MASTERS names no folder with KIS' files")
def test_of_two_hundred_queries_on_kis_own_files_nearly_all_find_the_right_one_first(tmp_path: Path) -> None:
    """Not in the usual run: KIS' files are not part of the project."""
    paths = {path.name.lower(): path for path in Path(KIS_FILES).iterdir() if path.stat().st_size}
    store = ListingFile(tmp_path / "instruments.db")
    store.replace({file: read_master(file, paths[file].read_bytes()) for file in layouts() if file in paths}, NOW)
    rows = [line.split("\t") for line in QUERIES.read_text("utf-8").splitlines() if not line.startswith("#")]
    wrong = {query: found for query, symbol in rows if (found := first(store, query)) != symbol}
    assert len(rows) >= 200
    assert len(wrong) <= (1 - RIGHT) * len(rows), wrong
