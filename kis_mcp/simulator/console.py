"""Asking the world in a file what the simulator's own paths tell, whether or not a simulator runs on it."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kis_mcp.catalog import catalog
from kis_mcp.simulator.address import address_of
from kis_mcp.simulator.admin import PREFIX, administer
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.state import StateInUse
from kis_mcp.simulator.wire.hosts import Host

_SECONDS = 30


class Unanswered(Exception):
    """The world could not be asked, or refused; its words say why."""


def ask_world(
    state_path: Path, method: str, name: str, sent: Mapping[str, object] | None = None, *, host: Host = Host.REAL
) -> Mapping[str, Any]:
    """What ``<method> /simulator/<name>`` answers for the world in a file.

    A world in which nothing runs is opened for this one request, and closed; one that a simulator holds is asked there.

    Raises:
        Unanswered: It refuses, or the simulator that holds it does not answer.
        OSError, sqlite3.Error: The file cannot be used.
    """
    try:
        kis = EmbeddedKis(SimulatorOptions(state_path=state_path), catalog(), asleep=True)
    except StateInUse as in_use:
        return _over_loopback(address_of(state_path, host), method, name, sent, in_use)
    try:
        reply = administer(kis, host, method, PREFIX + name, {}, sent)
    finally:
        kis.close()
    return _answer(reply.status, reply.body)


def _over_loopback(
    url: str | None, method: str, name: str, sent: Mapping[str, object] | None, in_use: StateInUse
) -> Mapping[str, Any]:
    if url is None:
        raise Unanswered(str(in_use))
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)
    try:
        connection.request(method, PREFIX + name, None if sent is None else json.dumps(sent))
        response = connection.getresponse()
        return _answer(response.status, json.loads(response.read()))
    except (OSError, HTTPException, ValueError) as error:
        raise Unanswered(f"the simulator at {url}, which holds the world, does not answer ({error})") from None
    finally:
        connection.close()


def _answer(status: int, body: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(body, str) or status != 200:
        raise Unanswered(str(body if isinstance(body, str) else body.get("error", body)))
    return body
