"""The exchange's members, through whom all trade goes: what each bought and sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from random import Random

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.noise import between
from kis_mcp.simulator.market.traded import MILLION, Flow, Share, Traded, flow

KIS = "00003"
"""The member that this simulator stands for."""

_LISTED = 0.97
"""The part of the trade that goes through members of the list."""

_BEND = 0.05
"""How far a member's buys or sells may be ahead of the clock at a day's middle, as a part of them."""


_KEPT = 1_000
"""Days of instruments whose shares are kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the exchange.

    Attributes:
        is_foreign: Whether it belongs to a house abroad.
        weight: What part of the trade usually goes through it, against the others.
    """

    code: str
    name: str
    is_foreign: bool
    weight: int


@cache
def members() -> Mapping[str, Member]:
    """The members by KIS' code of them."""
    rows = csv_rows(resources_folder() / "simulator" / "members.csv")
    return {row["code"]: Member(row["code"], row["name"], row["foreign"] == "Y", int(row["weight"])) for row in rows}


def member_flows(seed: int, symbol: str, traded: Traded) -> Mapping[str, Flow]:
    """What each member has bought and sold of an instrument, by its code; together less than the volume."""
    return {code: flow(buys, sells, traded) for code, (buys, sells) in _shares(seed, symbol, traded.day).items()}


@lru_cache(_KEPT)
def _shares(seed: int, symbol: str, day: date) -> Mapping[str, tuple[Share, Share]]:
    """Each member's shares of the buys and the sells of a day."""
    random = Random(f"{seed}:{symbol}:{day}:members")  # noqa: S311
    usual = [member.weight * between(f"{seed}:{symbol}:{member.code}", 0.4, 1.6) for member in members().values()]
    return dict(zip(members(), zip(_side(random, usual), _side(random, usual), strict=True), strict=True))


def _side(random: Random, usual: Sequence[float]) -> Sequence[Share]:
    """Of one side. Members are ahead and behind in pairs, so that all of them together are neither."""
    weights = [weight * random.uniform(0.6, 1.4) for weight in usual]
    parts = [int(weight * _LISTED * MILLION / sum(weights)) for weight in weights]
    order = random.sample(range(len(parts)), len(parts))
    bends = [0] * len(parts)
    for one, other in zip(order[::2], order[1::2], strict=False):
        bends[one] = int(min(parts[one], parts[other]) * random.uniform(-_BEND, _BEND))
        bends[other] = -bends[one]
    return [Share(part, bend=bend) for part, bend in zip(parts, bends, strict=True)]
