"""A rule in plain words, in both languages, and never longer than a person reads."""

from typing import Any

import pytest

from kis_mcp.language import say_in
from kis_mcp.strategies.document import preset_names, read_preset, read_strategy, resolve, rule_in_words
from kis_mcp.strategies.document.in_words import MOST_OF_LINE

INDICATORS = {
    "my_profit": {"kind": "rsi"},
    "band": {"kind": "bollinger", "params": {"period": 10}, "output": "upper"},
}
ALWAYS = {"left": "close", "is": "above", "right": 1000}


def words(entry: Any = ALWAYS, **more: Any) -> tuple[str, str]:
    document = {"id": "s", "name": "s", "indicators": INDICATORS, "patterns": {"p": {"kind": "hammer"}}, "entry": entry}
    return rule_in_words(resolve(read_strategy(document | more)), "KRW")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ALWAYS, "when close > 1,000"),
        (
            {"all": [ALWAYS, {"left": "my_profit", "is": "crosses_below", "right": 30}]},
            "when close > 1,000; and when rsi(14) crosses below 30",
        ),
        (
            {"any": [ALWAYS, {"not": {"pattern": "p", "is": "bullish"}}]},
            "when close > 1,000; or when not (hammer is bullish)",
        ),
        (
            {"all": [{"from": "09:10", "until": "14:30"}, {"any": [ALWAYS, {"holding": True, "bars": 3}]}]},
            "when the bar ends from 09:10 to 14:30; and when (close > 1,000 OR held for 3 bars)",
        ),
        (
            {"left": {"of": "close", "change_over": 5}, "is": "between", "right": -2, "and": 1.5},
            "when -2 ≤ close[Δ5%] ≤ 1.5",
        ),
        (
            {"left": {"of": "close", "back": 1, "plus": 10}, "is": "at_least", "right": {"of": "band", "times": 1.02}},
            "when (close[-1]+10) ≥ bollinger(10,2).upper×1.02",
        ),
    ],
)
def test_when_it_buys_is_told_with_the_numbers_that_count_and_not_by_the_writers_names(entry: Any, said: str) -> None:
    assert words(entry, sizing={"shares": 3})[0] == f"3 shares by bars of 1d; {said}"


def test_all_that_ends_a_position_is_told() -> None:
    exits = {
        "stop_loss_percent": 1.5,
        "trailing_stop_percent": 2,
        "take_profit_percent": 4,
        "after_bars": 20,
        "at_session_end": True,
    }
    assert words(exits=exits, exit={"left": "close", "is": "below", "right": 900})[1] == (
        "at a loss of 1.5 %; 2 % below its highest price since; at a gain of 4 %; after 20 bars;"
        " before the session ends; when close < 900"
    )
    assert words()[1] == "never by itself"


@pytest.mark.parametrize(
    ("sizing", "said"),
    [
        ({"amount": 1_000_000}, "for 1,000,000 KRW by bars of 1d"),
        ({"percent_of_equity": 10}, "for 10 % of its money by bars of 1d"),
        ({"volatility_percent": 0.5}, "so much that a usual bar moves its money by 0.5 % by bars of 1d"),
        ({"risk_percent": 1}, "so much that its stop costs 1 % of its money by bars of 1d"),
    ],
)
def test_how_much_it_buys_is_told(sizing: Any, said: str) -> None:
    assert words(sizing=sizing, exits={"stop_loss_percent": 2})[0].partition("; ")[0] == said


def test_a_long_rule_is_cut_and_it_is_said_that_there_is_more() -> None:
    each = {"left": "band", "is": "crosses_above", "right": {"of": "my_profit", "times": 1.234567}}
    buys, sells = words({"any": [each] * 40}, exit={"not": {"all": [each] * 40}})
    assert len(buys) <= MOST_OF_LINE + 60
    assert buys.endswith(" more parts that its document has")
    assert len(sells) <= MOST_OF_LINE
    assert sells.endswith(" …")


@pytest.mark.parametrize("name", preset_names())
def test_in_korean_nothing_of_a_presets_rule_is_left_in_english_sentences(name: str) -> None:
    say = say_in("ko")
    for label, rule in zip(("It buys", "It sells"), rule_in_words(resolve(read_preset(name)), "KRW"), strict=True):
        said = say(f"{label}: {rule}")
        assert not {"when", "at", "It", "bars", "crosses", "AND", "OR", "of", "ends"} & set(said.split()), said
