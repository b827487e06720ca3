"""Where an instrument's prices come from: a walk of its own, or those of what it follows."""

from array import array
from datetime import date
from typing import Protocol

from kis_mcp.simulator.market.bonds import BondHistory, terms_of
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.chains import product_of
from kis_mcp.simulator.market.followed import Followed, within
from kis_mcp.simulator.market.funds import FundHistory
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
from kis_mcp.simulator.market.history import FIRST_DAY, INDEX_VOLATILITY, History, walk_of
from kis_mcp.simulator.market.index_members import Index, indices
from kis_mcp.simulator.market.indices_abroad import indices_abroad
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.listings import fund_terms, warrant_terms
from kis_mcp.simulator.market.options import OptionHistory, Surface
from kis_mcp.simulator.market.places import home_of
from kis_mcp.simulator.market.rates import curve
from kis_mcp.simulator.market.warrants import WarrantHistory

_BONDS = "KTB"


class Underlyings(Sessions, Protocol):
    """A market in which contracts, funds and warrants have what they follow."""

    def calendar(self, instrument: Instrument) -> Calendar: ...

    def underlying(self, instrument: Instrument) -> Instrument | None: ...


def new_history(market: Underlyings, instrument: Instrument) -> PriceHistory:
    """The history of an instrument."""
    if instrument.kind == "bond":
        return BondHistory(market.seed, instrument, terms_of(instrument.symbol))
    if product_of(instrument) is not None and instrument.kind == "future":
        return _future(market, instrument)
    if instrument.kind == "future" and instrument.moves_with in indices_abroad():
        return _future_abroad(market, instrument, indices_abroad()[instrument.moves_with])
    if terms := fund_terms().get(instrument.symbol):
        return FundHistory(market.seed, instrument, terms, _followed(market, terms.follows))
    if terms := warrant_terms().get(instrument.symbol):
        return WarrantHistory(market.seed, instrument, terms, _followed(market, terms.underlying))
    future = market.underlying(instrument)
    if instrument.kind in ("call", "put") and future is not None:
        return _option(market, instrument, future)
    return walk_of(market.seed, instrument)


def _followed(market: Underlyings, name: str) -> Followed:
    """What a fund or warrant follows: an index by its code, or an instrument by its symbol."""
    if index := indices().get(name):
        history = market.index_history(index)

        def traded(day: date) -> "array[int]":
            bar = history.bar(day)
            assert bar is not None
            return within(market.index_path(index, day), bar)

        return Followed(
            bars=history,
            base=index.worth,
            path=lambda day: market.index_path(index, day),
            traded=traded,
            day_of=lambda day: day,
            points=lambda worth: float(index.base) * worth / index.worth,
            volatility=INDEX_VOLATILITY,
        )
    instrument = instruments()[name]
    history, calendar = market.history(instrument), market.calendar(instrument)
    assert isinstance(history, History)
    is_home = instrument.country == "KR"
    return Followed(
        bars=history,
        base=instrument.base_units,
        path=lambda day: market.session(instrument, day).prices,
        traded=lambda day: market.session(instrument, day).prices,
        day_of=(lambda day: day) if is_home else calendar.before,
        points=lambda units: float(instrument.price(units)),
        volatility=instrument.volatility,
    )


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
