"""Strategy documents for tests."""

from collections.abc import Mapping
from typing import Any

SENTENCE: dict[str, Any] = {
    "id": "samsung-cross",
    "name": "5 over 20",
    "universe": {"symbols": ["005930"]},
    "indicators": {
        "fast": {"kind": "sma", "params": {"period": 5}},
        "slow": {"kind": "sma", "params": {"period": 20}},
    },
    "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
    "sizing": {"shares": 10},
    "exits": {"stop_loss_percent": 3},
}
"""Buy 10 Samsung when the 5-day average crosses above the 20-day, out at -3 %."""

RANGED: dict[str, Any] = {
    **SENTENCE,
    "parameters": {"days": {"default": 5, "min": 3, "max": 8}},
    "indicators": {
        "fast": {"kind": "sma", "params": {"period": "$days"}},
        "slow": {"kind": "sma", "params": {"period": 20}},
    },
    "exit": {"left": "fast", "is": "crosses_below", "right": "slow"},
}


def changed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The sentence's document with other parts; None takes one out."""
    return {key: value for key, value in {**SENTENCE, **changes}.items() if value is not None}
