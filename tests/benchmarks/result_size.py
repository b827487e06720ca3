"""The bytes a model reads beside the bytes KIS sent, over KIS' published examples.

    python tests/benchmarks/result_size.py

Each list keeps the two rows of the example, and every block the fields that a caller sees without asking for more.
"""

import json
import sys
from pathlib import Path

from report import line, median

sys.path.insert(0, str(Path(__file__).parents[2]))

from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.projection import projection
from kis_mcp.catalog.render import to_json

EXAMPLES = Path(__file__).parents[1] / "catalog" / "published_examples.jsonl"


def compact(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def main() -> None:
    apis = {(api.category, api.slug): api for api in catalog().apis}
    ratios = []
    for example in map(json.loads, EXAMPLES.read_text("utf-8").splitlines()):
        api = apis[example["category"], example["slug"]]
        shown = projection(api, None).shown
        blocks = {
            name: [shown(name, row) for row in part] if isinstance(part, list) else shown(name, part)
            for name, part in decode(api, example["body"]).blocks.items()
        }
        ratios.append(compact(to_json(blocks)) / compact(example["body"]))
    print(f"{len(ratios)} examples, smallest {min(ratios):.2f}, largest {max(ratios):.2f}")
    line("what a model reads / what KIS sent, median", median(ratios), "×", 0.7)


main()
