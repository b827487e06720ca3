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
_SINCE_SEPTEMBER = frozenset({"MARKET_CLS_CODE", "ANTC_EXCH_CLS_CODE"})
"""What KIS added on 2026-09-14."""

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
    names = _names(api)
    if switches["live_fields_of_june"]:
        names = tuple(name for name in names if name not in _SINCE_SEPTEMBER)
    if switches["live_status_as_measured"] and tr_id == _STATUS_TOTAL:
        names, blanks = names[:-1], _NULL
    return "^".join([elements.get(name) or blanks.get(name, "") for name in names])


@cache
def _names(api: Api) -> tuple[str, ...]:
    return tuple(field.element.upper() for field in api.blocks[0].fields)
