"""The strategies of a chaos run, and what is agreed to for each of their runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from kis_mcp.clock import KST
from kis_mcp.strategies.document import Strategy, read_strategy

START: Final = datetime(2026, 3, 4, 23, 0, tzinfo=KST)
"""So soon before midnight that days begin anew in the middle of a run."""

_ALWAYS = {"left": "close", "is": "above", "right": 1}
_TWINS = ("034020", "015760")
_ORDERS_A_DAY: Final = ((10, 15), (60, 25), (400, 120))
"""Orders a day, and the most minutes of such a mandate: a run without orders left only waits for the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One strategy: orders of its instruments, at most so many shares of each."""

    symbols: tuple[str, ...]
    shares: int
    document: Mapping[str, Any]


PARTS: Final[Mapping[str, Part]] = {
    "each-bar": Part(
        symbols=("005930", "000660", "035420", "006800", "003490", "024110"),
        shares=3,
        document={"exits": {"after_bars": 1}},
    ),
    "levels": Part(
        symbols=("051910", "005380", "035720", "316140"),
        shares=400,
        document={"exits": {"stop_loss_percent": 0.02, "take_profit_percent": 0.02}},
    ),
    "trailing": Part(
        symbols=("105560", "055550", "086790"),
        shares=11,
        document={"exits": {"trailing_stop_percent": 0.03, "after_bars": 3}},
    ),
    "rising": Part(
        symbols=("068270", "012330", "066570", "030200"),
        shares=5,
        document={
            "entry": {"left": "close", "is": "at_least", "right": {"of": "close", "back": 1}},
            "exit": {"left": "close", "is": "at_most", "right": {"of": "close", "back": 1}},
            "exits": {"after_bars": 2},
            "limits": {"positions": 3},
        },
    ),
    "thin": Part(
        symbols=("004370", "004800", "009970", "006280", "000120"),
        shares=150,
        document={"exits": {"after_bars": 2}},
    ),
    "twin": Part(symbols=_TWINS, shares=7, document={"exits": {"after_bars": 1}}),
    "other-twin": Part(symbols=_TWINS, shares=7, document={"exits": {"after_bars": 2}}),
}
"""``thin`` orders more than its instruments' books have, so that orders are filled in parts and their rests stand. The
twins order the same shares of the same instruments, each for itself."""


def strategy_of(name: str) -> Strategy:
    part = PARTS[name]
    sizing = {"shares": part.shares}
    return read_strategy(
        {"id": name, "name": name, "interval": "1m", "entry": _ALWAYS, "sizing": sizing, **part.document}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a person agrees to: now and then so little that it stops the strategy soon."""

    sides: frozenset[Any]
    most_per_order: Decimal
    most_in_all: Decimal
    orders_a_day: int
    most_loss: Decimal
    until: datetime


def terms_of(name: str, prices: Mapping[str, Decimal], bound: Decimal, now: datetime, chance: Random) -> Terms:
    """
    Args:
        bound: What is bound by what earlier runs left.
    """
    part = PARTS[name]
    worth = max(prices.values()) * part.shares * Decimal("1.2")
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), KST)
    orders_a_day, longest = chance.choice(_ORDERS_A_DAY)
    lasts = timedelta(minutes=chance.randint(2, 10) if chance.random() < 0.2 else chance.randint(10, longest))
    return Terms(
        sides=frozenset({"buy", "sell"}),
        most_per_order=worth if chance.random() < 0.95 else worth / 3,
        most_in_all=bound + worth * chance.choice((Decimal(3), Decimal(8), Decimal(20))),
        orders_a_day=orders_a_day,
        most_loss=worth if chance.random() < 0.9 else worth / 5_000,
        until=midnight if chance.random() < 0.2 else now + lasts,
    )
