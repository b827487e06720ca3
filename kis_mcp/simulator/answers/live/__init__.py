"""What KIS sends over its websocket about markets, by TR."""

from collections.abc import Mapping
from datetime import datetime

from kis_mcp.simulator.answers.live.abroad import ABROAD
from kis_mcp.simulator.answers.live.auctions import AUCTIONS
from kis_mcp.simulator.answers.live.bonds import BONDS
from kis_mcp.simulator.answers.live.contracts import CONTRACTS
from kis_mcp.simulator.answers.live.flows import FLOWS
from kis_mcp.simulator.answers.live.funds import FUNDS
from kis_mcp.simulator.answers.live.indices import INDICES
from kis_mcp.simulator.answers.live.silent import SILENT
from kis_mcp.simulator.answers.live.source import Elements, Feed, Source
from kis_mcp.simulator.answers.live.states import STATES
from kis_mcp.simulator.answers.live.stocks import STOCKS
from kis_mcp.simulator.answers.live.warrants import WARRANTS
from kis_mcp.simulator.world import World

__all__ = ["FEEDS", "Elements", "Feed", "is_known"]

_SOURCES: Mapping[str, Source] = {
    **STOCKS,
    **AUCTIONS,
    **FLOWS,
    **STATES,
    **SILENT,
    **FUNDS,
    **INDICES,
    **CONTRACTS,
    **ABROAD,
    **BONDS,
    **WARRANTS,
}
FEEDS: Mapping[str, Feed] = _SOURCES
"""TR id → its feed."""


def is_known(world: World, tr_id: str, key: str, now: datetime) -> bool:
    """Whether KIS has something of that key to send."""
    return tr_id in _SOURCES and _SOURCES[tr_id].is_known(world, key, now)
