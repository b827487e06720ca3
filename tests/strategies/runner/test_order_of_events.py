"""What comes at the wrong moment: a pause while a run is taken up, a stop beside an exit, an exit that KIS ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.errors import KisUnavailable
from kis_mcp.strategies.runner.ports import Answer, InAccount, Wish
from tests.strategies.runner.live import MONDAY, Broker, Live, Market, at, live, script, strategy

TUESDAY = MONDAY + timedelta(days=1)
AT_100 = {"left": "close", "is": "equal", "right": 100}
AT_110 = {"left": "close", "is": "equal", "right": 110}
BUY, SELL = ("A", "buy", 10), ("A", "sell", 10)


def two(document: Any, *rows: Any, of_b: Any, **more: Any) -> Live:
    """Two instruments, whose events follow each other by their times."""
    events = sorted([*script(*rows), *script(*of_b, symbol="B")], key=lambda row: row[0])
    return Live(document, Market(events, {}, document.interval), symbols=("A", "B"), **more)


async def test_a_pause_while_a_run_is_taken_up_holds() -> None:
    each = live(strategy(entry=AT_100), *[(f"09:0{minute}:00", 100) for minute in range(4)])
    latest = each.market.latest

    async def pause_meanwhile(symbol: str, count: int) -> Any:
        each.records.run = replace(each.records.run, state="paused", reason="a person said so")
        return await latest(symbol, count)

    each.market.latest = pause_meanwhile  # type: ignore[method-assign]
    await each.go()
    assert (each.records.run.reason, each.sent()) == ("a person said so", [])


async def test_an_exit_on_its_way_is_sent_before_an_order_outside_the_mandate_stops_the_run_and_nothing_is_bought() -> (
    None
):
    each = two(
        strategy(entry=AT_100, exit=AT_110),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:02:00", 110), ("09:03:00", 100), ("09:03:01", 100)],
        *[("09:03:05", 100), ("09:03:30", 100), ("09:04:00", 100), ("09:05:00", 100)],
        of_b=[("09:02:00", 100), ("09:03:00", 100), ("09:03:01", 100), ("09:04:00", 100)],
    )
    place, account = each.broker.place, each.broker.account

    async def answer_outside(wish: Wish) -> Answer:
        return Answer("outside", None, "B is too dear.") if wish.symbol == "B" else await place(wish)

    async def answer_late(symbol: str) -> InAccount:
        while each.market.now < at("09:03:05"):
            await each.terms.sleep(0)
        return await account(symbol)

    each.broker.place, each.broker.account = answer_outside, answer_late  # type: ignore[method-assign]
    await each.go()
    assert each.sent() == [BUY, SELL]
    assert (each.records.run.state, each.records.run.reason) == ("stopped", "B is too dear.")


def over_two_days(*rows: Any) -> Live:
    """Bought at 100 on Tuesday's opening, with a stop at 95."""
    each = live(strategy("1d", entry=AT_100, exits={"stop_loss_percent": 5}), ("09:00:00", 100), ("15:31:02", None))
    each.market.script += script(("08:55:00", None), ("09:00:00", 100), ("10:00:00", 100), *rows, day=TUESDAY)
    return each


def end_exits(each: Live) -> None:
    for order in list(each.broker.by_key.values()):
        if order.side == "sell" and order.state == "open":
            each.broker.settle(order.key, state="ended")


STOPPED = [("10:01:00", 90), ("10:01:02", None), ("10:01:04", None)]
LATER = [("10:01:10", 90), ("10:01:20", 90), ("10:02:00", 90), ("10:02:02", None), ("10:02:10", 90), ("10:02:20", 90)]


@pytest.mark.parametrize("dies", [False, True])
async def test_a_stop_whose_order_kis_ended_is_ordered_again_while_the_price_is_there(dies: bool) -> None:
    each = over_two_days(("10:00:30", lambda: setattr(each.broker, "fills", False)), *STOPPED)
    if dies:
        await each.go()
    rows = [("10:01:05", lambda: end_exits(each)), ("10:01:05", lambda: setattr(each.broker, "fills", True))]
    each.market.script += script(*rows, *LATER, day=TUESDAY)
    if dies:
        end_exits(each)
    await each.go(resumes=True)
    assert each.sent() == [BUY, SELL, SELL]
    assert each.broker.held("A") == 0


async def test_the_part_of_a_stop_that_other_orders_held_back_is_sold_once_they_are_gone() -> None:
    each = over_two_days(
        ("10:00:30", lambda: setattr(each.broker, "reserved", 4)),
        *STOPPED,
        ("10:01:05", lambda: setattr(each.broker, "reserved", 0)),
        *LATER,
    )
    await each.go()
    assert each.sent() == [BUY, ("A", "sell", 6), ("A", "sell", 4)]


async def test_an_exit_at_the_end_of_the_session_that_kis_ends_again_and_again_is_ordered_every_half_minute() -> None:
    def end() -> None:
        end_exits(each)

    each = live(
        strategy("10m", entry=AT_100, exits={"at_session_end": True}),
        *[("14:59:00", 90), ("15:00:00", 100), ("15:10:00", 100), ("15:20:00", 110)],
        ("15:24:00", lambda: setattr(each.broker, "fills", False)),
        *[row for second in range(5, 60) for row in ((f"15:25:{second:02}", 111), (f"15:25:{second:02}", end))],
    )
    await each.go()
    assert each.sent() == [BUY, SELL, SELL]


def sold_by_hand(*rows: Any, **more: Any) -> Live:
    """Ten are bought at 100; the person sells them, which is found at 09:12."""
    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:01:30", lambda: each.broker.others.update(A=-10))],
        *[(f"09:{minute:02}:00", 110) for minute in range(2, 14)],
        *rows,
        **more,
    )
    return each


@pytest.mark.parametrize("is_down", [False, True])
async def test_what_a_person_sells_is_found_within_minutes_also_where_kis_does_not_answer_at_once(
    is_down: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, tell = list[datetime](), Broker.account

    async def account(broker: Broker, symbol: str) -> InAccount:
        looks.append(broker.market.now)
        if is_down and len(looks) < 4:
            raise KisUnavailable("KIS does not answer.", remedy="Wait.")
        return await tell(broker, symbol)

    monkeypatch.setattr(Broker, "account", account)
    each = live(
        strategy(entry=AT_100, exit={"left": "close", "is": "below", "right": 1}),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:02:30", lambda: each.broker.others.update(A=-10))],
        *[(f"09:{minute:02}:{second:02}", 110) for minute in range(2, 40) for second in (0, 20, 40)],
    )
    await each.go()
    assert [when for when, _, why in each.told() if why == "sold_elsewhere"] == ["09:22" if is_down else "09:12"]
    assert [each.records.held["A"].quantity, each.records.run.state] == [0, "running"]
    assert len(looks) == (4 if is_down else 2), "of nothing that is held it is not looked"


async def test_what_a_person_sold_binds_nothing_any_more() -> None:
    each = sold_by_hand(*[(f"09:{minute}:00", 100) for minute in (14, 15, 16)], capital=Decimal(1_040))
    await each.go()
    assert [wish for wish in each.sent() if wish[2] == 10] == [BUY, BUY]


@pytest.mark.parametrize("price", [20, 500])
async def test_what_a_person_sold_is_no_loss_and_no_profit_of_the_run_at_later_prices(price: int) -> None:
    each = sold_by_hand(("09:14:00", price), ("09:15:00", price), ("09:15:10", price), most_loss=Decimal(100))
    await each.go()
    assert each.records.run.state == "running"
    rows = [(f"09:{minute}:00", cost) for minute, cost in ((16, 100), (17, 100), (18, 85), (19, 85))]
    each.market.script += script(*rows)
    await each.go(resumes=True)
    assert each.sent() == [BUY, BUY]
    assert each.records.run.reason == "It lost 150, and it may lose 100. It holds 10 A."


async def test_an_entry_that_stands_binds_what_its_limit_takes_however_far_the_price_fell() -> None:
    each = two(
        strategy(entry=AT_100),
        *[("09:00:00", 100), ("09:00:50", lambda: setattr(each.broker, "room", Decimal("0.03")))],
        *[("09:00:55", lambda: setattr(each.broker, "fills", False)), ("09:01:00", 100), ("09:01:02", None)],
        *[("09:01:30", 60), ("09:02:00", 60), ("09:02:01", 60)],
        of_b=[("09:01:10", 100), ("09:02:00", 100), ("09:02:01", 100)],
        capital=Decimal(1_700),
    )
    await each.go()
    assert each.sent() == [BUY, ("B", "buy", 6)]


async def test_a_run_that_stops_says_which_of_its_orders_may_still_be_filled() -> None:
    each = two(
        strategy(entry=AT_100),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:01:30", lambda: setattr(each.broker, "fills", False))],
        *[("09:03:00", 90), ("09:03:02", 90)],
        of_b=[("09:01:40", 100), ("09:02:00", 100)],
        most_loss=Decimal(50),
    )
    await each.go()
    assert each.records.run.reason == (
        "It lost 100, and it may lose 50. It holds 10 A. Its orders that may still be filled: buy 10 B."
    )
