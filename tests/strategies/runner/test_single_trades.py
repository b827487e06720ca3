"""A run on single trades: it decides as the evaluator does on the trades that it heard, and warms up on them alone."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.strategies.backtest import BacktestOptions, Bar, Bars, run_backtest
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.runner.bar_builder import Tick
from kis_mcp.strategies.runner.ports import Answer, Heard
from tests.strategies.runner.live import ALWAYS, MONDAY, Live, Market, at, strategy
from tests.strategies.runner.test_beside_the_backtest import CAPITAL, CROSS
from tests.strategies.runner.test_crashes import check, until_over

BEGIN = at("10:00")
OWN: dict[str, dict[str, Any]] = {
    "cross": CROSS,
    "after": {"entry": CROSS["entry"], "indicators": CROSS["indicators"], "exits": {"after_bars": 7}},
    "few": {**CROSS, "limits": {"cooldown_bars": 9, "entries_a_day": 5}},
}


def walk(seed: int, count: int, begin: datetime = BEGIN) -> list[Tick]:
    """Trades of an instrument, often several in a second."""
    draw, moment, price, total, found = random.Random(seed), begin, 10_000, 0, list[Tick]()
    for _ in range(count):
        moment += timedelta(seconds=draw.choice((0, 0, 0, 1, 2, 5)))
        price, size = price + 10 * draw.randint(-2, 2), draw.randint(1, 50)
        total += size
        found.append(Tick(moment, Decimal(price), size, total))
    return found


def bars_of(ticks: Sequence[Tick]) -> list[Bar]:
    """Each dated by its second and its place in it."""
    found, places = list[Bar](), dict[datetime, int]()
    for tick in ticks:
        place = places[tick.time] = places.get(tick.time, -1) + 1
        prices = (tick.price,) * 4
        found.append(Bar(tick.time + place * timedelta(microseconds=1), *prices, volume=tick.size or 0))
    return found


def heard(document: Strategy, ticks: dict[str, list[Tick]], *others: tuple[datetime, Any]) -> Live:
    told = [(tick.time, (symbol, tick)) for symbol, each in ticks.items() for tick in each]
    begin = (BEGIN - timedelta(minutes=1), None)
    script = [begin, *sorted([*told, *others], key=lambda row: row[0])]
    return Live(document, Market(script, {}, "tick"), symbols=tuple(ticks), capital=CAPITAL)


def said(each: Live) -> list[str]:
    return [signal.reason for signal in each.signals("none")]


@pytest.mark.parametrize("name", OWN)
async def test_what_is_decided_is_what_a_backtest_of_the_same_trades_decides(name: str) -> None:
    document, ticks = strategy("tick", **OWN[name]), walk(1, 500)
    each = heard(document, {"A": ticks})
    await each.go()
    options = BacktestOptions(CAPITAL, slippage_ticks=0, most_volume_percent=Decimal(1_000_000))
    result = run_backtest(document, {"A": Bars.of(bars_of(ticks))}, options)
    expected = [(event.at, event.action) for event in result.signals if event.action != "none"]
    found = [(one.at, one.action) for one in each.signals("enter", "exit")]
    assert found == expected
    assert len(result.trades) > 3
    assert each.records.stored == {}


async def test_a_position_is_sold_at_the_first_trade_that_touches_a_level() -> None:
    entry = {"left": "close", "is": "above", "right": {"of": "close", "back": 1}}
    exits = {"stop_loss_percent": 0.4, "take_profit_percent": 0.6, "trailing_stop_percent": 0.5}
    ticks = walk(3, 400)
    each = heard(strategy("tick", entry=entry, exits=exits), {"A": ticks})
    await each.go()
    prices = {bar.ends_at: bar.close for bar in bars_of(ticks)}
    sold = [(one.at.replace(microsecond=0), one.reason) for one in each.signals("exit")]
    expected = [first_touch(prices, one.at) for one in each.signals("enter")]
    assert sold == [touch for touch in expected if touch]
    assert {reason for _, reason in sold} == {"stop_loss", "take_profit", "trailing_stop"}


def first_touch(prices: dict[datetime, Decimal], entered: datetime) -> tuple[datetime, str] | None:
    paid = highest = prices[entered]
    for moment, price in prices.items():
        if moment > entered:
            highest = max(highest, price)
            stop, trailing = paid * Decimal("0.996"), highest * Decimal("0.995")
            if price <= max(stop, trailing):
                return moment.replace(microsecond=0), "stop_loss" if stop >= trailing else "trailing_stop"
            if price >= paid * Decimal("1.006"):
                return moment.replace(microsecond=0), "take_profit"
    return None


async def test_two_instruments_share_limits_without_waiting_for_each_other() -> None:
    document = strategy("tick", entry=ALWAYS, limits={"positions": 1}, exits={"after_bars": 3})
    each = heard(document, {"A": walk(1, 60), "B": walk(2, 60)})
    await each.go()
    assert {symbol for symbol, _, _ in each.sent()} == {"A", "B"}
    sides = [side for _, side, _ in each.sent()]
    assert sides[:6] == ["buy", "sell"] * 3
    sent = {order.intent_id: order.at for order in each.broker.by_key.values()}
    assert all(sent[one.intent_id or ""] == one.at.replace(microsecond=0) for one in each.signals("enter", "exit"))


async def test_nothing_is_decided_before_enough_trades_were_heard_and_it_is_said_how_many_lack() -> None:
    ticks = [Tick(BEGIN + timedelta(seconds=20 * number), Decimal(100), 1) for number in range(12)]
    slow = {"slow": {"kind": "sma", "params": {"period": 8}}}
    entry = {"left": "close", "is": "at_least", "right": "slow"}
    each = heard(strategy("tick", indicators=slow, entry=entry), {"A": ticks})
    await each.go()
    (bought,) = each.signals("enter")
    assert bought.at == ticks[7].time
    assert said(each) == [
        "warming_up: it has heard 1 of the 8 trades that it takes",
        "warming_up: it has heard 4 of the 8 trades that it takes",
        "warming_up: it has heard 7 of the 8 trades that it takes",
        "warmed_up: it has heard 8 trades, and decides from now on",
    ]


GAP = BEGIN + timedelta(seconds=155)


async def test_after_a_gap_it_warms_up_anew_says_so_and_keeps_its_position_and_stop() -> None:
    prices = [100, 100, 100, 100, 100, 100, 100, 100, 97, 100, 100, 100]
    ticks = [Tick(BEGIN + timedelta(seconds=20 * n), Decimal(price), 1) for n, price in enumerate(prices)]
    document = strategy(
        "tick",
        indicators={"slow": {"kind": "sma", "params": {"period": 4}}},
        entry={"left": "close", "is": "at_least", "right": "slow"},
        exits={"stop_loss_percent": 2},
    )
    gap = Heard(missed=[("A", GAP - timedelta(seconds=9), GAP)])
    each = heard(document, {"A": ticks}, (GAP, gap))
    await each.go()
    assert [(one.at.replace(microsecond=0), one.action, one.reason) for one in each.signals("enter", "exit")] == [
        (ticks[3].time, "enter", "entry_condition"),
        (ticks[8].time, "exit", "stop_loss"),
        (ticks[11].time, "enter", "entry_condition"),
    ]
    assert "warms_up_anew: trades were missed, or prices adjusted, and KIS keeps none to read" in said(each)


@pytest.mark.parametrize("step", range(0, 180, 3))
async def test_killed_at_any_step_it_orders_nothing_twice_and_knows_what_it_holds(step: int) -> None:
    document = strategy("tick", **CROSS | {"exits": {"after_bars": 4, "stop_loss_percent": 0.3}})
    each = heard(document, {"A": walk(5, 60)})
    each.crash.at = step
    await until_over(each)
    check(each)
    assert each.broker.wishes
    assert sum(one.intent_id is None for one in each.signals("enter", "exit")) <= 1


async def test_a_refused_entry_is_not_ordered_at_each_trade_again() -> None:
    ticks = [Tick(BEGIN + timedelta(seconds=second), Decimal(100), 1) for second in range(70)]
    each = heard(strategy("tick", entry=ALWAYS), {"A": ticks})
    each.broker.answers = [Answer("refused", None, "no")] * 10
    await each.go()
    assert [one.at.second for one in each.signals("enter")] == [0, 30, 0]


async def test_a_refused_exit_waits_a_while_before_it_is_ordered_again() -> None:
    ticks = [Tick(BEGIN + timedelta(seconds=second), Decimal(100), 1) for second in range(70)]
    document = strategy("tick", entry=ALWAYS, exits={"after_bars": 2}, limits={"entries_a_day": 1})
    each = heard(document, {"A": ticks})
    each.broker.answers = [Answer("accepted", "i1"), *[Answer("refused", None, "no")] * 2]
    await each.go()
    assert [one.at.second for one in each.signals("exit")] == [2, 32, 2]
    assert each.broker.held("A") == 0


async def test_while_nothing_can_be_heard_no_bar_is_made_and_nothing_is_decided() -> None:
    ticks = [Tick(BEGIN + timedelta(seconds=20 * number), Decimal(100), 1) for number in (0, 1, 20, 21, 22)]
    entry = {"left": "close", "is": "at_most", "right": {"of": "close", "back": 1}}
    silence = [
        (BEGIN + timedelta(seconds=40 + second), Heard(silent_since=BEGIN + timedelta(seconds=30)))
        for second in range(0, 300, 10)
    ]
    each = heard(strategy("tick", entry=entry, exits={"after_bars": 3}), {"A": ticks}, *silence)
    await each.go()
    assert [(one.at, one.action) for one in each.signals("enter", "exit")] == [
        (ticks[1].time, "enter"),
        (ticks[4].time, "exit"),
    ]
    assert each.runner is not None
    assert each.runner.report.decisions == len(ticks)


async def test_nothing_stays_overnight_and_nothing_is_bought_before_the_close() -> None:
    begin = at("15:24:50")
    ticks = [Tick(begin + timedelta(seconds=second), Decimal(100), 1) for second in range(40)]
    document = strategy("tick", entry=ALWAYS, exits={"at_session_end": True})
    each = heard(document, {"A": ticks})
    each.market.script[0] = (begin - timedelta(minutes=1), None)
    await each.go()
    assert [(f"{one.at:%H:%M:%S}", one.action) for one in each.signals("enter", "exit")] == [
        ("15:24:50", "enter"),
        ("15:25:00", "exit"),
    ]
    assert said(each) == ["session_end"]


TUESDAY = MONDAY + timedelta(days=1)
MEAN: dict[str, Any] = {
    "indicators": {"mean": {"kind": "sma", "params": {"period": 3}}},
    "entry": {"left": "close", "is": "above", "right": "mean"},
}


@pytest.mark.parametrize("holds", [True, False])
async def test_over_a_split_what_is_held_pauses_it_and_otherwise_it_warms_up_anew(holds: bool) -> None:
    prices = [100, 100, 103, 103] if holds else [100, 100, 100, 100]
    ticks = [Tick(BEGIN + timedelta(seconds=20 * n), Decimal(price), 1) for n, price in enumerate(prices)]
    ticks += [Tick(at("10:00", TUESDAY) + timedelta(seconds=20 * n), Decimal(20), 1) for n in range(4)]
    each = heard(strategy("tick", **MEAN, exits={"stop_loss_percent": 3}), {"A": ticks})
    each.market.splits["A"] = TUESDAY, Decimal("0.2")
    await each.go()
    assert each.sent() == ([("A", "buy", 10)] if holds else [])
    assert each.records.run.state == ("paused" if holds else "running")
    words = [reason.partition(":")[0] for reason in said(each)]
    assert words == ["warming_up", "warmed_up", *([] if holds else ["prices_adjusted", "warms_up_anew", *words[:2]])]


async def test_a_trade_dated_far_from_the_clock_is_no_bar_and_it_warms_up_anew() -> None:
    ticks = [Tick(BEGIN + timedelta(seconds=20 * number), Decimal(100), 1) for number in range(7)]
    late = ticks[3].time + timedelta(seconds=1)
    bad = [Tick(late + off, Decimal(999), 1) for off in (timedelta(minutes=6), -timedelta(minutes=61))]
    each = heard(strategy("tick", **MEAN), {"A": ticks}, (late, Heard(ticks=[("A", tick) for tick in bad])))
    await each.go()
    assert each.sent() == []
    words = [reason.partition(":")[0] for reason in said(each)]
    assert words == ["warming_up", "warmed_up", "tick_refused", "warms_up_anew", "warming_up", "warmed_up"]
