"""An order and the person who confirms it, in both protocol eras."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult, InputResponses

from kis_mcp.catalog.loader import catalog
from kis_mcp.errors import StorageError
from kis_mcp.server.app import build_server
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.journal import Record, Status
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, connected, error, settings_for, text

YES: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
NO: InputResponses = {"confirm": ElicitResult(action="decline")}


async def journaled(settings: Settings) -> list[Record]:
    journal = await SqlJournal.open(settings.data_dir / settings.environment.value / "journal.db")
    try:
        return list(await journal.history())
    finally:
        await journal.aclose()


async def test_an_accepted_order_is_sent_once_and_answered(simulator: Simulator, era: str) -> None:
    person = Person()
    async with connected(settings_for(simulator), era=era, person=person) as client:
        order = blocks(await client.call_tool("place_order", BUY))["order"]
    (question,) = person.asked
    assert "[SIM] BUY 3 삼성전자" in question
    assert "60,000 KRW" in question
    assert (
        "Estimated amount: 180,000 KRW\nEstimated fees and taxes: about 25 KRW\nShare of buying power: 0." in question
    )
    assert order["status"] == "accepted"
    (sent,) = simulator.ledger.orders
    assert order["order_id"].lstrip("0") == sent.number.lstrip("0")


@pytest.mark.parametrize(
    "change", [("cancel_order", {}), ("cancel_order", {"quantity": 1}), ("modify_order", {"price": 60_000})]
)
@pytest.mark.parametrize(
    "order",
    [
        {"symbol": "005930", "side": "buy", "quantity": 3, "order_type": "market"},
        {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": 270},
    ],
    ids=["KR", "US"],
)
async def test_what_is_filled_already_is_told_to_who_would_change_it(
    simulator: Simulator, order: dict[str, object], change: tuple[str, dict[str, object]]
) -> None:
    tool, terms = change
    async with connected(settings_for(simulator, confirm="never")) as client:
        filled = blocks(await client.call_tool("place_order", order))["order"]
        told = error(
            await client.call_tool(tool, {"order_id": filled["order_id"], "market": filled["market"], **terms})
        )
    assert (filled["state"], told["class"]) == ("filled", "order_refused")
    assert f"of {order['symbol']} is filled: 3 at {filled['average_fill_price']:,} " in told["what"]
    assert "The quantity" not in told["what"]
    assert told["next_step"] == "Nothing of it is left to change or cancel."


@pytest.mark.parametrize("terms", [{"order_type": "market"}, {"price": 60_000}], ids=["filled", "open"])
async def test_an_order_that_was_found_after_its_answer_was_lost_is_told_as_any_other(
    tmp_path: Path, terms: dict[str, object]
) -> None:
    order = {"symbol": SAMSUNG, "side": "buy", "quantity": 3, **terms}
    told: list[dict[str, Any]] = []
    for is_lost in (False, True):
        options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
        async with run_simulator(options) as simulator:
            settings = settings_for(simulator, confirm="never", data_dir=tmp_path / str(is_lost))
            if is_lost:
                simulator.faults.add("drop", "/uapi/domestic-stock/v1/trading/order-cash", when="after")
            async with connected(settings) as client:
                told.append(blocks(await client.call_tool("place_order", order))["order"])
    answered, found = told
    assert found.pop("message") == "Found in the list of orders at KIS."
    assert found.pop("intent_id") != answered.pop("intent_id")
    assert found == answered
    assert (found["state"] == "filled") is ("price" not in terms)


@pytest.mark.parametrize("person", [Person("decline"), Person("cancel"), Person(ticks=False)], ids=lambda p: p.action)
async def test_without_a_clear_yes_nothing_is_sent_and_the_answer_is_journaled(
    simulator: Simulator, era: str, person: Person
) -> None:
    settings = settings_for(simulator)
    async with connected(settings, era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert facts["class"] == "order_refused"
    assert simulator.ledger.orders == []
    (record,) = await journaled(settings)
    assert record.decision is not None
    assert record.decision.channel == "elicitation"
    assert record.decision.verdict == {"cancel": "cancelled"}.get(person.action, "declined")


async def test_in_real_a_client_that_cannot_ask_gets_a_refusal_it_can_read(simulator: Simulator, era: str) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    async with connected(settings, era=era) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert facts["class"] == "order_refused"
    assert "elicitation" in facts["what"]
    assert "kis-mcp setup-pin" in facts["next_step"]
    assert list(simulator.received) == []


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_confirm_never_sends_without_asking_outside_real(
    simulator: Simulator, era: str, environment: str
) -> None:
    settings = settings_for(simulator, environment, confirm="never")
    person = Person("decline")
    async with connected(settings, era=era, person=person) as client:
        assert blocks(await client.call_tool("place_order", BUY))["order"]["status"] == "accepted"
    assert person.asked == []
    assert len(simulator.ledger.orders) == 1
    (record,) = await journaled(settings)
    assert record.decision is not None
    assert record.decision.channel == "never"


async def test_real_orders_need_the_operators_permission_before_any_question(simulator: Simulator, era: str) -> None:
    person = Person()
    async with connected(settings_for(simulator, "real"), era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert facts["field"] == "KIS_ALLOW_REAL_ORDERS"
    assert person.asked == []
    assert simulator.ledger.orders == []


async def test_a_permitted_and_confirmed_real_order_goes_out(simulator: Simulator, era: str) -> None:
    person = Person()
    settings = settings_for(simulator, "real", allow_real_orders=True)
    async with connected(settings, era=era, person=person) as client:
        result = await client.call_tool("place_order", BUY)
    assert blocks(result)["order"]["status"] == "accepted"
    assert result.structured_content["environment"] == "real"
    assert person.asked[0].startswith("[REAL] ")
    assert "87654321" not in person.asked[0]


@pytest.mark.parametrize("typed", [2, 30, 3.5, "three", None])
async def test_in_real_a_yes_with_another_quantity_is_a_no(
    simulator: Simulator, era: str, typed: float | str | None
) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    async with connected(settings, era=era, person=Person(types=typed)) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert "another quantity was typed" in facts["what"]
    assert simulator.ledger.orders == []
    (record,) = await journaled(settings)
    assert record.status is Status.DECLINED


@pytest.mark.parametrize("typed", ["3", 3.0])
async def test_the_quantity_counts_however_the_client_sends_it(simulator: Simulator, typed: float | str) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    async with connected(settings, person=Person(types=typed)) as client:
        assert blocks(await client.call_tool("place_order", BUY))["order"]["status"] == "accepted"


async def test_a_question_that_nobody_answers_is_cancelled(simulator: Simulator) -> None:
    async def sleeps(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError

    settings = settings_for(simulator, approval_seconds=1)
    async with connected(settings, era="legacy", person=sleeps) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert "nobody answered in time" in facts["what"]
    assert simulator.ledger.orders == []


async def test_the_same_idempotency_key_gives_the_same_answer_and_no_second_order(
    simulator: Simulator, era: str
) -> None:
    person = Person()
    keyed = {**BUY, "idempotency_key": "the-one"}
    async with connected(settings_for(simulator), era=era, person=person) as client:
        first = blocks(await client.call_tool("place_order", keyed))
        second = blocks(await client.call_tool("place_order", keyed))
    assert first == second
    assert len(person.asked) == len(simulator.ledger.orders) == 1


async def test_a_typed_order_api_takes_the_same_way(simulator: Simulator, era: str) -> None:
    person = Person()
    arguments = {"symbol": SAMSUNG, "side": "buy", "quantity": 2, "price": 60_000}
    async with connected(settings_for(simulator), SurfaceOptions("all"), era=era, person=person) as client:
        result = await client.call_tool("domestic_stock_order_cash", arguments)
    assert blocks(result)["order"]["status"] == "accepted"
    assert len(person.asked) == len(simulator.ledger.orders) == 1


async def test_an_order_can_be_changed_and_cancelled(simulator: Simulator, era: str) -> None:
    person = Person()
    async with connected(settings_for(simulator), era=era, person=person) as client:
        placed = blocks(await client.call_tool("place_order", BUY))["order"]
        changed = blocks(await client.call_tool("modify_order", {"order_id": placed["order_id"], "price": 60_100}))[
            "order"
        ]
        cancelled = blocks(await client.call_tool("cancel_order", {"order_id": changed["order_id"]}))["order"]
        left = blocks(await client.call_tool("get_orders", {"status": "open"}))["orders"]
    assert changed["original_order_id"] == placed["order_id"]
    assert cancelled["original_order_id"] == changed["order_id"]
    assert left == []
    assert [question.split("] ")[1].split(" ")[0] for question in person.asked] == ["BUY", "CHANGE", "CANCEL"]


async def ask_by_hand(client: Client, arguments: dict[str, Any]) -> InputRequiredResult:
    asked = await client.session.call_tool("place_order", arguments, allow_input_required=True)
    assert isinstance(asked, InputRequiredResult)
    return asked


async def answer(
    client: Client, asked: InputRequiredResult, response: InputResponses, arguments: Any = BUY
) -> CallToolResult:
    result = await client.session.call_tool(
        "place_order",
        arguments,
        input_responses=response,
        request_state=asked.request_state,
        allow_input_required=True,
    )
    assert isinstance(result, CallToolResult)
    return result


async def test_a_replayed_answer_orders_once_and_is_answered_the_same(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        asked = await ask_by_hand(client, BUY)
        answers = [blocks(await answer(client, asked, YES)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(simulator.ledger.orders) == 1


async def test_answers_that_arrive_at_once_order_once(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        asked = await ask_by_hand(client, BUY)
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(answer, client, asked, YES)
    assert len(simulator.ledger.orders) == 1


async def test_a_no_cannot_be_turned_into_a_yes(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        asked = await ask_by_hand(client, BUY)
        assert error(await answer(client, asked, NO))["class"] == "order_refused"
        assert error(await answer(client, asked, YES))["class"] == "order_refused"
    assert simulator.ledger.orders == []


async def test_an_answer_counts_for_its_own_arguments_only(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        asked = await ask_by_hand(client, BUY)
        with pytest.raises(MCPError, match="requestState"):
            await answer(client, asked, YES, {**BUY, "quantity": 300})
        forged = asked.model_copy(update={"request_state": "v1.bm90LXNlYWxlZC1ieS11cw"})
        with pytest.raises(MCPError, match="requestState"):
            await answer(client, forged, YES)
    assert simulator.ledger.orders == []


async def test_an_answer_without_the_question_is_asked_again(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        first = await ask_by_hand(client, BUY)
        again = await client.session.call_tool("place_order", BUY, input_responses=YES, allow_input_required=True)
        assert isinstance(again, InputRequiredResult)
        assert again.input_requests == first.input_requests
    assert simulator.ledger.orders == []


async def test_a_call_cancelled_while_the_question_stands_cancels_the_intent(simulator: Simulator) -> None:
    standing = anyio.Event()

    async def never_answers(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        standing.set()
        await anyio.sleep_forever()
        raise AssertionError

    settings = settings_for(simulator)
    async with connected(settings, era="legacy", person=never_answers) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "place_order", BUY)
        await standing.wait()
        tasks.cancel_scope.cancel()
    (record,) = await journaled(settings)
    assert record.decision is not None
    assert record.decision.verdict == "cancelled"
    assert simulator.ledger.orders == []


async def test_a_client_that_fails_to_ask_cancels(simulator: Simulator) -> None:
    async def fails(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        raise MCPError(code=-32000, message="the dialog crashed")

    async with connected(settings_for(simulator), era="legacy", person=fails) as client:
        assert error(await client.call_tool("place_order", BUY))["class"] == "order_refused"
    assert simulator.ledger.orders == []


async def test_no_result_or_journal_shows_the_account_in_full(simulator: Simulator, tmp_path: Path) -> None:
    settings = settings_for(simulator, "demo")
    person = Person()
    async with connected(settings, person=person) as client:
        results = [
            await client.call_tool(tool, arguments)
            for tool, arguments in (("place_order", BUY), ("get_balance", {}), ("get_orders", {}))
        ]
    shown = "".join(result.model_dump_json() for result in results) + "".join(person.asked)
    files = b"".join(path.read_bytes() for path in (settings.data_dir / "demo").glob("journal.db*"))
    assert "12345678" not in shown
    assert b"12345678" not in files
    assert "of-a-test" not in shown


async def test_a_tool_halts_trading_and_no_tool_lifts_it(simulator: Simulator, era: str) -> None:
    person = Person()
    async with connected(settings_for(simulator), era=era, person=person) as client:
        placed = blocks(await client.call_tool("place_order", BUY))["order"]
        halt = blocks(await client.call_tool("halt_trading", {"reason": "a runaway loop"}))["halt"]
        facts = error(await client.call_tool("place_order", BUY | {"quantity": 4}))
        environment = blocks(await client.call_tool("get_environment", {}))["environment"]
        await client.call_tool("cancel_order", {"order_id": placed["order_id"]})
        tools = {tool.name for tool in (await client.list_tools()).tools}
    assert "a runaway loop" in halt["halted"]
    assert facts["class"] == "order_refused"
    assert "a runaway loop" in facts["what"]
    assert environment["orders"].startswith("halted")
    assert len(simulator.ledger.orders) == 2
    assert not {name for name in tools if "resume" in name or "lift" in name}


async def test_where_the_operator_wants_hours_kept_a_closed_exchange_refuses(simulator: Simulator, era: str) -> None:
    person = Person()
    settings = settings_for(simulator, "demo", session_check="on")
    sunday = NOW + timedelta(days=4)
    server = build_server(settings, clock=lambda: sunday)
    async with Client(server, mode=era, elicitation_callback=person) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert "KRX is closed" in facts["what"]
    assert "2026-03-09 08:20 KST" in facts["next_step"]
    assert person.asked == []


@pytest.mark.parametrize(
    "terms",
    [
        {"order_type": "best_ioc"},
        {"order_type": "stop_limit", "price": 60_000, "stop_price": 66_000},
        {"order_type": "limit_fok", "price": 61_000, "exchange": "sor"},
        {"order_type": "midpoint", "exchange": "nxt"},
        {"order_type": "after_market_limit", "price": 60_000},
    ],
    ids=lambda terms: terms["order_type"],
)
async def test_each_kind_of_korean_order_is_reachable(simulator: Simulator, terms: dict[str, Any]) -> None:
    settings = settings_for(simulator, confirm="never")
    async with connected(settings) as client:
        order = blocks(
            await client.call_tool("place_order", {**terms, "symbol": SAMSUNG, "side": "buy", "quantity": 2})
        )
    assert order["order"]["order_type"] == terms["order_type"]
    (sent,) = simulator.ledger.accepted
    words = catalog().find("domestic_stock_order_cash")
    assert words is not None
    order_types = words.parameter("order_type")
    assert order_types is not None
    assert order_types.codes is not None
    assert sent.request.elements["ORD_DVSN"] == order_types.codes[terms["order_type"]]
    assert sent.request.elements["EXCG_ID_DVSN_CD"] == terms.get("exchange", "krx").upper()


async def test_one_call_tells_of_the_fill(simulator: Simulator) -> None:
    market = {"symbol": SAMSUNG, "side": "buy", "quantity": 3, "order_type": "market"}
    async with connected(settings_for(simulator, confirm="never")) as client:
        filled = blocks(await client.call_tool("place_order", market))["order"]
        resting = blocks(await client.call_tool("place_order", BUY))["order"]
        again = blocks(await client.call_tool("get_order_status", {"order_id": filled["order_id"]}))["orders"][0]
    assert (filled["status"], filled["state"], filled["filled_quantity"]) == ("accepted", "filled", 3)
    assert filled["average_fill_price"] == again["average_fill_price"]
    assert (resting["state"], resting["filled_quantity"], resting["remaining_quantity"]) == ("accepted", 0, 3)


async def test_an_accepted_cancel_is_final(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, confirm="never")) as client:
        order_id = blocks(await client.call_tool("place_order", BUY))["order"]["order_id"]
        cancel = blocks(await client.call_tool("cancel_order", {"order_id": order_id}))["order"]
        (status,) = blocks(await client.call_tool("get_order_status", {"intent_id": cancel["intent_id"]}))["orders"]
        (placed,) = blocks(await client.call_tool("get_order_status", {"order_id": order_id}))["orders"]
    assert (status["action"], status["state"], status["is_final"]) == ("cancel", "accepted", True)
    assert (placed["state"], placed["is_final"]) == ("cancelled", True)


async def test_an_acceptance_without_a_number_says_so(simulator: Simulator) -> None:
    reserved = {**BUY, "session": "reserved"}
    cancel_api = catalog().find("domestic_stock_order_resv_rvsecncl")
    assert cancel_api is not None
    async with connected(settings_for(simulator, confirm="never")) as client:
        order_id = blocks(await client.call_tool("place_order", reserved))["order"]["order_id"]
        simulator.faults.add("drop", cancel_api.path, when="after")
        result = await client.call_tool("cancel_order", {"order_id": order_id, "session": "reserved"})
    cancel = blocks(result)["order"]
    assert (cancel["status"], "order_id" in cancel) == ("accepted", False)
    assert "KIS took it, and gave no number; get_orders shows what stands." in text(result)


@pytest.mark.parametrize("failure", [StorageError("locked", remedy="wait"), ValueError("garbage in a row")], ids=repr)
async def test_nothing_that_fails_after_the_acceptance_hides_it(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("kis_mcp.trading.desk.desk.OrderDesk.look_at_first", fail)
    async with connected(settings_for(simulator, confirm="never")) as client:
        order = blocks(await client.call_tool("place_order", BUY))["order"]
    assert (order["status"], "state" in order) == ("accepted", False)
    assert len(simulator.ledger.orders) == 1
