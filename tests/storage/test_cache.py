import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_mcp.catalog.gateway import KisReply
from kis_mcp.storage.cache import REST_SECONDS, DiskReplyCache

REPLY = KisReply({"rt_cd": "0", "output": [{"hts_kor_isnm": "삼성전자", "n": 1}]}, "M")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[DiskReplyCache]:
    cache = DiskReplyCache(tmp_path / "cache")
    yield cache
    cache.close()


def test_an_answer_is_kept_whole_for_every_process(cache: DiskReplyCache, tmp_path: Path) -> None:
    assert cache.get("key") is None
    cache.put("key", REPLY, 60, "quote")
    other_process = DiskReplyCache(tmp_path / "cache")
    assert other_process.get("key") == REPLY
    other_process.close()


def test_an_answer_is_gone_when_its_time_is_over(cache: DiskReplyCache) -> None:
    cache.put("key", REPLY, 0, "quote")
    assert cache.get("key") is None


def test_dropping_a_tag_forgets_its_answers_only(cache: DiskReplyCache) -> None:
    cache.put("balance", REPLY, 60, "account")
    cache.put("orders", REPLY, 60, "account")
    cache.put("price", REPLY, 60, "quote")
    cache.drop("account")
    assert [cache.get(key) for key in ("balance", "orders", "price")] == [None, None, REPLY]


def test_a_damaged_cache_is_as_good_as_an_empty_one(
    cache: DiskReplyCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "cache.db").write_bytes(b"no database" * 1000)
    with caplog.at_level(logging.WARNING):
        cache.put("key", REPLY, 60, "quote")
        assert cache.get("key") is None
        cache.drop("quote")
    assert "DatabaseError" in caplog.text


def test_a_folder_that_cannot_be_used_fails_no_call(cache: DiskReplyCache, tmp_path: Path) -> None:
    """An order's answer is followed by a drop: an error there would stand for an order that was not sent."""
    (tmp_path / "cache").write_text("a file stands in the way")
    cache.put("key", REPLY, 60, "quote")
    assert cache.get("key") is None
    cache.drop("account")


def test_a_cache_that_failed_rests_and_what_was_dropped_meanwhile_stays_dropped(tmp_path: Path) -> None:
    seconds = 0.0
    cache = DiskReplyCache(tmp_path / "cache", monotonic=lambda: seconds)
    cache.put("balance", REPLY, 60, "account")
    cache.put("price", REPLY, 60, "quote")
    holder = sqlite3.connect(tmp_path / "cache" / "cache.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    cache.drop("account")
    holder.execute("COMMIT")
    holder.close()
    assert cache.get("price") is None
    seconds = REST_SECONDS
    assert cache.get("price") == REPLY
    assert cache.get("balance") is None
    cache.put("balance", REPLY, 60, "account")
    assert cache.get("balance") == REPLY
    cache.close()


def test_the_cache_is_private(cache: DiskReplyCache, tmp_path: Path) -> None:
    cache.put("key", REPLY, 60, "quote")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "cache").glob("cache.db*")} == {0}
