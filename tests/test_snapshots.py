"""What each tool says of itself, one file a tool. ``pytest --regenerate`` rewrites them; the diff is the review."""

import json
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.schemas import input_schema, output_schema

FOLDER = Path(__file__).parent / "snapshots"
TOOLS = [api for api in catalog().tools if api.kind != "websocket"]


def snapshot(api: Api) -> str:
    facts = {
        "name": api.tool,
        "title": api.title,
        "description": api.description,
        "input_schema": input_schema(api),
        "output_schema": output_schema(api),
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("api", TOOLS, ids=lambda api: api.tool)
def test_a_tool_says_what_its_snapshot_says(api: Api, regenerate: bool) -> None:
    path = FOLDER / f"{api.tool}.json"
    if regenerate:
        path.parent.mkdir(exist_ok=True)
        path.write_text(snapshot(api), "utf-8")
    expected = path.read_text("utf-8") if path.exists() else ""
    assert snapshot(api) == expected, "pytest --regenerate tests/test_snapshots.py, and review the diff"


def test_no_snapshot_outlives_its_tool(regenerate: bool) -> None:
    left = {path for path in FOLDER.glob("*.json") if path.stem not in {api.tool for api in TOOLS}}
    if regenerate:
        for path in left:
            path.unlink()
    assert regenerate or left == set()
