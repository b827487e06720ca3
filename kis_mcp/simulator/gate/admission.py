"""The gateway: routes a request and checks credentials, limits, TR and elements, in KIS' order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256

from kis_mcp.catalog import Api, Catalog
from kis_mcp.simulator.gate.oauth import Clients
from kis_mcp.simulator.gate.rate import SlidingWindow
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.elements import check_elements, upper_elements
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import Reply, gateway_refusal
from kis_mcp.simulator.wire.sources import SHEET_ALONE, as_in_sheet, sources_of


@dataclass(frozen=True, slots=True)
class Route:
    """One TR of one API.

    Attributes:
        hosts: With which words each host offers it.
        is_old: Another replaced it.
        ends: From this day on KIS knows it no more.
    """

    api: Api
    hosts: Mapping[Host, str]
    is_old: bool = False
    ends: date | None = None

    def is_gone(self, day: date) -> bool:
        return self.ends is not None and day >= self.ends


class Admission:
    """What every ``/uapi`` request passes.

    Args:
        table: The APIs that exist; read at the first request.
        clients: Who may ask.
        windows: The rate limit of each host.
        switches: How strict it is.
    """

    def __init__(
        self, table: Catalog, clients: Clients, windows: Mapping[Host, SlidingWindow], switches: Switches
    ) -> None:
        self._table = table
        self._clients = clients
        self._windows = windows
        self._switches = switches

    @cached_property
    def _routes(self) -> Mapping[str, Mapping[str, Route]]:
        """Path → TR id → route."""
        routes: dict[str, dict[str, Route]] = {}
        for api in self._table.apis:
            if api.kind != "rest":
                continue
            by_tr: dict[str, dict[Host, str]] = {}
            for host, tr_ids in ((Host.REAL, api.tr.real), (Host.DEMO, api.tr.demo)):
                for words, tr_id in tr_ids.items():
                    by_tr.setdefault(tr_id, {}).setdefault(host, words)
            by_path = routes.setdefault(api.path, {})
            by_path.update({tr_id: Route(api, hosts) for tr_id, hosts in by_tr.items()})
            sources = sources_of(api.tool)
            for old, tr_id in sources.trs.items():
                by_path[old] = replace(by_path[tr_id], is_old=True, ends=sources.trs_end)
        return routes

    def admit(self, request: Received) -> Call:
        """The call that a request makes.

        Raises:
            Refusal: It does not get through.
        """
        host, headers = request.host, request.headers
        by_tr = self._routes.get(request.path)
        if by_tr is None:
            raise gateway_refusal("EGW00203", status=404)
        client = self._clients.authenticate(host, headers, request.at)
        if not self._windows[host].admit(client.key):
            raise gateway_refusal("EGW00201")
        if headers.get("custtype", "" if self._switches["custtype_required"] else "P") not in ("P", "B"):
            raise gateway_refusal("EGW00208")
        route = _choose(by_tr, request.tr_id, host)
        if route.is_gone(request.at.date()) or (route.is_old and self._switches["old_trs_refused"]):
            raise gateway_refusal("OPSQ0002")
        if request.method != route.api.method:
            raise gateway_refusal("EGW00202")
        if request.method == "POST" and "json" not in headers.get("content-type", ""):
            raise gateway_refusal("EGW00132")
        sources = SHEET_ALONE if self._switches["strict_elements"] else sources_of(route.api.tool)
        elements = as_in_sheet(sources, upper_elements(route.api, request.elements))
        check_elements(route.api, host, elements, sources.absent)
        return Call(host, route.api, route.hosts[host], elements, client.key, request.at, request)


def _choose(by_tr: Mapping[str, Route], tr_id: str, host: Host) -> Route:
    if not tr_id:
        raise gateway_refusal("OPSQ9999")
    route = by_tr.get(tr_id)
    if route is None:
        raise gateway_refusal("OPSQ0002")
    if host not in route.hosts:
        raise gateway_refusal("EGW02006" if host is Host.DEMO else "EGW02004")
    return route


def hash_reply(request: Received, clients: Clients) -> Reply:
    """``/uapi/hashkey``: a digest of the body that nothing asks for any more.

    Raises:
        Refusal: The headers prove no client.
    """
    clients.authenticate(request.host, request.headers, request.at, bearer=False)
    body = json.dumps(request.elements, ensure_ascii=False, sort_keys=True)
    return Reply({"BODY": dict(request.elements), "HASH": sha256(body.encode()).hexdigest()})
