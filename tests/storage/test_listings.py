"""What is listed, in a file that processes share."""

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kis_mcp.errors import StorageError
from kis_mcp.market import Listing
from kis_mcp.storage import ListingFile
from tests.client import NOW

SAMSUNG = Listing(symbol="005930", market="KR", exchange="krx", kind="stock", name_ko="삼성전자", market_cap=3_000_000)
PREFERRED = Listing(symbol="005935", market="KR", exchange="krx", kind="stock", name_ko="삼성전자우")
APPLE = Listing(symbol="AAPL", market="US", exchange="nasdaq", kind="stock", name_ko="애플", name_en="APPLE INC")
CALL = Listing(
    symbol="B01603360", market="KR", exchange="krx", kind="call", name_ko="C 202603 360.0", underlying="2001"
)


def opened(folder: Path) -> ListingFile:
    return ListingFile(folder / "instruments.db")


def test_what_another_process_wrote_is_found_as_it_was(tmp_path: Path) -> None:
    opened(tmp_path).replace({"kospi": [PREFERRED, SAMSUNG], "index": [CALL]}, NOW)
    file = opened(tmp_path)
    assert file.beginning("삼성", 5) == [SAMSUNG, PREFERRED]
    assert file.spelled("005935", 5) == [PREFERRED]
    assert file.of_underlying(["2001", "3003"]) == [CALL]
    assert (file.count(), file.read_at()) == (3, {"kospi": NOW, "index": NOW})


def test_a_file_of_kis_is_replaced_as_a_whole_and_the_others_stay(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.replace({"kospi": [SAMSUNG, PREFERRED], "nasdaq": [APPLE]}, NOW)
    file.replace({"kospi": [SAMSUNG]}, NOW)
    assert file.containing("전자", 5) == [SAMSUNG]
    assert file.spelled("aapl", 5) == [APPLE]
    assert file.count() == 2


def test_members_of_an_index_are_told_the_largest_first(tmp_path: Path) -> None:
    file = opened(tmp_path)
    of_two, of_one = ("KOSPI200", "KRX300"), ("KOSPI200",)
    small, large = replace(PREFERRED, indices=of_two, market_cap=9), replace(SAMSUNG, indices=of_one)
    untold = replace(PREFERRED, symbol="005937", indices=of_one)
    file.replace({"kospi": [untold, small, large], "nasdaq": [APPLE]}, NOW)
    assert file.members("KOSPI200") == [large, small, untold]
    assert file.members("KRX300") == [small]
    assert file.members("KOSDAQ150") == []
    assert file.indices() == ["KOSPI200", "KRX300"]


def test_a_file_of_an_earlier_version_is_searched_while_kis_files_are_fetched_again(tmp_path: Path) -> None:
    opened(tmp_path).replace({"kospi": [SAMSUNG]}, NOW)
    with closing(sqlite3.connect(tmp_path / "instruments.db")) as database:
        database.execute("pragma user_version = 0")
    file = opened(tmp_path)
    assert file.read_at() == {}
    assert file.spelled("005930", 5) == [SAMSUNG]
    file.replace({"kospi": [SAMSUNG]}, NOW)
    assert opened(tmp_path).read_at() == {"kospi": NOW}


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    opened(tmp_path)
    assert stat.S_IMODE((tmp_path / "instruments.db").stat().st_mode) == 0o600


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "instruments.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="cannot be used") as caught:
        opened(tmp_path)
    assert "Delete it" in caught.value.remedy
