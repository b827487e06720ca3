"""Splits and rights issues between two days of a run: no stop fires at a price that fell by the split alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner import is_in_doubt
from kis_mcp.strategies.runner.runner import RESTARTED
from tests.strategies.runner.live import MONDAY, Live, at, live, script, strategy

TUESDAY = MONDAY + timedelta(days=1)
AT_100 = {"left": "close", "is": "equal", "right": 100}
BELOW_50 = {"left": "close", "is": "below", "right": 50}
EXITS: list[dict[str, Any]] = [
    {"exits": {"stop_loss_percent": 3}},
    {"exits": {"trailing_stop_percent": 3}},
    {"exit": BELOW_50},
    {"exit": {"left": "position.profit_percent", "is": "below", "right": -10}},
]
FALLEN = [("08:54:00", None), ("08:55:00", None), *[(f"09:0{minute}:00", 20) for minute in range(4)]]


def over_a_split(ratio: str = "0.2", *, first: Any = TUESDAY, rows: Any = FALLEN, **document: Any) -> Live:
    """Ten are bought at 100 on Monday, and one share is five from Tuesday on."""
    each = live(strategy(entry=AT_100, **document), *[("09:00:00", 100), ("09:01:00", 100), ("15:00:00", 99)])
    each.market.script += script(*rows, day=TUESDAY)
    each.market.splits["A"] = first, Decimal(ratio)
    return each


@pytest.mark.parametrize("document", EXITS)
async def test_a_position_from_before_a_split_is_never_sold_and_the_run_is_paused(document: dict[str, Any]) -> None:
    each = over_a_split(**document)
    each.broker.others = {"A": 40}  # the account has the new shares
    await each.go()
    assert each.sent() == [("A", "buy", 10)]
    assert each.records.run.state == "paused"
    assert each.records.run.reason == (
        "KIS multiplied prices of A since 2026-03-02 by 0.2, as for a split or a rights issue (액면분할, 병합, 권리락)."
        " It holds 10 bought at 100. The account has 50. Its stops would be wrong, so nothing is sold. Sell these"
        " shares yourself and resume it; or stop it, and what it holds is yours to keep."
    )
    assert {end.date() for _, end in each.records.stored} == {MONDAY}
    assert is_in_doubt(each.records.run.reason)
    assert not is_in_doubt(RESTARTED)


@pytest.mark.parametrize("document", EXITS)
async def test_without_a_split_the_same_prices_are_sold_at(document: dict[str, Any]) -> None:
    each = over_a_split(first=TUESDAY + timedelta(days=1), **document)
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]


async def test_a_loss_by_the_split_alone_does_not_stop_the_run() -> None:
    each = over_a_split()
    each.most_loss = Decimal(100)
    await each.go()
    assert each.records.run.state == "paused"


@pytest.mark.parametrize("clock", ["03:00:00", "09:10:00"])
async def test_a_run_that_is_taken_up_after_a_split_is_paused_again_until_the_shares_are_gone(clock: str) -> None:
    each = over_a_split(rows=[], exits={"stop_loss_percent": 3})
    await each.go()
    each.market.script += script((clock, None), ("09:20:00", 20), ("09:21:00", 20), day=TUESDAY)
    each.market.now = at(clock[:5], TUESDAY)
    await each.go(resumes=True)
    assert each.records.run.state == "paused"
    assert "multiplied prices of A" in each.records.run.reason
    each.broker.others = {"A": -10}  # the person sold them
    each.market.script += script(("09:22:00", 100), ("09:23:00", 100), ("09:24:00", 100), day=TUESDAY)
    await each.go(resumes=True)
    assert each.records.run.state == "running"
    assert each.sent() == [("A", "buy", 10), ("A", "buy", 10)]


async def test_what_is_not_held_warms_up_anew_on_adjusted_bars_and_an_entry_of_before_lapses() -> None:
    """The average of the days before is 20 after the split: 21 is above it, and 19 would be below 100."""
    document = strategy(
        "1d",
        indicators={"mean": {"kind": "sma", "params": {"period": 3}}},
        entry={"left": "close", "is": "above", "right": "mean"},
    )
    history = [Bar(at("15:30", MONDAY - timedelta(days=number)), *[Decimal(100)] * 4, volume=1) for number in (5, 4, 3)]
    each = live(document, ("09:00:00", 110), ("15:31:02", None), history=history)
    rows = [("08:55:00", None), ("09:00:00", 22), ("15:30:10", 23), ("15:31:02", None)]
    each.market.script += script(*rows, day=TUESDAY)
    each.market.splits["A"] = TUESDAY, Decimal("0.2")
    await each.go()
    assert each.sent() == []
    assert [(f"{one.at:%d %H:%M}", one.action, one.reason.partition(":")[0]) for one in each.signals()] == [
        ("02 15:30", "enter", "entry_condition"),
        ("03 08:55", "none", "prices_adjusted"),
        ("03 15:30", "enter", "entry_condition"),
    ]
    assert each.signals()[-1].values["mean"] == pytest.approx((20 + 22 + 23) / 3)


@pytest.mark.parametrize(("first", "state"), [(TUESDAY, "paused"), (TUESDAY + timedelta(days=1), "running")])
async def test_while_kis_tells_the_last_days_base_price_it_is_looked_again_at_the_opening(
    first: Any, state: str
) -> None:
    each = over_a_split(first=first, exits={"stop_loss_percent": 90})
    each.market.base_from = at("09:00", TUESDAY)
    each.broker.others = {"A": 40}
    await each.go()
    assert each.records.run.state == state
    assert each.sent() == [("A", "buy", 10)]
    assert [f"{look:%d %H:%M}" for look in each.market.looks] == ["03 08:55", "03 09:00"]


async def test_while_kis_cannot_tell_nothing_is_sold() -> None:
    each = over_a_split(
        first=TUESDAY + timedelta(days=9),
        exits={"stop_loss_percent": 3},
        rows=[
            ("08:54:00", lambda: setattr(each.market, "is_up", False)),
            *[(f"09:0{minute}:00", 90) for minute in range(6)],
            ("09:06:00", lambda: setattr(each.market, "is_up", True)),
            *[(f"09:0{minute}:00", 90) for minute in range(7, 9)],
        ],
    )
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]
    assert each.signals("exit")[0].at > at("09:06", TUESDAY)


async def test_shares_that_a_reverse_split_took_are_not_taken_for_sold() -> None:
    each = over_a_split("10", rows=[])
    await each.go()
    each.broker.others = {"A": -9}
    each.market.script += script(("08:40:00", None), ("09:00:00", 1000), ("09:01:00", 1000), day=TUESDAY)
    each.market.now = at("08:40", TUESDAY)
    await each.go(resumes=True)
    assert each.records.run.state == "paused"
    assert "It holds 10 bought at 100. The account has 1." in each.records.run.reason
    assert [one.reason for one in each.signals("none")] == []


@pytest.mark.parametrize(("ratio", "state"), [("0.995", "running"), ("0.95", "paused"), ("10", "paused")])
async def test_a_dividend_is_no_split(ratio: str, state: str) -> None:
    each = over_a_split(ratio)
    await each.go()
    assert each.records.run.state == state


async def test_a_position_of_today_is_of_todays_prices() -> None:
    each = over_a_split(first=MONDAY, rows=[], exits={"stop_loss_percent": 3})
    await each.go()
    await each.go(resumes=True)
    assert each.records.run.state == "running"
