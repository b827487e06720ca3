"""What is true of a future, an option or a bond only."""

from decimal import Decimal

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.engine.costs import margin

_HUNDREDTH = Decimal("0.01")
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
    instrument, quote, underlying = subject.instrument, subject.quote, subject.underlying.quote
    share = subject.underlying.instrument
    above = underlying.price - instrument.strike if instrument.kind == "call" else instrument.strike - underlying.price
    intrinsic = min(max(above, Decimal(0)), quote.price)
    bound = margin(instrument, quote.price * instrument.multiplier)
    facts: dict[str, object] = {
        "strike_price": instrument.strike,
        "intrinsic_value": intrinsic,
        "time_value": quote.price - intrinsic,
        "implied_volatility": Decimal(subject.share("volatility", 1500, 2500)) / 100,
        "delta": _delta(subject, underlying.price),
        "underlying_name": instrument.sector.upper() if share.kind == "future" else share.name_ko,
        "moneyness_name": "ITM" if above > 0 else "OTM",
        "open_interest": instrument.daily_volume * 6 // 5,
        "theoretical_price": quote.price,
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
        **_life(subject),
    }
    for name in ("underlying", "kospi200"):
        facts[f"{name}_price"] = facts[f"{name}_index"] = underlying.price
        facts[f"{name}_change"] = underlying.change
        facts[f"{name}_change_rate"] = underlying.change_rate
        facts[f"{name}_volume"] = underlying.volume
        facts[f"{name}_direction"] = facts[f"{name}_price_direction"] = direction(underlying.change)
    return facts


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


def _delta(subject: Subject, underlying: Decimal) -> Decimal:
    """Roughly: a half at the money, and nothing or all of it ten percent away."""
    away = (underlying - subject.instrument.strike) / underlying if underlying else Decimal(0)
    call = min(max(Decimal("0.5") + 5 * away, Decimal(0)), Decimal(1)).quantize(_HUNDREDTH)
    return call - 1 if subject.instrument.kind == "put" else call


def _coupon(subject: Subject) -> Decimal:
    return Decimal(subject.share("coupon", 150, 450)) / 100


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
