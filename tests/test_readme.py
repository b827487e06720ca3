"""The documents' generated parts say what the code says, and what they point at is there.

``pytest --regenerate`` rewrites the generated parts.
"""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.cli.hosts.table import HOSTS
from kis_mcp.cli.main import app
from kis_mcp.settings import Settings
from tests.generate.settings_tables import groups, overview, whole

ROOT = Path(__file__).parent.parent
BEFORE_SETTINGS = {"config_file", "passphrase", "passphrase_file"}
"""Variables that are read before the settings are."""

PAGES = sorted(path.relative_to(ROOT).as_posix() for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md"))


def toolset_table(heading: str) -> str:
    """One row a toolset: how many tools it has, how many of them order, how many demo offers."""
    apis = [api for api in catalog().tools if api.kind != "websocket"]
    tools = Counter(api.toolset for api in apis)
    orders = Counter(api.toolset for api in apis if api.risk == "order")
    demo = Counter(api.toolset for api in apis if api.in_demo or api.kind == "core")
    rows = [f"| `{name}` | {tools[name]} | {orders[name]} | {demo[name]} |" for name in tools]
    return "\n".join([heading, "| --- | --- | --- | --- |", *rows])


GENERATED: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "toolsets"): lambda: toolset_table("| toolset | tools | orders | in demo |"),
    ("README.ko.md", "toolsets"): lambda: toolset_table("| 도구 모음 | 도구 | 주문 | 모의투자 |"),
    ("README.md", "settings"): lambda: overview("en"),
    ("README.ko.md", "settings"): lambda: overview("ko"),
    ("docs/settings.md", "settings"): lambda: whole("en"),
    ("docs/settings.ko.md", "settings"): lambda: whole("ko"),
}
"""Document and name of a part → what it has to say."""


@pytest.mark.parametrize(("name", "part"), GENERATED)
def test_a_generated_part_says_what_the_code_says(name: str, part: str, regenerate: bool) -> None:
    path = ROOT / name
    text = path.read_text("utf-8")
    pattern = re.compile(rf"(?<=<!-- generated: {part} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    expected, found = pattern.subn(lambda _: GENERATED[name, part]() + "\n", text, count=1)
    assert found == 1, f"{name} has no part {part}"
    if regenerate:
        path.write_text(expected, "utf-8")
    assert text == expected or regenerate, f"{name} is out of date: pytest --regenerate tests/test_readme.py"


def test_every_setting_is_told_once() -> None:
    told = Counter(name for group in groups() for row in group.meanings for name in row.fields)
    assert told == Counter({*Settings.model_fields, *BEFORE_SETTINGS})


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_links_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"(?:\]\(|src=\")([^)\s\"]+)", text):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            page = (ROOT / name).parent / file if file else ROOT / name
            assert page.exists(), f"{name}: {target}"
            assert not anchor or anchor in anchors(page.read_text("utf-8")), f"{name}: {target}"


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_page_in_two_languages_has_the_same_parts_in_both() -> None:
    """Parts are told by level of heading, by tables' rows, by blocks of code and by images."""
    for korean in (ROOT / name for name in PAGES if name.endswith(".ko.md")):
        english = korean.with_name(korean.name.replace(".ko.md", ".md"))
        assert outline(korean.read_text("utf-8")) == outline(english.read_text("utf-8")), korean.name


def outline(text: str) -> list[str]:
    return re.findall(r"^(?:#+ |\| |```\w*|<img )", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["SECURITY.md", "SECURITY.ko.md"])
def test_each_defence_names_tests_that_are_there(name: str) -> None:
    defences = re.findall(r"^\| (?!---)[^|]+ \| [^|]+ \| ([^|]+) \|$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    named = [re.findall(r"`(tests/\S+\.py)::(test_\w+)`", tests) for tests in defences]
    headings = [tests for tests, found in zip(defences, named, strict=True) if not found]
    assert len({*headings}) == 1, f"without a test: {headings}"
    for path, test in (each for found in named for each in found):
        assert re.search(rf"^(?:async )?def {test}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), (
            f"{path}::{test}"
        )


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_every_command_is_told(name: str) -> None:
    rows = "\n".join(re.findall(r"^\| `kis-mcp .*", (ROOT / name).read_text("utf-8"), re.MULTILINE))
    commands = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    commands += [group.name for group in app.registered_groups if group.name]
    assert [command for command in commands if f"`kis-mcp {command}" not in rows] == []


@pytest.mark.parametrize("name", ["docs/hosts.md", "docs/hosts.ko.md"])
def test_every_host_is_told(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert [host for host in HOSTS if f"\n| `{host}` |" not in text] == []


def test_the_number_of_apis_is_that_of_the_spec_table() -> None:
    number = len(catalog().apis)
    assert f"all {number}\nAPIs as typed tools" in (ROOT / "README.md").read_text("utf-8")
    assert f"API {number}개 모두가" in (ROOT / "README.ko.md").read_text("utf-8")
