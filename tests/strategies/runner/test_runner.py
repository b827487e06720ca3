"""A run, live: what it decides, what it orders, and when it stands still."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.errors import KisUnavailable, StorageError
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.records import SignalEntry, StoredBar
from kis_mcp.strategies.runner.ports import Answer, Heard
from kis_mcp.strategies.runner.runner import RESTARTED, TAKEN_UP
from tests.strategies.runner.live import ALWAYS, MONDAY, Live, at, live, script, strategy, tick_at

AT_100 = {"left": "close", "is": "equal", "right": 100}
AT_110 = {"left": "close", "is": "equal", "right": 110}


def minutes(*prices: float, start: int = 0) -> list[tuple[str, Any]]:
    """A tick at the start of each minute from 09:00 on."""
    return [(f"09:{start + number:02}:00", price) for number, price in enumerate(prices)]


async def test_a_decision_is_made_at_a_bars_end_and_ordered_at_once() -> None:
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(90, 100, 105, 110, 108, 107))
    await each.go()
    assert each.told() == [("09:02", "enter", "entry_condition"), ("09:04", "exit", "exit_condition")]
    assert [(order.side, order.quantity, order.price) for order in each.broker.by_key.values()] == [
        ("buy", 10, Decimal(105)),
        ("sell", 10, Decimal(108)),
    ]
    first = each.signals()[0]
    assert first.values == {"close": 100.0}
    assert first.intent_id == "i1"
    assert each.records.held["A"].quantity == 0


async def test_what_is_decided_at_one_moment_is_written_down_at_once_before_any_of_it_is_ordered() -> None:
    ticks = [Heard([(name, tick_at(clock, 100)[1]) for name in "BA"]) for clock in ("09:00:00", "09:01:00")]
    script = (("08:59:00", None), ("09:00:00", ticks[0]), ("09:01:00", ticks[1]), ("09:01:01", None))
    each = live(strategy(entry=AT_100), *script)
    each.symbols, each.records.run = ("A", "B"), replace(each.records.run, symbols=("A", "B"))
    write, calls = each.records.add_signals, list[tuple[list[str], int]]()

    async def add_signals(signals: Sequence[SignalEntry]) -> int:
        await asyncio.sleep(0)
        calls.append(([signal.symbol for signal in signals], len(each.broker.wishes)))
        return await write(signals)

    each.records.add_signals = add_signals
    await each.go()
    assert calls == [(["B", "A"], 0)]
    assert each.sent() == [("A", "buy", 10), ("B", "buy", 10)]


async def test_the_first_bar_is_read_from_kis_where_the_feed_began_within_it() -> None:
    each = live(strategy(entry=AT_100), ("09:00:10", 90), ("09:00:30", None), ("09:00:40", 100), ("09:01:00", 95))
    each.market.at = 1
    each.market.now = at("09:00:30")
    await each.go()
    assert each.told() == [("09:01", "enter", "entry_condition")]
    ((_, bar),) = each.records.stored.items()
    assert (bar.open, bar.source) == (90, "history")


async def test_what_cannot_be_had_is_not_decided_upon_and_said_until_it_can() -> None:
    friday = Bar(at("15:30", MONDAY - timedelta(days=3)), *[Decimal(90)] * 4, volume=1)
    each = live(
        strategy(entry={"left": {"of": "close", "back": 2}, "is": "equal", "right": 100}),
        ("09:00:10", 100),
        ("09:00:35", lambda: setattr(each.market, "is_up", False)),
        *minutes(95, 95, start=1),
        ("09:02:30", lambda: setattr(each.market, "is_up", True)),
        *minutes(95, 95, start=3),
        history=[friday],
    )
    each.market.at = 1
    each.market.now = at("09:00:30")
    await each.go()
    assert each.told() == [
        ("09:02", "none", "bar_skipped"),
        ("09:03", "enter", "entry_condition"),
    ]


GAP = Heard(missed=[("A", at("09:02:10"), at("09:02:40"))])


@pytest.mark.parametrize("heard_late", [False, True])
async def test_a_bar_over_a_gap_is_read_from_kis_before_it_is_decided_upon(heard_late: bool) -> None:
    each = live(
        strategy(entry={"left": "high", "is": "at_least", "right": 500}),
        *minutes(100, 100),
        ("09:02:00", 100),
        ("09:02:20", lambda: setattr(each.feed, "is_deaf", True)),
        ("09:02:30", 500),
        ("09:02:40", lambda: setattr(each.feed, "is_deaf", False)),
        *([("09:03:05", 100), ("09:03:10", GAP)] if heard_late else [("09:02:41", GAP), ("09:03:05", 100)]),
        ("09:04:00", 100),
        ("09:05:00", 100),
    )
    await each.go()
    # A gap that is told of after the bar was decided upon shows in what is decided next, not in what was.
    assert each.told() == ([] if heard_late else [("09:03", "enter", "entry_condition")])
    assert each.runner is not None
    assert each.runner.report.skipped == 0


async def test_a_lane_that_decided_upon_a_bar_with_a_gap_begins_anew_from_kis_bars() -> None:
    each = live(
        strategy(entry={"left": {"of": "high", "back": 2}, "is": "at_least", "right": 500}),
        *minutes(100, 100),
        ("09:02:00", 100),
        ("09:02:20", lambda: setattr(each.feed, "is_deaf", True)),
        ("09:02:30", 500),
        ("09:02:40", lambda: setattr(each.feed, "is_deaf", False)),
        ("09:03:05", 100),
        ("09:03:10", GAP),
        ("09:04:00", 100),
        ("09:05:00", 100),
        ("09:06:00", 100),
    )
    await each.go()
    assert each.told() == [("09:05", "enter", "entry_condition")]


async def test_bars_that_ended_during_a_gap_are_learnt_and_not_decided_upon() -> None:
    each = live(
        strategy(entry={"left": {"of": "close", "back": 1}, "is": "equal", "right": 500}),
        *minutes(100, 100),
        ("09:02:10", lambda: setattr(each.feed, "is_deaf", True)),
        *minutes(100, 500, 100, start=3),
        ("09:05:50", lambda: setattr(each.feed, "is_deaf", False)),
        ("09:05:55", Heard(missed=[("A", at("09:02:10"), at("09:05:50"))])),
        ("09:05:57", 100),
        ("09:06:01", 100),
    )
    await each.go()
    assert each.told() == [("09:06", "enter", "entry_condition")]


async def test_a_silent_feed_makes_no_bar_whole() -> None:
    each = live(
        strategy(entry=AT_100),
        *minutes(90, 90),
        ("09:02:00", 95),
        ("09:02:30", Heard(silent_since=at("09:02:05"))),
        ("09:02:50", lambda: setattr(each.feed, "is_deaf", True)),
        ("09:02:55", 100),
        ("09:03:02", Heard(silent_since=at("09:02:05"))),
        ("09:03:02", Heard(silent_since=at("09:02:05"))),
    )
    await each.go()
    assert each.told() == [("09:03", "enter", "entry_condition")]


async def test_while_nothing_can_be_heard_bars_are_read_from_kis_at_their_ends() -> None:
    silent = Heard(silent_since=at("09:01:30"))
    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *minutes(90, 100),
        ("09:02:00", lambda: setattr(each.feed, "is_deaf", True)),
        ("09:02:10", silent),
        *[row for clock, price in ((2, 105), (3, 110), (4, 108)) for row in told_to_nobody(clock, price, silent)],
        ("09:07:02", silent),
    )
    await each.go()
    assert each.told() == [("09:02", "enter", "entry_condition"), ("09:04", "exit", "exit_condition")]
    assert each.broker.held("A") == 0


def told_to_nobody(minute: int, price: int, silent: Heard) -> list[tuple[str, Any]]:
    return [(f"09:0{minute}:20", price), (f"09:0{minute}:40", silent), (f"09:0{minute + 1}:02", silent)]


@pytest.mark.parametrize(
    ("exits", "price", "reason"),
    [
        ({"stop_loss_percent": 5}, 95, "stop_loss"),
        ({"take_profit_percent": 5}, 105, "take_profit"),
        ({"trailing_stop_percent": 10}, 99, "trailing_stop"),
    ],
)
async def test_stop_and_target_are_sold_at_the_tick_that_touches_them(
    exits: dict[str, Any], price: int, reason: str
) -> None:
    each = live(
        strategy(entry=AT_100, exits=exits),
        *minutes(100, 100, 110 if reason == "trailing_stop" else 100, 104),
        ("09:03:20", price),
        ("09:03:40", 90),
    )
    await each.go()
    assert each.told()[1:] == [("09:03", "exit", reason)]
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]
    assert list(each.broker.by_key.values())[1].price == price


async def test_a_day_is_decided_at_its_close_and_ordered_in_the_next_opening_auction() -> None:
    tuesday = MONDAY + timedelta(days=1)
    each = live(strategy("1d"), ("09:00:00", 100), ("15:30:10", 100), ("15:31:02", None), ("16:10:00", 500))
    rows = [("08:30:00", None), ("08:55:00", None), ("09:00:00", 103)]
    each.market.script += script(*rows, day=tuesday)
    await each.go()
    (order,) = each.broker.by_key.values()
    assert (each.told(), order.at, order.price) == (
        [("15:30", "enter", "entry_condition")],
        at("08:55", tuesday),
        Decimal(103),
    )


async def test_what_may_not_stay_overnight_is_sold_before_the_close() -> None:
    each = live(
        strategy("10m", entry=AT_100, exits={"at_session_end": True}),
        *[("15:00:00", 100), ("15:10:00", 100), ("15:20:00", 110), ("15:25:00", 111), ("15:25:20", 111)],
        ("15:30:10", 100),
        ("15:40:00", None),
    )
    await each.go()
    assert each.told() == [
        ("15:10", "enter", "entry_condition"),
        ("15:25", "exit", "session_end"),
        ("15:40", "none", "session_end"),
    ]


async def test_an_order_that_a_guard_refuses_lapses_when_it_buys_and_is_tried_again_when_it_sells() -> None:
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, 100, 110, 105, 105, 105))
    each.broker.answers = [Answer("refused", "i0", "too large")]
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "buy", 10), ("A", "sell", 10)]
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, 110, 105, 105, 105, 105))
    each.broker.answers = [Answer("accepted", "i1"), Answer("refused", "i2", "halted")]
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10), ("A", "sell", 10)]
    keys = [wish.key for wish in each.broker.wishes]
    assert len(set(keys)) == 3
    assert each.broker.held("A") == 0


async def test_an_unknown_order_is_waited_for_and_never_sent_again() -> None:
    each = live(
        strategy(entry=AT_100),
        *minutes(100, 100, 100),
        (
            "09:03:00",
            lambda: each.broker.settle(each.broker.wishes[0].key, state="ended", filled=10, price=Decimal(100)),
        ),
        *minutes(100, 100, start=4),
    )
    each.broker.answers = [Answer("unknown", "i1", "no answer came")]
    await each.go()
    assert each.sent() == [("A", "buy", 10)]
    assert each.records.held["A"].quantity == 10
    assert ("09:01", "none", "order_unknown") in each.told()


async def test_an_order_outside_the_mandate_stops_the_strategy_and_says_why() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100, 100))
    each.broker.answers = [Answer("outside", "i1", "It may order 5 at most.")]
    await each.go()
    assert each.records.run.state == "stopped"
    assert each.records.run.reason == "It may order 5 at most."
    assert len(each.sent()) == 1


async def test_a_halt_stops_it_and_says_what_it_holds() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100), ("09:01:30", lambda: each.halted.append("by hand")))
    await each.go()
    assert (each.records.run.state, each.records.run.reason) == (
        "stopped",
        "Orders are halted: by hand. It holds 10 A.",
    )


async def test_the_end_of_its_mandate_and_its_loss_stop_it() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100, 100), until=at("09:01:00"))
    await each.go()
    assert each.records.run.reason == (
        "Its mandate ended at 2026-03-02 09:01. Its orders that may still be filled: buy 10 A."
    )
    each = live(strategy(entry=AT_100), *minutes(100, 100, 99, 90), most_loss=Decimal(50))
    await each.go()
    assert each.records.run.reason == "It lost 100, and it may lose 50. It holds 10 A."


async def test_fees_are_part_of_the_loss_that_stops_it_though_no_order_is_due() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100, 96, 96), most_loss=Decimal(50))
    each.broker.fee = Decimal("9.9")
    await each.go()
    assert each.records.run.state == "running"
    each = live(strategy(entry=AT_100), *minutes(100, 100, 96, 96), most_loss=Decimal(50))
    each.broker.fee = Decimal(10)
    await each.go()
    assert each.records.run.reason == "It lost 50, and it may lose 50. It holds 10 A."


async def test_a_stop_that_is_touched_is_sold_before_the_loss_stops_the_run() -> None:
    each = live(
        strategy(entry=AT_100, exits={"stop_loss_percent": 5}),
        *minutes(100, 100, 94, 94, 94, 94),
        most_loss=Decimal(50),
    )
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]
    assert each.records.run.reason == "It lost 60, and it may lose 50."


async def test_a_paused_run_hears_and_orders_nothing_until_it_is_resumed() -> None:
    each = live(
        strategy(entry=AT_100, sizing={"shares": 1}),
        ("09:00:00", 90),
        ("09:00:30", lambda: change(each, "paused")),
        *minutes(100, 100, 100, start=1),
        ("09:04:10", lambda: change(each, "running")),
        *minutes(90, 100, 90, start=5),
    )
    await each.go()
    assert each.told() == [("09:07", "enter", "entry_condition")]
    assert each.feed.openings == 2


def change(each: Live, state: Any) -> None:
    each.records.run = replace(each.records.run, state=state, reason="a person said so")


async def test_after_a_restart_it_stays_paused_unless_told_to_go_on() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100))
    each.records.run = replace(each.records.run, reason=TAKEN_UP)
    await each.go()
    assert each.records.changes == [("paused", RESTARTED)]
    assert each.sent() == []
    each = live(strategy(entry=AT_100), *minutes(100, 100))
    each.records.run = replace(each.records.run, reason=TAKEN_UP)
    await each.go(resumes=True)
    assert each.sent() == [("A", "buy", 10)]


async def test_it_never_sells_what_is_not_its_own() -> None:
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, 110, 110, 110))
    each.broker.others = {"A": 500}
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]


@pytest.mark.parametrize(("gone", "sold"), [(4, [("A", "buy", 10), ("A", "sell", 6)]), (10, [("A", "buy", 10)])])
async def test_what_somebody_else_sold_is_not_sold_again_and_forgotten_after_a_while(
    gone: int, sold: list[tuple[str, str, int]]
) -> None:
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, 110, *[105] * 15))
    each.broker.others = {"A": -gone}
    await each.go()
    assert each.sent() == sold
    reasons = [reason for _, _, reason in each.told()]
    assert reasons.count("sold_elsewhere") == 1
    assert "exit_refused" in reasons
    assert each.records.held["A"].quantity == 0


async def test_what_the_persons_own_orders_are_for_is_sold_once_they_are_gone() -> None:
    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *minutes(100, 110, *[105] * 12),
        ("09:14:00", lambda: setattr(each.broker, "reserved", 0)),
        *minutes(105, 105, start=15),
    )
    each.broker.reserved = 10
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]
    assert each.broker.held("A") == 0


async def test_it_spends_no_more_than_its_capital() -> None:
    each = live(strategy(entry=AT_100, sizing={"percent_of_equity": 100}), *minutes(100, 100), capital=Decimal(1_030))
    await each.go()
    assert each.sent() == [("A", "buy", 10)]
    each = live(strategy(entry=AT_100), *minutes(100, 100), capital=Decimal(100))
    await each.go()
    assert each.told() == [("09:01", "none", "no_money")]


async def test_where_its_money_has_room_for_less_it_buys_less_and_says_so() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100), capital=Decimal(320))
    await each.go()
    assert each.sent() == [("A", "buy", 3)]
    (reason, *_) = (signal.reason for signal in each.records.kept.values())
    assert reason == "entry_condition: 3 of 10, its money has room for no more"


async def test_a_strategy_without_a_mandate_only_signals() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100, 100), orders=False)
    await each.go()
    assert each.told() == [("09:01", "enter", "entry_condition"), ("09:02", "enter", "entry_condition")]
    assert each.sent() == []


async def test_a_feed_that_ends_is_opened_again() -> None:
    each = live(
        strategy(entry=AT_100),
        ("09:00:00", 100),
        ("09:00:30", Heard(ended_because="KIS ended it")),
        ("09:00:40", None),
        *minutes(100, 100, start=1),
    )
    await each.go()
    assert each.feed.openings == 2
    assert each.told() == [("09:02", "enter", "entry_condition")]


async def test_a_run_that_begins_anew_reads_the_bar_of_what_it_did_not_hear_from_kis_before_it_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its records fail once, at the end of 09:01; 130 is traded while it waits, and nobody else tells it."""
    each = live(
        strategy(entry={"left": "high", "is": "above", "right": 120}),
        *[("09:00:00", 100), ("09:01:00", 101), ("09:01:20", 130), ("09:01:40", 102), ("09:02:00", 103)],
        ("09:03:00", 103),
    )
    failures, add_bars = [StorageError("The disk is full.", remedy="Make room.")], each.records.add_bars

    async def fail_once(bars: Sequence[StoredBar]) -> int:
        if bars and failures:
            raise failures.pop()
        return await add_bars(bars)

    monkeypatch.setattr(each.records, "add_bars", fail_once)
    await each.go()
    assert each.feed.openings == 2
    assert each.told() == [("09:02", "enter", "entry_condition")]
    kept = each.records.stored["A", at("09:02")]
    assert (kept.open, kept.high, kept.low, kept.close, kept.volume) == (101, 130, 101, 102, 3)
    assert each.runner is not None
    assert (each.runner.report.ticks, each.runner.report.skipped) == (5, 0)


async def test_kis_away_at_the_start_is_waited_for() -> None:
    each = live(
        strategy(entry=AT_100),
        ("09:00:00", lambda: setattr(each.market, "is_up", True)),
        *minutes(100, 100, 100, start=1),
    )
    each.market.is_up = False
    await each.go()
    assert each.sent() == [("A", "buy", 10)]


async def test_an_order_that_could_not_be_checked_was_not_sent() -> None:
    each = live(strategy(entry=AT_100), *minutes(100, 100, 90))
    each.broker.answers = [KisUnavailable("KIS does not answer.", remedy="Wait.")]
    await each.go()
    assert ("09:01", "none", "enter_refused") in each.told()


async def test_where_limits_are_shared_the_first_symbol_gets_the_only_entry_however_late_its_bar_ends() -> None:
    document = strategy(entry=ALWAYS, limits={"positions": 1})
    each = live(document, symbols=("A", "B"))
    each.market.script = sorted(
        [
            *script(("09:00:00", 100), ("09:01:01", 100), ("09:02:00", 100)),
            *script(("09:00:00", 100), ("09:01:00", 100), ("09:02:00", 100), symbol="B"),
        ],
        key=lambda row: row[0],
    )
    each.market.now = each.market.script[0][0]
    await each.go()
    assert [(entry.symbol, entry.action, entry.reason) for entry in each.signals()][:2] == [
        ("A", "enter", "entry_condition"),
        ("B", "none", "most_positions"),
    ]
