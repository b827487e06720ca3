import json
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.render import to_json
from kis_mcp.clock import KST
from kis_mcp.environment import Environment


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        (Decimal("71000"), 71000),
        (Decimal("71000.00"), 71000),
        (Decimal("-1.25"), -1.25),
        (Decimal("1E+3"), 1000),
        (Decimal("0.12345678901234567890"), 0.12345678901234568),
        (Decimal("12345678901234567890"), 12345678901234567890),
        (Decimal("NaN"), None),
        (date(2026, 5, 31), "2026-05-31"),
        (time(9, 5), "09:05:00"),
        (datetime(2026, 5, 31, 9, 5, tzinfo=KST), "2026-05-31T09:05:00+09:00"),
        (Environment.SIM, "sim"),
        ({"a": [Decimal("0.1"), None, True]}, {"a": [0.1, None, True]}),
        (frozenset({"b", "a"}), ["a", "b"]),
        (("a",), ["a"]),
    ],
)
def test_values_have_one_json_form(value: object, rendered: object) -> None:
    assert to_json(value) == rendered
    assert type(to_json(value)) is type(rendered)


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        to_json(object())


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 8))
def test_a_decimal_of_15_digits_is_the_same_number(digits: int, places: int) -> None:
    value = Decimal(digits).scaleb(-places)
    assert json.loads(json.dumps(to_json(value)), parse_float=Decimal) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20), max_value=10**20))
def test_a_longer_decimal_is_the_nearest_number(value: Decimal) -> None:
    written = json.loads(json.dumps(to_json(value)), parse_float=Decimal)
    assert isinstance(written, int | Decimal)
    assert abs(written - value) <= abs(value) * Decimal("3e-16")
