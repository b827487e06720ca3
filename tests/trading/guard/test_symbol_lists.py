"""The operator's lists: every entry means an instrument, or nothing starts."""

import pytest
from hypothesis import given, strategies as st

from kis_mcp.market.instrument import Instrument
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.trading.guard.symbol_lists import allowed_symbols, denied_symbols

LIST = builtin_instruments()
INSTRUMENTS = LIST.search("")


def meant(*entries: str) -> tuple[set[str], set[str]]:
    """What a list of these allows, and what it denies."""
    return {str(each) for each in allowed_symbols(entries, LIST)}, {str(each) for each in denied_symbols(entries, LIST)}


@pytest.mark.parametrize(
    ("entry", "symbol"),
    [
        ("NASDAQ:PYPL", "US:PYPL"),
        ("AAPL:US", "US:AAPL"),
        ("nasdaq:Tesla", "US:TSLA"),
        ("NYSE:brk.b", "US:BRK/B"),
        ("krx:005930", "KR:005930"),
        ("0700.HK", "HK:00700"),
        ("7203.T", "JP:7203"),
        ("tokyo:7203", "JP:7203"),
        ("600519.SS", "CN:600519"),
        ("VN:VNM", "VN:VNM"),
        ("Q530036", "KR:Q530036"),
        ("A01603", "domestic_futureoption:A01603"),
        ("ESZ26 C5000", "overseas_futureoption:ESZ26 C5000"),
        ("KR6095572D81", "domestic_bond:KR6095572D81"),
        ("domestic_futureoption:101W12", "domestic_futureoption:101W12"),
        ("KODEX 200", "KR:069500"),
        ("\u1109\u1161\u11b7\u1109\u1165\u11bc\u110c\u1165\u11ab\u110c\u1161", "KR:005930"),
    ],
)
def test_an_entry_means_one_instrument(entry: str, symbol: str) -> None:
    assert meant(entry) == ({symbol}, {symbol})


@pytest.mark.parametrize(
    ("entry", "allowed", "denied"),
    [
        ("600519", {"KR:600519"}, {"KR:600519", "CN:600519"}),
        ("KT", {"KR:030200"}, {"KR:030200", "US:KT"}),
        ("Apple", {"US:AAPL"}, {"US:AAPL", "US:APPLE"}),
    ],
)
def test_a_list_that_denies_holds_for_all_that_an_entry_may_mean(
    entry: str, allowed: set[str], denied: set[str]
) -> None:
    assert meant(entry) == (allowed, denied)


def test_what_may_be_a_share_or_a_contract_is_denied_as_both_and_not_allowed() -> None:
    both = {"KR:101W12", "domestic_futureoption:101W12"}
    assert {str(each) for each in denied_symbols(["101W12"], LIST)} == both
    with pytest.raises(ValueError, match="KR:101W12 or domestic_futureoption:101W12"):
        allowed_symbols(["101W12"], LIST)


@pytest.mark.parametrize(
    "entry",
    [
        *("PYPL", "KEPCO", "BRK.B", "700", "00700", "35720", "7203", "6095572D8", "롯데 삼성전자", "TSLA or NVDA"),
        *("KR:AAPL", "US:", ":", "NAS:005930", "AAPL NASDAQ", '["005930"]', "moon:AAPL", "a:b:c", "*", "all"),
    ],
)
def test_an_entry_that_means_none_is_refused(entry: str) -> None:
    for read in (allowed_symbols, denied_symbols):
        with pytest.raises(ValueError, match="is no instrument"):
            read([entry], LIST)


def names_of(one: Instrument) -> list[str]:
    return [
        *(one.symbol, one.symbol.lower(), one.name_ko, one.name_en.upper()),
        *(f"{one.exchange}:{one.symbol}", f"{one.market}:{one.name_ko}"),
    ]


UNMISTAKABLE = [one for one in INSTRUMENTS if "GS" not in names_of(one)]
"""All but the two that are both called GS."""


def test_a_name_that_is_anothers_symbol_allows_neither() -> None:
    assert len(INSTRUMENTS) - len(UNMISTAKABLE) == 2
    with pytest.raises(ValueError, match="may mean KR:078930 or US:GS"):
        allowed_symbols(["GS"], LIST)


@given(st.lists(st.tuples(st.sampled_from(UNMISTAKABLE), st.integers(0, 5)), min_size=1, max_size=5))
def test_every_instrument_of_the_list_is_found_by_any_of_its_names(chosen: list[tuple[Instrument, int]]) -> None:
    allowed, denied = meant(*(names_of(one)[number] for one, number in chosen))
    assert allowed == {f"{one.market}:{one.symbol}" for one, _ in chosen}
    assert allowed <= denied


@given(st.lists(st.text("AT05.:KRX USapple삼성", min_size=1, max_size=8), min_size=1, max_size=4))
def test_no_entry_is_dropped(entries: list[str]) -> None:
    try:
        denied = denied_symbols(entries, LIST)
    except ValueError:
        return
    for entry in entries:
        assert denied_symbols([entry], LIST) <= denied
        assert denied_symbols([entry], LIST) or not entry.strip()
