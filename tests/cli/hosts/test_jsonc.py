"""A member is set and removed, and nothing else of the file is touched."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.cli.hosts.jsonc import Unreadable, read, remove_member, set_member

PATH = ("mcpServers", "kis")
ENTRY = {"command": "/usr/bin/python3", "args": ["-m", "kis_mcp"], "env": {"KIS_ENV": "sim", "한글": '"\\'}}

names = st.text(max_size=6) | st.sampled_from(["mcpServers", "kis", "projects", "//", "/*"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
servers = st.dictionaries(names.filter(lambda name: name != "kis"), values, max_size=3)
blanks = st.sampled_from(["", " ", "\n", "\t", "\r\n  ", "  \n"])
remarks = blanks | st.sampled_from(["// a, {remark}\n", "/* of [two]\nlines */", ' // "quoted": 1,\r\n'])


@st.composite
def texts(draw: st.DrawFn, with_comments: bool) -> tuple[str, dict[str, Any]]:
    """A file as someone may have written it, and what it says."""
    document: dict[str, Any] = draw(
        st.dictionaries(names.filter(lambda name: name != "mcpServers"), values, max_size=4)
    )
    if draw(st.booleans()):
        document["mcpServers"] = draw(servers)
    gap = remarks if with_comments else blanks

    def written(value: Any) -> str:
        if isinstance(value, dict):
            parts = [f"{json.dumps(k)}{draw(gap)}:{draw(gap)}{written(v)}" for k, v in value.items()]
            return f"{{{joined(parts)}}}"
        if isinstance(value, list):
            return f"[{joined(list(map(written, value)))}]"
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def joined(parts: list[str]) -> str:
        text = ",".join(f"{draw(gap)}{part}{draw(gap)}" for part in parts)
        return f"{text},{draw(gap)}" if parts and with_comments and draw(st.booleans()) else text or draw(gap)

    return f"{draw(gap)}{written(document)}{draw(gap)}", document


@settings(max_examples=50)
@given(texts(with_comments=False))
def test_any_file_keeps_all_else_that_it_says(said: tuple[str, dict[str, Any]]) -> None:
    text, document = said
    changed = set_member(text, PATH, ENTRY, with_comments=False)
    expected = {**document, "mcpServers": {**document.get("mcpServers", {}), "kis": ENTRY}}
    assert json.loads(changed) == expected
    removed = remove_member(changed, PATH, with_comments=False)
    assert json.loads(removed) == {**document, "mcpServers": document.get("mcpServers", {})}


@settings(max_examples=50)
@given(texts(with_comments=True))
def test_any_file_with_remarks_keeps_every_character_in_its_order(said: tuple[str, dict[str, Any]]) -> None:
    text, document = said
    assert read(text, with_comments=True) == document
    changed = set_member(text, PATH, ENTRY, with_comments=True)
    assert is_within(text, changed)
    assert read(changed, with_comments=True)["mcpServers"] == {**document.get("mcpServers", {}), "kis": ENTRY}
    removed = remove_member(changed, PATH, with_comments=True)
    assert is_within(solid(removed), solid(changed))
    assert read(removed, with_comments=True) == {**document, "mcpServers": document.get("mcpServers", {})}
    if document.get("mcpServers"):
        assert solid(removed) == solid(text)


@settings(max_examples=50)
@given(texts(with_comments=True), st.text(max_size=3))
def test_an_entry_that_stands_there_is_replaced_in_its_place(said: tuple[str, dict[str, Any]], other: str) -> None:
    first = set_member(said[0], PATH, {"command": other}, with_comments=True)
    assert set_member(first, PATH, ENTRY, with_comments=True) == set_member(
        set_member(first, PATH, {"a": [other]}, with_comments=True), PATH, ENTRY, with_comments=True
    )
    assert set_member(first, PATH, {"command": other}, with_comments=True).split() == first.split()


def is_within(part: str, whole: str) -> bool:
    """Whether all characters of ``part`` stand in ``whole`` in their order."""
    rest = iter(whole)
    return all(character in rest for character in part)


def solid(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '{\n  "s": {\n    "kis": 1\n  }\n}\n'),
        ('{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"s": {\n\t\t"kis": 1\n\t}\n}\n'),
        ('{"a": 1}', '{"a": 1, "s": {"kis": 1}}'),
        ('{\r\n  "s": {\r\n    "x": 2\r\n  }\r\n}', '{\r\n  "s": {\r\n    "x": 2,\r\n    "kis": 1\r\n  }\r\n}'),
        ('{\n  "s": {\n    "x": 2, // of x\n  },\n}', '{\n  "s": {\n    "x": 2, // of x\n    "kis": 1,\n  },\n}'),
        ('{\n  "s": {\n    "x": 2 // of x\n  }\n}', '{\n  "s": {\n    "x": 2, // of x\n    "kis": 1\n  }\n}'),
        ('\ufeff{\n  "s": {}\n}', '\ufeff{\n  "s": {\n    "kis": 1\n  }\n}'),
    ],
)
def test_an_entry_is_written_as_the_file_is(text: str, expected: str) -> None:
    assert set_member(text, ("s", "kis"), 1, with_comments=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"s": { // remark\n  "kis": 1 }}', '{"s": { // remark\n   }}'),
        ('{\n  "s": {\n    "x": 2, // of x\n    "kis": 1\n  }\n}', '{\n  "s": {\n    "x": 2 // of x\n  }\n}'),
        ('{"s": {"kis": 1, /* of y */ "y": 2}}', '{"s": { /* of y */ "y": 2}}'),
        ('{"s": {"x": 1, "kis": 1,}}', '{"s": {"x": 1, }}'),
        ('{"s": {"x": 1}}', '{"s": {"x": 1}}'),
        ("{}", "{}"),
        ("", ""),
    ],
)
def test_an_entry_goes_and_the_remarks_around_it_stay(text: str, expected: str) -> None:
    assert remove_member(text, ("s", "kis"), with_comments=True) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "ends too early"),
        ('{"a": 1', "ends too early"),
        ('{"a" 1}', "colon"),
        ('{"a": 1 "b": 2}', "comma"),
        ('{"a": 1,}', "comma"),
        ('{"a": }', "value is missing"),
        ('{"a": 01}', "no JSON"),
        ("{'a': 1}", "line 1"),
        ('{"a": 1} {}', "after its end"),
        ('{\n"a": 1, // remark\n"b": 2}', "line 2 has a comment"),
        ('{"mcpServers": []}', "mcpServers is no object"),
        ('{"mcpServers": null}', "mcpServers is no object"),
        ("[]", "it is no object"),
        ('{"mcpServers": {}, "mcpServers": {}}', "twice"),
        ("[" * 300, "too deeply"),
    ],
)
def test_what_the_host_could_not_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        set_member(text, PATH, ENTRY, with_comments=False)
