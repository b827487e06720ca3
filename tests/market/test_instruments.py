"""Naming an instrument and finding one."""

import pytest
from hypothesis import given, strategies as st

from kis_mcp.errors import BadArgument
from kis_mcp.market.instrument import parse_symbol
from kis_mcp.market.instruments import builtin_instruments


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("005930", ("005930", "KR")),
        ("0126z0", ("0126Z0", "KR")),
        ("Q530001", ("Q530001", "KR")),
        (" aapl ", ("AAPL", "US")),
        ("BRK.B", ("BRK/B", "US")),
        ("brk-b", ("BRK/B", "US")),
        ("Q", ("Q", "US")),
    ],
)
def test_a_symbol_tells_its_market(text: str, parsed: tuple[str, str]) -> None:
    assert parse_symbol(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "삼성전자", "5930", "0059300", "TOOLONG", "AAPL US", "1234567890", "A.", "../etc"]
)
def test_a_malformed_symbol_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        parse_symbol(text)
    assert refusal.value.field == "symbol"
    assert "search_tools" in refusal.value.remedy


@given(st.text(max_size=12))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        symbol, market = parse_symbol(text)
    except BadArgument:
        return
    assert parse_symbol(symbol) == (symbol, market)


@pytest.mark.parametrize(
    ("query", "symbol"),
    [
        ("삼성전자", "005930"),
        ("samsung electronics", "005930"),
        ("SamsungElec", "005930"),
        ("005930", "005930"),
        ("aapl", "AAPL"),
        ("Apple", "AAPL"),
        ("sk 하이닉스", "000660"),
    ],
)
def test_the_best_match_comes_first_in_either_language(query: str, symbol: str) -> None:
    assert builtin_instruments().search(query)[0].symbol == symbol


def test_a_search_can_keep_to_one_market() -> None:
    found = builtin_instruments().search("s", "US")
    assert found
    assert {instrument.market for instrument in found} == {"US"}


def test_nothing_is_found_for_nonsense() -> None:
    assert builtin_instruments().search("zzzzqqq") == []


def test_a_us_ticker_gets_its_exchange_from_the_list() -> None:
    apple = builtin_instruments().resolve("aapl")
    assert (apple.exchange, apple.currency, apple.timezone.key) == ("nasdaq", "USD", "America/New_York")


def test_a_us_ticker_off_the_list_needs_an_exchange() -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve("ZZZZ")
    assert refusal.value.field == "exchange"
    assert "nasdaq, nyse or amex" in refusal.value.remedy
    assert builtin_instruments().resolve("ZZZZ", "nyse").exchange == "nyse"


def test_a_korean_code_off_the_list_is_taken_as_it_is() -> None:
    unknown = builtin_instruments().resolve("999999")
    assert (unknown.market, unknown.exchange, unknown.name) == ("KR", "krx", None)


@pytest.mark.parametrize(("symbol", "exchange"), [("005930", "nasdaq"), ("AAPL", "krx"), ("AAPL", "nxt")])
def test_an_exchange_of_the_other_market_is_refused(symbol: str, exchange: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve(symbol, exchange)
    assert refusal.value.field == "exchange"
