"""KIS' files of instruments, by rows that KIS published (May and December 2025)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.market.listing import Listing
from kis_mcp.market.masters import ENCODING, MasterChanged, layouts, read_master

SAMSUNG = (
    "005930   KR7005930003삼성전자                                ST1002700130000 NN5YYY YYNNNNNNN0NNNNNNNY"
    "0000547000000100001NNN00NNN000000020Y0900000152542780000000001001975061100000000591963700000000077804668500012"
    "       0 NYY00079140500006685300009151682229000008.1620250331003238041511NNY"
)
KODEX_200 = (
    "069500   KR7069500007KODEX 200                               EF 000000000000NNN0NNN2NNNNNNNNN0NNYNNNNN"
    "0000346100000100001NNN00NNN000000030Y0900000044175660000000000002002101400000000017650000000000000000000000012"
    "       0 NNN00000000000000000000000000000000000000.00        000061086   NNN"
)
KONEX = (
    "012210   KR7012210001삼미금속                                ST0000033300000100001NNN00NNN000000100N0900"
    "000000000610000000010002023051600000000001976600000000001976660900012       0 N 0000007640000000450000000240003"
    "500000000520241231000000658NNN"
)
CALL = "5|B01601517|KR4B01615172|C 202601 517.5|2|00517.50| |2001|KOSPI200"
MONDAY_PUT = "O|3AFASW527|KR43AFAS5273|위클리M P 2512W5 527.5|3|00527.50| |2001|KOSPI200"
FUTURE = "1|A01603|KR4A01630008|F 202603| |00000.00|1|2001|KOSPI200"
ALCOA = (
    "US\t21\tNYS\t뉴욕\tAA\tNYSAA\t알코아\tALCOA CORPORATION\t2\tUSD\t4\t\t27.9800\t1\t1\t930\t1600\tN\t\t130\t0\t0"
    "\t   \t"
)
SHANGHAI_INDEX = (
    "CN\t116\tSHI\t상해지수\t000001\tSHI000001\t상해종합\tSSE Composite\t1\tCNY\t3\t\t3380.189\t0\t0\t930\t1500"
    "\tN\t\t\t1\t0\t   \t"
)
KOSPI = "00001종합                                    "


def content(file: str, *rows: str) -> bytes:
    """A file of these rows, each as often as makes it long enough."""
    times = -(-layouts()[file].least // len(rows))
    return b"".join(row.encode(ENCODING) + b"\n" for row in rows * times)


def first(file: str, row: str) -> Listing:
    return read_master(file, content(file, row))[0]


@pytest.mark.parametrize(
    ("file", "row", "listing"),
    [
        (
            "kospi_code.mst",
            SAMSUNG,
            Listing(
                symbol="005930",
                market="KR",
                exchange="krx",
                kind="stock",
                name_ko="삼성전자",
                standard_code="KR7005930003",
                listed_on=date(1975, 6, 11),
                market_cap=3_238_041,
                indices=("KOSPI200", "KOSPI100", "KOSPI50", "KRX300", "KRX100"),
            ),
        ),
        (
            "kospi_code.mst",
            KODEX_200,
            Listing(
                symbol="069500",
                market="KR",
                exchange="krx",
                kind="etf",
                name_ko="KODEX 200",
                standard_code="KR7069500007",
                listed_on=date(2002, 10, 14),
                market_cap=61_086,
            ),
        ),
        (
            "konex_code.mst",
            KONEX,
            Listing(
                symbol="012210",
                market="KR",
                exchange="krx",
                kind="stock",
                name_ko="삼미금속",
                standard_code="KR7012210001",
                listed_on=date(2023, 5, 16),
                market_cap=658,
            ),
        ),
        (
            "fo_idx_code_mts.mst",
            CALL,
            Listing(
                symbol="B01601517",
                market="KR",
                exchange="krx",
                kind="call",
                name_ko="C 202601 517.5",
                standard_code="KR4B01615172",
                underlying="2001",
                underlying_name="KOSPI200",
                strike=Decimal("517.50"),
            ),
        ),
        (
            "nysmst.cod",
            ALCOA,
            Listing(
                symbol="AA",
                market="US",
                exchange="nyse",
                kind="stock",
                name_ko="알코아",
                name_en="ALCOA CORPORATION",
                currency="USD",
            ),
        ),
        ("idxcode.mst", KOSPI, Listing(symbol="0001", market="KR", exchange="krx", kind="index", name_ko="종합")),
    ],
)
def test_a_row_that_kis_published_is_read_as_what_it_is(file: str, row: str, listing: Listing) -> None:
    assert first(file, row) == listing


def test_weekly_options_that_kis_layout_does_not_name_are_options_too() -> None:
    assert first("fo_idx_code_mts.mst", MONDAY_PUT).kind == "put"


def test_a_future_has_no_strike() -> None:
    future = first("fo_idx_code_mts.mst", FUTURE)
    assert (future.kind, future.strike) == ("future", None)


def test_an_index_abroad_is_no_stock_of_the_same_number() -> None:
    assert first("shimst.cod", SHANGHAI_INDEX).kind == "index"


def test_a_halted_and_administered_stock_says_so() -> None:
    marked = SAMSUNG[:97] + SAMSUNG[97:].replace("NNN00NNN", "YNY02NNN", 1)
    stock = first("kospi_code.mst", marked)
    assert (stock.is_halted, stock.is_administered, stock.has_warning) == (True, True, True)


@pytest.mark.parametrize("file", layouts())
def test_an_empty_file_is_refused(file: str) -> None:
    with pytest.raises(MasterChanged, match="0 rows"):
        read_master(file, b"")


def test_a_file_whose_places_moved_is_refused() -> None:
    with pytest.raises(MasterChanged, match="not as its layout says"):
        read_master("kospi_code.mst", content("kospi_code.mst", " " + SAMSUNG, KODEX_200))


def test_a_file_that_breaks_off_is_refused() -> None:
    whole = content("kospi_code.mst", SAMSUNG)
    with pytest.raises(MasterChanged, match="at least 500"):
        read_master("kospi_code.mst", whole[: len(whole) // 2])


@given(st.sampled_from(sorted(layouts())), st.binary(max_size=2_000))
def test_whatever_comes_is_read_or_refused(file: str, garbage: bytes) -> None:
    with pytest.raises(MasterChanged):
        read_master(file, garbage)
