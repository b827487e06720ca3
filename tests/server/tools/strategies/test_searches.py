"""Searching parameters: what is found, how it is told meanwhile, and that it stops."""

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import anyio
import anyio.to_thread
import pytest

from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.tools.strategies import searches
from kis_mcp.simulator import Simulator
from kis_mcp.strategies.backtest.search import search_points
from tests.client import blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import RANGED, SENTENCE

SEARCH: dict[str, Any] = {"action": "optimise", "strategy": RANGED}


async def test_every_combination_is_ranked_and_the_best_is_checked_on_later_bars(simulator: Simulator) -> None:
    told = list[str]()

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("strategies", SEARCH, progress_callback=tell)
    found = blocks(result)
    assert found["result"] == {
        "about": "005930, 1d bars from 2025-03-04 to 2026-03-03, in sim",
        "goal": "sharpe",
        "method": "every combination",
        "tried": 6,
        "of": 6,
    }
    scores = [row["score"] for row in found["attempts"]]
    assert scores == sorted(scores, reverse=True)
    assert {row["parameters"] for row in found["attempts"]} == {f"days={days}" for days in range(3, 9)}
    assert found["checked"]["parameters"] == found["attempts"][0]["parameters"]
    assert any(
        "earned nothing outside" in note or "does not hold" in note for note in result.structured_content["notes"]
    )
    assert any(note.startswith("The bars before 2025-11-") for note in result.structured_content["notes"])
    assert told == [f"{done} of 6 backtests are done." for done in range(1, 7)]


async def test_ranges_of_the_call_stand_in_place_of_the_documents_and_a_number_fixes_one(
    simulator: Simulator,
) -> None:
    two = json.loads(json.dumps(RANGED))
    two["parameters"]["long"] = {"default": 20, "min": 15, "max": 30}
    two["indicators"]["slow"]["params"]["period"] = "$long"
    ranges = {"days": {"min": 4, "max": 8, "step": 2}, "long": 20}
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {**SEARCH, "strategy": two, "parameters": ranges}))
        one = {**SEARCH, "strategy": two, "parameters": {"days": {"min": 4, "max": 8, "step": 2}, "long": 20}}
        alone = {**one, "parameters": {"long": {"min": 20, "max": 22, "step": 2}}}
        silent, noted = [
            (await client.call_tool("strategies", each)).structured_content["notes"] for each in (one, alone)
        ]
        narrow, reversed_, step = [
            error(await client.call_tool("strategies", {**SEARCH, "parameters": {"days": each}}))
            for each in ({"min": 4}, {"min": 9, "max": 2}, {"step": 0})
        ]
        unknown = error(await client.call_tool("strategies", {**SEARCH, "parameters": {"day": 4}}))
        fixed = error(await client.call_tool("strategies", {**SEARCH, "strategy": SENTENCE}))
        goal = error(await client.call_tool("strategies", {**SEARCH, "goal": "money"}))
    assert {row["parameters"] for row in found["attempts"]} == {"days=4", "days=6", "days=8"}
    assert narrow["what"] == "The range of days has no min or no max."
    assert (reversed_["field"], reversed_["what"]) == ("parameters.days", "The range of days goes from 9 down to 2.")
    assert (step["field"], step["what"]) == ("parameters.days.step", "The step of the range of days cannot be used.")
    assert "step above 0" in step["next_step"]
    assert (narrow["field"], unknown["field"], goal["field"]) == ("parameters.days", "parameters.day", "goal")
    assert fixed["what"] == "No parameter has a range."
    assert not any(note.startswith("Searched beside") for note in silent)
    assert noted[0] == (
        "Searched beside what the call names (long (2)): days (6), by the ranges of the document. A number in place of"
        " a range leaves a parameter at it."
    )


async def test_of_more_combinations_than_the_cap_some_are_tried_by_chance_and_it_is_said(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "USUAL_POINTS", 3)
    async with connected(settings_for(simulator)) as client:
        first, second = [blocks(await client.call_tool("strategies", SEARCH)) for _ in range(2)]
    assert first["result"] | {"about": ""} == {
        "about": "",
        "goal": "sharpe",
        "method": "combinations by chance",
        "tried": 3,
        "of": 6,
    }
    assert len(first["attempts"]) == 3
    assert first == second


async def test_a_walk_forward_chooses_anew_in_each_step(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), SurfaceOptions(toolsets=("strategies",))) as client:
        asked = {"strategy": RANGED, "walk_forward": 3}
        found = blocks(await client.call_tool("optimise_strategy", asked))
    assert len(found["windows"]) == 3
    assert all(row["train_from"] < row["test_from"] for row in found["windows"])


async def test_a_search_whose_call_is_cancelled_stops_and_the_server_answers_meanwhile(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_go_on, stopped = Event(), Event(), Event()
    runs = 0

    def slow(*given: Any, progress: Callable[[int, int], None], is_cancelled: Callable[[], bool], **how: Any) -> Any:
        def counted(done: int, total: int) -> None:
            nonlocal runs
            runs = done
            progress(done, total)
            began.set()
            assert may_go_on.wait(10)

        found = search_points(*given, progress=counted, is_cancelled=is_cancelled, **how)
        stopped.set()
        return found

    monkeypatch.setattr(searches, "search_points", slow)
    async with connected(settings_for(simulator)) as client:
        async with anyio.create_task_group() as calls:
            calls.start_soon(client.call_tool, "strategies", SEARCH)
            assert await anyio.to_thread.run_sync(began.wait, 10)
            assert blocks(await client.call_tool("get_environment", {}))
            calls.cancel_scope.cancel()
        assert blocks(await client.call_tool("get_environment", {}))
        may_go_on.set()
        assert await anyio.to_thread.run_sync(stopped.wait, 10)
    assert runs == 1
