"""What an ELW's terms, its underlying and the model say of it: now, and at any other moment."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.indices import IndexMarket
from kis_mcp.simulator.market.listings import ISSUERS, WarrantTerms
from kis_mcp.simulator.market.market import Candle, Market, percent
from kis_mcp.simulator.market.warrants import WarrantHistory, underlying_name

_LOT = 10
_SETTLED_AFTER, _EXERCISED_AFTER = 4, 2
"""Trading days after the last one until money is paid, and until the right ends."""

_THEORY_DAYS = 90
"""Whose volatility the theoretical price is of."""

_AT_THE_MONEY = Decimal(2)
"""How far, in percent, the strike may be from the underlying of a warrant at the money."""


def warrant_facts(subject: Subject) -> Facts:
    """Of a warrant now; nothing of what is none."""
    history = subject.market.warrant(subject.instrument) if subject.instrument.kind == "warrant" else None
    if history is None:
        return {}
    quote = subject.quote
    moment = subject.market.moment(subject.instrument, subject.now)
    session = subject.market.session(subject.instrument, moment.day)
    level = history.levels(moment.day, len(session.prices))[moment.ticks - 1]
    return {
        **terms_facts(history.terms),
        **underlying_facts(subject, history.terms),
        **state(history, moment.day, level, quote.price),
        **lp_day(history, moment.day, quote.volume, session.volume_from(0)),
        "remaining_days": (history.terms.expiry - moment.day).days,
        "tick_conversion_price": quote.tick,
    }


def terms_facts(terms: WarrantTerms) -> Facts:
    """What its prospectus says."""
    issuer = ISSUERS[terms.issuer]
    return {
        "strike_price": terms.strike,
        "conversion_rate": terms.ratio,
        "listing_date": terms.listed_since,
        "last_trading_date": terms.expiry,
        "maturity_date": terms.expiry,
        "lp_end_date": terms.expiry,
        "exercise_period_end_date": trading_day("KR", terms.expiry, _EXERCISED_AFTER),
        "settlement_date": trading_day("KR", terms.expiry, _SETTLED_AFTER),
        "issuer_name": issuer.name,
        "lp_member_name": issuer.name,
        "underlying_symbol": terms.underlying,
        "underlying_name": underlying_name(terms),
        "right_type_name": "콜" if terms.right == "call" else "풋",
        "elw_right_form": "조기종료" if terms.barrier else "표준",
        "knock_out_barrier_price": terms.barrier or Decimal(0),
    }


def underlying_facts(subject: Subject, terms: WarrantTerms) -> Facts:
    """Where the underlying stands."""
    candle, before = underlying_now(subject.market, terms.underlying, subject)
    change = candle.close - before
    return {
        "underlying_price": candle.close,
        "underlying_change": change,
        "underlying_price_direction": direction(change),
        "underlying_change_rate": percent(change, before),
        "underlying_volume": candle.volume,
    }


def underlying_now(market: Market, name: str, subject: Subject) -> tuple[Candle, Decimal]:
    """Today's candle of a stock or an index, and the close before it."""
    moment = market.moment(subject.instrument, subject.now)
    if index := indices().get(name):
        today, yesterday = IndexMarket(market).days(index, moment.day, moment.ticks, until=moment.day, count=2)
        return today, yesterday.close
    stock = market.instruments[name]
    (today,) = market.days(stock, subject.now, until=moment.day, count=1)
    return today, market.quote(stock, subject.now).previous_close


def state(history: WarrantHistory, day: date, level: int, price: Decimal) -> Facts:
    """What its price means while its underlying stands at a level on a day. Amounts are won for one warrant."""
    terms, model, spot = history.terms, history.model(day), history.spot(level)
    ratio, won = float(terms.ratio), float(price)
    parity = spot / model.strike if model.sign > 0 else model.strike / spot
    even = model.strike + model.sign * won / ratio
    gearing, delta = spot * ratio / won, model.delta(spot)
    # The end price at which the warrant and its underlying will have gained the same.
    fulcrum = model.strike / (1 - model.sign * won / ratio / spot)
    intrinsic = _number(model.intrinsic(spot) * ratio, 2)
    theory = replace(model, volatility=history.historical_volatility(day, _THEORY_DAYS)).value(spot) * ratio
    return {
        "theoretical_price": _number(theory, 2),
        "divergence_rate": percent(price - _number(theory, 2), _number(theory, 2)),
        "intrinsic_value": intrinsic,
        "time_value": price - intrinsic,
        "parity": _number(parity * 100, 2),
        "moneyness": _number(parity, 4),
        "moneyness_name": _moneyness(model.sign * (spot - model.strike), model.strike),
        "break_even_price": _number(even, 2),
        "break_even_rate": _number((even / spot - 1) * 100, 2),
        "premium_value": _number(model.sign * (even / spot - 1) * 100, 2),
        "capital_fulcrum_point": _number((fulcrum / spot - 1) * 100, 2),
        "gearing": _number(gearing, 4),
        "leverage": _number(gearing * delta, 6),
        "delta": _number(delta, 6),
        "gamma": _number(model.gamma(spot), 6),
        "vega": _number(model.vega(spot) * ratio, 4),
        "theta": _number(model.theta(spot) * ratio, 4),
        "rho": _number(model.rho(spot) * ratio, 4),
        "implied_volatility": _number(model.volatility * 100, 2),
        "historical_volatility_90_day": _number(history.historical_volatility(day, _THEORY_DAYS) * 100, 2),
        "approach_rate": _approach(spot, model.barrier),
    }


def lp_day(history: WarrantHistory, day: date, volume: int, whole: int) -> Facts:
    """What its liquidity provider traded of a day's volume and has after it; it is one side of each trade.

    Args:
        volume: So far.
        whole: Of the whole day.
    """
    before = history.held_by_investors(trading_day("KR", day, -1)) if day > history.terms.listed_since else 0
    net = (history.held_by_investors(day) - before) * volume // max(whole, 1) // _LOT * _LOT
    net = max(-volume, min(volume, net))
    sold = (volume + net) // 2 // _LOT * _LOT
    holding = history.terms.listed_shares - before - net
    return {
        "lp_sell_quantity": sold,
        "lp_buy_quantity": sold - net,
        "lp_net_sell_quantity": net,
        "lp_holding_volume": holding,
        "lp_holding_rate": percent(Decimal(holding), Decimal(history.terms.listed_shares)),
        "lp_share": percent(Decimal(holding), Decimal(history.terms.listed_shares)),
        "individual_trade_quantity": sold + sold - net,
    }


@cache
def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _number(value: float, places: int) -> Decimal:
    return Decimal(value).quantize(_step(places)) + 0


def _moneyness(distance: float, strike: float) -> str:
    away = Decimal(distance) * 100 / Decimal(strike)
    if abs(away) <= _AT_THE_MONEY:
        return "ATM"
    return "ITM" if away > 0 else "OTM"


def _approach(spot: float, barrier: float | None) -> Decimal:
    """How much of the underlying's price is left until the barrier, in percent; 0 without one."""
    return _number(abs(spot - barrier) / spot * 100, 2) if barrier else Decimal("0.00")
