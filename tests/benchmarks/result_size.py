"""The bytes a model reads beside the bytes KIS sent, over KIS' published examples.

    python tests/benchmarks/result_size.py

Each list keeps the two rows of the example, and every block the fields that a caller sees without asking for more.
The envelope and the notes weigh more on two rows than on the thirty of a real answer, so the whole structuredContent is
told both as published and as if each list had ten times as many rows.
"""

import json
import sys
from pathlib import Path
from typing import Any

from report import line, median

sys.path.insert(0, str(Path(__file__).parents[2]))

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.projection import read_projection
from kis_mcp.clock import system_clock
from kis_mcp.environment import Environment
from kis_mcp.server.result import success

EXAMPLES = Path(__file__).parents[1] / "catalog" / "published_examples.jsonl"


def compact(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def longer(body: dict[str, Any]) -> dict[str, Any]:
    """An example whose lists have ten times the rows."""
    return {key: part * 10 if isinstance(part, list) else part for key, part in body.items()}


def read(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """The structuredContent of a KIS answer."""
    decoded, shown = decode(api, body), read_projection(api, None)
    notes = [*decoded.notes, *filter(None, [shown.note])]
    page = Page(shown.of(decoded.blocks), complete=True, next_cursor=None, notes=notes, as_of=system_clock())
    return success(Environment.REAL, api, page).structured_content or {}


def main() -> None:
    apis = {(api.category, api.slug): api for api in catalog().apis}
    blocks: list[float] = []
    whole: list[float] = []
    whole_longer: list[float] = []
    for example in map(json.loads, EXAMPLES.read_text("utf-8").splitlines()):
        api, body = apis[example["category"], example["slug"]], example["body"]
        if api.risk == "order":
            continue
        content = read(api, body)
        blocks.append(compact(content["blocks"]) / compact(body))
        whole.append(compact(content) / compact(body))
        whole_longer.append(compact(read(api, longer(body))) / compact(longer(body)))
    print(f"{len(blocks)} examples, smallest {min(blocks):.2f}, largest {max(blocks):.2f}")
    line("what a model reads / what KIS sent, median", median(blocks), "×", 0.7)
    print(f"with envelope and notes {median(whole):.2f}; lists ten times as long {median(whole_longer):.2f}")


main()
