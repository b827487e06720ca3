"""Orders that stand: an exit that the price leaves behind, an entry that is not filled, and an exit beside its rest."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.strategies.runner.ports import Answer
from tests.strategies.runner.live import MONDAY, Live, at, live, script, strategy

AT_100 = {"left": "close", "is": "equal", "right": 100}
AT_110 = {"left": "close", "is": "equal", "right": 110}
ROOM = Decimal("0.03")
ENTRY = ("enter", "entry_condition")


def ticks(begin: str, *prices: float, every: int = 10) -> list[tuple[str, Any]]:
    """A tick every so many seconds."""
    first = at(begin)
    return [(f"{first + number * timedelta(seconds=every):%H:%M:%S}", price) for number, price in enumerate(prices)]


def left_behind(*after: float) -> Live:
    """Bought at 100; the exit is decided at 110 and stands at 106.7, and from the next trade on the price is lower."""
    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:02:00", 110)],
        ("09:02:59", lambda: setattr(each.broker, "room", ROOM)),
        ("09:03:02", None),
        *ticks("09:03:10", *after),
    )
    return each


def told(each: Live) -> list[tuple[str, str, str]]:
    return [one for one in each.told() if one[1:] != ENTRY]


async def test_an_exit_that_the_price_left_behind_is_cancelled_and_ordered_anew_near_the_price() -> None:
    each = left_behind(*[90] * 30)
    await each.go()
    sells = [wish for wish in each.broker.wishes if wish.side == "sell"]
    assert [(wish.quantity, wish.price) for wish in sells] == [(10, Decimal(110)), (10, Decimal(90))]
    assert each.broker.cancels == [f"{sells[0].key}-cancel-1"]
    assert each.broker.held("A") == 0
    assert told(each) == [
        ("09:03", "exit", "exit_condition"),
        ("09:04", "none", "exit_cancelled"),
        ("09:04", "exit", "exit_condition"),
    ]


async def test_an_exit_waits_a_minute_before_it_is_ordered_anew() -> None:
    each = left_behind(90, 90, 90, 90, 107)
    await each.go()
    assert each.broker.cancels == []
    assert each.broker.held("A") == 0


async def test_only_the_rest_of_an_exit_is_ordered_anew() -> None:
    each = left_behind(*[90] * 30)
    hear = each.broker.hear

    def fill_a_part(symbol: str) -> None:
        for order in each.broker.by_key.values():
            if order.side == "sell" and order.state == "open" and each.market.now == at("09:03:30"):
                each.broker.settle(order.key, filled=4, price=Decimal(107))
        hear(symbol)

    each.broker.hear = fill_a_part  # type: ignore[method-assign]
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10), ("A", "sell", 6)]
    assert each.broker.held("A") == 0


@pytest.mark.parametrize("orders_a_day", [2, 3])
async def test_an_exit_is_not_cancelled_where_no_order_is_left_for_another_one_and_that_is_said_once(
    orders_a_day: int,
) -> None:
    each = left_behind(*[90] * 60)
    each.broker.orders_a_day = orders_a_day
    await each.go()
    is_last = orders_a_day == 2
    assert len(each.broker.cancels) == (not is_last)
    assert told(each).count(("09:04", "none", "exit_stands")) == is_last


async def test_one_order_of_the_day_is_kept_for_the_exit_of_each_other_instrument() -> None:
    one = left_behind(*[90] * 30)
    each = Live(one.strategy, one.market, symbols=("B", "A"))
    each.broker, each.feed.broker = one.broker, one.broker
    each.market.script += script(("09:00:30", 100), ("09:01:01", 100), symbol="B")
    each.market.script.sort(key=lambda row: row[0])
    each.broker.orders_a_day = 4
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("B", "buy", 10), ("A", "sell", 10)]
    assert (each.broker.cancels, told(each)[-1]) == ([], ("09:04", "none", "exit_stands"))


async def test_an_exit_at_the_market_stands_and_is_said_to() -> None:
    each = live(
        strategy(entry=AT_100, exit=AT_110),
        *[("09:00:00", 100), ("09:01:00", 100), ("09:02:00", 110)],
        ("09:02:30", lambda: setattr(each.broker, "fills", False)),
        *ticks("09:03:00", *[90] * 60),
    )
    await each.go()
    assert told(each) == [("09:03", "exit", "exit_condition"), ("09:06", "none", "exit_stands")]
    assert each.broker.cancels == []


async def test_an_exit_that_kis_does_not_cancel_is_tried_three_times_and_said() -> None:
    each = left_behind(*[90] * 60)
    keys = list[str]()

    async def refuse(intent_id: str, key: str) -> Answer:
        keys.append(key.rpartition("-")[2])
        return Answer("refused", None, "too many calls")

    each.broker.cancel = refuse  # type: ignore[method-assign]
    await each.go()
    assert keys == ["1", "2", "3"]
    assert told(each)[1] == ("09:04", "none", "exit_cancel_refused")
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 10)]


async def test_a_cancel_whose_fate_is_unknown_is_not_sent_again() -> None:
    each = left_behind(*[90] * 60)
    keys = list[str]()

    async def lose(intent_id: str, key: str) -> Answer:
        keys.append(key)
        return Answer("unknown", "i9", "no answer")

    each.broker.cancel = lose  # type: ignore[method-assign]
    await each.go()
    assert len(keys) == 1


async def test_an_entry_that_is_not_filled_lapses_after_three_minutes() -> None:
    each = live(
        strategy(entry=AT_100),
        *[("09:00:00", 100), ("09:00:59", lambda: setattr(each.broker, "room", ROOM)), ("09:01:02", None)],
        *ticks("09:01:10", *[104] * 18),
        *ticks("09:04:10", *[104] * 6),
    )
    await each.go()
    assert each.sent() == [("A", "buy", 10)]
    assert len(each.broker.cancels) == 1
    assert each.told()[-1] == ("09:04", "none", "enter_cancelled")


async def test_an_entry_that_waits_for_the_opening_stands_from_the_opening_on() -> None:
    tuesday = MONDAY + timedelta(days=1)
    each = live(strategy("1d", entry=AT_100), ("15:29:00", 100), ("15:31:02", None))
    rows = [("08:55:00", None), ("08:59:00", None), ("09:00:30", None), ("09:02:00", 99)]
    each.market.script += script(*rows, day=tuesday)
    await each.go()
    assert (each.broker.cancels, each.broker.held("A")) == ([], 10)


async def test_a_stop_beside_the_rest_of_its_entry_cancels_the_rest_and_sells_what_was_bought() -> None:
    def fill_a_part() -> None:
        (order,) = each.broker.by_key.values()
        each.broker.settle(order.key, filled=4, price=Decimal(100))

    each = live(
        strategy(entry=AT_100, exits={"stop_loss_percent": 5}),
        *[("09:00:00", 100), ("09:00:50", lambda: setattr(each.broker, "fills", False)), ("09:01:00", 100)],
        ("09:01:05", fill_a_part),
        *ticks("09:01:10", *[100, 100, *[94] * 8], every=2),
    )
    cancel = each.broker.cancel

    async def cancel_and_fill_the_next(intent_id: str, key: str) -> Answer:
        each.broker.fills = True
        return await cancel(intent_id, key)

    each.broker.cancel = cancel_and_fill_the_next  # type: ignore[method-assign]
    await each.go()
    assert each.sent() == [("A", "buy", 10), ("A", "sell", 4)]
    assert each.broker.held("A") == 0
    assert ("09:01", "none", "enter_cancelled") in each.told()


@pytest.mark.parametrize(("filled", "sent"), [(0, [("A", "buy", 10)]), (4, [("A", "buy", 10), ("A", "sell", 4)])])
async def test_nothing_is_bought_in_the_closing_auction_that_may_not_stay_overnight(
    filled: int, sent: list[tuple[str, str, int]]
) -> None:
    def fill_a_part() -> None:
        (order,) = each.broker.by_key.values()
        each.broker.settle(order.key, filled=filled, price=Decimal(100) if filled else None)

    each = live(
        strategy(entry=AT_100, exits={"at_session_end": True}),
        *[("15:23:00", 100), ("15:23:50", lambda: setattr(each.broker, "fills", False)), ("15:24:00", 101)],
        ("15:24:10", fill_a_part),
        *ticks("15:25:05", *[101] * 6),
    )
    await each.go()
    assert each.sent() == sent
    assert len(each.broker.cancels) == 1


async def test_it_may_die_at_any_call_while_an_exit_is_ordered_anew() -> None:
    whole = left_behind(*[90] * 40)
    await whole.go()
    again = 0
    for number in range(whole.crash.calls):
        each = left_behind(*[90] * 40)
        each.crash.at = number
        while each.market.at < len(each.market.script):
            await each.go(resumes=True)
            each.crash.at = None
        sides = [wish.side for wish in each.broker.wishes]
        assert sides in ([], ["buy"], ["buy", "sell"], ["buy", "sell", "sell"]), number
        assert each.broker.held("A") == each.records.held["A"].quantity == (10 if sides == ["buy"] else 0), number
        assert len(set(each.broker.cancels)) == len(each.broker.cancels)
        again += len(sides) == 3
    assert again > whole.crash.calls / 2
