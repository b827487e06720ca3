"""With real money a strategy's orders are asked about one by one, or go out until the end of the exchange's day where
the operator lets them."""

from pathlib import Path
from typing import Any

from kis_mcp.confirm.pin import FILE
from tests.client import blocks, error
from tests.server.tools.strategies.live import AT_ONCE, call, run_of
from tests.server.tools.strategies.town import Town, open_town

NAME = AT_ONCE["id"]


async def start(town: Town) -> dict[str, Any]:
    started = blocks(await town.call("strategies", action="start", strategy=AT_ONCE))
    await town.take_up(NAME)
    return started


async def status(town: Town) -> dict[str, Any]:
    return blocks(await call(town.client, "status", strategy=NAME))


async def test_each_order_is_put_on_the_page_and_goes_out_by_its_own_yes(tmp_path: Path) -> None:
    async with open_town(tmp_path, [AT_ONCE], environment="real") as town:
        await start(town)
        town.on_page = "no"
        await town.pass_minute()
        refused = await status(town)
        none = town.place
        town.on_page = "yes"
        await town.pass_minute()
        await town.judge()
        bought = await status(town)
    (page,), (order,) = town.ledger.pages.values(), town.ledger.orders
    assert none == 0
    assert "rejected on the page" in refused["decisions"][0]["reason"]
    assert run_of(refused)["state"] == "running"
    assert (page.side, page.quantity, page.symbol, page.price) == ("BUY", 10, "005930", order.price)
    assert page.account == "87****21-01"
    assert next(row for row in bought["decisions"] if row["action"] == "enter")["intent_id"] == page.intent
    assert [row["quantity"] for row in bought["positions"]] == [10]


async def test_where_no_pin_is_set_no_order_goes_out_and_it_says_how_one_would(tmp_path: Path) -> None:
    async with open_town(tmp_path, [AT_ONCE], environment="real") as town:
        (tmp_path / FILE).unlink()
        await start(town)
        await town.pass_minute()
        found = await status(town)
    assert "kis-mcp setup-pin" in found["decisions"][0]["reason"]
    assert run_of(found)["state"] == "running"
    assert town.place == 0


async def test_a_mandate_for_real_money_ends_with_the_day_where_nobody_says_when(tmp_path: Path) -> None:
    async with open_town(tmp_path, [AT_ONCE], environment="real", allow_real_strategies=True) as town:
        started = await start(town)
        await town.pass_minute()
        bought = town.place
        await town.pass_midnight()
        await town.pass_minute()
        found = await status(town)
        resumed = error(await call(town.client, "resume", strategy=NAME))
    assert started["mandates"][0]["until"] == "2026-03-04T00:00:00+09:00"
    assert (bought, town.place, town.ledger.pages) == (1, 1, {})
    assert (run_of(found)["state"], found["mandates"][0]["status"]) == ("stopped", "expired")
    assert run_of(found)["reason"] == "Its mandate ended at 2026-03-04 00:00. It holds 10 005930."
    assert resumed["what"].startswith(f"The strategy {NAME} is stopped already: Its mandate ended at")
