"""HTTP to KIS: the one module that knows httpx, imported when the first request goes out."""

import asyncio
import json
import logging
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import httpx

from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Answer, Reaction, RequestError

# At INFO these log whole addresses, and a GET's address holds the account number.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=20)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Transport:
    """One pool of connections to one host. Redirects are not followed: they would carry the keys away."""

    def __init__(self, connection: Connection) -> None:
        seconds = connection.timeout_seconds
        self._whole_seconds = CONNECT_SECONDS + 2 * seconds
        self._headers = {"user-agent": connection.user_agent, "content-type": "application/json; charset=utf-8"}
        self._url = connection.rest_url.rstrip("/")
        self._client = httpx.AsyncClient(
            limits=_LIMITS,
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            trust_env=urlsplit(self._url).hostname not in _LOOPBACK,
        )

    async def send(self, method: str, path: str, elements: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send one request, ``elements`` as the query of a GET or the JSON body of a POST.

        Raises:
            RequestError: NOT_SENT where no connection came about, UNCLEAR where one broke or KIS took too long.
        """
        url, content = f"{self._url}{path}", None
        if method == "GET":
            url = f"{url}?{urlencode(elements, errors='replace')}" if elements else url
        else:
            content = json.dumps(dict(elements)).encode()
        try:
            async with asyncio.timeout(self._whole_seconds):
                response = await self._client.request(
                    method, url, content=content, headers={**self._headers, **headers}
                )
        except _NOT_SENT as error:
            raise RequestError(Reaction.NOT_SENT, f"KIS could not be reached ({type(error).__name__}).") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise RequestError(Reaction.UNCLEAR, f"KIS did not answer ({type(error).__name__}).") from None
        return Answer(response.status_code, response.content, response.headers.get("tr_cont", "").strip())

    async def aclose(self) -> None:
        await self._client.aclose()
