"""KIS' answers, told apart: a success, or what it calls for and which error it becomes."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, cast

from kis_mcp.catalog.error_codes import known_codes
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.clock import KST
from kis_mcp.errors import (
    BadArgument,
    CredentialsError,
    KisMcpError,
    KisUnavailable,
    NotInEnvironment,
    OrderRejected,
    OrderStateUnknown,
    RateLimited,
)

TOKEN_CODES = frozenset({"EGW00121", "EGW00122", "EGW00123"})
OVER_LIMIT_CODES = frozenset({"EGW00201", "EGW00215"})
TOKEN_TOO_SOON = "EGW00133"  # noqa: S105  (a message code)
_GATEWAY_PREFIXES = ("EGW", "OPS")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,16}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")
_ACCOUNT = re.compile(r"\d{8}")
_PARTED = r"[\W_]?"
_LONGEST_MESSAGE = 500


class Reaction(Enum):
    """What a failed request calls for."""

    RENEW_TOKEN = "the token is dead; nothing was done"  # noqa: S105
    SLOW_DOWN = "over the rate limit; nothing was done"
    NOT_SENT = "nothing left this machine"
    UNCLEAR = "no usable answer; what was done is unknown"
    REFUSED = "KIS understood and said no"


_KINDS: dict[str, type[KisMcpError]] = {
    kind.kind: kind for kind in (BadArgument, CredentialsError, KisUnavailable, NotInEnvironment, RateLimited)
}
_READ_ERRORS: dict[Reaction, type[KisMcpError]] = {
    Reaction.RENEW_TOKEN: CredentialsError,
    Reaction.SLOW_DOWN: RateLimited,
    Reaction.NOT_SENT: KisUnavailable,
    Reaction.UNCLEAR: KisUnavailable,
    Reaction.REFUSED: BadArgument,
}
_ORDER_ERRORS = _READ_ERRORS | {Reaction.UNCLEAR: OrderStateUnknown, Reaction.REFUSED: OrderRejected}
_REMEDIES: dict[type[KisMcpError], str] = {
    BadArgument: "Correct the arguments as KIS' message says.",
    CredentialsError: "Check the app key and secret of this environment with `kis-mcp doctor`.",
    RateLimited: "Wait a few seconds and send fewer requests; lower the rate limit setting if your key allows less.",
    KisUnavailable: "Try again in a moment; KIS may be closed for maintenance.",
    OrderRejected: "Nothing was ordered: correct the order as KIS' message says before placing it again.",
    OrderStateUnknown: "Do not place it again: look it up among the day's orders first.",
}


class RequestError(Exception):
    """A request that did not succeed, before it is known whether it was a read or an order.

    Attributes:
        reaction: What it calls for.
        what: One sentence, used where KIS' code does not say more.
        code, message: KIS' own, where it sent them.
    """

    def __init__(self, reaction: Reaction, what: str, *, code: str = "", message: str = "") -> None:
        super().__init__(what)
        self.reaction = reaction
        self.what = what
        self.code = code
        self.message = message

    def read_error(self) -> KisMcpError:
        """The error for a request that changes nothing."""
        return self._error(_READ_ERRORS[self.reaction])

    def order_error(self) -> KisMcpError:
        """The error for an order: only what KIS plainly refused counts as rejected."""
        return self._error(_ORDER_ERRORS[self.reaction])

    def _error(self, kind: type[KisMcpError]) -> KisMcpError:
        what, remedy = self.what, _REMEDIES[kind]
        known = known_codes().get(self.code)
        if known and known.kind != "ok":
            what = f"{known.meaning}."
            if self.reaction is Reaction.REFUSED and known.kind != BadArgument.kind:
                kind = _KINDS[known.kind]
            if kind is not OrderStateUnknown:
                remedy = known.remedy
        return kind(what, remedy=remedy, kis_code=self.code or None, kis_message=self.message or None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, whole."""

    status: int
    body: bytes
    tr_cont: str = ""
    date: str = ""


def read_reply(answer: Answer, *, hide: Collection[str] = ()) -> KisReply:
    """The reply to an API request.

    Args:
        answer: What KIS sent.
        hide: Secrets and account numbers, blotted out should KIS' message repeat them.

    Raises:
        RequestError: Anything but rt_cd "0".
    """
    body = _json_object(answer)
    if answer.status < 400 and _text(body, "rt_cd") == "0":
        return KisReply(body, answer.tr_cont, kis_time=_http_date(answer.date))
    raise _failure(answer.status, body, hide)


def _http_date(text: str) -> datetime | None:
    """The time of a Date header; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(text).astimezone(KST) if text else None
    except ValueError:
        return None


def read_token(answer: Answer, *, hide: Collection[str] = ()) -> Mapping[str, Any]:
    """The body of a token answer, which has no rt_cd.

    Raises:
        RequestError: There is no token in it.
    """
    body = _json_object(answer)
    if answer.status < 400 and _HEADER_VALUE.fullmatch(_text(body, "access_token")):
        return body
    raise _failure(answer.status, body, hide)


def _failure(status: int, body: Mapping[str, Any], hide: Collection[str]) -> RequestError:
    code = _text(body, "msg_cd") or _text(body, "error_code")
    if not _CODE.fullmatch(code):
        code = ""
    message = _text(body, "msg1") or _text(body, "error_description")
    for secret in hide:
        message = _blotted(message, secret) if secret else message
    reaction = _reaction(code, _text(body, "rt_cd"))
    what = (
        "KIS refused the request." if reaction is Reaction.REFUSED else f"KIS answered HTTP {status} without a result."
    )
    return RequestError(reaction, what, code=code, message=message[:_LONGEST_MESSAGE])


def _blotted(message: str, secret: str) -> str:
    """The message without the secret; an account number goes however it is parted, and its product with it."""
    if not _ACCOUNT.fullmatch(secret):
        return message.replace(secret, "***")
    return re.sub(rf"{_PARTED.join(secret)}({_PARTED}\d\d(?!\d))?", "***", message)


def _reaction(code: str, rt_cd: str) -> Reaction:
    known = known_codes().get(code)
    if rt_cd == "0":  # with an HTTP error: it contradicts itself
        return Reaction.UNCLEAR
    if code in TOKEN_CODES:
        return Reaction.RENEW_TOKEN
    if code in OVER_LIMIT_CODES:
        return Reaction.SLOW_DOWN
    if known:
        return Reaction.UNCLEAR if known.kind in (KisUnavailable.kind, "ok") else Reaction.REFUSED
    if not code or not rt_cd or code.startswith(_GATEWAY_PREFIXES):
        return Reaction.UNCLEAR
    return Reaction.REFUSED


def _json_object(answer: Answer) -> dict[str, Any]:
    """The body; its fractions stay text, so that no money passes through a float."""
    try:
        body: object = json.loads(answer.body, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise RequestError(
            Reaction.UNCLEAR, f"KIS answered HTTP {answer.status} with something that is no JSON object."
        )
    return cast(dict[str, Any], body)


def _text(body: Mapping[str, Any], name: str) -> str:
    value: object = body.get(name, body.get(name.upper()))
    return str(value).strip() if isinstance(value, str | int) else ""
