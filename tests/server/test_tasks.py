"""Calls that wait long, as tasks of MCP's tasks extension (SEP-2663, protocol 2026-07-28)."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim, advertise
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    Request,
    Result,
    TextContent,
)
from pydantic import ConfigDict

from kis_mcp.catalog import SECONDS
from kis_mcp.catalog.loader import catalog
from kis_mcp.server import dispatch
from kis_mcp.server.progress import Progress
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.task_methods import TASKS
from kis_mcp.server.tasks import KEPT, Task, Tasks
from kis_mcp.server.tools.strategies.table import ACTIONS, CORE_TOOL
from kis_mcp.simulator import Simulator
from tests.client import BUY, NOW, blocks, connected, error, settings_for
from tests.kis.live.fake_live_kis import FakeLiveKis, run_fake_live_kis
from tests.server.test_transports import http_client, served
from tests.server.tools.strategies.documents import RANGED, SENTENCE
from tests.server.tools.test_live import HYNIX, SAMSUNG, TRADES, record

FIFTY_SECONDS = {"symbols": ["005930", "000660"], "max_events": 1, "seconds": 50}
NOW_ON_THE_WIRE = NOW.isoformat(timespec="milliseconds")


class Handle(Result):
    """A task as the answer to a call."""

    model_config = ConfigDict(extra="allow")
    result_type: Literal["task"] = "task"


class Answer(Result):
    """Whatever is answered to a method of tasks."""

    model_config = ConfigDict(extra="allow")


class TaskRequest(Request[dict[str, Any], str]):
    name_param = "taskId"


class TasksExtension(ClientExtension):
    """A client that takes tasks and polls them."""

    identifier = TASKS

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Handle, resolve=self._resolve)]

    async def _resolve(self, handle: Handle, context: ClaimContext) -> CallToolResult:
        raise NotImplementedError


class Polling:
    """A client of tasks over a fake live KIS."""

    def __init__(self, kis: FakeLiveKis, client: Client) -> None:
        self.kis = kis
        self.client = client

    async def call(self, tool: str = TRADES, **arguments: Any) -> dict[str, Any]:
        answer = await self.client.session.call_tool(tool, arguments or FIFTY_SECONDS, allow_claimed=True)
        return wire(answer)

    async def send(self, method: str, task_id: object, **more: Any) -> dict[str, Any]:
        request = TaskRequest(method=method, params={"taskId": task_id, **more})
        return wire(await self.client.session.send_request(request, Answer))

    async def until(self, task_id: object, status: str) -> dict[str, Any]:
        with anyio.fail_after(20):
            while (state := await self.send("tasks/get", task_id))["status"] != status:
                pass
        return state


def wire(result: Result) -> dict[str, Any]:
    answer = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    answer.pop("_meta", None)
    return answer


@asynccontextmanager
async def polling(simulator: Simulator, *extensions: ClientExtension, era: str = "auto") -> AsyncGenerator[Polling]:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        options = SurfaceOptions("all")
        async with connected(settings, options, era=era, extensions=extensions) as client:
            yield Polling(kis, client)


async def test_a_client_that_takes_tasks_gets_a_long_wait_as_one_and_fetches_its_result(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        handle = await client.call()
        task_id = handle["taskId"]
        state = {
            "taskId": task_id,
            "status": "working",
            "createdAt": NOW_ON_THE_WIRE,
            "lastUpdatedAt": NOW_ON_THE_WIRE,
            "ttlMs": 650_000,
            "pollIntervalMs": 2000,
        }
        assert handle == {**state, "resultType": "task"}
        assert len(task_id) >= 32
        assert await client.send("tasks/get", task_id) == {**state, "resultType": "complete"}
        await client.kis.until(SAMSUNG, HYNIX)
        await client.kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
        ended = await client.until(task_id, "completed")
        result = ended.pop("result")
        assert ended == {**state, "resultType": "complete", "status": "completed"}
        assert blocks(CallToolResult.model_validate(result))["trades"][0]["price"] == 71900
        await client.kis.until_cut()


async def test_a_tool_reached_by_call_read_tool_waits_as_a_task_too(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        handle = await client.call("call_read_tool", name=TRADES, arguments=FIFTY_SECONDS)
        assert handle["resultType"] == "task"


async def test_a_wait_for_a_condition_is_a_task_for_clients_that_take_tasks(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        condition = {"symbol": "005930", "price_above": 72_000}
        handle = await client.call("wait_for", condition=json.dumps(condition), seconds=50)
        await client.kis.until(SAMSUNG)
        while (await client.send("tasks/get", handle["taskId"])).get("statusMessage") is None:
            pass
        await client.kis.send(f"0|H0STCNT0|001|{record('005930', 72_500)}")
        ended = await client.until(handle["taskId"], "completed")
        assert blocks(CallToolResult.model_validate(ended["result"]))["result"]["met"] is True


async def test_a_client_that_does_not_declare_tasks_waits_for_the_ordinary_answer(
    simulator: Simulator, era: str
) -> None:
    async with polling(simulator, era=era) as client:
        assert blocks(await client.client.call_tool(TRADES, {**FIFTY_SECONDS, "seconds": 1}))["trades"] == []


async def test_the_protocol_of_2025_knows_no_such_tasks_whatever_a_client_declares(simulator: Simulator) -> None:
    async with polling(simulator, advertise(TASKS), era="legacy") as client:
        assert blocks(await client.client.call_tool(TRADES, {**FIFTY_SECONDS, "seconds": 1}))["trades"] == []
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            with pytest.raises(MCPError) as raised:
                await client.send(method, "any", inputResponses={})
            assert raised.value.error.code == METHOD_NOT_FOUND


async def test_the_server_declares_tasks_where_the_protocol_has_them(simulator: Simulator, era: str) -> None:
    async with polling(simulator, era=era) as client:
        capabilities = client.client.server_capabilities
        assert capabilities is not None
        assert capabilities.extensions == ({TASKS: {}} if era == "auto" else None)


async def test_a_cancelled_task_ends_its_wait_and_gives_its_slots_back(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        task_id = (await client.call())["taskId"]
        await client.kis.until(SAMSUNG, HYNIX)
        assert await client.send("tasks/cancel", task_id) == {"resultType": "complete"}
        ended = await client.until(task_id, "cancelled")
        await client.kis.until_cut()
        assert "result" not in ended
        assert "error" not in ended
        assert await client.send("tasks/cancel", task_id) == {"resultType": "complete"}


async def test_a_client_that_goes_takes_its_tasks_with_it(simulator: Simulator) -> None:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with connected(settings, SurfaceOptions("all"), extensions=[TasksExtension()]) as client:
            await Polling(kis, client).call()
            await kis.until(SAMSUNG, HYNIX)
        await kis.until_cut()


async def test_an_update_is_taken_though_no_task_asks_anything(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        task_id = (await client.call())["taskId"]
        answer = await client.send("tasks/update", task_id, inputResponses={"any": {"action": "accept"}})
        assert answer == {"resultType": "complete"}
        assert (await client.send("tasks/get", task_id))["status"] == "working"


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_an_unknown_task_is_refused(simulator: Simulator, method: str) -> None:
    async with polling(simulator, TasksExtension()) as client:
        with pytest.raises(MCPError) as raised:
            await client.send(method, "no-such-task", inputResponses={})
        assert raised.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_a_client_that_does_not_declare_tasks_is_told_what_it_lacks(simulator: Simulator, method: str) -> None:
    async with polling(simulator) as client:
        with pytest.raises(MCPError) as raised:
            await client.send(method, "any", inputResponses={})
        assert raised.value.error.code == MISSING_REQUIRED_CLIENT_CAPABILITY
        assert raised.value.error.data == {"requiredCapabilities": {"extensions": {TASKS: {}}}}


@pytest.mark.parametrize("method", ["tasks/list", "tasks/result"])
async def test_methods_of_the_tasks_of_2025_are_not_there(simulator: Simulator, method: str) -> None:
    async with polling(simulator, TasksExtension()) as client:
        with pytest.raises(MCPError) as raised:
            await client.send(method, "any")
        assert raised.value.error.code == METHOD_NOT_FOUND


async def test_wrong_arguments_are_answered_at_once_and_a_refusal_of_kis_is_the_tasks_result(
    simulator: Simulator,
) -> None:
    async with polling(simulator, TasksExtension()) as client:
        wrong = await client.client.session.call_tool(TRADES, {"symbols": ["no symbol"]}, allow_claimed=True)
        assert isinstance(wrong, CallToolResult)
        assert error(wrong)["class"] == "bad_argument"
        client.kis.refuse["005930"] = ("OPSP8992", "INVALID INSTRUMENT")
        ended = await client.until((await client.call())["taskId"], "completed")
        assert error(CallToolResult.model_validate(ended["result"]))["kis_code"] == "OPSP8992"


async def test_an_order_is_never_a_task(simulator: Simulator) -> None:
    async with polling(simulator, TasksExtension()) as client:
        answer = await client.client.session.call_tool("place_order", BUY, allow_claimed=True)
        assert isinstance(answer, CallToolResult)
    rows = [api for api in catalog().tools if api.tool != CORE_TOOL]
    waiting = [api for api in rows if dispatch.length_of(api, {SECONDS: 25})]
    assert len(waiting) >= 60
    assert {api.risk for api in waiting} <= {"read", "account"}
    core = catalog().find(CORE_TOOL)
    assert core is not None
    assert [action for action in ACTIONS if dispatch.length_of(core, {"action": action})] == [
        "backtest",
        "optimise",
        "check",
    ]


async def test_a_search_of_parameters_is_a_task_that_tells_how_far_it_is(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "WORK_PATIENCE", 0)
    told = set[str]()
    async with polling(simulator, TasksExtension()) as client:
        handle = await client.call("strategies", action="optimise", strategy=RANGED)
        assert (handle["resultType"], handle["status"]) == ("task", "working")
        while (state := await client.send("tasks/get", handle["taskId"]))["status"] == "working":
            told.add(state.get("statusMessage", ""))
    assert blocks(CallToolResult.model_validate(state["result"]))["result"]["tried"] == 6
    assert any("of 6 backtests are done." in message for message in told)


async def test_work_that_is_done_soon_is_answered_at_once_and_is_no_task(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "WORK_PATIENCE", 60)
    async with polling(simulator, TasksExtension()) as client:
        result = await client.client.session.call_tool("check_strategy", {"strategy": SENTENCE}, allow_claimed=True)
    assert isinstance(result, CallToolResult)
    assert blocks(result)["result"]["look_ahead"] is False


async def test_over_http_a_task_outlives_the_request_that_began_it(simulator: Simulator) -> None:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with served(settings) as url, http_client() as http:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, extensions=[TasksExtension()]) as connection:
                client = Polling(kis, connection)
                task_id = (await client.call("call_read_tool", name=TRADES, arguments=FIFTY_SECONDS))["taskId"]
                await kis.until(SAMSUNG, HYNIX)
                await kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
                ended = await client.until(task_id, "completed")
    assert blocks(CallToolResult.model_validate(ended["result"]))["trades"][0]["price"] == 71900


class Running:
    """Tasks by themselves, at a time that a test sets."""

    def __init__(self, group: anyio.abc.TaskGroup, most: int) -> None:
        self.now: datetime = NOW
        self.tasks = Tasks(group, lambda: self.now, most)
        self.wait = anyio.Event()

    async def work(self, progress: Progress) -> CallToolResult:
        await progress.report("Waiting.")
        await self.wait.wait()
        return CallToolResult(content=[TextContent(type="text", text="done")])


@asynccontextmanager
async def running(most: int = 9) -> AsyncGenerator[Running]:
    async with anyio.create_task_group() as group:
        yield Running(group, most)
        group.cancel_scope.cancel()


async def test_a_task_tells_what_it_waits_for() -> None:
    async with running() as there:
        task = there.tasks.start(there.work, timedelta(seconds=1))
        assert task is not None
        there.now += timedelta(seconds=3)
        await anyio.wait_all_tasks_blocked()
        assert (task.status, task.message, task.updated_at) == ("working", "Waiting.", NOW + timedelta(seconds=3))
        there.wait.set()
        await anyio.wait_all_tasks_blocked()
        assert (task.status, task.message, task.lifetime) == ("completed", "", timedelta(seconds=1) + KEPT)


async def test_a_task_is_forgotten_after_its_time_and_stops_if_it_still_runs() -> None:
    async with running() as there:
        task = there.tasks.start(there.work, timedelta(seconds=1))
        assert task is not None
        await anyio.wait_all_tasks_blocked()
        there.now += timedelta(seconds=1) + KEPT - timedelta(microseconds=1)
        assert there.tasks.find(task.id) is task
        there.now += timedelta(microseconds=1)
        assert there.tasks.find(task.id) is None
        await anyio.wait_all_tasks_blocked()
        assert task.status == "cancelled"


async def test_a_task_that_ends_within_the_patience_of_its_client_gives_its_place_back() -> None:
    async with running(most=1) as there:
        task = there.tasks.start(there.work, timedelta(seconds=1))
        assert task is not None
        assert await there.tasks.result_within(task, 0) is None
        assert there.tasks.find(task.id) is task
        there.wait.set()
        assert await there.tasks.result_within(task, 60) is task.result is not None
        assert there.tasks.find(task.id) is None


async def test_a_client_that_leaves_before_its_call_is_a_task_stops_it() -> None:
    async with running() as there:
        task = there.tasks.start(there.work, timedelta(seconds=1))
        assert task is not None
        async with anyio.create_task_group() as calls:
            calls.start_soon(there.tasks.result_within, task, 60)
            await anyio.wait_all_tasks_blocked()
            calls.cancel_scope.cancel()
        await anyio.wait_all_tasks_blocked()
        assert task.status == "cancelled"


async def test_there_are_only_so_many_tasks_and_the_rest_must_wait_for_their_calls() -> None:
    async with running(most=2) as there:
        longest = timedelta(seconds=1)
        started = [there.tasks.start(there.work, longest) for _ in range(3)]
        assert [isinstance(task, Task) for task in started] == [True, True, False]
        there.now += longest + KEPT
        assert isinstance(there.tasks.start(there.work, longest), Task)
