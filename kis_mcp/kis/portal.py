"""KIS' developer portal, as far as anyone may read it without logging in: documents of APIs, and notices.

KIS documents none of this. What is known comes from public programs that read the portal: smallfish06/krsec and
others for an API's document, research notes and scripts of September and October 2026 for the notices.

- ``GET /api/apis/public/detail?accessUrl=PATH`` answers ``accessUrl`` and ``apiPropertys``, a line an element:
  ``bodyType`` (req_h, req_b, res_h, res_b), ``propertyCd`` (its name), ``propertyOrder`` ("004", and "004.001" for an
  element within the block at "004"), ``propertyType`` (A0001 text, A0002 array, A0003 object, A0004 number, A0005
  objects) and ``lastModifiedDate``. PATH is an API's path, ``/tryitout/TR`` for a live one.
- ``GET /api/forums/FORUM/posts?page&size&sort`` lists notices, each with ``createdDate`` such as
  2026-09-16T17:43:45+09:00; it fails without these three.

Not known: how the list of notices is wrapped and what the title is called, how ``lastModifiedDate`` is written, what
``recordState`` means, and whether live documents are nested. Whatever is not as described is an error, never an empty
answer.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlencode

import httpx

from kis_mcp.catalog import Notice, PortalApi, PortalElement
from kis_mcp.clock import KST
from kis_mcp.kis.timer import Timer
from kis_mcp.loopback import is_loopback

PORTAL_URL = "https://apiportal.koreainvestment.com"
NOTICES_A_PAGE = 50

_FORUM = "10000000-0000-0011-0000-000000000001"
_SECONDS_BETWEEN = 0.5
_TIMEOUT_SECONDS = 10.0
_WHOLE_SECONDS = 20.0
_MOST_BYTES = 2_000_000
_BODY_TYPES = ("req_h", "req_b", "res_h", "res_b")
_BLOCK_TYPES = ("A0002", "A0003", "A0005")
_TITLES = ("title", "subject", "postTitle", "name")


class PortalError(Exception):
    """The portal could not be reached, or what it answered could not be read.

    Attributes:
        is_unreachable: Whether no answer came at all.
    """

    def __init__(self, what: str, *, is_unreachable: bool = False) -> None:
        super().__init__(what)
        self.is_unreachable = is_unreachable


class Portal:
    """Reads the portal, at most two requests a second. It sends no key and no cookie, and follows no redirect.

    Args:
        timer: How the pauses are made.
        base_url: Where the portal is; only tests have another.
    """

    def __init__(self, timer: Timer, base_url: str = PORTAL_URL) -> None:
        self._timer = timer
        self._url = base_url
        self._next_at = 0.0
        is_local = is_loopback(base_url)
        try:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=not is_local)
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
            what = f"KIS' portal could not be asked: a proxy or certificate setting is wrong ({type(error).__name__})."
            raise PortalError(what, is_unreachable=True) from None

    async def notices(self) -> tuple[Notice, ...]:
        """The newest notices, at most `NOTICES_A_PAGE`, newest first.

        Raises:
            PortalError: As the class says.
        """
        query = {"page": "0", "size": str(NOTICES_A_PAGE), "sort": "createdDate,desc"}
        posts = _posts(await self._read(f"/api/forums/{_FORUM}/posts", query))
        if posts is None:
            raise PortalError("The portal's list of notices has an unknown shape.")
        notices = [_notice(post, f"{self._url}/community/{_FORUM}/post") for post in posts]
        return tuple(sorted(notices, key=lambda notice: notice.date, reverse=True))

    async def api(self, path: str) -> PortalApi:
        """The document of one API.

        Raises:
            PortalError: As the class says.
        """
        page = await self._read("/api/apis/public/detail", {"accessUrl": path})
        if not isinstance(page, dict) or _text(cast(dict[str, Any], page), "accessUrl") != path:
            raise PortalError("The portal answered with no document of this API.")
        lines = cast(dict[str, Any], page).get("apiPropertys")
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in cast(list[object], lines)):
            raise PortalError("The portal's document has no apiPropertys.")
        document = cast(list[dict[str, Any]], lines)
        if unknown := {_text(line, "bodyType").lower() for line in document} - set(_BODY_TYPES):
            raise PortalError(f"The portal's document has lines of the unknown bodyType {min(unknown)[:20]!r}.")
        response = tuple(_elements(document, "res_b"))
        if not response:
            raise PortalError("The portal's document has no response.")
        return PortalApi(tuple(_elements(document, "req_b")), response)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _read(self, path: str, query: Mapping[str, str]) -> object:
        await self._timer.sleep(max(self._next_at - self._timer.monotonic(), 0))
        self._next_at = self._timer.monotonic() + _SECONDS_BETWEEN
        self._client.cookies.clear()
        body = bytearray()
        try:
            async with (
                asyncio.timeout(_WHOLE_SECONDS),
                self._client.stream("GET", f"{self._url}{path}?{urlencode(query)}") as response,
            ):
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise PortalError(f"The portal's answer is longer than {_MOST_BYTES:,} bytes.")
        except (httpx.HTTPError, TimeoutError) as error:
            what = f"KIS' portal could not be reached ({type(error).__name__})."
            raise PortalError(what, is_unreachable=True) from None
        if response.status_code != 200:
            raise PortalError(f"The portal answered HTTP {response.status_code}.")
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise PortalError("The portal answered with something that is no JSON.") from None


def _elements(lines: list[dict[str, Any]], body_type: str) -> Iterator[PortalElement]:
    """The lines of one part in the portal's order."""
    part = [(_place(line), line) for line in lines if _text(line, "bodyType").lower() == body_type]
    parents = {place[:-1] for place, _ in part}
    for place, line in sorted(part, key=lambda numbered: numbered[0]):
        name = _text(line, "propertyCd")
        if not name:
            raise PortalError("The portal's document has an element without propertyCd.")
        is_block = place in parents or _text(line, "propertyType") in _BLOCK_TYPES
        yield PortalElement(name, _day(line.get("lastModifiedDate")), is_block)


def _place(line: Mapping[str, Any]) -> tuple[int, ...]:
    order = _text(line, "propertyOrder")
    try:
        return tuple(int(number) for number in order.split("."))
    except ValueError:
        raise PortalError(f"The portal's document has the unknown propertyOrder {order[:20]!r}.") from None


def _posts(answer: object) -> list[dict[str, Any]] | None:
    """The list of posts: the answer, or the first list of dated objects in it; None where there is none."""
    if isinstance(answer, dict):
        within = map(_posts, cast(dict[str, object], answer).values())
        return next((posts for posts in within if posts is not None), None)
    posts = cast(list[object], answer) if isinstance(answer, list) else []
    if posts and all(isinstance(post, dict) and "createdDate" in post for post in posts):
        return cast(list[dict[str, Any]], posts)
    return None


def _notice(post: Mapping[str, Any], page: str) -> Notice:
    day = _day(post.get("createdDate"))
    if day is None:
        raise PortalError("The portal's list of notices has one with an unknown date.")
    title = next((text for key in _TITLES if (text := _text(post, key))), "(the title could not be read)")
    return Notice(day, title, f"{page}/{_text(post, 'id')}")


def _day(value: object) -> date | None:
    """The day in Korea of an ISO time, or of the seconds or milliseconds since 1970; None for anything else."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return (at.astimezone(KST) if at.tzinfo else at).date()
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, KST).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _text(values: Mapping[str, Any], key: str) -> str:
    value: object = values.get(key)
    return value.strip() if isinstance(value, str) else ""
