"""What a feed is, and how its records are written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Protocol, TypeAlias

from kis_mcp.catalog import Block, catalog
from kis_mcp.simulator.answers import values
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.world import World

Elements: TypeAlias = Mapping[str, str]
"""A record as it is sent: KIS' element, in upper case, → its text; a missing one is blank."""

NOTHING: Facts = {}
_UNSIGNED = frozenset({"DIFF", "PREV_DIFF_PRICE", "PSTTL_DIFF_PRICE"})
"""Changes abroad, which KIS sends without a sign: an element of its own tells their direction."""


class Feed(Protocol):
    """Where the records of one TR come from."""

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        """What happened after `since` until `until`, oldest first."""
        ...


class Source(Feed, Protocol):
    """A feed that tells which keys KIS takes."""

    def is_known(self, world: World, key: str, now: datetime) -> bool:
        """Whether the key is one of something that is listed."""
        ...


@cache
def block_of(tr_id: str) -> Block:
    """The fields of a TR's records, in the frame's order."""
    (api,) = catalog().of_kis(tr_id)
    return api.blocks[0]


@cache
def names_of(tr_id: str) -> frozenset[str]:
    """The readable names of a TR's fields."""
    return frozenset(field.name for field in block_of(tr_id).fields)


def written(tr_id: str, facts: Facts, more: Facts = NOTHING) -> Elements:
    """A record of what the facts say; of two that say a field, ``more`` does."""
    record: dict[str, str] = {}
    for field in block_of(tr_id).fields:
        value = more[field.name] if field.name in more else facts.get(field.name)
        if value is not None and (text := values.text(field, value)):
            record[field.element.upper()] = text
    for change in _UNSIGNED & record.keys():
        record[change] = record[change].removeprefix("-")
    return record
