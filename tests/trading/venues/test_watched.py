"""What is watched, however its symbol is written."""

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.trading.venues import Listing, find_watched


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("005930.KS", Listing("005930", "KR", "krx")),
        ("NXT:005930", Listing("005930", "KR", "nxt")),
        ("NASDAQ:AAPL", Listing("AAPL", "US", "nasdaq")),
        ("AAPL US", Listing("AAPL", "US", "nasdaq")),
        ("brk.b", Listing("BRK/B", "US", "nyse")),
        ("700.HK", Listing("00700", "HK", "hong_kong")),
        ("7203 JP", Listing("7203", "JP", "tokyo")),
        ("600519.SS", Listing("600519", "CN", "shanghai")),
        ("ESZ26", Listing("ESZ26", "overseas_futureoption", None)),
    ],
)
def test_a_symbol_is_read_as_in_every_other_tool(written: str, found: Listing) -> None:
    assert find_watched(written) == found


def test_an_exchange_in_a_symbol_that_contradicts_the_one_given_is_refused() -> None:
    with pytest.raises(BadArgument, match="does not go with exchange nyse") as refused:
        find_watched("NASDAQ:AAPL", "nyse")
    assert refused.value.field == "exchange"
    assert find_watched("005930.KS", "nxt") == Listing("005930", "KR", "nxt")
