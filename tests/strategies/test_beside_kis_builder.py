"""Indicators and signals, held against those of KIS' own strategy_builder.

The two tables are figures that its code gave for `walk`, run by hand: `core/indicators.py` and `strategy/strategy_*.py`
of github.com/koreainvestment/open-trading-api, commit 885dd4e (2026-07-09).

It works out the rest of its indicators otherwise than KIS' backtester, whose engine is Lean and which is followed here:

- std, variance, bollinger: the standard deviation of a sample, divided by n - 1
- rsi, atr, natr, adx, adxr, keltner: exponential averages of span n in place of Wilder's
- hma, trima, coppock: simple or exponential averages in place of weighted ones, trima with another window
- returns: parts of one; eom: of volume by 1 in place of 10,000; momentum: a difference in won; augen: another deviation
- ad: of each bar alone; vwap: since the first bar; supertrend: the direction alone
- dpo, kvo, fisher, frama, accbands: other formulas; sar: another beginning
"""

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.evaluation import Evaluator
from kis_mcp.strategies.indicators import KINDS, BarValues
from tests.strategies.indicators.series import values, walk

BARS = walk(1500)
FIRST_DECIDED = 100


def rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


VALUES = rows("kis_builder_values.csv")
SIGNALS = {row["strategy"]: row["signals"] for row in rows("kis_builder_signals.csv")}


def average(period: int) -> Mapping[str, Any]:
    return {"kind": "sma", "params": {"period": period}}


CLOSE_BEFORE = {"of": "close", "back": 1}
DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "golden_cross": {
        "indicators": {"short": average(5), "long": average(20)},
        "entry": {"left": "short", "is": "crosses_above", "right": "long"},
        "exit": {"left": "short", "is": "crosses_below", "right": "long"},
    },
    "momentum": {
        "indicators": {"rise": {"kind": "roc", "params": {"period": 60}}},
        "entry": {"left": "rise", "is": "at_least", "right": 10},
        "exit": {"left": "rise", "is": "at_most", "right": -5},
    },
    "consecutive": {
        "indicators": {
            "rises": {"kind": "consecutive", "params": {"direction": 1}},
            "falls": {"kind": "consecutive", "params": {"direction": -1}},
        },
        "entry": {"left": "rises", "is": "at_least", "right": 3},
        "exit": {"left": "falls", "is": "at_least", "right": 3},
    },
    "disparity": {
        "indicators": {"disparity": {"kind": "disparity", "params": {"period": 20}}},
        "entry": {"left": "disparity", "is": "below", "right": 97},
        "exit": {"left": "disparity", "is": "above", "right": 103},
    },
    "breakout_fail": {
        "indicators": {
            "recent": {"kind": "donchian", "params": {"period": 3}},
            "earlier": {"kind": "donchian", "params": {"period": 25}},
        },
        "entry": {"left": "close", "is": "below", "right": 0},
        "exit": {
            "all": [
                {"left": "recent.upper", "is": "above", "right": {"of": "earlier.upper", "back": 3}},
                {"left": "close", "is": "at_most", "right": {"of": "recent.upper", "times": 0.99}},
            ]
        },
    },
    "strong_close": {
        "indicators": {"strength": {"kind": "ibs"}},
        "entry": {"left": "strength", "is": "at_least", "right": 0.8},
    },
    "mean_reversion": {
        "indicators": {"average": average(5)},
        "entry": {"left": "close", "is": "at_most", "right": {"of": "average", "times": 0.99}},
        "exit": {"left": "close", "is": "at_least", "right": {"of": "average", "times": 1.01}},
    },
    "trend_filter": {
        "indicators": {"trend": average(60)},
        "entry": {
            "all": [
                {"left": "close", "is": "above", "right": "trend"},
                {"left": "close", "is": "above", "right": CLOSE_BEFORE},
            ]
        },
        "exit": {
            "all": [
                {"left": "close", "is": "at_most", "right": "trend"},
                {"left": "close", "is": "at_most", "right": CLOSE_BEFORE},
            ]
        },
    },
}
"""Its presets' rules, as documents: those that decide by daily bars and by nothing that a document has no word for (the
lowest of a volatility over some bars)."""


@pytest.mark.parametrize("row", VALUES, ids=[f"{row['kind']}.{row['output']}" for row in VALUES])
def test_an_indicator_has_the_values_of_kis_own_builder(row: Mapping[str, str]) -> None:
    output = KINDS[row["kind"]].outputs.index(row["output"])
    found = values(row["kind"], BARS, **json.loads(row["params"]))
    assert {name: found[int(name.removeprefix("bar_"))][output] for name in row if name.startswith("bar_")} == {
        name: pytest.approx(float(value), rel=1e-8) for name, value in row.items() if name.startswith("bar_")
    }


def in_won(bar: BarValues) -> BarValues:
    prices = {name: float(round(getattr(bar, name))) for name in ("open", "high", "low", "close")}
    return bar._replace(**prices)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_presets_rules_give_the_signals_of_kis_own_builder_bar_by_bar(name: str) -> None:
    evaluator = Evaluator(read_strategy({"id": "kis", "name": "KIS", **DOCUMENTS[name]}))
    signals = [evaluator.push(in_won(bar)) for bar in BARS[:500]][FIRST_DECIDED:]
    found = "".join("B" if signal.enters else "S" if signal.exits else "." for signal in signals)
    assert found == "".join(word * int(count) for count, word in re.findall(r"(\d+)([BS.])", SIGNALS[name]))
