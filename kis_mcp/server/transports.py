"""How clients reach the server: stdio, or Streamable HTTP on this machine."""

import gc
import hmac
import json
import socket
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel import Server

from kis_mcp.errors import SettingsError
from kis_mcp.loopback import LOOPBACK_NAMES
from kis_mcp.server.app import build_server
from kis_mcp.server.stdio_guard import guarded_stdio
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = "/mcp"
_SCHEMES = (b"http", b"https")
_BACKLOG = 128
"""Connections that may wait to be taken; agents open many at once."""


async def run_stdio(settings: Settings, options: SurfaceOptions) -> None:
    """Serve one client on stdin and stdout until stdin closes.

    Meanwhile stdout belongs to the protocol: what anything else writes there goes to stderr.

    Raises:
        SettingsError: The options name what does not exist.
    """
    server = build_server(settings, options)
    gc.freeze()  # What is loaded by now stays; walking through it again and again would hold calls up.
    gc.enable()
    async with guarded_stdio() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def run_http(
    settings: Settings,
    options: SurfaceOptions,
    host: str,
    port: int,
    token: str,
    *,
    allowed_hosts: Sequence[str] = (),
) -> None:
    """Serve Streamable HTTP at ``http://host:port/mcp`` until interrupted. Port 0 takes any free one.

    Args:
        token: What clients send as ``Authorization: Bearer …``.
        allowed_hosts: The Host headers that clients use, needed for an address that is not loopback.

    Raises:
        SettingsError: The address is not loopback and no hosts are named, or it cannot be listened on.
    """
    import uvicorn

    from kis_mcp.server.http_server import HttpServer

    if host not in LOOPBACK_NAMES and not allowed_hosts:
        raise SettingsError(
            f"{host} is not an address of this machine alone.",
            remedy="Serve on 127.0.0.1, with a reverse proxy that adds TLS in front if others must reach it.",
            field="--http",
        )
    server = build_server(settings, options)
    app = http_app(server, token, allowed_hosts, settings.http_origins)
    try:
        listener = listen(host, port)
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror}.", remedy="Choose another port.", field="--http"
        ) from None
    with listener:
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"Serving MCP at http://{shown}:{listener.getsockname()[1]}{_PATH}\n")
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
        await HttpServer(config, server).serve(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, and whose connections answer at once.

    asyncio turns Nagle's algorithm off only where the socket was made for TCP by name; with it on, each answer waits
    about 40 ms for the client's acknowledgement.

    Raises:
        OSError: The address is taken, or not this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # There it would let a second server take the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def http_app(
    server: Server[Any], token: str, allowed_hosts: Sequence[str] = (), allowed_origins: Collection[str] = ()
) -> "ASGIApp":
    """The server as an ASGI app for both protocol eras, closed to whoever lacks the token or comes from a web page
    that is neither its own nor named in ``allowed_origins``."""
    from mcp.server.transport_security import TransportSecuritySettings

    names = [*("[::1]" if name == "::1" else name for name in LOOPBACK_NAMES), *allowed_hosts]
    patterns = [pattern for name in names for pattern in (name, f"{name}:*")]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=patterns,
        allowed_origins=sorted(allowed_origins),
    )
    app = server.streamable_http_app(streamable_http_path=_PATH, transport_security=security)
    return _BearerOnly(_OwnOrigin(app), token)


class _OwnOrigin:
    """Takes the Origin header off a request that comes from the very address it goes to: no other page sent it."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http":
            headers: list[tuple[bytes, bytes]] = scope["headers"]
            own = {b"%s://%s" % (scheme, value) for name, value in headers if name == b"host" for scheme in _SCHEMES}
            kept = [(name, value) for name, value in headers if name != b"origin" or value not in own]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)


class _BearerOnly:
    """Answers 401 to requests without the token, compared in constant time."""

    def __init__(self, app: "ASGIApp", token: str) -> None:
        self._app = app
        self._expected = token.encode()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http" and not self._is_allowed(scope):
            await _unauthorized(send)
        else:
            await self._app(scope, receive, send)

    def _is_allowed(self, scope: "Scope") -> bool:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        given = [value.partition(b" ") for name, value in headers if name == b"authorization"]
        if len(given) != 1:
            return False
        scheme, _, token = given[0]
        return hmac.compare_digest(token.strip(), self._expected) and scheme.lower() == b"bearer"


async def _unauthorized(send: "Send") -> None:
    body = json.dumps(
        {
            "error": "unauthorized",
            "message": "Send the header 'Authorization: Bearer <token>'. The server showed its token on stderr when it"
            " started, or it is the value of KIS_HTTP_TOKEN.",
        }
    ).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", b'Bearer realm="kis-mcp"'),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
