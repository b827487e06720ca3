"""Derive ``block_names.tsv``: what KIS' sheet, its printed example and its sample code call the parts of each answer.

Run by hand: ``python -m tests.catalog.derive_block_names <folder of the workbook as JSON> <git directory of samples>``.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.catalog.derive_documented_codes import CATEGORIES

COLUMNS: tuple[str, ...] = ("category", "slug", "sheet", "example", "sample_code")
_PART = re.compile(r"getBody\(\)(?:\.|, ?')(output\w*)", re.IGNORECASE)
_EXAMPLE_PART = re.compile(r'"(output\w*)"\s*:\s*[\[{]', re.IGNORECASE)


def named(folder: Path, samples: Path) -> Iterator[dict[str, str]]:
    """A row for each REST API whose answer has parts."""
    for category in CATEGORIES:
        for api in json.loads((folder / f"{category}.json").read_text("utf-8")):
            parts = {
                "sheet": sheet_parts(api),
                "example": set(_EXAMPLE_PART.findall(api["response_example"] or "")),
                "sample_code": set(_PART.findall(sample(samples, category, api["name"]))),
            }
            if api["kind"] == "rest" and any(parts.values()):
                words = {source: " ".join(sorted(names)) for source, names in parts.items()}
                yield {"category": category, "slug": api["name"], **words}


def sheet_parts(api: dict[str, Any]) -> set[str]:
    return {
        row["element"] for row in api["response"] if (row["type"] or "").lower() in ("object", "array", "object array")
    }


def sample(samples: Path, category: str, slug: str) -> str:
    """The sample code of an API; empty where KIS has none."""
    path = f"HEAD:examples_llm/{category}/{slug}/{slug}.py"
    shown = subprocess.run(["git", "--git-dir", samples, "show", path], capture_output=True, text=True, check=False)
    return shown.stdout


def main(folder: Path, samples: Path) -> None:
    with Path(__file__).with_name("block_names.tsv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        rows.writeheader()
        rows.writerows(named(folder, samples))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
