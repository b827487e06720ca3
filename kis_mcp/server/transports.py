"""How clients reach the server: stdio, or Streamable HTTP on this machine."""

from __future__ import annotations

import gc
import hmac
import json
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from kis_mcp.errors import SettingsError
from kis_mcp.server.app import build_server
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PATH = "/mcp"


async def run_stdio(settings: Settings, options: SurfaceOptions) -> None:
    """Serve one client on stdin and stdout until stdin closes.

    Meanwhile stdout belongs to the protocol: what anything else writes there goes to stderr.

    Raises:
        SettingsError: The options name what does not exist.
    """
    server = build_server(settings, options)
    gc.freeze()  # What is loaded by now stays; walking through it again and again would hold calls up.
    gc.enable()
    async with stdio_server() as (incoming, outgoing):
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

    if host not in _LOOPBACK and not allowed_hosts:
        raise SettingsError(
            f"{host} is not an address of this machine alone.",
            remedy="Serve on 127.0.0.1, with a reverse proxy that adds TLS in front if others must reach it.",
            field="--http",
        )
    app = http_app(build_server(settings, options), token, allowed_hosts)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror}.", remedy="Choose another port.", field="--http"
        ) from None
    with listener:
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"Serving MCP at http://{shown}:{listener.getsockname()[1]}{_PATH}\n")
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
        await uvicorn.Server(config).serve(sockets=[listener])


def http_app(server: Server[Any], token: str, allowed_hosts: Sequence[str] = ()) -> ASGIApp:
    """The server as an ASGI app for both protocol eras, closed to whoever lacks the token or comes from a web page."""
    from mcp.server.transport_security import TransportSecuritySettings

    names = [*("[::1]" if name == "::1" else name for name in _LOOPBACK), *allowed_hosts]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[pattern for name in names for pattern in (name, f"{name}:*")],
        allowed_origins=[],
    )
    return _BearerOnly(server.streamable_http_app(streamable_http_path=_PATH, transport_security=security), token)


class _BearerOnly:
    """Answers 401 to requests without the token, compared in constant time."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_allowed(scope):
            await _unauthorized(send)
        else:
            await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        given = [value for name, value in headers if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)


async def _unauthorized(send: Send) -> None:
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
