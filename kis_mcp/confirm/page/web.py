"""The approval page over HTTP: who may see it, who may answer it, and with which headers it goes out."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kis_mcp.confirm.page.approval import Approval, Notice
from kis_mcp.confirm.page.html import form_page, result_page

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
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "sandbox allow-forms allow-same-origin"
)


def approval_app(approval: Approval, host: str) -> ASGIApp:
    """One approval's page as an ASGI app, and nothing else.

    Args:
        host: What browsers send as Host and, after ``http://``, as Origin; other names of this machine are refused, so
            that no web page reaches the question through a name of its own (DNS rebinding).
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
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
        case "GET":
            return _html(approval, 200)
        case "POST":
            return await _take_answer(approval, host, request)
        case _:
            return _plain(405, "Only GET and POST.", {"Allow": "GET, POST"})


async def _take_answer(approval: Approval, host: str, request: Request) -> Response:
    if request.headers.getlist("origin") != [f"http://{host}"]:
        return _plain(403, "Only this page itself may answer.")
    form = await _form(request)
    if form is None:
        return _plain(400, "This is not the form of this page.")
    cookie = request.cookies.get(_COOKIE, "")
    if not hmac.compare_digest(cookie.encode(), approval.cookie.encode()):
        return _html(approval, 403, Notice.OUTDATED)
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
    policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
    response = Response(page, status, {**_HEADERS, **policy}, media_type="text/html; charset=utf-8")
    response.set_cookie(_COOKIE, approval.cookie, path=f"/{approval.path}", httponly=True, samesite="strict")
    return response


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, {**_HEADERS, **(headers or {})}, media_type="text/plain; charset=utf-8")
