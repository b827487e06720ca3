"""The guard: small pure rules over facts that were looked up before, and no I/O.

A rule says nothing, warns the person, or refuses the order. What it says names the value, the limit and the remedy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kis_mcp.errors import OrderRefused
from kis_mcp.trading.guard.facts import Finding, GuardFacts, Rule
from kis_mcp.trading.guard.rules import caps, funds, hours, permission, terms

INSTRUMENT_IS_KNOWN = Rule(terms.instrument_is_known, needs_kis=True)
ORIGINAL_STANDS = Rule(terms.original_stands, on_cancels=True)

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(permission.real_orders, on_cancels=True, when_sending=True),
        Rule(permission.orders_are_not_halted, when_sending=True),
        Rule(permission.caps_are_set),
        Rule(permission.symbol_is_allowed, needs_kis=True),
        INSTRUMENT_IS_KNOWN,
        Rule(hours.order_type_is_taken),
        Rule(hours.instrument_is_traded_in_session, needs_kis=True),
        Rule(hours.rest_is_cancelled),
        Rule(hours.session_is_open, needs_kis=True),
        Rule(hours.holidays_are_known, needs_kis=True),
        Rule(hours.contract_trades_now, needs_kis=True),
        Rule(hours.spread_is_ahead, needs_kis=True),
        Rule(terms.original_is_named, on_cancels=True),
        ORIGINAL_STANDS,
        Rule(terms.quantity_is_positive, on_cancels=True),
        Rule(terms.quantity_remains, on_cancels=True),
        Rule(terms.quantity_in_lots, needs_kis=True),
        Rule(caps.quantity_cap),
        Rule(caps.quantity_can_be_told, needs_kis=True),
        Rule(terms.loan_fits_side, needs_kis=True),
        Rule(terms.price_fits_order_type),
        Rule(terms.stop_price_fits_order_type),
        Rule(terms.price_on_tick),
        Rule(caps.price_limit, needs_kis=True),
        Rule(caps.written_option, needs_kis=True),
        Rule(caps.short_sale, needs_kis=True),
        Rule(caps.price_collar, needs_kis=True, when_sending=True),
        Rule(funds.buying_power, needs_kis=True, when_sending=True),
        Rule(funds.holding_covers_the_sale, needs_kis=True, when_sending=True),
        Rule(caps.notional_cap, needs_kis=True, when_sending=True),
        Rule(caps.open_positions, needs_kis=True, when_sending=True),
        Rule(caps.daily_loss, needs_kis=True, when_sending=True),
        Rule(caps.orders_per_day, needs_kis=True, when_sending=True, is_in_order=True),
        Rule(permission.not_a_duplicate, on_cancels=True),
        Rule(permission.no_like_order_was_lost),
    )
}


def check_order(facts: GuardFacts, *, before_asking_kis: bool = False, when_sending: bool = False) -> list[Finding]:
    """Everything that the rules have to say, in their order; of a change of an order that has ended, only that.

    Args:
        before_asking_kis: Leave out the rules that only make sense on facts from KIS; of an instrument that it does not
            know there are none.
        when_sending: Only the rules that are looked at once more just before the order goes out.
    """
    rules = rules_for(facts, before_asking_kis=before_asking_kis, when_sending=when_sending)
    found = ((rule.name, rule.check(facts)) for rule in rules)
    return [replace(finding, rule=name) for name, finding in found if finding]


def rules_for(facts: GuardFacts, *, before_asking_kis: bool = False, when_sending: bool = False) -> list[Rule]:
    """The rules that `check_order` looks at, in their order."""
    return [
        rule
        for rule in ((ORIGINAL_STANDS,) if facts.ended else RULES.values())
        if (rule.on_cancels or not facts.is_cancel)
        and not (rule.needs_kis and before_asking_kis and not (rule.is_in_order and when_sending))
        and not (rule.needs_kis and facts.exists is False and rule is not INSTRUMENT_IS_KNOWN)
        and (rule.when_sending or not when_sending)
    ]


def refusal(findings: Sequence[Finding]) -> OrderRefused | None:
    """The error for the findings that refuse, or None."""
    refusing = [finding for finding in findings if finding.refuses]
    if not refusing:
        return None
    return OrderRefused(
        " ".join(finding.what for finding in refusing),
        remedy=" ".join(finding.remedy for finding in refusing),
        field=refusing[0].field,
    )
