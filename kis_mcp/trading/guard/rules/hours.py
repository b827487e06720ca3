"""Whether the venue takes such an order at all, and now."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kis_mcp.clock import KST
from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.venues import TradingDays, venues_of


def order_type_is_taken(facts: GuardFacts) -> Finding | None:
    order, venue = facts.order, facts.venue
    if venue is None or order.order_type is None:
        return None
    takes = venue.types_of(order.side)
    if order.order_type in takes:
        return None
    what = f"{order.side} orders" if order.order_type in venue.order_types else "orders"
    return Finding(
        f"There are no {order.order_type} {what} on {venue.title}.",
        f"Use {' or '.join(takes) if len(takes) < 4 else ', '.join(takes)}.",
        "order_type",
    )


def instrument_is_traded_in_session(facts: GuardFacts) -> Finding | None:
    """The KRX after-market trades no ETF, ETN or ELW, and its order types are for it alone."""
    venue, order_type = facts.venue, facts.order.order_type
    if venue is None or order_type is None or not (sessions := venue.sessions_for(order_type)):
        return None
    not_for = sessions[0].not_for.intersection(*(session.not_for for session in sessions))
    if not not_for or (facts.kind is not None and facts.kind not in not_for):
        return None
    where = f"the {sessions[0].name} of {venue.title}"
    if facts.kind is None:
        kinds = ", ".join(sorted(kind.upper() for kind in not_for))
        return Finding(
            f"Whether {facts.order.symbol} is one of {kinds} could not be told, and {where} does not trade those.",
            "Make sure that it is a share.",
            "order_type",
            refuses=False,
        )
    return Finding(
        f"There are no {order_type} orders for an {facts.kind.upper()}: {where} does not trade it.",
        "Order it in the regular session, with order_type limit.",
        "order_type",
    )


def rest_is_cancelled(facts: GuardFacts) -> Finding | None:
    venue, order_type = facts.venue, facts.order.order_type
    if venue is None or order_type not in venue.ends_with_session:
        return None
    session = " or ".join(session.name for session in venue.sessions_for(order_type))
    return Finding(
        f"What is unfilled of it when the {session} of {venue.title} ends is cancelled.",
        "Use limit where the rest is to stay.",
        "order_type",
        refuses=False,
    )


def session_is_open(facts: GuardFacts) -> Finding | None:
    venue, days, order_type = facts.venue, facts.trading_days, facts.order.order_type
    if venue is None or days is None:
        return None
    now_open = venue.open_sessions(facts.now, days)
    if any(session.takes(order_type) for session in now_open):
        return None
    known = {day: hours for day, hours in days.items() if day not in facts.unknown_days}
    opening = venue.next_opening(order_type, facts.now, known)
    wait = f"Wait until {_local(opening, facts.now)}" if opening else "Wait until it opens"
    if not now_open:
        later = f"{wait}, or reserve the order where KIS takes reservations (KIS_SESSION_CHECK)."
        return Finding(
            f"{venue.title} is closed at {facts.now:%Y-%m-%d %H:%M %Z}.", _open_daytime(facts, known) + later
        )
    takes = dict.fromkeys(word for session in now_open for word in session.order_types)
    return Finding(
        f"{order_type} orders are not taken in the {now_open[0].name} of {venue.title}.",
        f"Use {', '.join(takes)}. {wait} for a {order_type} order (KIS_SESSION_CHECK).",
        "order_type",
    )


def _open_daytime(facts: GuardFacts, days: TradingDays) -> str:
    """That the order would be taken in the daytime session, where that is on while the market is closed."""
    for other in venues_of(facts.order.market, "", facts.environment):
        if other.order_session != "daytime" or facts.venue is None or facts.venue.order_session != "regular":
            continue
        other_days = {day: hours and other.usual(day) for day, hours in days.items()}
        for session, (opens, closes) in other.spans(other_days):
            if opens <= facts.now < closes:
                return (
                    f"Order it with session=daytime, as {' or '.join(session.order_types)}: {other.title} is open until"
                    f" {_local(closes, facts.now)}, for the stocks that take part in it. "
                )
    return ""


def holidays_are_known(facts: GuardFacts) -> Finding | None:
    """It only warns: KIS itself turns an order of a holiday away."""
    if facts.venue is None:
        return None
    day = facts.now.astimezone(facts.venue.timezone).date()
    if day not in facts.unknown_days:
        return None
    return Finding(
        f"Whether {day} is a holiday of {facts.venue.title} is not known here.",
        "On a holiday KIS rejects the order; a newer kis-mcp may have the exchange's days.",
        refuses=False,
    )


def contract_trades_now(facts: GuardFacts) -> Finding | None:
    """Of contracts abroad KIS itself tells the session that is on, or the last or next one."""
    if facts.contract_hours is None:
        return None
    opens, closes = facts.contract_hours
    if opens <= facts.now < closes:
        return None
    return Finding(
        f"{facts.order.symbol} is not traded at {facts.now:%Y-%m-%d %H:%M %Z}: its session, as KIS has it, is from"
        f" {_local(opens, facts.now)} to {_local(closes, facts.now)} (KIS_SESSION_CHECK).",
        f"Wait until {_local(opens, facts.now)}." if facts.now < opens else "Wait until the next session opens.",
    )


def spread_is_ahead(facts: GuardFacts) -> Finding | None:
    """Of the times that an order is spread between. KIS takes Korean times without a day: those of the session that is
    on, or else of the next one."""
    if facts.begins is None or facts.ends is None or facts.venue is None:
        return None
    now, zone, closes = facts.now, facts.venue.timezone, facts.venue.usual_hours[1]
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= closes)
    begins, ends = (_on_day(clock, day, zone) for clock in (facts.begins, facts.ends))
    if ends <= max(begins, now):
        return Finding(
            f"end_time {facts.ends:%H:%M} Korean time, {_local(ends, local)} on the exchange, is not after start_time"
            " and now.",
            "Give an end_time within the session, after start_time.",
            "end_time",
        )
    if begins < now:
        return Finding(
            f"start_time {facts.begins:%H:%M} Korean time, {_local(begins, local)} on the exchange, is past:"
            f" there it is {_local(now, local)}.",
            f"Give a start_time from {now.astimezone(KST) + timedelta(minutes=1):%H:%M} on.",
            "start_time",
        )
    if begins.date() == now.astimezone(KST).date():
        return None
    return Finding(
        f"start_time {facts.begins:%H:%M} is taken as {begins:%Y-%m-%d %H:%M} Korean time.",
        "If another day is meant, wait until its session.",
        "start_time",
        refuses=False,
    )


def _on_day(clock: time, day: date, zone: ZoneInfo) -> datetime:
    """The moment of a Korean time that lies on a day of the exchange's calendar."""
    moment = datetime.combine(day, clock, KST)
    return moment + timedelta(days=(day - moment.astimezone(zone).date()).days)


def _local(moment: datetime, now: datetime) -> str:
    return f"{moment.astimezone(now.tzinfo):%Y-%m-%d %H:%M %Z}"
