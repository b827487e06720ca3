"""Documents as text."""

from typing import cast

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import read_strategy, read_text

YAML = """
id: cross
interval: 1d
universe: {symbols: [005930, 000660]}
entry:
  all:
    - {from: 09:10, until: 15:00}
    - {left: close, is: above, right: 1.5}
exits: {stop_loss_percent: 3, at_session_end: true}
about: {created_at: 2026-01-02}
exit: ~
"""
ABOVE = {"left": "close", "is": "above", "right": 1}
READ = {
    "id": "cross",
    "interval": "1d",
    "universe": {"symbols": ["005930", "000660"]},
    "entry": {"all": [{"from": "09:10", "until": "15:00"}, {"left": "close", "is": "above", "right": 1.5}]},
    "exits": {"stop_loss_percent": 3, "at_session_end": True},
    "about": {"created_at": "2026-01-02"},
    "exit": None,
}


def test_times_dates_and_codes_of_yaml_stay_text() -> None:
    assert read_text(YAML) == READ


def test_json_is_read_too() -> None:
    assert read_text(' {"id": "cross", "exits": {"stop_loss_percent": 3}, "x": 1e3}') == {
        "id": "cross",
        "exits": {"stop_loss_percent": 3},
        "x": 1000.0,
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id: [", "The strategy is no YAML: expected the node content, but found '<stream end>', line 1, column 6."),
        (
            '{"id": 1,}',
            "The strategy is no JSON: Expecting property name enclosed in double quotes, line 1, column 10.",
        ),
        ("id: a\nid: b", "The strategy says id twice in one place."),
        ('{"id": 1, "id": 2}', "The strategy says id twice in one place."),
        ("a: &x [1]\nb: *x", "The strategy refers to another of its places by *."),
        ("a: " + "[" * 5_000, "The strategy is nested beyond reason."),
        ('{"a": ' + "[" * 50_000, "The strategy is nested beyond reason."),
        ("a" * 60_001, "The strategy has more than 60,000 characters."),
        ("a: \x01", "The strategy has characters that no text has."),
        ("a: !!python/object:os.system []", "could not determine a constructor"),
        ("!!int", "'' is no int, line 1, column 1."),
        ("a: 1\nb: !!int abc", "'abc' is no int, line 2, column 4."),
        ("a: !!float abc", "'abc' is no float, line 1, column 4."),
        ("a: !!timestamp noon", "'noon' is no timestamp, line 1, column 4."),
        ("!!map [a]", "expected a mapping node"),
        ("a: !!bool x", "'x' is no bool, line 1, column 4."),
        ("a: !!timestamp 2020-99-99", "'2020-99-99' is no timestamp, line 1, column 4."),
    ],
)
def test_what_cannot_be_read_for_sure_is_refused(text: str, what: str) -> None:
    with pytest.raises(BadArgument) as refused:
        read_text(text)
    assert what in refused.value.what


@pytest.mark.parametrize("text", ["sizing: {{shares: {}}}", '{{"sizing": {{"shares": {}}}}}'])
def test_a_whole_number_of_thousands_of_digits_is_refused_by_its_path(text: str) -> None:
    said = cast("dict[str, object]", read_text(text.format("9" * 5_000)))
    with pytest.raises(BadArgument) as refused:
        read_strategy({"id": "x", "name": "x", "entry": ABOVE, **said})
    assert refused.value.field == "sizing.shares"
