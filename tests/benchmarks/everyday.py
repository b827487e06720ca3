"""Twenty-four everyday tasks on the simulator: the calls that they take, and the tokens a model reads of the answers.

    python tests/benchmarks/everyday.py

Before: the longest way of each task, lists as records. After: the shortest way, lists as columns. Both in one run.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from everyday_tasks import TASKS, Task, Way
from report import line
from tokenizer import ENCODING, tokens

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp import Client

from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import NOW, connected, settings_for, text


async def main() -> None:
    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    with tempfile.TemporaryDirectory() as folder:
        async with run_simulator(options) as simulator:
            settings = settings_for(simulator, data_dir=Path(folder), result_shape="rows")
            async with connected(settings, clock=lambda: NOW) as client:
                offered = {tool.name for tool in (await client.list_tools()).tools}
                rows = [await measure(client, task, offered) for task in TASKS]
    print(f"{'calls':>11} {'tokens by ' + ENCODING:>30}")
    for task, (calls_before, calls, before, after) in zip(TASKS, rows, strict=True):
        print(f"{calls_before:>4} → {calls:>2} {before:>10} → {after:>6}   {task.question}")
    calls_before, calls, before, after = (sum(column) for column in zip(*rows, strict=True))
    line("calls a task, before", calls_before / len(TASKS), "", 2)
    line("calls a task", calls / len(TASKS), "", 2)
    line("tokens read / tokens read before", after / before, "×", 0.5)


async def measure(client: Client, task: Task, offered: set[str]) -> tuple[int, int, int, int]:
    """Calls before and after, tokens before and after."""
    longest = task.ways[-1]
    shortest = next(way for way in task.ways if all(tool in offered for tool, _ in way))
    before, _ = await read(client, task, longest)
    _, after = await read(client, task, shortest)
    return len(longest), len(shortest), before, after


async def read(client: Client, task: Task, way: Way) -> tuple[int, int]:
    """The tokens of all answers on a way: as records, as columns.

    Raises:
        AssertionError: A call failed, a search did not name the API that is called next, or the answer is missing.
    """
    as_records = as_columns = 0
    content: dict[str, Any] = {}
    for tool, arguments in way:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, (task.question, text(result))
        if tool == "call_read_tool":
            named = {row["name"] for row in content["blocks"]["tools"]}
            assert arguments["name"] in named, (task.question, arguments["name"], named)
        content = result.structured_content or {}
        as_records += tokens(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
        as_columns += tokens(text(result))
    assert not set(task.answer).isdisjoint(fields(content["blocks"])), (task.question, set(fields(content["blocks"])))
    return as_records, as_columns


def fields(part: object) -> Iterator[str]:
    """The names of all fields that have a value."""
    if isinstance(part, dict):
        for name, value in part.items():
            if value is not None:
                yield name
            yield from fields(value)
    if isinstance(part, list):
        for each in part:
            yield from fields(each)


if __name__ == "__main__":
    asyncio.run(main())
