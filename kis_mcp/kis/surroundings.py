"""HTTP clients by what the surroundings say of proxies and certificates."""

import os
import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from kis_mcp.errors import SettingsError
from kis_mcp.loopback import is_loopback

_WEBSOCKET_PROXIES = {"ws": ("ws", "socks", "https", "http"), "wss": ("wss", "socks", "https")}
"""In the order in which websockets takes them."""


ONE_CONNECTION = httpx.Limits(max_connections=1)


def open_client(
    url: str,
    *,
    timeout: float | httpx.Timeout,
    headers: Mapping[str, str] | None = None,
    limits: httpx.Limits = ONE_CONNECTION,
) -> httpx.AsyncClient:
    """A client that heeds HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and the like, but for the simulator on loopback.

    Raises:
        SettingsError: Naming the variable that cannot be used; never its value, which may hold a password.
    """
    is_local = is_loopback(url)
    try:
        return httpx.AsyncClient(
            limits=limits,
            timeout=timeout,
            headers=headers,
            trust_env=not is_local,
            verify=trusted_certificates(trust_env=not is_local),
        )
    except OSError as error:
        raise _unusable("SSL_CERT_FILE", "no file of certificates", error) from None
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise _unusable(_bad_proxy_variable(), "no proxy that can be used", error) from None


def proxy_variable(url: str) -> str:
    """Which variable names the proxy to an address; "" where none does."""
    parts, proxies = urlsplit(url), getproxies()
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return ""
    names = _WEBSOCKET_PROXIES.get(parts.scheme, (parts.scheme, "all"))
    return next((f"{name.upper()}_PROXY" for name in names if proxies.get(name)), "")


def trusted_certificates(*, trust_env: bool) -> ssl.SSLContext:
    """One context for all connections of this process: to read the certificates takes 30 ms.

    Args:
        trust_env: Whether SSL_CERT_FILE and SSL_CERT_DIR count.

    Raises:
        OSError: What SSL_CERT_FILE names is no file of certificates.
    """
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else (None, None)
    return _read_certificates(*named)


@cache
def _read_certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """What httpx reads; the arguments are what it depends on."""
    return httpx.create_ssl_context(trust_env=bool(file or folder))


def _bad_proxy_variable() -> str:
    """Which variable keeps httpx from starting; NO_PROXY where each proxy can be used."""
    proxies = {name: url for name, url in getproxies().items() if name in ("http", "https", "all")}
    for name, url in proxies.items():
        try:
            httpx.Proxy(url if "://" in url else f"http://{url}")
        except (ValueError, httpx.InvalidURL):
            return f"{name.upper()}_PROXY"
    return next((f"{name.upper()}_PROXY" for name, url in proxies.items() if url.startswith("socks")), "NO_PROXY")


def _unusable(variable: str, what: str, error: Exception) -> SettingsError:
    return SettingsError(
        f"{variable} names {what} ({type(error).__name__}).",
        remedy=f"Correct {variable} in the server's environment or take it away, and start the server again.",
        field=variable,
    )
