"""What KIS sends over its websocket about markets, by TR."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from kis_mcp.simulator.world import World

Elements: TypeAlias = Mapping[str, str]
"""A record as it is sent: KIS' element, in upper case, → its text; a missing one is blank."""


class Feed(Protocol):
    """Where the records of one TR come from."""

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        """What happened after `since` until `until`, oldest first."""
        ...


FEEDS: Mapping[str, Feed] = {}
"""TR id → its feed."""


def is_known(world: World, tr_id: str, key: str, now: datetime) -> bool:  # noqa: ARG001
    """Whether KIS has something of that key to send."""
    return tr_id in FEEDS and bool(key)
