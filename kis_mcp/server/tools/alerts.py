"""The core tool for alerts that outlive the chat. It neither sees nor chooses where they are delivered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

from kis_mcp.alerts import DEFAULT_DURATION, LONGEST_DURATION, AlertStore, Delivery, Firing, Rule, new_rule
from kis_mcp.catalog import Page
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.language import Say
from kis_mcp.market import find_priced, read_quote
from kis_mcp.server.tools.call import Call, page
from kis_mcp.streams import Condition, condition_text, interests_of, read_condition, simple_parts
from kis_mcp.trading.venues import find_watched
from kis_mcp.wiring import channel_kinds

_Action: TypeAlias = Callable[[Call, AlertStore, Mapping[str, Any]], Awaitable[Page]]


async def alerts(call: Call) -> Page:
    values = call.values()
    return await _ACTIONS[values["action"]](call, (await call.brokerage()).alerts(), values)


async def _create(call: Call, store: AlertStore, values: Mapping[str, Any]) -> Page:
    now = call.now()
    until = _until(values, now)
    condition = read_condition(_needed(values, "condition"), find_watched)
    await _require_instruments(call, condition)
    minutes = values.get("repeat_minutes")
    rule = new_rule(condition, now, until, None if minutes is None else timedelta(minutes=minutes))
    rule = await store.create(rule)
    notes = [] if channel_kinds(call.environments.settings) else [_NO_CHANNEL]
    return page(now, notes=notes, alerts=[_alert(rule, now, call.say)], channels=await _channels(call, store))


async def _list(call: Call, store: AlertStore, values: Mapping[str, Any]) -> Page:  # noqa: ARG001
    now = call.now()
    rows = [_alert(rule, now, call.say) for rule in await store.rules()]
    return page(now, alerts=rows, channels=await _channels(call, store))


async def _delete(call: Call, store: AlertStore, values: Mapping[str, Any]) -> Page:
    rule_id = _needed(values, "alert_id")
    rule = await store.delete(rule_id)
    if rule is None:
        raise BadArgument(
            f"There is no alert {rule_id}.", remedy="alerts with action=list shows those that are.", field="alert_id"
        )
    now = call.now()
    return page(now, alerts=[{**_alert(rule, now, call.say), "status": "deleted", "watching": ""}])


async def _fired(call: Call, store: AlertStore, values: Mapping[str, Any]) -> Page:
    after, most = _place(values.get("cursor")), values["limit"]
    found = await store.firings(after, most + 1)
    firings = found[:most]
    cursor = str(firings[-1].number if firings else after)
    deliveries = await store.deliveries([firing.id for firing in firings])
    return page(
        call.now(),
        next_cursor=cursor if len(found) > most else None,
        fired=[_firing(firing, deliveries) for firing in firings],
        result={"cursor": cursor},
    )


_ACTIONS: Mapping[str, _Action] = {"create": _create, "list": _list, "delete": _delete, "fired": _fired}

_NO_CHANNEL = "The operator set no channel, so it is seen by action=fired and in `kis-mcp watch` only; README, Alerts."


def _needed(values: Mapping[str, Any], name: str) -> Any:
    if values.get(name) is None:
        raise BadArgument(f"{name} is missing.", remedy=f"action={values['action']} needs {name}.", field=name)
    return values[name]


def _until(values: Mapping[str, Any], now: datetime) -> datetime:
    """The end of the last day in Korea."""
    day = values.get("until")
    if day is None:
        return now + DEFAULT_DURATION
    end = datetime.combine(day, time(), KST) + timedelta(days=1)
    if not now < end <= now + LONGEST_DURATION:
        raise BadArgument(
            f"until is {day}, which is past or more than a year off.",
            remedy=f"Give a day from {now.astimezone(KST):%Y-%m-%d} on.",
            field="until",
        )
    return end


async def _require_instruments(call: Call, condition: Condition) -> None:
    """Refuse what could never fire: what KIS does not send here, and what KIS knows no price of."""
    brokerage = await call.brokerage()
    (await brokerage.watches()).require_watchable(interests_of(condition))
    reads = await call.reads()
    listings = {(part.symbol, part.market, part.exchange) for part in simple_parts(condition) if part.symbol}
    for listing in sorted(listings):
        subject = find_priced(*listing)
        if subject is None:
            continue
        try:
            await read_quote(reads, subject)
        except BadArgument as error:
            where = subject.exchange or subject.market
            raise BadArgument(
                f"KIS knows no {subject.symbol} on {where}: {error.kis_message or error.what}",
                remedy="Look its symbol up with find_instrument.",
                field="condition",
                kis_code=error.kis_code,
            ) from None


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 15:
        raise BadArgument(
            "This is no cursor of alerts.",
            remedy="Give result.cursor of the previous answer with action=fired, or leave it out.",
            field="cursor",
        )
    return int(cursor)


def _alert(rule: Rule, now: datetime, say: Say) -> dict[str, Any]:
    stage = rule.stage(now)
    watching = (rule.watching or "starts within seconds") if stage == "active" else ""
    row: dict[str, Any] = {
        "alert_id": rule.id,
        "fires_when": condition_text(rule.condition, say),
        "status": stage,
        "watching": watching,
        "repeat_minutes": rule.cooldown and rule.cooldown // timedelta(minutes=1),
        "until": rule.until,
        "fired_at": rule.fired_at,
        "firings": rule.firings,
    }
    return {name: value for name, value in row.items() if value not in (None, "")}


def _firing(firing: Firing, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    told = [f"{each.channel}: {_told(each)}" for each in deliveries if each.firing.id == firing.id]
    return {
        "firing_id": firing.id,
        "alert_id": firing.rule_id,
        "at": firing.at,
        "what": firing.words,
        "after_gap": firing.after_gap,
        "deliveries": "; ".join(told),
    }


def _told(delivery: Delivery) -> str:
    """Where a delivery stands, in words."""
    if delivery.state == "delivered" or not delivery.words:
        return delivery.words or "waiting"
    goes_on = "tried again" if delivery.state == "waiting" else "given up"
    return f"{delivery.words}, {goes_on} ({delivery.attempts} attempts)"


async def _channels(call: Call, store: AlertStore) -> list[dict[str, Any]]:
    last = {each.channel: each for each in await store.last_outcomes()}
    kinds = channel_kinds(call.environments.settings)
    return [
        {
            "channel": kind,
            **({"last_outcome": _told(last[kind]), "last_at": last[kind].firing.at} if kind in last else {}),
        }
        for kind in kinds
    ]
