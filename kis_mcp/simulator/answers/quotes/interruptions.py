"""The volatility interruptions of a day, the newest first."""

from datetime import timedelta
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.interruptions import CALL_TICKS, Interruption, has_interruptions
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_ROWS = 30
"""What KIS shows."""

_KINDS = {(True, False): "static", (False, True): "dynamic", (True, True): "static_and_dynamic"}
_ASKED = {"all": tuple(_KINDS.values()), "both": ("static_and_dynamic",)}


def interruptions(world: World, call: Call) -> Answer:
    """Those of the day, stock, market, direction and kind that were asked for."""
    subject, board = subject_of(world, call), call.arguments.get("market", "all")
    listed = [i for i in world.market.instruments.values() if has_interruptions(i) and board in ("all", i.board)]
    subjects = [subject] if subject else [Subject(world.market, i, call.now) for i in listed]
    kind, direction = (call.arguments.get(name, "all") for name in ("kind", "direction"))
    rows = [row for subject in subjects for row in _rows(subject, call)]
    rows = [row for row in rows if row["vi_type"] in _ASKED.get(kind, (kind,))]
    rows = [row for row in rows if direction in ("all", row["direction"])]
    rows.sort(key=lambda row: str(row["vi_trigger_time"]), reverse=True)
    return {"output": rows[:_ROWS]}


def _rows(subject: Subject, call: Call) -> list[Facts]:
    market, instrument = subject.market, subject.instrument
    moment = market.moment(instrument, call.now)
    day = call.day("date") or moment.day
    if day > moment.day or market.history(instrument).bar(day) is None:
        return []
    calendar = market.calendar(instrument)
    known = moment.ticks if day == moment.day else calendar.ticks_a_day
    rows: list[Facts] = []
    for interruption in market.interruptions(instrument, day):
        if interruption.tick >= known:
            break
        start = calendar.time_of(day, interruption.tick)
        active = known <= interruption.end
        times: Facts = {
            "trade_date": day,
            "vi_active": active,
            "vi_trigger_time": start.timetz(),
            "vi_release_time": None if active else (start + timedelta(seconds=CALL_TICKS * TICK_SECONDS)).timetz(),
        }
        rows.append({"symbol": instrument.symbol, "name": instrument.name_ko, **times, **_facts(subject, interruption)})
    return rows


def _facts(subject: Subject, found: Interruption) -> Facts:
    price = subject.instrument.price
    at, static, dynamic = price(found.price), price(found.reference), price(found.last)
    return {
        "vi_type": _KINDS[found.reference > 0, found.last > 0],
        "vi_trigger_price": at,
        "static_vi_base_price": static,
        "static_vi_divergence_rate": _away(at, static),
        "dynamic_vi_base_price": dynamic,
        "dynamic_vi_divergence_rate": _away(at, dynamic),
        "vi_count": found.count,
        "direction": "up" if at > (static or dynamic) else "down",
    }


def _away(price: Decimal, base: Decimal) -> Decimal:
    return percent(price - base, base)
