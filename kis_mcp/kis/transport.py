"""HTTP to KIS' APIs, imported when the first request goes out."""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Answer, Reaction, RequestError
from kis_mcp.kis.reading import ENCODINGS, AnswerDamaged, AnswerTooLong, read_body
from kis_mcp.kis.sockets import ending_at_once
from kis_mcp.kis.surroundings import open_client, proxy_variable
from kis_mcp.library_logs import warnings_only

warnings_only("httpx")

CONNECT_SECONDS = 5.0
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=20)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_ASK_FOR_LESS = "Ask for less: a shorter period, fewer symbols or another condition."


class Transport:
    """One pool of connections to one host. Redirects are not followed: they would carry the keys away.

    Proxies and certificates are those of the surroundings (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and the like), but for
    the simulator on loopback.

    Raises:
        SettingsError: Naming the variable that cannot be used; never its value, which may hold a password.
    """

    def __init__(self, connection: Connection, *, connect_seconds: float = CONNECT_SECONDS) -> None:
        seconds = connection.timeout_seconds
        self._whole_seconds = connect_seconds + 2 * seconds
        self._extensions = {"trace": ending_at_once(self._whole_seconds)}
        self._headers = {
            "user-agent": connection.user_agent,
            "content-type": "application/json; charset=utf-8",
            "accept-encoding": ENCODINGS,
        }
        self._url = connection.rest_url.rstrip("/")
        self._proxy = proxy_variable(self._url)
        timeout = httpx.Timeout(seconds, connect=min(connect_seconds, seconds))
        self._client = open_client(self._url, timeout=timeout, limits=_LIMITS)

    async def send(self, method: str, path: str, elements: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send one request, ``elements`` as the query of a GET or the JSON body of a POST.

        Raises:
            RequestError: NOT_SENT where no connection came about, UNCLEAR where one broke, KIS took too long or sent
                too much.
        """
        url, content = f"{self._url}{path}", None
        if method == "GET":
            url = f"{url}?{urlencode(elements, errors='replace')}" if elements else url
        else:
            content = json.dumps(dict(elements)).encode()
        try:
            async with (
                asyncio.timeout(self._whole_seconds),
                self._client.stream(
                    method,
                    url,
                    content=content,
                    headers={**self._headers, **headers},
                    extensions=self._extensions,
                ) as response,
            ):
                body = await read_body(response.aiter_raw(), response.headers.get("content-encoding", ""))
        except _NOT_SENT as error:
            way = f" through the proxy that {self._proxy} names" if self._proxy else ""
            raise RequestError(Reaction.NOT_SENT, f"KIS could not be reached{way} ({type(error).__name__}).") from None
        except TimeoutError:
            what = f"KIS did not finish its answer within {self._whole_seconds:.0f} seconds."
            raise RequestError(Reaction.UNCLEAR, what) from None
        except httpx.HTTPError as error:
            raise RequestError(Reaction.UNCLEAR, f"KIS did not answer ({type(error).__name__}).") from None
        except AnswerTooLong as error:
            raise RequestError(Reaction.TURNED_AWAY, f"KIS sent {error}.", remedy=_ASK_FOR_LESS) from None
        except AnswerDamaged as error:
            raise RequestError(Reaction.UNCLEAR, f"KIS sent {error}.") from None
        headers_back = response.headers
        return Answer(
            response.status_code,
            body,
            headers_back.get("tr_cont", "").strip(),
            response.charset_encoding or "",
            headers_back.get("date", "").strip(),
        )

    async def aclose(self) -> None:
        await self._client.aclose()
