"""Errors about what is no Korean or US stock lead to the tool that reads it."""

import json
import re

import pytest

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.loader import catalog
from kis_mcp.errors import BadArgument
from kis_mcp.market.elsewhere import Use, lead_elsewhere
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.rows import unknown_to_kis

LED = [
    ("KOSPI", "domestic_stock_inquire_index_price"),
    ("코스닥", "domestic_stock_inquire_index_price"),
    ("나스닥", "overseas_stock_inquire_time_indexchartprice"),
    ("USD/KRW", "overseas_stock_inquire_time_indexchartprice"),
    ("국고채", "domestic_stock_comp_interest"),
    ("government bonds", "domestic_stock_comp_interest"),
    ("101W12", "domestic_fo_inquire_price"),
    ("201W12350", "domestic_fo_inquire_price"),
    ("ESZ26", "overseas_fo_inquire_price"),
    ("OESZ26 C5500", "overseas_fo_opt_price"),
    ("KR6095572D81", "domestic_bond_inquire_price"),
    ("58J297", "domestic_stock_inquire_elw_price"),
    ("00700", "overseas_stock_price"),
    ("0700.HK", "overseas_stock_price"),
    ("7203", "overseas_stock_price"),
    ("7203.T", "overseas_stock_price"),
    ("600519", "overseas_stock_price"),
    ("000858", "overseas_stock_price"),
]


@pytest.mark.parametrize(("text", "tool"), LED)
def test_the_next_call_is_one_that_the_named_tool_takes(text: str, tool: str) -> None:
    calls = re.findall(r"name=(\w+), arguments=(\{.*?\})", lead_elsewhere(text))
    assert tool in {name for name, _ in calls}
    for name, arguments in calls:
        api = catalog().find(name)
        assert api is not None
        assert api.risk == "read"
        check_arguments(api, json.loads(arguments))


WANTS_MORE = {
    "with start_date and end_date": {"start_date": "2026-01-05", "end_date": "2026-01-09"},
    "with its exchange, where that is not cme": {"exchange": "ice"},
}


@pytest.mark.parametrize(
    ("text", "candles", "book"),
    [
        ("0001", "domestic_stock_inquire_index_daily_price", "domestic_stock_inquire_index_price"),
        ("2001", "domestic_stock_inquire_index_daily_price", "domestic_stock_inquire_index_price"),
        ("SPX", "overseas_stock_inquire_daily_chartprice", "overseas_stock_inquire_time_indexchartprice"),
        ("A01612", "domestic_fo_inquire_daily_fuopchartprice", "domestic_fo_inquire_asking_price"),
        ("201W12350", "domestic_fo_inquire_daily_fuopchartprice", "domestic_fo_inquire_asking_price"),
        ("ESZ26", "overseas_fo_daily_ccnl", "overseas_fo_inquire_asking_price"),
        ("OESZ26 C5500", "overseas_fo_opt_daily_ccnl", "overseas_fo_opt_asking_price"),
        ("KR6095572D81", "domestic_bond_inquire_daily_itemchartprice", "domestic_bond_inquire_asking_price"),
        ("7203", "overseas_stock_dailyprice", "overseas_stock_inquire_asking_price"),
        ("0700.HK", "overseas_stock_dailyprice", "overseas_stock_inquire_asking_price"),
    ],
)
def test_the_next_call_is_for_what_is_wanted(text: str, candles: str, book: str) -> None:
    uses: dict[Use, str] = {"candles": candles, "book": book}
    for use, tool in uses.items():
        lead = lead_elsewhere(text, use)
        ((name, arguments),) = re.findall(r"name=(\w+), arguments=(\{.*?\})", lead)
        assert name == tool
        more = next((values for words, values in WANTS_MORE.items() if words in lead), {})
        api = catalog().find(name)
        assert api is not None
        check_arguments(api, {**json.loads(arguments), **more})


@pytest.mark.parametrize("text", ["AAPL", "ZZZZ", "Q", "삼성전자", "TOOLONGER"])
def test_what_may_be_a_stock_leads_nowhere_else(text: str) -> None:
    assert lead_elsewhere(text) == ""


@pytest.mark.parametrize("text", ["ESZ26", "KR6095572D81", "00700", "코스피", "KOSPI"])
def test_a_symbol_of_elsewhere_is_refused_with_the_next_call(text: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve(text)
    assert (refusal.value.field, "call_read_tool with name=" in refusal.value.remedy) == ("symbol", True)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [("Apple", ["AAPL"]), ("삼전", ["005930"]), ("하닉", ["000660"]), ("Aple", ["AAPL"]), ("삼성전자", ["005930"])],
)
def test_a_name_gets_candidates(text: str, symbols: list[str]) -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve(text)
    assert refusal.value.field == "symbol"
    assert all(f"{symbol} (" in refusal.value.remedy for symbol in symbols)


def test_a_ticker_that_resembles_a_name_may_still_be_meant() -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve("NET")
    assert "NFLX" in refusal.value.remedy
    assert "If NET is the ticker, pass exchange" in refusal.value.remedy
    assert builtin_instruments().resolve("NET", "nyse").symbol == "NET"


@pytest.mark.parametrize("text", ["F", "zzzz", "존재하지않는회사"])
def test_nothing_is_made_up_for_a_text_that_resembles_no_name(text: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        builtin_instruments().resolve(text)
    assert "Did you mean" not in refusal.value.remedy


def test_what_kis_does_not_know_leads_to_another_exchange_or_tool() -> None:
    assert "nyse or amex" in unknown_to_kis(Instrument("ZZZZ", "US", "nasdaq")).remedy
    assert "name=domestic_fo_inquire_price" in unknown_to_kis(Instrument("101W12", "KR", "krx")).remedy
    assert "find_instrument" not in unknown_to_kis(Instrument("999999", "KR", "krx")).remedy
