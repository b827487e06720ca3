"""The embedded KIS as an ASGI application, one for each host."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from kis_mcp.simulator.admin import PREFIX, administer
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.gate.faults import Fault
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import Reply, gateway_refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Abort = Callable[[Any], None]
"""Cuts the connection of a peer address."""

MASTERS_PATH = "/common/master/"
"""Where the files of instruments lie. KIS has a host of its own for them, which asks nobody who they are."""

_NOT_JSON = "<html><body><h1>Bad Gateway</h1></body></html>"


class KisApp:
    """One host's ASGI application.

    Args:
        kis: What answers.
        host: Which host this is.
        abort: Cuts the connection of a peer, for faults.
    """

    def __init__(self, kis: EmbeddedKis, host: Host, abort: Abort) -> None:
        self._kis = kis
        self._host = host
        self._abort = abort

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        elements = _elements(scope["method"], scope["query_string"], body)
        if scope["path"].startswith(PREFIX):
            reply = administer(self._kis, self._host, scope["method"], scope["path"], headers, elements)
            await _send(reply, self._kis.clock(), send)
            return
        if scope["method"] == "GET" and scope["path"].startswith(MASTERS_PATH):
            await _send_file(self._kis.master_file(scope["path"].removeprefix(MASTERS_PATH)), send)
            return
        request = Received(
            self._host,
            scope["method"],
            f"/{scope['path'].lstrip('/')}",
            headers,
            elements or {},
            self._kis.clock(),
        )
        self._kis.received.append(request)
        fault = self._kis.faults.take(request.path, request.tr_id)
        try:
            reply = await self._reply(request, fault, is_json=elements is not None)
            if self._kis.recorder is not None:
                self._kis.recorder.write(request, reply, request.at)
            if reply is None:
                self._abort(scope["client"])
                await receive()
            else:
                await _send(reply, self._kis.clock(), send)
        finally:
            if fault is not None:
                fault.over.set()

    async def _reply(self, request: Received, fault: Fault | None, *, is_json: bool) -> Reply | None:
        """What is sent, whatever goes wrong; None for nothing."""
        reply: Reply | None = None
        if fault is not None and fault.when == "before":
            fault.struck.set()
            await asyncio.sleep(fault.seconds)
        if fault is None or fault.when == "after" or fault.kind == "delay":
            reply = self._kis.answer(request) if is_json else gateway_refusal("OPSQ9997").reply
        return reply if fault is None else await self._strike(fault, reply)

    async def _strike(self, fault: Fault, reply: Reply | None) -> Reply | None:
        """What is sent instead; None for nothing."""
        if fault.when == "after":
            fault.struck.set()
            await asyncio.sleep(fault.seconds)
        match fault.kind:
            case "delay":
                return reply
            case "drop":
                return None
            case "error":
                return gateway_refusal(fault.code, status=fault.status).reply
            case "empty_error":
                return Reply("", fault.status)
            case "not_json":
                return Reply(_NOT_JSON, fault.status)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _elements(method: str, query: bytes, body: bytes) -> dict[str, object] | None:
    """What was sent: the query of a GET, the JSON object of a POST; None for anything else in the body."""
    if method == "GET":
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    try:
        sent: object = json.loads(body)
    except ValueError:
        return None
    return {str(name): value for name, value in sent.items()} if isinstance(sent, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


@lru_cache(4)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


async def _send(reply: Reply, now: datetime, send: Send) -> None:
    body = reply.encoded
    # In this case on the wire: KIS' sample code makes Python identifiers of the names that are all in small letters.
    headers = [
        (b"Content-Type", b"text/html" if isinstance(reply.body, str) else b"application/json; charset=utf-8"),
        (b"Content-Length", str(len(body)).encode()),
        (b"tr_cont", reply.tr_cont.encode()),
        (b"Date", _date(int(now.timestamp()))),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_file(content: bytes | None, send: Send) -> None:
    """An archive, or that there is none."""
    headers = [(b"Content-Type", b"application/zip"), (b"Content-Length", str(len(content or b"")).encode())]
    await send({"type": "http.response.start", "status": 404 if content is None else 200, "headers": headers})
    await send({"type": "http.response.body", "body": content or b""})
