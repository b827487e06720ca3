"""Holding a document to the format."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from kis_mcp.catalog import Page
from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.strategies.given import GUIDE, Named, given_document, given_strategy
from kis_mcp.strategies.document import Strategy, Universe, doubts_of, examine, is_kis_form, normal_form, resolve
from kis_mcp.strategies.evaluation import Evaluator
from kis_mcp.strategies.universe import problems_of_universe, targets_below_costs, unlisted_of_universe

_MEND = f"Mend what problems names by its path. {GUIDE}"
_GO_ON = "Next: backtest it, then save it."
_NO_SYMBOLS = "It names no symbols: name them in universe.symbols, or give symbols with each backtest and start."
_GO_ON_TRADES = "KIS keeps no single trades to backtest it on. Next: save it, and start it where no money is at stake."


async def validate(call: Call) -> Page:
    """All that is wrong in a document, or else what is hardly meant, and the document in normal form."""
    document = given_document(call)
    if not isinstance(document, Named) and not is_kis_form(document):
        _, problems = examine(document)
        if problems:
            return _wrong(call, [*problems, *_beside(document)])
    strategy = await given_strategy(call)
    try:
        row = strategy_row(strategy)
    except BadArgument as error:
        return _wrong(call, [(error.field or "strategy", f"{error.what} {error.remedy}")])
    if problems := problems_of_instruments(strategy):
        return _wrong(call, problems)
    notes = [] if strategy.universe else [_NO_SYMBOLS]
    notes.append(_GO_ON_TRADES if strategy.interval == "tick" else _GO_ON)
    return page(call.now(), notes=notes, result={"valid": True}, strategy=row, **doubts_block(strategy))


def _beside(document: object) -> Sequence[tuple[str, str]]:
    """The same of a document in which other parts are wrong."""
    universe = cast("Mapping[str, object]", document).get("universe") if isinstance(document, Mapping) else None
    try:
        return list(problems_of_universe(Universe.model_validate(universe)))
    except ValidationError:
        return ()


def problems_of_instruments(strategy: Strategy) -> Sequence[tuple[str, str]]:
    """What of its universe stands for no instrument."""
    return () if strategy.universe is None else list(problems_of_universe(strategy.universe))


def strategy_row(strategy: Strategy) -> dict[str, Any]:
    """What a strategy is, and its document in normal form.

    Raises:
        BadArgument: A number in it makes no sense.
    """
    universe = strategy.universe
    row: dict[str, Any] = {
        "id": strategy.id,
        "name": strategy.name,
        "interval": strategy.interval,
        "symbols": ", ".join(universe.symbols) if universe else "",
        "warm_up_bars": Evaluator(resolve(strategy)).warm_up,
        "parameters": ", ".join(f"{name}={each.default:g}" for name, each in strategy.parameters.items()),
        "document": normal_form(strategy),
    }
    return {name: value for name, value in row.items() if value != ""}


def doubts_block(strategy: Strategy) -> dict[str, Any]:
    """The block of doubts, where there are any."""
    found = [*doubts_of(strategy), *targets_below_costs(strategy)]
    if strategy.universe is not None:
        found += unlisted_of_universe(strategy.universe)
    rows = [{"path": path, "doubt": doubt} for path, doubt in found]
    return {"doubts": rows} if rows else {}


def _wrong(call: Call, problems: Sequence[tuple[str, str]]) -> Page:
    rows = [{"path": path, "problem": problem} for path, problem in problems]
    return page(call.now(), notes=[_MEND], result={"valid": False}, problems=rows)
