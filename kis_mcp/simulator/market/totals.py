"""Whole markets: the sums over their instruments, kept for the moments that were asked for."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.investors import KINDS, flows
from kis_mcp.simulator.market.lending import NO_BALANCE, Balance, Lent, balance
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.programmes import Programme, programmes
from kis_mcp.simulator.market.traded import NOTHING, Flow, traded

_KEPT = 1_000

_BOARDS = frozenset({"kospi", "kosdaq"})
"""Names of the markets of stocks; those of funds, notes and warrants are the kinds of instruments."""


class Totals:
    """Sums over the Korean market of a name: kospi, kosdaq, etf, etn or warrant.

    ``ticks`` says how many ticks of a day have happened; None where all have.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self.members = cache(self._members)
        self.flows = lru_cache(_KEPT)(self._flows)
        self.programmes = lru_cache(_KEPT)(self._programmes)
        self.balance = lru_cache(_KEPT)(self._balance)

    def _members(self, name: str) -> Sequence[Instrument]:
        listed = [i for i in self._market.instruments.values() if i.category == "domestic_stock"]
        if name in _BOARDS:
            return tuple(i for i in listed if i.kind == "stock" and i.board == name)
        return tuple(i for i in listed if i.kind == name)

    def _flows(self, name: str, day: date, ticks: int | None) -> Mapping[str, Flow]:
        """What each kind of investor bought and sold."""
        trades = [traded(self._market, member, day, ticks) for member in self.members(name)]
        parts = [flows(self._market, m, trade) for m, trade in zip(self.members(name), trades, strict=True)]
        return {kind: sum((part[kind] for part in parts), NOTHING) for kind in KINDS}

    def _programmes(self, name: str, day: date, ticks: int | None) -> Mapping[str, Programme]:
        """What each kind of investor bought and sold in programmes."""
        trades = [traded(self._market, member, day, ticks) for member in self.members(name)]
        parts = [programmes(self._market, m, trade) for m, trade in zip(self.members(name), trades, strict=True)]
        return {kind: sum((part[kind] for part in parts), Programme()) for kind in KINDS}

    def _balance(self, name: str, lent: Lent, day: date) -> Balance:
        """What is borrowed, repaid and owed on a day."""
        return sum((balance(self._market, member, lent, day) for member in self.members(name)), NO_BALANCE)
