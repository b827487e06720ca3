"""The READMEs' generated parts say what the spec table says. ``pytest --regenerate`` rewrites them."""

import re
from collections import Counter
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import catalog

ROOT = Path(__file__).parent.parent
HEADINGS = {
    "README.md": "| toolset | tools | orders | in demo |",
    "README.ko.md": "| 도구 모음 | 도구 | 주문 | 모의투자 |",
}


def toolset_table(heading: str) -> str:
    """One row a toolset: how many tools it has, how many of them order, how many demo offers."""
    apis = [api for api in (*catalog().core, *catalog().apis) if api.kind != "websocket"]
    tools = Counter(api.toolset for api in apis)
    orders = Counter(api.toolset for api in apis if api.risk == "order")
    demo = Counter(api.toolset for api in apis if api.in_demo or api.kind == "core")
    rows = [f"| `{name}` | {tools[name]} | {orders[name]} | {demo[name]} |" for name in tools]
    return "\n".join([heading, "| --- | --- | --- | --- |", *rows])


@pytest.mark.parametrize("name", HEADINGS)
def test_the_table_of_toolsets_is_that_of_the_spec_table(name: str, regenerate: bool) -> None:
    path = ROOT / name
    text = path.read_text("utf-8")
    pattern = re.compile(r"(?<=<!-- generated: toolsets -->\n).*?(?=<!-- end -->)", re.DOTALL)
    expected = pattern.sub(lambda _: toolset_table(HEADINGS[name]) + "\n", text, count=1)
    if regenerate:
        path.write_text(expected, "utf-8")
    assert text == expected or regenerate, f"{name} is out of date: pytest --regenerate tests/test_readme.py"
