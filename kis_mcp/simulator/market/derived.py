"""Where an instrument's prices come from: a walk of its own, or those of what it follows."""

from typing import Protocol

from kis_mcp.simulator.market.bonds import BondHistory, terms_of
from kis_mcp.simulator.market.chains import product_of
from kis_mcp.simulator.market.futures import (
    Carry,
    FutureHistory,
    IndexSpot,
    PriceHistory,
    RateSpot,
    Sessions,
    ShareSpot,
    Spot,
    WonSpot,
    par_bond,
    share_carry,
)
from kis_mcp.simulator.market.history import FIRST_DAY, History
from kis_mcp.simulator.market.indices import Index, indices
from kis_mcp.simulator.market.indices_abroad import indices_abroad
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.options import OptionHistory, Surface
from kis_mcp.simulator.market.places import home_of
from kis_mcp.simulator.market.rates import curve

_BONDS = "KTB"


class Underlyings(Sessions, Protocol):
    """A market in which contracts have underlyings."""

    def underlying(self, instrument: Instrument) -> Instrument | None: ...


def new_history(market: Underlyings, instrument: Instrument) -> PriceHistory:
    """The history of an instrument."""
    if instrument.kind == "bond":
        return BondHistory(market.seed, instrument, terms_of(instrument.symbol))
    if product_of(instrument) is not None and instrument.kind == "future":
        return _future(market, instrument)
    if instrument.kind == "future" and instrument.moves_with in indices_abroad():
        return _future_abroad(market, instrument, indices_abroad()[instrument.moves_with])
    future = market.underlying(instrument)
    if instrument.kind in ("call", "put") and future is not None:
        return _option(market, instrument, future)
    return History(market.seed, instrument)


def _future(market: Sessions, future: Instrument) -> FutureHistory:
    product = product_of(future)
    assert product is not None
    assert future.expiry is not None
    spot, carry = _spot(market, product.follows), _carry(market, future)
    return FutureHistory(market.seed, future, spot, carry, product.first_day(future))


def _future_abroad(market: Sessions, future: Instrument, index: Index) -> FutureHistory:
    assert future.expiry is not None
    carry = share_carry(market.seed, curve(market.seed, "US"), future.expiry, index.members)
    return FutureHistory(market.seed, future, IndexSpot(market, index), carry, FIRST_DAY)


def _spot(market: Sessions, follows: str) -> Spot:
    if follows in indices():
        return IndexSpot(market, indices()[follows])
    if follows in instruments():
        return ShareSpot(market, instruments()[follows])
    if follows.startswith(_BONDS):
        return RateSpot(par_bond(curve(market.seed, "KR"), int(follows.removeprefix(_BONDS))))
    return WonSpot(market, home_of(follows))


def _carry(market: Sessions, future: Instrument) -> Carry:
    """Interest less dividends on shares; on a currency less its own interest; a bond's price is forward already."""
    assert future.expiry is not None
    follows, rates = future.moves_with, curve(market.seed, "KR")
    if follows in indices():
        return share_carry(market.seed, rates, future.expiry, indices()[follows].members)
    if follows in instruments():
        return share_carry(market.seed, rates, future.expiry, (instruments()[follows],))
    if follows.startswith(_BONDS):
        return Carry(future.expiry, lambda _: 0, lambda _: 0)
    abroad = curve(market.seed, home_of(follows).country)
    return Carry(future.expiry, rates.deposits, lambda day: abroad.deposits(day) / 100)


def _option(market: Sessions, option: Instrument, future: Instrument) -> OptionHistory:
    underlying, product = market.history(future), product_of(option)
    if product is None or not isinstance(underlying, FutureHistory):
        return OptionHistory(market.seed, option, future, underlying)
    surface = Surface(underlying.spot, curve(market.seed, "KR").deposits)
    return OptionHistory(market.seed, option, future, underlying, surface, product.first_day(option))
