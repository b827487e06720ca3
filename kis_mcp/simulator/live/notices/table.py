"""Which TR tells of which orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kis_mcp.simulator.answers.contracts.placement import NIGHT
from kis_mcp.simulator.answers.live import Elements
from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.live.messages import Channel
from kis_mcp.simulator.live.notices.common import Notice, notices_of
from kis_mcp.simulator.live.notices.contracts import domestic_contract, overseas_contract
from kis_mcp.simulator.live.notices.stocks import domestic_stock, overseas_stock
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one TR tells of, and how."""

    concerns: Callable[[Instrument, OrderEvent], bool]
    write: Callable[[Notice], Elements]


def _by_day(instrument: Instrument, event: OrderEvent) -> bool:
    return instrument.category == "domestic_futureoption" and event.order.venue != NIGHT


def _at_night(instrument: Instrument, event: OrderEvent) -> bool:
    return instrument.category == "domestic_futureoption" and event.order.venue == NIGHT


_STOCKS = _Kind(lambda instrument, _: instrument.category == "domestic_stock", domestic_stock)
_STOCKS_ABROAD = _Kind(lambda instrument, _: instrument.category == "overseas_stock", overseas_stock)
_CONTRACTS = _Kind(_by_day, domestic_contract)
_KINDS: Mapping[str, _Kind] = {
    "H0STCNI0": _STOCKS,
    "H0STCNI9": _STOCKS,
    "H0GSCNI0": _STOCKS_ABROAD,
    "H0GSCNI9": _STOCKS_ABROAD,
    "H0IFCNI0": _CONTRACTS,
    "H0IFCNI9": _CONTRACTS,
    "H0MFCNI0": _Kind(lambda i, event: _at_night(i, event) and i.kind == "future", domestic_contract),
    "H0EUCNI0": _Kind(lambda i, event: _at_night(i, event) and i.kind != "future", domestic_contract),
    "HDFFF1C0": _Kind(lambda i, event: i.category == "overseas_futureoption" and not event.fill, overseas_contract),
    "HDFFF2C0": _Kind(lambda i, event: i.category == "overseas_futureoption" and bool(event.fill), overseas_contract),
}


def notices(world: World, channel: Channel, event: OrderEvent) -> Sequence[Elements]:
    """What a channel tells of an event, oldest first; its key is the HTS id of whom it tells."""
    kind = _KINDS.get(channel.tr_id)
    if kind is None or not kind.concerns(world.market.instruments[event.order.symbol], event):
        return []
    return [kind.write(notice) for notice in notices_of(world, event, channel.key)]
