"""Where the data of channels come from, and how a record of each TR is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeAlias

from kis_mcp.catalog import Api, Catalog
from kis_mcp.simulator.answers.live import FEEDS, Elements, Feed, is_known
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.world import World

_HTS_ID = "$hts_id"
_STATUS_TOTAL = "H0UNMKO0"
_SINCE_JUNE = frozenset(
    {"MARKET_CLS_CODE", "ANTC_EXCH_CLS_CODE", "MID_PRC", "MIDP_TOTAL_RSQN", "MIDP_CLS_CODE", "DUMMY"}
)
"""What KIS' sheets of 2026-06-03 and its sample code do not have."""

_UNTIL_JUNE = {("H0NXASP0", "NMID_PRC"): ("KMID_PRC", "KMID_TOTAL_RSQN", "KMID_CLS_CODE")}
"""TR and field → fields that stood before it in those sheets."""

_NULL = {"TR_SUSP_REAS_CNTT": "(null)"}


@dataclass(frozen=True, slots=True)
class Channels:
    """What markets send: the feed of each TR, and whether there is one for a key."""

    feeds: Mapping[str, Feed]
    is_known: Callable[[World, str, str, datetime], bool]


MARKET_CHANNELS = Channels(FEEDS, is_known)

Trs: TypeAlias = Mapping[Host, Mapping[str, Api]]


def trs_of(table: Catalog) -> Trs:
    """The websocket TRs that each host has."""
    apis = [api for api in table.apis if api.kind == "websocket"]
    return {
        Host.REAL: {tr_id: api for api in apis for tr_id in api.tr.real.values()},
        Host.DEMO: {tr_id: api for api in apis for tr_id in api.tr.demo.values()},
    }


def is_notice(api: Api) -> bool:
    """Whether it tells of a customer's own orders, encrypted."""
    return api.constants.get("tr_key") == _HTS_ID


def record(api: Api, tr_id: str, elements: Elements, switches: Switches) -> str:
    """A record as it is sent: the TR's fields in their order."""
    blanks: Elements = {}
    names = _names_of_june(api, tr_id) if switches["live_fields_of_june"] else _names(api)
    if switches["live_status_as_measured"] and tr_id == _STATUS_TOTAL:
        names, blanks = names[:-1], _NULL
    return "^".join([elements.get(name) or blanks.get(name, "") for name in names])


@cache
def _names(api: Api) -> tuple[str, ...]:
    return tuple(field.element.upper() for field in api.blocks[0].fields)


@cache
def _names_of_june(api: Api, tr_id: str) -> tuple[str, ...]:
    names = ((*_UNTIL_JUNE.get((tr_id, name), ()), name) for name in _names(api) if name not in _SINCE_JUNE)
    return tuple(name for group in names for name in group)
