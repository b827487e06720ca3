"""What KIS lists and the world has nothing to tell of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kis_mcp.simulator.answers.live.source import Elements, Source
from kis_mcp.simulator.answers.live.stocks import share
from kis_mcp.simulator.world import World

_BOND_INDICES = frozenset(
    ("KBPR01", "KBPR02", "KBPR03", "KBPR04", "KISR01", "MSBI07", "KTBL10", "MSBI09", "MSBI10", "CDIX01")
)
"""Those that KIS' sample code names."""


@dataclass(frozen=True, slots=True)
class SilentFeed:
    """A feed that never sends anything."""

    is_listed: Callable[[World, str, datetime], bool]

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:  # noqa: ARG002
        """Nothing."""
        return ()

    def is_known(self, world: World, key: str, now: datetime) -> bool:
        """Whether KIS takes the key."""
        return self.is_listed(world, key, now)


def _share(world: World, key: str, now: datetime) -> bool:
    found = share(world, key)
    return found is not None and world.market.is_listed(found.instrument, now)


def _bond_index(world: World, key: str, now: datetime) -> bool:  # noqa: ARG001
    return key in _BOND_INDICES


SILENT: Mapping[str, Source] = {
    **dict.fromkeys(("H0STOUP0", "H0STOAA0", "H0STOAC0"), SilentFeed(_share)),
    "H0BICNT0": SilentFeed(_bond_index),
}
"""The after-hours auctions of KRX ended when its after-market began. Nobody here knows which bonds an agency's index is
made of."""
