import tomllib
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.cli.hosts.jsonc import Unreadable
from kis_mcp.cli.hosts.toml_tables import remove_table, set_table

PATH = ("mcp_servers", "kis")
ENTRY: dict[str, Any] = {"command": "C:\\Python\\python.exe", "args": ["-m", "kis_mcp"], "env": {"KIS_ENV": "sim"}}

lines = st.sampled_from(
    [
        "",
        "# a remark",
        "[mcp_servers.other]\ncommand = 'x' # its own",
        '[mcp_servers.other.env]\n# of the next\nA = "[not a header]"',
        "[mcp_servers.kis2]\nurl = 'https://kis.example'",
        '[projects."/home/me"]\ntrust_level = "trusted"',
        "[[profiles]]\nname = '하나'\nlist = [\n  1,\n  2,\n]",
        "[tui]\r\nnotifications = true\r",
    ]
)
files = (
    st.lists(lines, unique=True, max_size=6)
    .map(lambda parts: "\n".join(['model = "gpt"', *parts, ""]))
    .filter(lambda text: _is_toml(text))
)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@settings(max_examples=50)
@given(files)
def test_any_file_keeps_all_else_that_it_says_and_each_of_its_lines(text: str) -> None:
    said = tomllib.loads(text)
    changed = set_table(text, PATH, ENTRY)
    assert tomllib.loads(changed) == {**said, "mcp_servers": {**said.get("mcp_servers", {}), "kis": ENTRY}}
    assert changed.startswith(text.rstrip("\r\n"))
    removed = remove_table(changed, PATH)
    assert tomllib.loads(removed) == said
    assert removed.split() == text.split()


@settings(max_examples=50)
@given(files, st.integers(0, 6))
def test_a_table_that_stands_somewhere_is_replaced_there(text: str, at: int) -> None:
    parts = text.split("\n[")
    at = min(at, len(parts))
    earlier = "\n[".join(
        [*parts[:at], 'mcp_servers . "kis"] # ours\ncommand = "old"\n[mcp_servers.kis.env]\nA = "b"\n', *parts[at:]]
    )
    if at == 0 or not _is_toml(earlier):
        return
    rest = tomllib.loads(earlier)
    del rest["mcp_servers"]["kis"]
    changed = set_table(earlier, PATH, ENTRY)
    said = tomllib.loads(changed)
    assert said["mcp_servers"].pop("kis") == ENTRY
    assert said == rest
    assert set_table(changed, PATH, ENTRY).split() == changed.split()


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers = { kis = { command = 'x' } }\n",
        "mcp_servers.kis.command = 'x'\n",
        "mcp_servers = 3\n",
        "[mcp_servers]\nkis = { command = 'x' }\n",
        "a = \n",
        'note = """\n[mcp_servers.kis]\nx = 1\n[tui]\n"""\n',
    ],
)
def test_a_layout_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        set_table(text, PATH, ENTRY)


def test_lines_that_look_like_headers_within_a_text_are_refused_or_kept() -> None:
    text = '[mcp_servers.kis]\ncommand = """\n[tui]\n"""\n\n[tui]\na = 1\n'
    with pytest.raises(Unreadable):
        set_table(text, PATH, ENTRY)
