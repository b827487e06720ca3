"""``kis-mcp serve``: settings and flags → a running transport."""

import gc
import secrets
import sys

import anyio

from kis_mcp.errors import SettingsError
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.wiring import load_settings


def serve_stdio(options: SurfaceOptions) -> None:
    """Serve one client on this process' stdin and stdout until stdin closes."""
    gc.disable()  # Imports make no garbage, and looking for it takes a tenth of the start. `run_stdio` turns it on.
    from kis_mcp.server.transports import run_stdio

    anyio.run(run_stdio, load_settings(), options)


def serve_http(address: str, options: SurfaceOptions) -> None:
    """Serve Streamable HTTP at ``HOST:PORT``.

    The bearer token is KIS_HTTP_TOKEN, or one made for this run and shown on stderr.

    Raises:
        SettingsError: The address is malformed.
    """
    from kis_mcp.server.transports import run_http

    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise SettingsError(
            f"--http {address} is not HOST:PORT.", remedy="Give an address such as 127.0.0.1:8765.", field="--http"
        )
    settings = load_settings()
    if settings.http_token is not None:
        token = settings.http_token.get_secret_value()
    else:
        token = secrets.token_urlsafe(32)
        sys.stderr.write(f"Bearer token for this run (set KIS_HTTP_TOKEN to choose your own): {token}\n")
    anyio.run(run_http, settings, options, host.strip("[]"), int(port), token)
