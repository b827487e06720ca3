"""What KIS' examples, sample code and older sheets have otherwise than its field tables: ``simulator/sources.toml``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import tomli

from kis_mcp.catalog import resources_folder
from kis_mcp.simulator.wire.replies import Reply

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Sources:
    """What one API's other sources have; the names are those of the file, which says what they mean."""

    absent: frozenset[str] = frozenset()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    trs: Mapping[str, str] = field(default_factory=dict[str, str])
    trs_end: date | None = None
    blocks: Mapping[str, str] = field(default_factory=dict[str, str])
    lists: frozenset[str] = frozenset()
    uppercase: bool = False
    keys: tuple[str, ...] = ()
    index_keys: frozenset[str] = frozenset()


SHEET_ALONE = Sources()
"""Nothing beside the field table."""


def sources_of(tool: str) -> Sources:
    """What the other sources of an API have."""
    return _table().get(tool, SHEET_ALONE)


def as_in_sheet(sources: Sources, elements: Mapping[str, str]) -> dict[str, str]:
    """Request elements by the sheet's names, with the sheet's values."""
    renamed = {sources.names.get(name, name): text for name, text in elements.items()}
    return {name: sources.values.get(name, _NOTHING).get(text.strip(), text) for name, text in renamed.items()}


def as_in_examples(sources: Sources, reply: Reply) -> Reply:
    """An answer with the names that examples and sample code read; continuation keys that are not there are blank."""
    if isinstance(reply.body, str) or sources == SHEET_ALONE:
        return reply
    body: dict[str, object] = dict.fromkeys(sources.keys, "")
    for name, part in reply.body.items():
        if isinstance(part, dict):
            part = _record(sources, name, part, reply.body)  # pyright: ignore[reportUnknownArgumentType]
        body[sources.blocks.get(name, name)] = [part] if name in sources.lists else part
    return Reply(body, reply.status, reply.tr_cont)


def _record(sources: Sources, block: str, record: dict[str, object], body: Mapping[str, object]) -> dict[str, object]:
    if sources.uppercase:
        record = {element.upper(): value for element, value in record.items()}
    if block in sources.index_keys:
        record = record | {"index_key": body.get("index_key", "")}
    return record


@cache
def _table() -> Mapping[str, Sources]:
    text = (resources_folder() / "simulator" / "sources.toml").read_text("utf-8")
    return {tool: _sources(row) for tool, row in tomli.loads(text).items()}


def _sources(row: dict[str, Any]) -> Sources:
    words = {name: row.pop(name, "").split() for name in ("absent", "keys", "lists", "index_keys")}
    return Sources(
        absent=frozenset(words["absent"]),
        keys=tuple(words["keys"]),
        lists=frozenset(words["lists"]),
        index_keys=frozenset(words["index_keys"]),
        **row,
    )
