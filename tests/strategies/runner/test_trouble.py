"""A run among bad ticks, refusals, a person who trades the same instrument, and a journal that cannot be read."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio
import pytest

from kis_mcp.errors import KisMcpError, OrderStateUnknown, StorageError
from kis_mcp.strategies.runner.bar_builder import Tick
from kis_mcp.strategies.runner.live_lane import LiveLane
from kis_mcp.strategies.runner.live_run import LiveRun, RunReport
from kis_mcp.strategies.runner.ports import Answer, Heard
from tests.strategies.runner.live import MONDAY, Live, Market, at, live, script, strategy

AT_100 = {"left": "close", "is": "equal", "right": 100}
AT_110 = {"left": "close", "is": "equal", "right": 110}
BUY, SELL = ("A", "buy", 10), ("A", "sell", 10)


def minutes(*prices: float, start: int = 0) -> list[tuple[str, Any]]:
    return [(f"09:{start + number:02}:00", price) for number, price in enumerate(prices)]


@pytest.mark.parametrize("price", [0, -1])
async def test_a_tick_without_a_price_touches_no_stop_no_bar_and_no_loss(price: int) -> None:
    each = live(
        strategy(entry=AT_100, exits={"stop_loss_percent": 5}),
        *minutes(100, 100, 100),
        ("09:02:20", price),
        *minutes(99, 99, start=3),
        most_loss=Decimal(100),
    )
    await each.go()
    assert each.sent() == [BUY]
    assert each.records.run.state == "running"
    assert min(bar.low for bar in each.records.stored.values()) == 99


@pytest.mark.parametrize("dated", [at("15:20"), at("09:07:02"), at("08:00"), at("10:00") - timedelta(days=1)])
async def test_a_trade_dated_far_from_the_clock_makes_no_bar_and_touches_no_stop_and_is_said_once(
    dated: datetime,
) -> None:
    bad = Heard(ticks=[("A", Tick(dated, Decimal(1), 1, 10**9))])
    each = live(
        strategy(entry=AT_100, exit=AT_110, exits={"stop_loss_percent": 50}),
        *minutes(100, 100),
        *[("09:02:00", bad), ("09:02:01", bad), ("09:02:02", 105)],
        *minutes(110, 108, 108, start=3),
    )
    await each.go()
    assert each.sent() == [BUY, SELL]
    assert [one for one in each.told() if one[1] == "none"] == [("09:02", "none", "tick_refused")]
    assert each.runner is not None
    assert (each.runner.report.refused, each.runner.report.skipped) == (2, 0)
    assert min(bar.low for bar in each.records.stored.values()) == 100


@pytest.mark.parametrize("fast", [timedelta(0), timedelta(seconds=20), timedelta(minutes=4, seconds=50)])
@pytest.mark.parametrize("symbols", [("A",), ("A", "B")])
async def test_where_the_computers_clock_is_fast_bars_wait_for_their_trades(
    fast: timedelta, symbols: tuple[str, ...]
) -> None:
    """Each trade is told at once; the clock is looked at in between."""
    told, traded = list[tuple[datetime, Any]](), at("09:00:05")
    for number in range(80):
        ticks = [(symbol, Tick(traded, Decimal(100 + number % 7), 1)) for symbol in symbols]
        told += [
            (traded + fast, Heard(ticks=ticks)),
            *((traded + fast + timedelta(seconds=3 * n), None) for n in (1, 2)),
        ]
        traded += timedelta(seconds=10)
    every = strategy(entry=AT_100, sizing={"shares": 10}, limits={"positions": 1})
    each = Live(every, Market(told, {}, every.interval), symbols)
    await each.go()
    bars = [each.records.stored["A", at(f"09:{minute:02}")] for minute in range(8, 13)]
    assert [bar.volume for bar in bars] == [6, 6, 6, 6, 6]
    assert {bar.source for bar in bars} == {"live"}


@pytest.mark.parametrize(("exits", "reason"), [({}, "session_end"), ({"stop_loss_percent": 50}, "session_end")])
async def test_what_may_not_stay_overnight_is_offered_again_when_it_was_refused(
    exits: dict[str, int], reason: str
) -> None:
    each = live(
        strategy("10m", entry=AT_100, exits={"at_session_end": True, **exits}),
        *[("15:00:00", 100), ("15:10:00", 100), ("15:20:00", 110), ("15:25:05", 111), ("15:25:20", 111)],
        ("15:25:36", 111),
        ("15:25:40", 111),
    )
    each.broker.answers = [Answer("accepted", "i1"), Answer("refused", None, "too many calls")]
    await each.go()
    assert each.sent() == [BUY, SELL, SELL]
    assert [one for one in each.told() if one[1] == "exit"] == [("15:25", "exit", reason)] * 2
    assert each.broker.held("A") == 0


async def test_an_exit_that_was_refused_before_is_offered_at_the_end_of_the_session_too() -> None:
    each = live(
        strategy("10m", entry=AT_100, exit=AT_110, exits={"at_session_end": True}),
        *[("15:00:00", 100), ("15:10:00", 110), ("15:20:00", 111), ("15:20:10", 111), ("15:25:00", 111)],
        ("15:25:20", 111),
    )
    each.broker.answers = [Answer("accepted", "i1"), Answer("refused", None, "halted by a VI")]
    await each.go()
    assert each.sent() == [BUY, SELL, SELL]
    assert each.broker.held("A") == 0


@pytest.mark.parametrize("reserved", [10, 4])
async def test_shares_that_the_persons_own_order_holds_back_are_not_given_up(reserved: int) -> None:
    def free() -> None:
        each.broker.reserved = 0

    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, 110, 110, 110), ("09:03:30", free))
    each.market.script += script(*minutes(105, 105, 105, start=4))
    each.broker.reserved = reserved
    await each.go()
    assert each.broker.held("A") == 0
    assert sum(quantity for _, side, quantity in each.sent() if side == "sell") == 10
    assert not any(reason == "sold_elsewhere" for _, _, reason in each.told())


async def test_what_a_person_buys_after_selling_the_runs_shares_is_theirs_also_after_a_restart() -> None:
    # Longer than an account's list may be behind.
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, *[110] * 14))
    each.broker.others = {"A": -10}
    await each.go()
    assert each.sent() == [BUY]
    each.broker.others = {"A": 0}  # the person bought ten themselves
    each.market.script += script(*minutes(110, 110, 110, start=15))
    await each.go(resumes=True)
    assert each.sent() == [BUY]
    assert each.records.held["A"].quantity == 0


async def test_what_a_person_sold_is_remembered_however_much_was_decided_since() -> None:
    each = live(strategy(entry=AT_100, exit=AT_110), *minutes(100, *[110] * 14))
    each.broker.others = {"A": -10}
    await each.go()
    for number in range(1_100):
        idle = replace(each.signals()[0], at=at("10:00") + timedelta(seconds=number), action="none", quantity=0)
        await each.records.add_signals([replace(idle, reason="cooldown")])
    each.broker.others = {"A": 0}  # the person bought ten themselves
    each.market.script += script(*minutes(110, 110, 110, start=15))
    await each.go(resumes=True)
    assert each.sent() == [BUY]


async def test_an_exit_of_yesterday_waits_for_the_first_trade_where_kis_keeps_no_bars_of_yesterday() -> None:
    tuesday = MONDAY + timedelta(days=1)
    each = live(strategy("1d", entry=AT_100, exit=AT_110), ("15:29:00", 100), ("15:31:02", None))
    each.market.script += script(
        ("08:55:00", None), ("09:00:00", 100), ("15:29:00", 110), ("15:31:02", None), day=tuesday
    )
    await each.go()
    each.market.latest = nothing  # type: ignore[method-assign]
    rows = [("08:55:00", None), ("08:56:00", None), ("09:00:00", 110), ("09:01:00", 110)]
    each.market.script += script(*rows, day=tuesday + timedelta(days=1))
    each.market.now = at("08:55", tuesday + timedelta(days=1))
    await each.go(resumes=True)
    assert each.records.run.state == "running"
    assert each.sent() == [BUY, SELL]


async def nothing(symbol: str, count: int) -> list[Any]:
    """Demo tells minutes of today only."""
    return []


@pytest.mark.parametrize(
    "error", [StorageError("The journal is locked.", remedy="Wait."), OrderStateUnknown("Lost.", remedy="Wait.")]
)
async def test_an_order_that_may_have_gone_is_looked_up_in_the_journal_and_not_taken_for_refused(
    error: KisMcpError,
) -> None:
    """It was sent, and the journal could not be read for a moment."""
    each = _BrokenAfterSending(strategy(entry=AT_100), error)
    await each.live.go()
    assert each.live.sent() == [BUY]
    assert not any(reason == "enter_refused" for _, _, reason in each.live.told())
    assert each.live.records.held["A"].quantity == 10


async def test_a_fault_of_the_program_pauses_the_run_and_says_which_and_a_person_may_let_it_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def resume() -> None:
        monkeypatch.undo()
        each.records.run = replace(each.records.run, state="running", reason="a person said so")

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by\nzero")

    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *minutes(100, 100),
        ("09:01:30", lambda: monkeypatch.setattr(LiveLane, "end_bar", fail)),
        *minutes(100, start=2),
        ("09:02:30", resume),
        *minutes(110, 110, 105, 105, start=3),
    )
    await each.go()
    assert [state for state, _ in each.records.changes] == ["running", "paused", "running"]
    assert each.records.changes[1][1] == (
        "A fault in kis-mcp paused it (ZeroDivisionError: division by zero). Its orders stand as they are. It holds"
        " 10 A, which no stop watches now. The log of kis-mcp has the details; report them, and resume it to go on."
    )
    (logged,) = [each for each in caplog.records if each.exc_info]
    assert "paused by a fault" in logged.message
    assert each.sent() == [BUY, SELL]


class _BrokenAfterSending:
    """A run whose first order is filled while the answer to it is lost with the journal."""

    def __init__(self, document: Any, error: KisMcpError) -> None:
        each: Live = live(document, *minutes(100, 100, 100, 100, 100))
        each.market.script.append((at("09:06"), None))
        place, errors = each.broker.place, [error]

        async def placed(wish: Any) -> Answer:
            answer = await place(wish)
            if errors:
                raise errors.pop()
            return answer

        each.broker.place = placed  # type: ignore[method-assign]
        self.live = each


async def test_who_is_cancelled_again_and_again_still_waits_for_what_an_order_writes() -> None:
    written = asyncio.Event()

    async def write_although_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            written.set()

    run = LiveRun(live(strategy(entry=AT_100)).terms, RunReport())
    errand = asyncio.create_task(write_although_cancelled())
    run._errands["A"] = errand  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run.aclose()
    assert written.is_set()
    assert errand.cancelled()
