"""Whether KIS' hosts can be reached from here, without any key, and where the way ends when not."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError, KisUnavailable
from kis_mcp.kis.surroundings import open_client, proxy_variable
from kis_mcp.loopback import is_loopback

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of one look.

    Attributes:
        url: Where.
        trouble: Where the way ends, and what can be done; None where the host answered.
        clock_error: The host's clock less this machine's, where it told it.
    """

    url: str
    trouble: KisMcpError | None = None
    clock_error: timedelta | None = None


async def look_at_rest(url: str, clock: Clock) -> Reach:
    """Ask a REST host for its first page; any answer will do, for it tells the host's time."""
    try:
        async with open_client(url, timeout=_SECONDS) as client:
            asked_at = clock()
            async with client.stream("GET", f"{url.rstrip('/')}/") as response:
                return Reach(url, clock_error=_clock_error(response.headers.get("date", ""), asked_at, clock()))
    except KisMcpError as error:
        return Reach(url, error)
    except (httpx.HTTPError, OSError) as error:
        return Reach(url, _trouble(url, error))


async def look_at_websocket(url: str) -> Reach:
    """Open a websocket and close it again. Nothing is registered, so that no session of the key is disturbed."""
    try:
        proxy = None if is_loopback(url) else True
        async with connect(url, open_timeout=_SECONDS, close_timeout=1, ping_interval=None, proxy=proxy):
            return Reach(url)
    except InvalidStatus:
        return Reach(url)  # somebody answers there, which is what was asked
    except (OSError, WebSocketException, ImportError, ValueError) as error:
        return Reach(url, _trouble(url, error))


def _clock_error(date: str, asked_at: datetime, answered_at: datetime) -> timedelta | None:
    """A Date header tells seconds without their fractions: half a second is added."""
    with suppress(ValueError):
        told = parsedate_to_datetime(date) + timedelta(seconds=0.5)
        return timedelta(seconds=round((told - (asked_at + (answered_at - asked_at) / 2)).total_seconds()))
    return None


def _trouble(url: str, error: BaseException) -> KisUnavailable:
    """The first of what happened that says where the way ends."""
    parts = urlsplit(url)
    host, port, variable = parts.hostname or "", parts.port, proxy_variable(url)
    causes = list(_causes(error))
    if variable or any(isinstance(cause, httpx.ProxyError) for cause in causes):
        return KisUnavailable(
            f"{host} cannot be reached through the proxy that {variable or 'the surroundings'} names.",
            remedy=f"Correct {variable or 'HTTPS_PROXY'} or take it away, or set NO_PROXY={host} where none is needed.",
            field=variable or None,
        )
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return KisUnavailable(
                f"The name {host} is not known here: DNS gives no address for it.",
                remedy="Check the network and its DNS server; a VPN or a filter may hide the name.",
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            return KisUnavailable(
                f"The certificate of {host} is not trusted: {cause.verify_message}.",
                remedy="If a company's proxy or a virus scanner reads TLS, set SSL_CERT_FILE to a file with its"
                " certificate; a wrong clock of this machine looks the same. Never go on without the check.",
            )
        if isinstance(cause, ssl.SSLError):
            return KisUnavailable(
                f"{host}:{port} speaks no TLS that is understood here.", remedy="Check the address and its port."
            )
        if isinstance(cause, ConnectionRefusedError):
            return KisUnavailable(f"Nothing listens at {host}:{port}.", remedy=_refused_remedy(host, port))
    if any(isinstance(cause, TimeoutError | httpx.TimeoutException) for cause in causes):
        return KisUnavailable(f"{host}:{port} does not answer within {_SECONDS:.0f} seconds.", remedy=_blocked(port))
    return KisUnavailable(f"{host}:{port} cannot be reached ({type(error).__name__}).", remedy=_blocked(port))


def _refused_remedy(host: str, port: int | None) -> str:
    if is_loopback(f"//{host}"):
        return "Start `kis-mcp sim` and set the addresses that it prints, or take KIS_URL_… away to go to KIS."
    return _blocked(port)


def _blocked(port: int | None) -> str:
    return f"Let port {port} out through the firewall; KIS may also be closed for maintenance: try again later."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it came from."""
    following: BaseException | None = error
    while following is not None:
        yield following
        if isinstance(following, BaseExceptionGroup):
            for each in following.exceptions:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                yield from _causes(each)  # pyright: ignore[reportUnknownArgumentType]
        following = following.__cause__ or following.__context__
