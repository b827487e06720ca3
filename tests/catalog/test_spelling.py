"""What people write is read as people read it, or refused."""

import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.spelling import read_date, read_json, read_month, read_names, read_number, read_time, read_word
from kis_mcp.catalog.symbols import read_symbol
from kis_mcp.errors import BadArgument

INTERVALS = ("1m", "30m", "1d", "1M")


def tool(name: str) -> Api:
    api = catalog().find(name)
    assert api is not None
    return api


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("72,500", "72500"),
        ("1,234,567.89", "1234567.89"),
        (" 72500 ", "72500"),
        ("７２，５００", "72500"),
        ("72.500", "72.5"),
        ("-0.5", "-0.5"),
        ("0010", "10"),
    ],
)
def test_a_number_may_have_thousands_separators(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "1,5",
        "72,50",
        "72,5000",
        "7250,0",
        "0,500",
        ",500",
        "1,,000",
        "1.234,56",
        "1_000",
        "1e5",
        "72500원",
        "$72",
        "NaN",
    ],
)
def test_a_number_that_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        read_number(text)


@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_every_number_that_is_printed_with_separators_is_read_back(units: int, places: int) -> None:
    number = Decimal(units).scaleb(-places)
    assert read_number(f"{number:,f}") == read_number(f"{number:f}") == number


@given(st.text(alphabet="0123456789,.", max_size=10))
def test_a_comma_never_moves_a_digit(text: str) -> None:
    """Whatever is accepted is what remains when the separators that a machine would print are taken out."""
    try:
        number = read_number(text)
    except ValueError:
        return
    assert isinstance(number, Decimal)
    whole, _, fraction = text.partition(".")
    assert whole in (f"{int(whole.replace(',', '')):,}", whole.replace(",", ""))
    assert number == Decimal(f"{whole.replace(',', '')}.{fraction or 0}")


@given(st.dates(date(1000, 1, 1)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]))
def test_a_date_is_read_in_every_usual_form(day: date, form: str) -> None:
    assert read_date(day.strftime(form)) == day
    assert read_date(int(day.strftime("%Y%m%d"))) == day


@pytest.mark.parametrize("text", ["2026-1-5", "2026/1/5", "２０２６．１．５"])
def test_a_month_and_a_day_may_have_one_digit(text: str) -> None:
    assert read_date(text) == date(2026, 1, 5)


@pytest.mark.parametrize(
    "value",
    ["01/05/2026", "5.1.2026", "2026-01/05", "2026-13-01", "20260230", "260105", 260105, 202601051, True, 2026.5, ""],
)
def test_a_date_whose_parts_are_not_certain_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_date(value)


@pytest.mark.parametrize(("text", "month"), [("2026-11", "2026-11"), ("202611", "2026-11"), ("2026/11", "2026-11")])
def test_a_month_is_read_in_every_usual_form(text: str, month: str) -> None:
    assert read_month(text) == month


@given(st.times().map(lambda value: value.replace(microsecond=0)))
def test_a_time_is_read_with_and_without_colons(value: time) -> None:
    for form in ("%H:%M:%S", "%H%M%S"):
        assert read_time(value.strftime(form)) == value


@pytest.mark.parametrize("value", ["9:05 PM", "25:00", "9", "09:5", 90500, ""])
def test_a_time_that_is_not_certain_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_time(value)


@pytest.mark.parametrize(
    ("value", "word"),
    [("1D", "1d"), ("1m", "1m"), ("1M", "1M"), (" 30M ", "30m"), ("１ｄ", "1d"), ("1y", "1y"), (7, 7)],
)
def test_a_word_is_read_in_any_case_but_a_minute_stays_no_month(value: object, word: object) -> None:
    assert read_word(value, INTERVALS) == word


def test_a_word_that_fits_two_is_left_for_the_check_to_refuse() -> None:
    assert read_word("Ab", ("ab", "AB")) == "Ab"
    assert (
        read_word("limit-ioc", ("limit_ioc", "limit")) == read_word("Limit IOC", ("limit_ioc", "limit")) == "limit_ioc"
    )


def test_names_come_as_a_list_as_text_or_as_the_text_of_a_list() -> None:
    for value in ("price, volume", "price volume", '["price", "volume"]', ["price", "volume"]):
        assert read_names(value) == ["price", "volume"]


def test_an_object_that_comes_as_text_is_read_exactly() -> None:
    text = json.dumps({"symbol": "005930", "price": 70000.1})
    assert read_json(text, "{") == {"symbol": "005930", "price": Decimal("70000.1")}
    for wrong in ('{"quantity": 1, "quantity": 10}', '{"price": NaN}', '{"price": 1', '{"a":' * 100_000):
        with pytest.raises(ValueError, match=r"\S"):
            read_json(wrong, "{")


def test_half_a_character_that_json_text_escapes_becomes_one_that_can_be_written() -> None:
    assert read_json(r'["\ud83d", {"\udcc8": "\ud83d\udcc8"}]', "[") == ["\ufffd", {"\ufffd": "📈"}]


Symbols = Callable[[str], str]


@pytest.mark.parametrize(
    ("name", "written", "symbol", "exchange"),
    [
        ("get_quote", "005930.KS", "005930", "krx"),
        ("get_quote", "293490.kq", "293490", "krx"),
        ("get_quote", "A005930", "005930", "krx"),
        ("get_quote", "KRX:005930", "005930", "krx"),
        ("get_quote", "NXT:005930", "005930", "nxt"),
        ("get_quote", "００５９３０", "005930", None),
        ("get_quote", "NASDAQ:NVDA", "NVDA", "nasdaq"),
        ("get_quote", "nvda", "NVDA", None),
        ("get_quote", "BRK.B", "BRK/B", None),
        ("get_quote", "NYSE:BRK.B", "BRK/B", "nyse"),
        ("get_quote", "AAPL US", "AAPL", None),
        ("get_quote", "aapl us equity", "AAPL", None),
        ("get_quote", "AAPL.US", "AAPL", None),
        ("get_quote", "US:AAPL", "AAPL", None),
        ("get_quote", "BRK/B US", "BRK/B", None),
        ("get_quote", "IBM UN", "IBM", "nyse"),
        ("get_quote", "NYSEARCA:SPY", "SPY", "amex"),
        ("get_quote", "005930 KS Equity", "005930", "krx"),
        ("get_quote", "KR:005930", "005930", "krx"),
        ("place_order", "0700.HK", "00700", "hong_kong"),
        ("place_order", "700 HK", "00700", "hong_kong"),
        ("place_order", "HK:700", "00700", "hong_kong"),
        ("place_order", "7203 JP", "7203", "tokyo"),
        ("place_order", "tokyo:7203", "7203", "tokyo"),
        ("preview_order", "hong_kong:700", "00700", "hong_kong"),
        ("place_order", "ho_chi_minh:VNM", "VNM", "ho_chi_minh"),
        ("place_order", "600519.SH", "600519", "shanghai"),
        ("place_order", "600519 CH", "600519", "shanghai"),
        ("place_order", "CN:000001", "000001", "shenzhen"),
        ("place_order", "7203.T", "7203", "tokyo"),
        ("place_order", "600519.SS", "600519", "shanghai"),
        ("place_order", "101W12", "101W12", None),
        ("place_order", "KR6095572D81", "KR6095572D81", None),
        ("domestic_stock_inquire_price", "A005930", "005930", "krx"),
        ("domestic_stock_inquire_price", "q530036", "Q530036", "krx"),
        ("overseas_stock_price", "NASDAQ:NVDA", "NVDA", "nasdaq"),
        ("overseas_stock_price", "700.HK", "00700", "hong_kong"),
    ],
)
def test_a_symbol_is_read_as_charts_and_vendors_write_it(
    name: str, written: str, symbol: str, exchange: str | None
) -> None:
    needed = {"side": "buy", "quantity": 1} if name in ("place_order", "preview_order") else {}
    values = check_arguments(tool(name), {"symbol": written, **needed})
    assert (values["symbol"], values.get("exchange")) == (symbol, exchange)


def test_a_contract_keeps_what_looks_like_the_mark_of_a_share() -> None:
    values = check_arguments(tool("domestic_fo_inquire_price"), {"symbol": "A016120"})
    assert values["symbol"] == "A016120"


def test_a_list_of_symbols_reads_each() -> None:
    values = check_arguments(tool("domestic_stock_intstock_multprice"), {"symbols": '["A005930", "000660.KS"]'})
    assert values["symbols"] == ["005930", "000660"]


@pytest.mark.parametrize(
    ("written", "symbols", "exchange"),
    [
        (["NASDAQ:AAPL", "MSFT UW"], ["AAPL", "MSFT"], "nasdaq"),
        (["700.HK", "HKEX:5"], ["00700", "00005"], "hong_kong"),
        ('["7203.T", "6758 JP"]', ["7203", "6758"], "tokyo"),
        (["600519.SS", "601318.SH"], ["600519", "601318"], "shanghai"),
        (["AAPL US", "IBM", "US:BRK.B"], ["AAPL", "IBM", "BRK/B"], None),
        (["005930.KS", "A000660", "035720"], ["005930", "000660", "035720"], None),
        (["005930", "AAPL"], ["005930", "AAPL"], None),
    ],
)
def test_a_list_of_symbols_names_the_exchange_of_all(written: object, symbols: list[str], exchange: str | None) -> None:
    values = check_arguments(tool("watch"), {"symbols": written})
    assert (values["symbols"], values.get("exchange")) == (symbols, exchange)


@pytest.mark.parametrize(
    "written", [["NASDAQ:AAPL", "NYSE:IBM"], ["IBM", "NASDAQ:AAPL"], ["005930.KS", "NASDAQ:AAPL"], ["700.HK", "7203.T"]]
)
def test_a_list_of_several_exchanges_is_refused_saying_how_it_is_divided(written: list[str]) -> None:
    with pytest.raises(BadArgument) as refused:
        check_arguments(tool("watch"), {"symbols": written})
    assert refused.value.field == "symbols"
    assert "exchange holds for all symbols: call once for each exchange, such as exchange '" in refused.value.remedy


def test_an_exchange_in_a_symbol_may_agree_with_the_one_of_its_own() -> None:
    arguments = {"symbols": ["NVDA", "700.HK"], "exchanges": ["NASDAQ", "hong_kong"]}
    assert check_arguments(tool("overseas_stock_multprice"), arguments)["symbols"] == ["NVDA", "00700"]


@pytest.mark.parametrize("written", ["600519.XX", "AAPL LN", "VOD.L", "XETRA:SAP", "900519.CH"])
def test_a_form_that_is_not_beyond_doubt_names_no_exchange(written: str) -> None:
    parameter = tool("get_quote").parameter("symbol")
    assert parameter is not None
    assert read_symbol(tool("get_quote"), parameter, written).exchanges == ()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_quote", {"symbol": "NASDAQ:NVDA", "exchange": "nyse"}),
        ("get_quote", {"symbol": "KRX:005930", "exchange": "nasdaq"}),
        ("overseas_stock_price", {"symbol": "700.HK", "exchange": "tokyo"}),
        ("overseas_stock_price", {"symbol": "XETRA:SAP", "exchange": "nyse"}),
        ("overseas_stock_multprice", {"symbols": ["NASDAQ:NVDA"], "exchanges": ["nyse"]}),
        ("overseas_stock_multprice", {"symbols": ["NVDA", "700.HK"], "exchanges": ["nasdaq", "tokyo"]}),
        ("watch", {"symbols": ["NASDAQ:AAPL"], "exchange": "nyse"}),
        ("watch", {"symbols": ["005930.KS"], "exchange": "nasdaq"}),
        ("overseas_stock_rights_by_ice", {"symbol": "7203.T", "country": "us"}),
    ],
)
def test_a_symbol_that_contradicts_the_exchange_is_refused(name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(BadArgument):
        check_arguments(tool(name), arguments)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        *((name, "600519.SS") for name in ("get_quote", "get_order_book", "get_candles", "get_buying_power")),
        ("get_quote", "SZSE:000001"),
        ("get_quote", "700.HK"),
        ("get_buying_power", "NXT:005930"),
        ("domestic_stock_finance_financial_ratio", "NXT:005930"),
        ("overseas_stock_colable_by_company", "7203.T"),
    ],
)
def test_a_symbol_whose_exchange_a_tool_does_not_take_is_refused_and_not_read_as_another(
    name: str, written: str
) -> None:
    with pytest.raises(BadArgument) as refused:
        check_arguments(tool(name), {"symbol": written})
    assert refused.value.field == "symbol"


@pytest.mark.parametrize(
    ("name", "given", "symbol", "place"),
    [
        ("overseas_stock_inquire_ccnl", {"symbol": "NASDAQ:AAPL"}, "AAPL", ("exchange", "us")),
        ("overseas_stock_inquire_ccnl", {"symbol": "NASDAQ:AAPL", "exchange": "all"}, "AAPL", ("exchange", "all")),
        ("overseas_stock_inquire_ccnl", {"symbol": "NYSE:KO"}, "KO", ("exchange", "nyse")),
        ("overseas_stock_rights_by_ice", {"symbol": "7203.T"}, "7203", ("country", "japan")),
        ("overseas_stock_rights_by_ice", {"symbol": "NASDAQ:AAPL"}, "AAPL", ("country", "us")),
    ],
)
def test_an_exchange_in_a_symbol_chooses_the_nearest_place_that_a_tool_takes(
    name: str, given: dict[str, str], symbol: str, place: tuple[str, str]
) -> None:
    dates = {"start_date": "2026-11-02", "end_date": "2026-11-27"} if name == "overseas_stock_inquire_ccnl" else {}
    values = check_arguments(tool(name), {**given, **dates})
    assert (values["symbol"], values[place[0]]) == (symbol, place[1])
