"""Who may start a strategy, with which bounds, and how often."""

from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import CallToolResult, ElicitResult, InputRequiredResult

from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from kis_mcp.storage import LockedFile
from tests.client import NOW, Person, blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import SENTENCE, changed
from tests.server.tools.strategies.live import call, run_of
from tests.server.tools.strategies.test_library import TOOLSET, records
from tests.server.tools.test_mandates import Investor

NAME = SENTENCE["id"]
TOKEN = "confirmation_token"


async def test_without_the_persons_yes_nothing_starts(simulator: Simulator, era: str) -> None:
    async with connected(settings_for(simulator), era=era, person=Person("decline")) as client:
        facts = error(await call(client, "start", strategy=SENTENCE))
        found = blocks(await call(client, "status"))
    assert "declined" in facts["what"]
    assert found["runs"] == []


async def test_a_repeated_answer_is_the_same_run_and_one_to_other_bounds_starts_nothing(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        arguments: dict[str, Any] = {"action": "start", "strategy": SENTENCE}
        asked = await client.session.call_tool("strategies", arguments, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)

        async def answer(**more: Any) -> CallToolResult:
            result = await client.session.call_tool(
                "strategies",
                {**arguments, **more},
                input_responses={"confirm": ElicitResult(action="accept", content={"confirm": True})},
                request_state=asked.request_state,
                allow_input_required=True,
            )
            assert isinstance(result, CallToolResult)
            return result

        with pytest.raises(MCPError):
            await answer(bounds={"most_in_all": 9_000_000})
        first, second = [run_of(blocks(await answer()))["run_id"] for _ in range(2)]
        await call(client, "stop", strategy=NAME)
        late = error(await answer())
        async with records(settings_for(simulator)) as kept:
            runs = await kept.runs()
    assert first == second
    assert "not in force" in late["what"]
    assert [(run.id, run.mandate_id, run.state) for run in runs] == [(first, first, "stopped")]


async def test_where_nobody_can_be_asked_the_token_of_the_preview_starts_it_once(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        asked = blocks(await call(client, "start", strategy="sma_cross", symbols=["005930"]))["mandate"]
        token = {TOKEN: asked[TOKEN]}
        other = error(await call(client, "start", strategy="sma_cross", symbols=["000660"], **token))
        ids = [
            run_of(blocks(await call(client, "start", strategy="sma_cross", symbols=["005930"], **token)))["run_id"]
            for _ in range(2)
        ]
    assert asked["preview"].startswith("[SIM] MANDATE: let the strategy sma_cross order by itself")
    assert other["field"] == TOKEN
    assert set(ids) == {asked["mandate_id"]}


async def test_a_repeated_start_tells_whether_another_process_keeps_the_run(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings, SurfaceOptions(keeps=False)) as client:
        token = blocks(await call(client, "start", strategy=SENTENCE))["mandate"][TOKEN]
        unkept = await call(client, "start", strategy=SENTENCE, confirmation_token=token)
        with closing(LockedFile(settings.data_dir / "sim" / f"strategy-{NAME}.lock")) as lock:
            assert lock.try_lock()
            kept = await call(client, "start", strategy=SENTENCE, confirmation_token=token)
    notes = [result.structured_content["notes"][-1].partition(".")[0].partition(",")[0] for result in (unkept, kept)]
    assert notes == ["Nothing keeps it yet", "Another process keeps it"]


@pytest.mark.parametrize(
    ("document", "given", "bounds"),
    [
        ({}, {}, (790_000, 790_000, 4, 79_000)),
        ({"sizing": {"amount": 1_000_000}}, {}, (1_100_000, 1_100_000, 4, 110_000)),
        ({"sizing": {"percent_of_equity": 10}}, {}, (10_000_000, 10_000_000, 4, 1_000_000)),
        ({"sizing": {"percent_of_equity": 10}}, {"most_in_all": 2_000_000}, (2_000_000, 2_000_000, 4, 200_000)),
        ({"limits": {"entries_a_day": 3}}, {}, (790_000, 790_000, 7, 79_000)),
        (
            {"interval": "1m"},
            {"most_per_order": 800_000, "most_in_all": 1_600_000, "orders_a_day": 2, "most_loss": 5_000},
            (800_000, 1_600_000, 2, 5_000),
        ),
    ],
)
async def test_bounds_that_nobody_gives_follow_from_the_strategy_and_the_price(
    simulator: Simulator, document: dict[str, Any], given: dict[str, Any], bounds: tuple[int, ...]
) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        started = blocks(
            await call(client, "start", strategy=changed(document), bounds={**given, "until": "2026-03-31"})
        )
    (row,) = started["mandates"]
    names = ("most_per_order", "most_in_all", "orders_a_day", "most_loss")
    assert tuple(row[name] for name in names) == tuple(map(Decimal, bounds))
    assert row["until"] == "2026-04-01T00:00:00+09:00"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"bounds": {"most": 1}}, "bounds.most"),
        ({"bounds": {"most_loss": "much"}}, "bounds.most_loss"),
        ({"bounds": {"orders_a_day": 1.5}}, "bounds.orders_a_day"),
        ({"bounds": {"orders_a_day": 1}}, "orders_a_day"),
        ({"bounds": {"orders_a_day": 0}}, "orders_a_day"),
        ({"bounds": {"most_loss": 0}}, "most_loss"),
        ({"bounds": {"most_in_all": -5}}, "most_in_all"),
        ({"bounds": {"until": "soon"}}, "bounds.until"),
        ({"bounds": {"until": "2026-03-01"}}, "until"),
        ({"bounds": {"until": "9999-12-31"}}, "until"),
        ({"bounds": {"orders_a_day": "1e99999999"}}, "bounds.orders_a_day"),
        ({"bounds": {"most_per_order": "1e5000"}}, "bounds.most_per_order"),
        ({"bounds": {"most_loss": 1e-300}}, "bounds.most_loss"),
        ({"symbols": ["005930", "AAPL"]}, "symbols"),
    ],
)
async def test_bounds_that_bound_nothing_are_refused_before_anyone_is_asked(
    simulator: Simulator, given: dict[str, Any], field: str
) -> None:
    person = Person()
    async with connected(settings_for(simulator), person=person) as client:
        assert error(await call(client, "start", strategy=SENTENCE, **given))["field"] == field
    assert person.asked == []


async def test_orders_a_day_of_more_digits_than_a_number_has_are_refused_as_an_argument_too(
    simulator: Simulator,
) -> None:
    async with connected(settings_for(simulator), TOOLSET, person=Person()) as client:
        started = await client.call_tool("start_strategy", {"strategy": SENTENCE, "orders_a_day": 10**30})
    assert error(started)["field"] == "orders_a_day"


@pytest.mark.parametrize(
    ("document", "bounds", "field", "said"),
    [
        ({}, {"most_per_order": 400_000, "most_in_all": 5_000_000}, "most_per_order", "10 × 005930, takes up to 6"),
        ({}, {"most_in_all": 400_000}, "most_per_order", "10 × 005930, takes up to 6"),
        (
            {"sizing": {"amount": 500_000}},
            {"most_per_order": 400_000},
            "most_per_order",
            "its amount, takes up to 5",
        ),
        (
            {"sizing": {"percent_of_equity": 50}},
            {"most_in_all": 1_000_000, "most_per_order": 400_000},
            "most_per_order",
            "50 % of its money, takes up to 500,000 KRW; most_per_order is 400,000 KRW.",
        ),
    ],
)
async def test_bounds_that_one_order_of_the_documents_size_is_beyond_are_refused_before_anyone_is_asked(
    simulator: Simulator, document: dict[str, Any], bounds: dict[str, Any], field: str, said: str
) -> None:
    person = Person()
    async with connected(settings_for(simulator), person=person) as client:
        facts = error(await call(client, "start", strategy=changed(document), bounds=bounds))
    assert (facts["field"], person.asked) == (field, [])
    assert said in facts["what"]


async def test_a_symbol_that_is_none_is_named_with_its_field_before_anyone_is_asked(simulator: Simulator) -> None:
    person = Person()
    async with connected(settings_for(simulator), person=person) as client:
        of_call = error(await call(client, "start", strategy=SENTENCE, symbols=["999999"]))
        of_document = error(await call(client, "start", strategy=changed({"universe": {"symbols": ["999999"]}})))
    assert [(each["field"], each["what"]) for each in (of_call, of_document)] == [
        ("symbols", "KIS refused a request about 999999."),
        ("universe.symbols", "KIS refused a request about 999999."),
    ]
    assert person.asked == []


async def test_a_server_that_only_reads_starts_nothing_and_stops_all(simulator: Simulator) -> None:
    settings, read_only = settings_for(simulator), SurfaceOptions(read_only=True)
    async with connected(settings, person=Person()) as client:
        await call(client, "start", strategy=SENTENCE)
    async with connected(settings, read_only, person=Person()) as client:
        (tool,) = (tool for tool in (await client.list_tools()).tools if tool.name == "strategies")
        refused = [error(await call(client, action, strategy=NAME)) for action in ("start", "promote", "resume")]
        status = await call(client, "status")
        stopped = run_of(blocks(await call(client, "stop", strategy=NAME)))
    actions = tool.input_schema["properties"]["action"]["enum"]
    assert {"start", "promote", "resume"}.isdisjoint(actions)
    assert {"backtest", "status", "stop", "pause"} <= set(actions)
    assert tool.annotations is not None
    assert (tool.annotations.destructive_hint, tool.meta) == (False, None)
    assert {facts["field"] for facts in refused} == {"action"}
    run = run_of(blocks(status))
    assert (run["state"], run["kept"], stopped["state"]) == ("running", False, "stopped")
    assert status.structured_content["notes"] == [
        f"Nothing keeps {NAME} now, so it decides nothing: a server that stays takes it up in a moment, and"
        f" `kis-mcp strategies run {NAME}` keeps it without one."
    ]


async def test_with_real_money_the_amount_is_typed_and_it_is_said_that_each_order_is_asked(
    simulator: Simulator,
) -> None:
    person = Investor(types=1_000_000)
    settings = settings_for(simulator, "real", allow_real_orders=True)
    shares = changed({"id": "share", "sizing": {"percent_of_equity": 10}})
    async with connected(settings, person=person) as client:
        unsaid = error(await call(client, "start", strategy=shares))
        result = await call(client, "start", strategy=SENTENCE, bounds={"most_in_all": 1_000_000})
        longer = {"most_in_all": 1_000_000, "until": "2026-03-05"}
        until_tomorrow = await call(client, "start", strategy=changed({"id": "longer"}), bounds=longer)
    started, never = blocks(result), "it orders nothing."
    assert unsaid["field"] == "most_in_all"
    assert person.asked[0].splitlines()[1] == (
        "You are asked about each order on the approval page too: KIS_ALLOW_REAL_STRATEGIES is not set."
    )
    assert started["mandates"][0]["until"] == "2026-03-05T00:00:00+09:00"
    assert [never in str(each.structured_content["notes"]) for each in (result, until_tomorrow)] == [True, False]


async def test_what_ran_in_sim_is_promoted_to_demo_with_its_results(simulator: Simulator) -> None:
    person = Person()
    settings = settings_for(simulator, switchable_envs="demo")
    async with connected(settings, person=person) as client:
        early = error(await call(client, "promote", strategy=NAME))
        await call(client, "start", strategy=SENTENCE)
        await client.call_tool("set_environment", {"environment": "demo"})
        unknown = error(await call(client, "promote", strategy="nobody"))
        promoted = blocks(await call(client, "promote", strategy=NAME))
        (row,) = blocks(await call(client, "status"))["runs"]
    assert early["what"] == "Nothing comes before sim."
    assert unknown["what"] == "The strategy nobody never ran in sim."
    question = person.asked[-1].splitlines()
    assert question[0] == f"[DEMO] MANDATE: let the strategy {NAME} order by itself"
    assert f"Result, sim from {NOW:%Y-%m-%d}, 1 day: no closed trade" in question
    assert "Result, backtest of the same days: none: no whole day has passed since it was started" in question
    assert run_of(promoted)["run_id"] == row["run_id"]
