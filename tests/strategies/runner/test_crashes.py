"""The process dies at any call of a port and is started again: nothing is ordered twice, and what it holds is right."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.errors import StorageError
from kis_mcp.strategies.runner.diary import key_of
from kis_mcp.strategies.runner.ports import Answer, Wish
from tests.strategies.runner.live import Live, live, strategy

AT_100 = {"left": "close", "is": "equal", "right": 100}
AT_110 = {"left": "close", "is": "equal", "right": 110}
DAY = [90, 100, 105, 110, 108, 107, 100, 104, 90, 95, 110, 100, 101, 110, 104, 103]
"""Bought at 105 and sold at 108; bought at 104 and stopped at 90; bought at 101 and sold at 104."""

SENT = [(side, quantity) for _ in range(3) for side, quantity in (("buy", 10), ("sell", 10))]


def day(answers: list[Any] | None = None) -> Live:
    rows = [(f"09:{number:02}:{second}", price) for number, price in enumerate(DAY) for second in ("00", "30")]
    each = live(strategy(entry=AT_100, exit=AT_110, exits={"stop_loss_percent": 10}), *rows)
    each.broker.answers = list(answers or [])
    return each


async def until_over(each: Live) -> int:
    """Run, and be started again after each death, until the day is over; returns how often it died."""
    deaths = 0
    while each.market.at < len(each.market.script):
        await each.go(resumes=True)
        if each.market.at < len(each.market.script):
            deaths += 1
            each.crash.at = None
    return deaths


def check(each: Live) -> None:
    wishes = each.broker.wishes
    assert len({wish.key for wish in wishes}) == len(wishes)
    position = 0
    for wish in wishes:
        position += wish.quantity if wish.side == "buy" else -wish.quantity
        assert position in (0, 10)
    if each.crash.at is None:  # it was started again, or never died
        told = {key_of("run", signal.symbol, signal.at, signal.action) for signal in each.signals() if signal.intent_id}
        assert told == each.broker.by_key.keys()
    held = each.records.held.get("A")
    assert (held.quantity if held else 0) == each.broker.held("A")


async def test_a_day_without_a_death() -> None:
    each = day()
    assert await until_over(each) == 0
    assert [(wish.side, wish.quantity) for wish in each.broker.wishes] == SENT
    assert [each.reason for each in each.signals("exit")] == ["exit_condition", "stop_loss", "exit_condition"]
    check(each)


async def test_it_may_die_at_any_call_of_a_port() -> None:
    whole = day()
    await until_over(whole)
    deaths = 0
    for at in range(whole.crash.calls):
        each = day()
        each.crash.at = at
        deaths += await until_over(each)
        check(each)
    assert deaths >= whole.crash.calls - 3


@pytest.mark.parametrize("number", range(6))
async def test_it_may_die_at_any_call_while_an_order_is_unknown(number: int) -> None:
    def unknown_day() -> Live:
        answers = [Answer("accepted", f"i{n + 1}") for n in range(number)]
        each = day([*answers, Answer("unknown", f"i{number + 1}", "no answer")])
        settle = each.broker.look_up
        looks = 0

        async def look_up(intent_id: str) -> Any:
            """KIS shows after a while that it was filled."""
            nonlocal looks
            order = await settle(intent_id)
            looks += order.state == "unknown"
            if order.state == "unknown" and looks > 2:
                each.broker.settle(order.key, state="ended", filled=order.quantity, price=Decimal(100))
            return await settle(intent_id)

        each.broker.look_up = look_up  # type: ignore[method-assign]
        return each

    whole = unknown_day()
    await until_over(whole)
    check(whole)
    for at in range(number, whole.crash.calls, 6):
        each = unknown_day()
        each.crash.at = at
        await until_over(each)
        check(each)


async def test_a_decision_that_was_written_down_and_not_ordered_is_ordered_after_the_restart() -> None:
    each = day()
    for at in range(10**6):
        each = day()
        each.crash.at = at
        await each.go()
        if each.records.kept:
            break
    assert each.broker.wishes == []
    each.crash.at = None
    each.records.run = replace(each.records.run, state="running", reason="resumed")
    await each.go()
    assert [(wish.side, wish.quantity) for wish in each.broker.wishes] == SENT


async def test_an_order_of_which_the_journal_could_not_tell_is_followed_and_not_taken_for_refused() -> None:
    each = day()
    place, lost = each.broker.place, list[str]()

    async def place_and_lose(wish: Wish) -> Answer:
        answer = await place(wish)
        if wish.side not in lost:
            lost.append(wish.side)
            raise StorageError("The journal is locked.", remedy="Try again.")
        return answer

    each.broker.place = place_and_lose  # type: ignore[method-assign]
    await until_over(each)
    assert lost == ["buy", "sell"]
    assert [(wish.side, wish.quantity) for wish in each.broker.wishes] == SENT
    check(each)
