"""The tokens a model reads of every read tool's example on the simulator: as KIS sends them, as records, as columns.

    python tests/benchmarks/tokens.py [tool …]

All three are of the same call: the server answers with records in structuredContent (KIS_RESULT_SHAPE=rows) and with
columns in the text, and the simulator keeps what it sent, of several requests all. KIS' answer has every field, ours
those that a caller sees without asking for more. "Values alone" are the values with a comma between them: no form that
loses nothing can be much shorter.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report import line, median
from tokenizer import ENCODING, tokens

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp import Client

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.render import to_json
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import NOW, connected, settings_for, text

LONG = 10
"""Rows from which on a list is a list."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """One answer's tokens: what KIS sent (0 where it was not asked), records, columns, values alone; and how many rows
    its longest list has."""

    tool: str
    kis: int
    rows: int
    columns: int
    values: int
    longest: int


async def main(names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "record.jsonl")
        options = SimulatorOptions(
            clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0, record_path=record
        )
        async with run_simulator(options) as simulator:
            settings = settings_for(
                simulator, data_dir=Path(folder), quote_cache_seconds=0, account_cache_seconds=0, result_shape="rows"
            )
            async with connected(settings, SurfaceOptions("all"), clock=lambda: NOW) as client:
                reads = [api for api in catalog().tools if is_wanted(api, names)]
                report(list(filter(None, [await sizes(client, api, record) for api in reads])))


def is_wanted(api: Api, names: Sequence[str]) -> bool:
    reads = api.risk != "order" and api.method != "POST" and api.kind != "websocket" and "watch_id" not in api.example
    return (api.tool in names if names else True) and reads


async def sizes(client: Client, api: Api, record: Path) -> Sizes | None:
    """The tokens of the tool's example; None where it failed."""
    already = len(recorded(record))
    result = await client.call_tool(api.tool, to_json(dict(api.example)))
    if result.is_error or result.structured_content is None:
        print("failed", text(result))
        return None
    sent = [answer for each in recorded(record)[already:] if (answer := json.loads(each)["answer"])]
    content: Mapping[str, Any] = result.structured_content
    longest = max((len(block) for block in content["blocks"].values() if isinstance(block, list)), default=0)
    return Sizes(
        tool=api.tool,
        kis=sum(tokens(as_sent(body)) for body in sent),
        rows=tokens(as_sent(content)),
        columns=tokens(text(result)),
        values=tokens(",".join(map(as_sent, values(content)))),
        longest=longest,
    )


def recorded(record: Path) -> list[str]:
    return record.read_text("utf-8").splitlines()


def as_sent(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def values(part: object) -> Iterator[object]:
    """All values of a result, without names."""
    match part:
        case dict():
            for each in part.values():
                yield from values(each)
        case list():
            for each in part:
                yield from values(each)
        case _:
            yield part


def report(found: Sequence[Sizes]) -> None:
    print(f"{len(found)} tools, tokens by {ENCODING}")
    if len(found) < 20:
        for each in found:
            print(f"{each.tool:<50} KIS {each.kis:>6} records {each.rows:>6} columns {each.columns:>6}")
    asked = [each for each in found if each.kis]
    lists = [each for each in found if each.longest >= LONG]
    line("columns / what KIS sent, all together", total(asked, "columns") / total(asked, "kis"), "×", 0.25)
    line("columns / what KIS sent, median", median([each.columns / each.kis for each in asked]), "×", 0.5)
    line("columns / records, all together", total(found, "columns") / total(found, "rows"), "×", 0.65)
    line("columns / records, lists, median", median([each.columns / each.rows for each in lists]), "×", 0.62)
    line("columns / values alone, all together", total(found, "columns") / total(found, "values"), "×", 1.15)
    worst = max(found, key=lambda each: each.columns / each.rows)
    print(f"records / what KIS sent {total(asked, 'rows') / total(asked, 'kis'):.2f}; ", end="")
    print(f"columns are longest beside records in {worst.tool}: {worst.columns} and {worst.rows}")


def total(found: Sequence[Sizes], which: str) -> int:
    return sum(getattr(each, which) for each in found)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
