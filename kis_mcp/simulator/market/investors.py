"""Who buys and sells what an instrument trades, by kind of investor."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from random import Random

from kis_mcp.simulator.market.foreigners import foreign_buys
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.traded import MILLION, NOTHING, Flow, Share, Traded, flow

INDIVIDUAL = "individual"
REGISTERED = "registered_foreign"

_USUAL: Mapping[str, tuple[int, int]] = {
    REGISTERED: (200_000, 300_000),
    "unregistered_foreign": (2_000, 6_000),
    "securities_firm": (30_000, 50_000),
    "investment_trust": (15_000, 30_000),
    "private_fund": (10_000, 25_000),
    "bank": (1_000, 3_000),
    "insurance": (5_000, 12_000),
    "merchant_bank": (500, 2_000),
    "pension_fund": (25_000, 45_000),
    "other_org": (0, 0),
    "other_corp": (5_000, 15_000),
}
"""What millionths of a day's volume each kind usually sells, at least and at most; individuals sell the rest.

KIS' printed examples have no trade of other organisations.
"""

KINDS = (INDIVIDUAL, *_USUAL)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "foreign": (REGISTERED, "unregistered_foreign"),
    "institution": (
        "securities_firm",
        "investment_trust",
        "private_fund",
        "bank",
        "insurance",
        "merchant_bank",
        "pension_fund",
    ),
    "other": ("other_org", "other_corp"),
}
"""With individuals, these are the whole market."""

_TILT, _BEND, _FOREIGN_BEND = 0.3, 0.1, 0.05
"""How much more or less than they sell kinds may buy in a day, and be ahead of that at its middle, as parts of it.

With these no kind ever gives back what it has bought, and individuals always have a part.
"""

_KEPT = 10_000
_KEPT_MOMENTS = 2_000
"""Days of instruments whose shares are kept, and moments of theirs whose flows are."""

_LEAST_BOUGHT = 0.3
"""The part of what foreigners sell that they buy at least."""


def flows(market: Market, instrument: Instrument, traded: Traded) -> Mapping[str, Flow]:
    """What each kind has bought and sold of a stock or fund, in shares and won.

    Buys and sells both sum to the volume, and their money to the turnover. At the end of a day foreigners have bought
    on balance what their holding has grown by.
    """
    return _flows(market.seed, instrument.symbol, traded, foreign_buys(market, instrument, traded.day))


def by_group(kinds: Mapping[str, Flow]) -> dict[str, Flow]:
    """The kinds, and their groups beside them."""
    groups = {group: sum((kinds[kind] for kind in members), NOTHING) for group, members in GROUPS.items()}
    return {**kinds, **groups}


def in_units(kinds: Mapping[str, Flow], shares: int, money: int) -> dict[str, Flow]:
    """Flows in units of so many shares and won, and their groups; individuals take what rounding leaves.

    So they still sum to the volume and the turnover, and the net flows to nothing.
    """
    whole = sum(kinds.values(), NOTHING).in_units(shares, money)
    others = {kind: part.in_units(shares, money) for kind, part in kinds.items() if kind != INDIVIDUAL}
    return by_group({INDIVIDUAL: whole - sum(others.values(), NOTHING), **others})


@lru_cache(_KEPT_MOMENTS)
def _flows(seed: int, symbol: str, traded: Traded, bought: int) -> Mapping[str, Flow]:
    """The same by what decides it, which ends with what foreigners buy on balance in the whole day."""
    shares = _shares(seed, symbol, traded.day, traded.whole_volume, bought)
    parts = {kind: flow(buys, sells, traded) for kind, (buys, sells) in shares.items()}
    whole = Flow(traded.volume, traded.volume, traded.turnover, traded.turnover)
    return {INDIVIDUAL: whole - sum(parts.values(), NOTHING), **parts}


@lru_cache(_KEPT)
def _shares(seed: int, symbol: str, day: date, volume: int, bought: int) -> Mapping[str, tuple[Share, Share]]:
    """Each kind's shares of the buys and the sells of a day, but for individuals.

    Args:
        bought: Shares that foreigners buy on balance.
    """
    random = Random(f"{seed}:{symbol}:{day}:investors")  # noqa: S311
    shares: dict[str, tuple[Share, Share]] = {}
    for kind, (low, high) in _USUAL.items():
        part = random.randint(low, high)
        more, bend = random.uniform(-_TILT, _TILT), random.uniform(-_BEND, _BEND)
        shares[kind] = (Share(part, int(part * more * volume / MILLION), int(part * bend)), Share(part))
    extra = bought - shares["unregistered_foreign"][0].extra
    part = max(shares[REGISTERED][1].part, int(-extra * MILLION / (1 - _LEAST_BOUGHT) / volume) if volume else 0)
    bend = int(part * random.uniform(-_FOREIGN_BEND, _FOREIGN_BEND))
    shares[REGISTERED] = (Share(part, extra, bend), Share(part))
    return shares
