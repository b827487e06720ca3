"""Closing positions: one question for all orders, each with its own end, and nothing that nobody agreed to."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult, InputResponses

from kis_mcp.confirm.pin import Pin
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.trading.journal import Status
from kis_mcp.wiring import kill_switch
from tests.client import NOW, SAMSUNG, Person, blocks, connected, error, settings_for
from tests.server.test_confirmation_table import CLIENTS, Page, approve, reject
from tests.server.tools.test_orders import journaled

HYNIX = "000660"
MARKET = {"order_type": "market", "side": "buy"}
KOREAN = {"symbol": SAMSUNG, "quantity": 10, **MARKET}
OTHER = {"symbol": HYNIX, "quantity": 2, **MARKET}
AMERICAN = {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": 300}
SHORT = {"symbol": "101W12", "market": "domestic_futureoption", "side": "sell", "quantity": 1, "order_type": "market"}
BOUGHT = (KOREAN, OTHER)
TOTAL = 12
ORDER_PATH = "/uapi/domestic-stock/v1/trading/order-cash"
SLOW = pytest.mark.slow
BY_ERA = pytest.mark.parametrize("era", ["auto", pytest.param("legacy", marks=SLOW)])
LOOSE: dict[str, Any] = {"allow_real_orders": True, "max_order_notional": 1_000_000_000, "price_collar_percent": 30}


async def buy(settings: Settings, *orders: dict[str, Any]) -> None:
    """Positions to close, bought with a person's consent."""
    person = Person()
    async with connected(settings, person=person) as client:
        for order in orders:
            person.types = order["quantity"]
            placed = blocks(await client.call_tool("place_order", order))["order"]
            assert placed["status"] == "accepted", placed


async def own(simulator: Simulator, environment: str = "sim", *orders: dict[str, Any], **more: Any) -> Settings:
    """Settings of a server whose accounts hold what was bought."""
    bought = settings_for(simulator, environment, **LOOSE)
    await buy(bought, *(orders or BOUGHT))
    return settings_for(simulator, environment, **{**LOOSE, **more})


def sides(simulator: Simulator, since: int) -> list[tuple[str, str, int]]:
    """The orders that KIS got since: instrument, side, quantity."""
    return [(one.symbol, one.side.name, int(one.quantity)) for one in simulator.ledger.orders[since:]]


async def positions(client: Client) -> dict[str, Any]:
    return {row["symbol"]: row["quantity"] for row in blocks(await client.call_tool("get_positions", {}))["positions"]}


@BY_ERA
async def test_one_yes_closes_all_and_the_question_lists_every_order(simulator: Simulator, era: str) -> None:
    settings = await own(simulator, "sim", KOREAN, AMERICAN, SHORT)
    before, person = len(simulator.ledger.orders), Person()
    async with connected(settings, era=era, person=person) as client:
        done = blocks(await client.call_tool("close_positions", {}))
        left = await positions(client)
    (question,) = person.asked
    assert question.startswith("[SIM] CLOSE 3 positions\n1. SELL 10 삼성전자")
    assert all(word in question for word in ("SELL 3 Apple", "BUY 1 ", "Estimated amount", "Total quantity: 14"))
    assert sorted(sides(simulator, before)) == [("005930", "SELL", 10), ("101W12", "BUY", 1), ("AAPL", "SELL", 3)]
    assert {row["symbol"]: row["status"] for row in done["orders"]} == dict.fromkeys(
        (SAMSUNG, "AAPL", "101W12"), "accepted"
    )
    types = {row["symbol"]: row["order_type"] for row in done["orders"]}
    assert types == {SAMSUNG: "market", "AAPL": "limit", "101W12": "market"}
    amounts = {row["symbol"]: row["amount"] for row in done["orders"]}
    assert f"Estimated amount: about {amounts[SAMSUNG]:,.0f} KRW at the last price" in question
    assert f"Estimated amount: {amounts['AAPL']:,.2f} USD" in question
    assert f"Estimated amount: about {amounts['101W12']:,.0f} KRW at the last price, at most" in question
    assert left == {}


@SLOW
@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        ({"symbols": [SAMSUNG]}, {SAMSUNG}),
        ({"markets": ["us"]}, {"AAPL"}),
        ({"kinds": ["stock"], "markets": ["kr"]}, {SAMSUNG, HYNIX}),
    ],
)
async def test_only_what_is_named_is_closed(simulator: Simulator, arguments: dict[str, Any], closed: set[str]) -> None:
    settings = await own(simulator, "sim", *BOUGHT, AMERICAN, confirm="never")
    async with connected(settings) as client:
        done = blocks(await client.call_tool("close_positions", arguments))
    assert {row["symbol"] for row in done["orders"]} == closed


@SLOW
async def test_a_symbol_that_is_not_held_is_an_error_and_closes_nothing(simulator: Simulator) -> None:
    settings = await own(simulator, confirm="never")
    before = len(simulator.ledger.orders)
    async with connected(settings) as client:
        facts = error(await client.call_tool("close_positions", {"symbols": [SAMSUNG, "035720"]}))
    assert (facts["class"], facts["field"]) == ("bad_argument", "symbols")
    assert sides(simulator, before) == []


@BY_ERA
@pytest.mark.parametrize(
    "person",
    [
        Person("decline"),
        pytest.param(Person("cancel"), marks=SLOW),
        pytest.param(Person(ticks=False), marks=SLOW),
        Person(types=11),
        pytest.param(Person(types=2), marks=SLOW),
    ],
    ids=["no", "dismissed", "no tick", "wrong total", "number of orders"],
)
async def test_without_a_clear_yes_nothing_is_closed_with_real_money(
    simulator: Simulator, era: str, person: Person
) -> None:
    settings = await own(simulator, "real")
    before = len(simulator.ledger.orders)
    async with connected(settings, era=era, person=person) as client:
        facts = error(await client.call_tool("close_positions", {}))
    assert facts["class"] == "order_refused"
    assert sides(simulator, before) == []
    statuses = {one.status for one in await journaled(settings) if one.intent.order.side == "sell"}
    assert statuses == {Status.CANCELLED if person.action == "cancel" else Status.DECLINED}


@SLOW
async def test_with_the_total_typed_real_positions_are_closed(simulator: Simulator, era: str) -> None:
    settings = await own(simulator, "real")
    before = len(simulator.ledger.orders)
    async with connected(settings, era=era, person=Person(types=TOTAL)) as client:
        await client.call_tool("close_positions", {})
    assert sorted(sides(simulator, before)) == [(HYNIX, "SELL", 2), (SAMSUNG, "SELL", 10)]


@SLOW
@pytest.mark.parametrize("client_name", CLIENTS)
@pytest.mark.parametrize("environment", ["demo", "real"])
async def test_it_is_confirmed_as_an_order_is(simulator: Simulator, environment: str, client_name: str) -> None:
    settings = await own(simulator, environment, KOREAN)
    before, (era, can_elicit) = len(simulator.ledger.orders), CLIENTS[client_name]
    person = Person(types=10)
    async with connected(settings, era=era, person=person if can_elicit else None) as client:
        result = await client.call_tool("close_positions", {})
        assert bool(person.asked) is can_elicit
        if not can_elicit and environment == "real":
            assert "setup-pin" in error(result)["next_step"]
            assert sides(simulator, before) == []
            return
        if not can_elicit:
            assert sides(simulator, before) == []
            token = blocks(result)["confirmation"]["confirmation_token"]
            wrong = await client.call_tool("close_positions", {"symbols": [SAMSUNG], "confirmation_token": token})
            assert error(wrong)["field"] == "confirmation_token"
            assert sides(simulator, before) == []
            await client.call_tool("close_positions", {"confirmation_token": token})
            await client.call_tool("close_positions", {"confirmation_token": token})
    assert sides(simulator, before) == [(SAMSUNG, "SELL", 10)]


@SLOW
@pytest.mark.parametrize(("act", "closes"), [(approve, True), (reject, False)])
async def test_the_page_asks_for_all_of_them(simulator: Simulator, act: Callable[..., Any], closes: bool) -> None:
    settings = await own(simulator, "real")
    Pin(settings.data_dir).set("2580")
    before, page = len(simulator.ledger.orders), Page(act)
    async with connected(settings) as client:
        result = await client.call_tool("close_positions", {}, progress_callback=page)
    assert len(page.urls) == 1
    assert result.is_error is not closes
    assert len(sides(simulator, before)) == (2 if closes else 0)


async def test_an_answer_that_is_sent_again_closes_once(simulator: Simulator) -> None:
    settings = await own(simulator)
    before = len(simulator.ledger.orders)
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    async with connected(settings, person=Person()) as client:
        asked = await client.session.call_tool("close_positions", {}, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        answers = [
            await client.session.call_tool(
                "close_positions",
                {},
                input_responses=yes,
                request_state=asked.request_state,
                allow_input_required=True,
            )
            for _ in range(3)
        ]
    assert len(sides(simulator, before)) == 2
    rows = [blocks(one)["orders"] for one in answers if isinstance(one, CallToolResult)]
    assert [{row["status"] for row in each} for each in rows] == [{"accepted"}] * 3


class Meanwhile:
    """A person who says yes after something else has happened."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self._happens = happens
        self.asked: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        await self._happens()
        return ElicitResult(action="accept", content={"confirm": True, "quantity": TOTAL})


@BY_ERA
@pytest.mark.parametrize(
    "trade", [{"side": "sell", "quantity": 4}, pytest.param({"side": "buy", "quantity": 5}, marks=SLOW)]
)
async def test_a_position_that_changed_while_the_person_thought_is_left_and_the_others_are_closed(
    simulator: Simulator, era: str, trade: dict[str, Any]
) -> None:
    settings = await own(simulator)

    async def trades() -> None:
        await buy(settings, KOREAN | trade)

    before = len(simulator.ledger.orders)
    async with connected(settings, era=era, person=Meanwhile(trades)) as client:
        done = blocks(await client.call_tool("close_positions", {}))
    assert {row["symbol"]: row["status"] for row in done["orders"]} == {SAMSUNG: "refused", HYNIX: "accepted"}
    assert sides(simulator, before)[1:] == [(HYNIX, "SELL", 2)]
    assert "not any more as the person was asked" in str(done["orders"])


async def test_the_kill_switch_stops_it_before_the_question_and_after(simulator: Simulator) -> None:
    settings = await own(simulator, "real")
    switch, before = kill_switch(settings.data_dir), len(simulator.ledger.orders)

    async def halts() -> None:
        switch.halt("enough", NOW)

    late = Meanwhile(halts)
    async with connected(settings, person=late) as client:
        facts = error(await client.call_tool("close_positions", {}))
        assert "halted" in facts["what"]
        facts = error(await client.call_tool("close_positions", {}))
        assert "halted" in facts["what"]
    assert len(late.asked) == 1
    assert sides(simulator, before) == []


@BY_ERA
async def test_caps_hold_for_each_order_and_what_they_refuse_is_told(simulator: Simulator, era: str) -> None:
    settings = await own(simulator, "sim", max_order_quantity=5)
    before, person = len(simulator.ledger.orders), Person()
    async with connected(settings, era=era, person=person) as client:
        done = blocks(await client.call_tool("close_positions", {}))
    assert sides(simulator, before) == [(HYNIX, "SELL", 2)]
    (left,) = done["left"]
    assert (left["symbol"], left["quantity"]) == (SAMSUNG, 10)
    assert "not closed: 삼성전자: The quantity is 10" in person.asked[0]
    assert "KIS_MAX_ORDER_QUANTITY" in left["why"]


@SLOW
async def test_real_orders_that_are_switched_off_stay_off(simulator: Simulator) -> None:
    settings = await own(simulator, "real", allow_real_orders=False)
    before, person = len(simulator.ledger.orders), Person(types=TOTAL)
    async with connected(settings, person=person) as client:
        facts = error(await client.call_tool("close_positions", {}))
    assert "switched off" in facts["what"]
    assert person.asked == []
    assert sides(simulator, before) == []


RESTING = {"symbol": SAMSUNG, "side": "sell", "quantity": 10, "price": 75_000}


@SLOW
async def test_what_open_orders_hold_is_told_and_stays(simulator: Simulator) -> None:
    settings = await own(simulator, "sim", *BOUGHT, RESTING, confirm="never")
    before = len(simulator.ledger.orders)
    async with connected(settings) as client:
        done = blocks(await client.call_tool("close_positions", {}))
    (left,) = done["left"]
    assert (left["symbol"], left["open_orders"]) == (SAMSUNG, simulator.ledger.orders[before - 1].number)
    assert sides(simulator, before) == [(HYNIX, "SELL", 2)]


@BY_ERA
@pytest.mark.parametrize("resting", [10, pytest.param(4, marks=SLOW)])
async def test_open_orders_are_cancelled_first_where_that_is_asked_and_never_oversold(
    simulator: Simulator, era: str, resting: int
) -> None:
    settings = await own(simulator, "sim", KOREAN, RESTING | {"quantity": resting})
    person = Person()
    async with connected(settings, era=era, person=person) as client:
        done = blocks(await client.call_tool("close_positions", {"cancel_open_orders": True}))
        left, still_open = await positions(client), blocks(await client.call_tool("get_orders", {"status": "open"}))
    (question,) = person.asked
    assert "CANCEL order" in question
    assert [(row["order_type"], row["status"]) for row in done["orders"]] == [
        ("cancel", "accepted"),
        ("market", "accepted"),
    ]
    assert (left, still_open["orders"]) == ({}, [])


async def test_where_nothing_is_held_there_is_nothing_to_ask(simulator: Simulator) -> None:
    person = Person()
    async with connected(settings_for(simulator), person=person) as client:
        facts = error(await client.call_tool("close_positions", {}))
    assert facts["what"] == "There is no position to close."
    assert person.asked == []


async def test_an_order_whose_answer_is_lost_is_unknown_and_never_sent_again(simulator: Simulator) -> None:
    settings = await own(simulator, confirm="never", url_ws="")
    before = len(simulator.ledger.orders)
    simulator.faults.add("drop", ORDER_PATH, when="before")
    async with connected(settings) as client:
        done = blocks(await client.call_tool("close_positions", {}))
        again = await client.call_tool("close_positions", {})
    assert sorted(row["status"] for row in done["orders"]) == ["accepted", "unknown"]
    assert "The same order was sent" in error(again)["what"]
    assert len(sides(simulator, before)) == 1


async def test_two_servers_that_are_both_told_yes_sell_a_position_once(simulator: Simulator) -> None:
    settings = await own(simulator, "sim", KOREAN)
    before, both, asked = len(simulator.ledger.orders), anyio.Event(), list[str]()

    async def yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        if len(asked) == 2:
            both.set()
        await both.wait()
        return ElicitResult(action="accept", content={"confirm": True})

    async def close() -> None:
        async with connected(settings, era="legacy", person=yes) as client:
            await client.call_tool("close_positions", {})

    async with anyio.create_task_group() as servers:
        servers.start_soon(close)
        servers.start_soon(close)
    assert sides(simulator, before) == [(SAMSUNG, "SELL", 10)]


async def test_a_bond_is_closed_in_whole_lots_and_the_rest_is_told(simulator: Simulator) -> None:
    bond = "KR6095572D81"
    settings = settings_for(simulator, "sim", **LOOSE, confirm="never")
    async with connected(settings, SurfaceOptions("all")) as client:
        buy = {"symbol": bond, "quantity": 25, "price": 10_500, "small_lot_market": True}
        assert blocks(await client.call_tool("domestic_bond_buy", buy))["order"]["status"] == "accepted"
        done = blocks(await client.call_tool("close_positions", {"kinds": ["bond"]}))
        left = await positions(client)
        facts = error(await client.call_tool("close_positions", {"kinds": ["bond"]}))
    assert [(row["quantity"], row["status"]) for row in done["orders"]] == [(20, "accepted")]
    assert [row["why"].partition(".")[0] for row in done["left"]] == ["It is sold in lots of 10, so that 5 of it stay"]
    assert left == {bond: 5}
    assert "small_lot_market true" in str(facts)
