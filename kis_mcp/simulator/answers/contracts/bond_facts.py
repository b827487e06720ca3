"""What a bond yields, and how it was issued."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.bonds import FACE, BondClass, Terms, bond_terms

AGENCIES = ("kis_pricing", "kbp", "nice", "fn_pricing")
"""Who rates and values bonds."""

_CLASS_NAMES: Mapping[BondClass, str] = {
    "treasury": "국채",
    "municipal": "지방채",
    "special": "특수채",
    "corporate": "회사채",
}
_ELECTRONIC_SINCE = date(2019, 9, 16)
"""From when on securities are issued electronically."""

_COMPOUND, _FIXED_COUPON = "02", "03"
_COUNTED_FROM_MATURITY = "02"
_PER_TEN_THOUSAND = "2"
_BY_DAY, _BY_MONTH_END = "1", "2"
_THOUSANDTH = Decimal("0.001")

TermFact = Callable[[Terms, date], object]


def bond_facts(subject: Subject, names: Collection[str]) -> Facts:
    """Those of the named facts that a bond has beside its quote."""
    bond = Bond(subject)
    facts = {name: fact(bond) for name, fact in _BOND.items() if name in names}
    terms = {name: fact(bond.terms, bond.quote.day) for name, fact in _TERMS.items() if name in names}
    return {**facts, **terms, **_levels(bond, names)}


class Bond:
    """A bond and what it yields."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.quote = subject, subject.quote
        self.terms = bond_terms()[subject.instrument.symbol]

    def yield_at(self, price: Decimal) -> Decimal:
        """In percent, by the price of today."""
        return bond_yield(self.subject, price)


_BOND: Mapping[str, Callable[[Bond], object]] = {
    "isin": lambda b: b.terms.symbol,
    "par_value": lambda _: Decimal(FACE),
    "coupon_rate": lambda b: b.terms.coupon,
    "yield_rate": lambda b: b.yield_at(b.quote.price),
    "yield_at_open": lambda b: b.yield_at(b.quote.open),
    "yield_at_high": lambda b: b.yield_at(b.quote.high),
    "yield_at_low": lambda b: b.yield_at(b.quote.low),
    **dict.fromkeys(("expiry_date", "maturity_date", "redemption_date", "maturity_month"), lambda b: b.terms.matures),
    "remaining_days": lambda b: (b.terms.matures - b.quote.day).days,
}


def _levels(bond: Bond, names: Collection[str]) -> Facts:
    sides = (("ask", bond.subject.book.asks), ("bid", bond.subject.book.bids)) if "ask_yield_1" in names else ()
    return {
        f"{side}_yield_{position}": bond.yield_at(level.price)
        for side, levels in sides
        for position, level in enumerate(levels[:5], start=1)
    }


def bond_yield(subject: Subject, price: Decimal) -> Decimal:
    """What a bond that is bought today at a price yields until it is redeemed, in percent."""
    terms = bond_terms()[subject.instrument.symbol]
    return Decimal(str(terms.yield_at(float(price), subject.quote.day))).quantize(_THOUSANDTH)


def _always(value: object) -> TermFact:
    return lambda terms, day: value  # noqa: ARG005


def _of(name: str) -> TermFact:
    return lambda terms, day: getattr(terms, name)  # noqa: ARG005


def _last_payment(terms: Terms, day: date) -> date | None:
    """None of what has paid nothing yet."""
    last, _ = terms.around(day)
    return None if terms.compounds or last == terms.issued else last


def _next_payment(terms: Terms, day: date) -> date:
    return terms.matures if terms.compounds else terms.around(day)[1]


_NEVER = (
    "separate_taxation_available",
    "investment_caution",
    "extended",
    "inflation_linked_bond",
    "crowdfunding_issue",
    "hybrid_bond",
    "ksd_inflation_linked_treasury_bond",
    "atypical_redemption_bond",
    "default_occurred",
    "maturity_extended",
    "qib",
    "perpetual_bond",
    "ksd_embedded_option",
    "ksd_subordinated",
    "ksd_securitized",
)
_NOTHING = (
    "split_redemption_count",
    "principal_deferment_months",
    "extension_split_redemption_count",
    "discount_premium_rate",
    "ksd_discount_rate",
)
_TERMS: Mapping[str, TermFact] = {
    **dict.fromkeys(_NEVER, _always(False)),
    **dict.fromkeys(_NOTHING, _always(0)),
    "short_english_name": _of("name_en"),
    "ksd_bond_english_name": _of("name_en"),
    "ksd_bond_name": _of("name_ko"),
    "bond_class_name": lambda terms, _: _CLASS_NAMES[terms.bond_class],
    "issuer_name": _of("issuer"),
    **dict.fromkeys(("issue_amount", "listed_balance", "ksd_total_issue_amount"), _of("amount")),
    **dict.fromkeys(("interest_payment_months", "interest_calculation_months"), _of("months")),
    "interest_payment_method_code": lambda terms, _: _COMPOUND if terms.compounds else _FIXED_COUPON,
    "interest_payment_day_type_code": _always(_COUNTED_FROM_MATURITY),
    "interest_month_end_code": lambda terms, _: _BY_MONTH_END if terms.pays_at_month_end else _BY_DAY,
    "ksd_interest_calculation_unit_code": _always(_PER_TEN_THOUSAND),
    "principal_interest_calculation_price": _always(FACE),
    "ksd_coupon_rate": _of("coupon"),
    **dict.fromkeys(("maturity_redemption_rate", "bond_maturity_redemption_rate"), _of("redemption")),
    **dict.fromkeys(("issue_date", "sale_date", "listing_date"), _of("issued")),
    "previous_interest_payment_date": _last_payment,
    "next_interest_payment_date": _next_payment,
    "first_interest_payment_date": _of("first_payment"),
    "electronic_security": lambda terms, _: terms.issued >= _ELECTRONIC_SINCE,
    **{f"{agency}_credit_grade": _of("rating") for agency in AGENCIES},
}
