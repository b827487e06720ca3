"""The question about a mandate: a pure function of what is journaled, the same text every time."""

from kis_mcp.catalog import one_line
from kis_mcp.clock import KST
from kis_mcp.trading.desk.question import QuestionFacts, money
from kis_mcp.trading.mandate import Mandate, MandateSymbol

_LINES = {
    "strategy": "Strategy",
    "buys": "It buys",
    "sells": "It sells",
    "holds": "It holds from before",
    "instruments": "Instruments",
    "sides": "Sides",
    "most_per_order": "Most per order to buy",
    "most_in_all": "Most in all, held at cost and open orders to buy",
    "orders_a_day": "Most orders a day",
    "most_loss": "Most loss, at which it stops and what it holds stays",
    "until": "Until",
    "account": "Account",
}
_SIDES = {
    frozenset({"buy"}): "buy only",
    frozenset({"sell"}): "sell only what its own orders bought",
    frozenset({"buy", "sell"}): "buy, and sell only what its own orders bought",
}
_DIGEST = 12
_UNASKED = "Orders within this mandate go out WITHOUT another question."
_ASKED_EACH = "You are asked about each order on the approval page too: KIS_ALLOW_REAL_STRATEGIES is not set."


def mandate_question(mandate: Mandate, *, asks_each: bool = False) -> str:
    """How far a strategy may go, where, until when, and how it did so far."""
    facts = mandate_facts(mandate, asks_each=asks_each)
    lines = [
        f"[{facts.environment}] {facts.headline}",
        *facts.warnings,
        *(f"{_LINES[name]}: {text}" for name, text in facts.terms.items() if name in _LINES),
        *(text for name, text in facts.terms.items() if name.startswith("result_")),
        f"Agree to this mandate? ({facts.terms['reference']})",
    ]
    return "\n".join(lines)


def mandate_facts(mandate: Mandate, *, asks_each: bool = False) -> QuestionFacts:
    """What the question says, part by part. The names of its terms are ``strategy``, ``buys``, ``sells``,
    ``holds``, ``instruments``, ``sides``, ``most_per_order``, ``most_in_all``, ``orders_a_day``, ``most_loss``,
    ``until``, ``account``, ``result_1`` and so on, and ``reference``; one that says nothing is missing.

    Args:
        asks_each: Whether the person is asked about each order all the same, as the operator wants it in real.
    """
    terms = {
        "strategy": f"{mandate.strategy} ({mandate.document[:_DIGEST]})",
        "buys": mandate.buys,
        "sells": mandate.sells,
        "holds": mandate.holds,
        "instruments": ", ".join(map(_instrument, mandate.symbols)),
        "sides": _SIDES[mandate.sides],
        "most_per_order": money(mandate.most_per_order, mandate.currency),
        "most_in_all": money(mandate.most_in_all, mandate.currency),
        "orders_a_day": f"{mandate.orders_a_day:,}",
        "most_loss": money(mandate.most_loss, mandate.currency),
        "until": f"{mandate.until.astimezone(KST):%Y-%m-%d %H:%M} KST",
        "account": mandate.account,
        **{
            f"result_{place}": f"Result, {name}: {text}"
            for place, (name, text) in enumerate(mandate.results.items(), 1)
        },
        "reference": f"mandate {mandate.id}",
    }
    return QuestionFacts(
        environment=mandate.environment.value.upper(),
        headline=one_line(f"MANDATE: let the strategy {mandate.strategy} order by itself"),
        terms={name: one_line(text) for name, text in terms.items() if text},
        warnings=(_ASKED_EACH if asks_each else _UNASKED,),
    )


def _instrument(one: MandateSymbol) -> str:
    return f"{one.name} ({one.symbol}, {one.market})" if one.name else f"{one.symbol} ({one.market})"
