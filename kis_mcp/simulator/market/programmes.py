"""Programme trading: what investors bought and sold in baskets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.investors import flows
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.traded import MILLION, NOTHING, Flow, Traded

_USUAL: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "individual": ((0, 0), (0, 200)),
    "registered_foreign": ((5_000, 30_000), (450_000, 700_000)),
    "unregistered_foreign": ((0, 0), (10_000, 50_000)),
    "securities_firm": ((100_000, 250_000), (20_000, 60_000)),
    "investment_trust": ((5_000, 40_000), (80_000, 200_000)),
    "private_fund": ((0, 10_000), (50_000, 150_000)),
    "bank": ((0, 0), (50_000, 150_000)),
    "insurance": ((0, 0), (50_000, 150_000)),
    "merchant_bank": ((0, 0), (10_000, 50_000)),
    "pension_fund": ((20_000, 80_000), (50_000, 150_000)),
    "other_org": ((0, 0), (0, 0)),
    "other_corp": ((0, 0), (5_000, 30_000)),
}
"""What millionths of its trade each kind does for arbitrage, and in other baskets: the least and the most."""

_KEPT = 10_000
_KEPT_MOMENTS = 2_000
"""Days of instruments whose parts are kept, and moments of theirs whose sums are."""


@dataclass(frozen=True, slots=True)
class Programme:
    """Programme trade: arbitrage against futures, and the rest."""

    arbitrage: Flow = NOTHING
    other: Flow = NOTHING

    @property
    def whole(self) -> Flow:
        return self.arbitrage + self.other

    def __add__(self, more: "Programme") -> "Programme":
        return Programme(self.arbitrage + more.arbitrage, self.other + more.other)

    def in_units(self, shares: int, money: int) -> "Programme":
        """In whole units of so many shares and won, rounded down."""
        return Programme(self.arbitrage.in_units(shares, money), self.other.in_units(shares, money))


def programmes(market: Market, instrument: Instrument, traded: Traded) -> Mapping[str, Programme]:
    """The programme trade of an instrument, within what each kind of investor bought and sold of it."""
    kinds = flows(market, instrument, traded)
    return {
        kind: Programme(_part(kinds[kind], arbitrage), _part(kinds[kind], other))
        for kind, (arbitrage, other) in _parts(market.seed, instrument.symbol, traded.day).items()
    }


def programme(market: Market, instrument: Instrument, traded: Traded) -> Flow:
    """All of it together."""
    return _whole(market.seed, instrument.symbol, traded.day, tuple(flows(market, instrument, traded).items()))


@lru_cache(_KEPT_MOMENTS)
def _whole(seed: int, symbol: str, day: date, kinds: tuple[tuple[str, Flow], ...]) -> Flow:
    parts, whole = _parts(seed, symbol, day), NOTHING
    for kind, flow in kinds:
        for part in parts[kind]:
            whole += _part(flow, part)
    return whole


@lru_cache(_KEPT)
def _parts(seed: int, symbol: str, day: date) -> Mapping[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Millionths of each kind's buys and sells that are for arbitrage, and in other baskets."""
    random = Random(f"{seed}:{symbol}:{day}:programmes")  # noqa: S311
    return {kind: (_drawn(random, arbitrage), _drawn(random, other)) for kind, (arbitrage, other) in _USUAL.items()}


def _drawn(random: Random, usual: tuple[int, int]) -> tuple[int, int]:
    """One for the buys and one for the sells."""
    low, high = usual
    return low + int((high - low) * random.random()), low + int((high - low) * random.random())


def _part(whole: Flow, of: tuple[int, int]) -> Flow:
    """As many millionths of the buys and of the sells."""
    buys, sells = of
    return Flow(
        bought=whole.bought * buys // MILLION,
        sold=whole.sold * sells // MILLION,
        paid=whole.paid * buys // MILLION,
        earned=whole.earned * sells // MILLION,
    )
