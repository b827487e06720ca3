"""Live records beside what the REST APIs say at the same moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator.answers.live import FEEDS, Elements
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.world import World
from tests.simulator.answers.test_every_api import Direct

SECOND = timedelta(seconds=1)


def records(world: World, tr_id: str, key: str, until: datetime, stretch: timedelta = SECOND) -> Sequence[Elements]:
    """What comes in a stretch of time."""
    return FEEDS[tr_id](world, key, until - stretch, until)


def by_name(tr_id: str, record: Elements) -> dict[str, Any]:
    """A live record by readable names, numbers as numbers; what is missing is left out."""
    (api,) = catalog().of_kis(tr_id)
    fields = {field.element.upper(): field.name for field in api.blocks[0].fields}
    return {fields[element]: number(text) for element, text in record.items()}


def rest(direct: Direct, now: datetime, tool: str, arguments: Mapping[str, object], only: str = "") -> dict[str, Any]:
    """All blocks of an answer together, by readable names, numbers as numbers; rows are numbered from 1.

    Args:
        only: The one block that counts.
    """
    api = catalog().find(tool)
    assert api is not None
    usual, direct.now = direct.now, now
    reply = direct.call(api, Host.REAL, **arguments)
    direct.now = usual
    assert not isinstance(reply.body, str)
    assert reply.body["rt_cd"] == "0", reply.body
    found: dict[str, Any] = {}
    for block in reversed([block for block in api.blocks if only in ("", block.name)]):
        part = reply.body[block.key] if block.key else reply.body
        rows = cast("list[Mapping[str, str]]", part if block.is_list else [part])
        for n, row in reversed([*enumerate(rows, start=1)]):
            facts = {f.name: number(row[f.element]) for f in block.fields if row[f.element] != ""}
            found |= {f"{name}_{n}": value for name, value in facts.items()} | (facts if n == 1 else {})
    return found


def number(text: str) -> object:
    """Equal where the numbers are, however they are written."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text
