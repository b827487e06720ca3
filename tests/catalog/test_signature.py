import re

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.signature import call_signature


@pytest.mark.parametrize(
    "line",
    [
        "domestic_stock_inquire_price(symbol, exchange: krx|nxt|unified = krx, fields?)",
        "get_candles(symbol, interval: 1m|3m|5m|10m|15m|30m|60m|1d|… = 1d, start_date?: date, end_date?: date,"
        " limit: integer = 60, adjusted: boolean = true, exchange?: krx|nxt|unified|nasdaq|nyse|amex, fields?)",
        "set_environment(environment: sim|demo|real)",
    ],
)
def test_what_is_needed_stands_first_with_its_words_and_defaults(line: str) -> None:
    api = catalog().find(line.partition("(")[0])
    assert api is not None
    assert call_signature(api) == line


def test_a_signature_names_about_a_dozen_parameters_and_how_many_more_there_are() -> None:
    for api in catalog().apis:
        line = call_signature(api)
        needed = sum(parameter.required for parameter in api.parameters)
        named = len(re.findall(r"[(,] \w|\(\w", line.replace("(", "( "))) if api.parameters else 0
        assert named <= max(needed, 12) + 3, line
    screener = catalog().find("elw_cond_search")
    assert screener is not None
    assert call_signature(screener).endswith(", … 45 more, fields?, limit: integer = 100)")


def test_no_argument_that_a_call_needs_is_cut() -> None:
    for api in catalog().apis:
        line = call_signature(api)
        assert all(parameter.name in line for parameter in api.parameters if parameter.required)
