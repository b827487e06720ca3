import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.signature import signature


@pytest.mark.parametrize(
    "line",
    [
        "domestic_stock_inquire_price(symbol, exchange: krx|nxt|unified = krx)",
        "get_candles(symbol, interval: 1m|3m|5m|10m|15m|30m|60m|1d|… = 1d, start_date?: date, end_date?: date,"
        " limit: integer = 60, adjusted: boolean = true, exchange?: krx|nxt|unified|nasdaq|nyse|amex, cursor?)",
        "set_environment(environment: sim|demo|real)",
    ],
)
def test_what_is_needed_stands_first_with_its_words_and_defaults(line: str) -> None:
    api = catalog().find(line.partition("(")[0])
    assert api is not None
    assert signature(api) == line
