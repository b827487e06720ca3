"""The approval page over HTTP: who may see it, who may answer it, and with which headers it goes out."""

import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kis_mcp.confirm.page.approval import Approval, Notice
from kis_mcp.confirm.page.html import door_page, form_page, result_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_COOKIE = "kis_mcp_approval"
_LARGEST_FORM = 4096
_FORM_TYPE = "application/x-www-form-urlencoded"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_DOOR_POLICY = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "sandbox allow-forms allow-same-origin"
)
_NOT_YOURS = (
    "이 페이지는 처음 연 브라우저에서만 볼 수 있습니다. 이 주소의 쿠키를 허용해야 합니다.\n"
    "This page is shown only in the browser that opened it first, which must allow cookies of this address.\n"
)


def approval_app(approval: Approval, host: str) -> "ASGIApp":
    """One approval's page as an ASGI app, and nothing else.

    Args:
        host: What browsers send as Host and, after ``http://``, as Origin; other names of this machine are refused, so
            that no web page reaches the question through a name of its own (DNS rebinding).
    """

    async def app(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http":
            response = await _respond(approval, host, Request(scope, receive))
            await response(scope, receive, send)

    return app


async def _respond(approval: Approval, host: str, request: Request) -> Response:
    if request.headers.getlist("host") != [host]:
        return _plain(421, "This is not the address of this page.")
    if not hmac.compare_digest(request.scope["path"].encode(), f"/{approval.path}".encode()):
        return _plain(404, "There is no such page.")
    match request.method:
        case "GET" if _has_cookie(approval, request):
            return _html(approval, 200)
        case "GET":
            return _door(approval) if approval.let_in() else _plain(403, _NOT_YOURS)
        case "POST":
            return await _take_answer(approval, host, request)
        case _:
            return _plain(405, "Only GET and POST.", {"Allow": "GET, POST"})


def _has_cookie(approval: Approval, request: Request) -> bool:
    return hmac.compare_digest(request.cookies.get(_COOKIE, "").encode(), approval.cookie.encode())


async def _take_answer(approval: Approval, host: str, request: Request) -> Response:
    if request.headers.getlist("origin") != [f"http://{host}"]:
        return _plain(403, "Only this page itself may answer.")
    if not _has_cookie(approval, request):
        return _plain(403, _NOT_YOURS)
    form = await _form(request)
    if form is None:
        return _plain(400, "This is not the form of this page.")
    notice = await approval.answer(form)
    return _html(approval, 403 if notice else 200, notice)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form that is as small as ours."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        return None
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                return None
        return dict(parse_qsl(body.decode(), max_num_fields=8))
    except (ClientDisconnect, ValueError):
        return None


def _html(approval: Approval, status: int, notice: Notice | None = None) -> Response:
    nonce = secrets.token_urlsafe(16)
    if approval.decision is None:
        page = form_page(approval, nonce, notice)
    else:
        page = result_page(approval, approval.decision, nonce)
    return _page(page, status, _POLICY.format(nonce=nonce))


def _door(approval: Approval) -> Response:
    """The cookie, and a page that opens this address again.

    Whoever comes from another site, as from the file that leads here, sends no SameSite=Strict cookie when they load
    the page once more. From here they do.
    """
    response = _page(door_page(), 200, _DOOR_POLICY)
    response.set_cookie(_COOKIE, approval.cookie, path=f"/{approval.path}", httponly=True, samesite="strict")
    return response


def _page(html: str, status: int, policy: str) -> Response:
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(html, status, headers, media_type="text/html; charset=utf-8")


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, {**_HEADERS, **(headers or {})}, media_type="text/plain; charset=utf-8")
