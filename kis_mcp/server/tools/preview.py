"""The tool that shows what an order would come to: the guard's way of place_order, and nothing after it."""

from collections.abc import Sequence

from kis_mcp.catalog import Page
from kis_mcp.errors import KisMcpError
from kis_mcp.server.tools.call import Call, facts, page_of
from kis_mcp.server.tools.consent import WAYS_TO_CONFIRM, channel_of, nobody_to_ask
from kis_mcp.server.tools.order import new_order
from kis_mcp.server.tools.send_order import fingerprint_of
from kis_mcp.trading.desk import Inspection, preview_order as preview
from kis_mcp.trading.guard import Finding
from kis_mcp.trading.journal import Record

_OPEN = "proposed already and still open: place_order takes it up again"
_DONE = "place_order sends nothing more and answers what became of it"


async def preview_order(call: Call) -> Page:
    by = await channel_of(call, call.environment)
    desk, reads = await (await call.brokerage()).desk(), await call.reads()
    key = call.values().get("idempotency_key")
    inspection = await desk.inspect(new_order(call), idempotency_key=key, call=fingerprint_of(call))
    found = await preview(reads, inspection)
    refused = nobody_to_ask("An order") if by is None else inspection.refusal
    return page_of(
        reads,
        notes=found.notes,
        preview={
            **_verdict(refused, inspection.earlier),
            "confirmation": WAYS_TO_CONFIRM[by],
            **_checks("checks_passed", "passed", inspection.passed),
            **_checks("checks_left_out", "not_checked", inspection.not_checked),
        },
        order=_order(call, inspection) | (facts(found.step) if found.step else {}),
        costs=facts(found.costs),
        account=facts(found.account),
        findings=[_finding(one, refused) for one in inspection.findings],
    )


def _checks(count: str, names: str, checks: Sequence[str]) -> dict[str, object]:
    return {count: len(checks), names: ", ".join(checks)} if checks else {}


def _finding(one: Finding, refused: KisMcpError | None) -> dict[str, object]:
    """A finding, without the words that the verdict has already."""
    row = {"check": one.rule, "refuses": one.refuses, "what": one.what, "remedy": one.remedy, "field": one.field or ""}
    is_told = one.refuses and refused is not None and one.what in refused.what
    return {name: value for name, value in row.items() if value != "" and not (is_told and name in ("what", "remedy"))}


def _verdict(refused: KisMcpError | None, earlier: Record | None) -> dict[str, object]:
    told: dict[str, object] = {}
    if earlier is not None:
        what = _OPEN if earlier.status.is_pending else _DONE
        told["earlier"] = f"intent {earlier.intent.id} ({earlier.status.value}): {what}"
    if refused is not None:
        said = {"refusal": refused.what, "next_step": refused.remedy, "field": refused.field}
        return {"verdict": "refused", **{name: value for name, value in said.items() if value}, **told}
    is_done = earlier is not None and not earlier.status.is_pending
    return {"verdict": "already_sent" if is_done else "would_be_sent", **told}


def _order(call: Call, inspection: Inspection) -> dict[str, object]:
    """What would be sent, and where."""
    order, venue = inspection.order, inspection.facts.venue
    said = {
        "api": inspection.arguments.api.tool,
        "symbol": order.symbol,
        "name": order.name,
        "market": order.market,
        "exchange": order.exchange,
        "venue": venue.title if venue else None,
        "session": call.values()["session"],
        "side": order.side,
        "order_type": order.order_type or "limit",
        "quantity": order.quantity,
        "price": order.price,
        "stop_price": order.stop_price,
        "last_price": inspection.facts.last_price,
        "reserved_for": order.reserved_for,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}
