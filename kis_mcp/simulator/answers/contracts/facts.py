"""What is true of a future, an option or a bond only."""

from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.engine.costs import margin
from kis_mcp.simulator.market.options import model

_HUNDREDTH = Decimal("0.01")
_ISSUED = date(2026, 1, 2)
_CURVE, _SLOPE = Decimal("3.0"), Decimal("0.15")
"""The yield curve: percent a year, and what each year adds."""

_FACE = Decimal(10_000)
"""What a bond's price is for, in won."""


def contract_facts(subject: Subject) -> Facts:
    """Terms of a contract or bond, by readable name; nothing of a share."""
    match subject.instrument.kind:
        case "future" | "call" | "put":
            return _derivative(subject)
        case "bond":
            return _bond(subject)
        case _:
            return {}


def _derivative(subject: Subject) -> Facts:
    instrument, quote = subject.instrument, subject.quote
    bound = margin(instrument, quote.price * instrument.multiplier)
    facts: dict[str, object] = {
        "settlement_price": quote.previous_close,
        "contract_size": instrument.multiplier,
        "trading_multiplier": instrument.multiplier,
        "tick_value": quote.tick * instrument.multiplier,
        "margin": bound,
        "futures_margin_per_contract": bound,
        "customer_margin_rate": instrument.margin_rate * 100,
        "exchange_code": instrument.exchange.upper(),
        "product_code": instrument.sector,
        "product_group_code": instrument.sector,
        "underlying_name": instrument.sector.upper(),
        **_life(subject),
    }
    if subject.underlying is None:
        return facts
    below = subject.underlying.quote
    facts |= {
        "underlying_name": subject.underlying.instrument.name_ko,
        "underlying_price": below.price,
        "underlying_change": below.change,
        "underlying_change_rate": below.change_rate,
        "underlying_price_direction": direction(below.change),
        "underlying_volume": below.volume,
    }
    return facts if instrument.kind == "future" else {**facts, **_option(subject, subject.underlying)}


def _option(subject: Subject, underlying: Subject) -> Facts:
    """Terms and sensitivities; vega and rho are for one percent, theta for a day."""
    option, price, below = subject.instrument, subject.quote.price, underlying.quote.price
    priced = model(option, underlying.instrument, subject.quote.day)
    above = below - option.strike if option.kind == "call" else option.strike - below
    intrinsic = min(max(above, Decimal(0)), price)
    at = float(below)
    return {
        "strike_price": option.strike,
        "intrinsic_value": intrinsic,
        "time_value": price - intrinsic,
        "moneyness_name": "ITM" if above > 0 else "OTM" if above < 0 else "ATM",
        "implied_volatility": _rounded(priced.volatility * 100, 2),
        "theoretical_price": _rounded(priced.value(at), 2),
        "delta": _rounded(priced.delta(at), 4),
        "gamma": _rounded(priced.gamma(at), 4),
        "vega": _rounded(priced.vega(at), 4),
        "theta": _rounded(priced.theta(at), 4),
        "rho": _rounded(priced.rho(at), 4),
    }


def _rounded(number: float, decimals: int) -> Decimal:
    return Decimal(str(round(number, decimals))).quantize(Decimal(1).scaleb(-decimals))


def _bond(subject: Subject) -> Facts:
    quote, book = subject.quote, subject.book
    facts: dict[str, object] = {
        "isin": subject.instrument.symbol,
        "par_value": _FACE,
        "coupon_rate": _coupon(subject),
        "yield_rate": bond_yield(subject, quote.price),
        "yield_at_open": bond_yield(subject, quote.open),
        "yield_at_high": bond_yield(subject, quote.high),
        "yield_at_low": bond_yield(subject, quote.low),
        **_life(subject),
    }
    for side, levels in (("ask", book.asks), ("bid", book.bids)):
        for position, level in enumerate(levels, start=1):
            facts[f"{side}_yield_{position}"] = bond_yield(subject, level.price)
    return facts


def bond_yield(subject: Subject, price: Decimal) -> Decimal:
    """The simple yield of a bond at a price until it is redeemed, in percent."""
    years = max(Decimal(_days_left(subject)) / 365, _HUNDREDTH)
    return ((_coupon(subject) * 100 + (_FACE - price) / years) / price * 100).quantize(_HUNDREDTH)


def _coupon(subject: Subject) -> Decimal:
    """In percent, such that at its base price the bond yielded what the curve says when it was issued here; at least
    1, in steps of an eighth."""
    bond = subject.instrument
    years = Decimal((bond.expiry - _ISSUED).days) / 365 if bond.expiry else Decimal(1)
    price = bond.price(bond.base_units)
    wanted = (_CURVE + years * _SLOPE) * price / _FACE - (_FACE - price) / years / 100
    return max(Decimal(round(wanted * 8)) / 8, Decimal(1)).quantize(Decimal("0.001"))


def _life(subject: Subject) -> Facts:
    expiry = subject.instrument.expiry
    names = ("expiry_date", "last_trading_date", "maturity_date", "redemption_date", "maturity_month")
    return dict.fromkeys(names, expiry) | {
        "remaining_days": _days_left(subject),
        "maturity_month_code": f"{expiry:%Y%m}" if expiry else "",
    }


def _days_left(subject: Subject) -> int:
    expiry = subject.instrument.expiry
    return max((expiry - subject.quote.day).days, 0) if expiry else 0
