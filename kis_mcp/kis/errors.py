"""KIS' answers, told apart: a success, or what it calls for and which error it becomes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from kis_mcp.account import without_accounts
from kis_mcp.catalog import EMPTY_KIND, WORDS_FIRST, KisReply, known_codes
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
from kis_mcp.kis.bodies import UnreadableBody, json_object

TOKEN_CODES = frozenset({"EGW00121", "EGW00122", "EGW00123"})
OVER_LIMIT_CODE = "EGW00201"
LEDGER_FULL_CODE = "EGW00215"
TOKEN_TOO_SOON = "EGW00133"  # noqa: S105  (a message code)
_GATEWAY_PREFIXES = ("EGW", "OPS")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,16}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")
_NOTHING_TO_LIST = re.compile(r"조회[할된]\s*(?:내역|자료|내용)\S*\s*없")
_PASSING_HTTP = frozenset({408, 425, 429})
_LONGEST_MESSAGE = 500


class Reaction(Enum):
    """What a failed request calls for."""

    RENEW_TOKEN = "the token is dead; nothing was done"  # noqa: S105
    SLOW_DOWN = "over the rate limit; nothing was done"
    LEDGER_FULL = "KIS' ledger serves no more of all customers now; nothing was done"
    NOT_SENT = "nothing left this machine"
    UNCLEAR = "no usable answer; what was done is unknown"
    TURNED_AWAY = "no usable answer, and the next would be the same; what was done is unknown"
    NOTHING_FOUND = "KIS understood, and has nothing to list"
    REFUSED = "KIS understood and said no"


_KINDS: dict[str, type[KisMcpError]] = {
    kind.kind: kind for kind in (BadArgument, CredentialsError, KisUnavailable, NotInEnvironment, RateLimited)
}
_READ_ERRORS: dict[Reaction, type[KisMcpError]] = {
    Reaction.RENEW_TOKEN: CredentialsError,
    Reaction.SLOW_DOWN: RateLimited,
    Reaction.LEDGER_FULL: RateLimited,
    Reaction.NOT_SENT: KisUnavailable,
    Reaction.UNCLEAR: KisUnavailable,
    Reaction.TURNED_AWAY: KisUnavailable,
    Reaction.NOTHING_FOUND: BadArgument,
    Reaction.REFUSED: BadArgument,
}
_ORDER_ERRORS = _READ_ERRORS | {
    Reaction.UNCLEAR: OrderStateUnknown,
    Reaction.TURNED_AWAY: OrderStateUnknown,
    Reaction.NOTHING_FOUND: OrderRejected,
    Reaction.REFUSED: OrderRejected,
}
_REMEDIES: dict[type[KisMcpError], str] = {
    BadArgument: "Correct the arguments as KIS' message says.",
    CredentialsError: "Check the app key and secret of this environment with `kis-mcp doctor`.",
    RateLimited: "Wait a few seconds and send fewer requests; lower the rate limit setting if your key allows less.",
    KisUnavailable: "Try again in a moment; KIS may be closed for maintenance.",
    OrderRejected: "Nothing was ordered: correct the order as KIS' message says before placing it again.",
    OrderStateUnknown: "Do not place it again: look it up among the day's orders first.",
}
_WILL_BE_REFUSED_AGAIN = (
    "The same call will be refused again: check this environment's address and keys with `kis-mcp doctor`."
)
_UNKNOWN_CODE = "Do what KIS' message says; where it says nothing to do, call once more in a minute and then stop."


class RequestError(Exception):
    """A request that did not succeed, before it is known whether it was a read or an order.

    Attributes:
        reaction: What it calls for.
        what: One sentence, used where KIS' code does not say more.
        code, message: KIS' own, where it sent them.
        remedy: What a reader may do that was turned away.
    """

    def __init__(
        self,
        reaction: Reaction,
        what: str,
        *,
        code: str = "",
        message: str = "",
        remedy: str = _WILL_BE_REFUSED_AGAIN,
    ) -> None:
        super().__init__(what)
        self.reaction = reaction
        self.what = what
        self.code = code
        self.message = message
        self.remedy = remedy

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
            if self.code in WORDS_FIRST and self.message:
                what = f"KIS says {self.message!r}: {what}"
            if self.reaction is Reaction.REFUSED and known.kind != BadArgument.kind:
                kind = _KINDS[known.kind]
            if kind is not OrderStateUnknown and known.kind != EMPTY_KIND:
                remedy = known.remedy
        elif kind is KisUnavailable and self.reaction is Reaction.TURNED_AWAY:
            remedy = self.remedy
        elif kind is KisUnavailable and self.code and not known:
            remedy = _UNKNOWN_CODE
        return kind(what, remedy=remedy, kis_code=self.code or None, kis_message=self.message or None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, whole and without compression; ``charset`` as its Content-Type names it."""

    status: int
    body: bytes
    tr_cont: str = ""
    charset: str = ""
    date: str = ""


def read_reply(answer: Answer, *, hide: Collection[str] = ()) -> KisReply:
    """The reply to an API request.

    Args:
        answer: What KIS sent.
        hide: Secrets and account numbers, blotted out should KIS' message repeat them; what merely looks like an
            account number is, too.

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


def read_approval(answer: Answer, *, hide: Collection[str] = ()) -> str:
    """The approval key of an answer, which has no rt_cd.

    Raises:
        RequestError: There is none in it.
    """
    body = _json_object(answer)
    key = _text(body, "approval_key")
    if answer.status < 400 and _HEADER_VALUE.fullmatch(key):
        return key
    raise _failure(answer.status, body, hide)


def _failure(status: int, body: Mapping[str, Any], hide: Collection[str]) -> RequestError:
    code = _text(body, "msg_cd") or _text(body, "error_code")
    if not _CODE.fullmatch(code):
        code = ""
    message = _text(body, "msg1") or _text(body, "error_description")
    message = without_accounts(message, hide)
    for secret in sorted(filter(None, hide), key=len, reverse=True):  # the longest first: one may hold another
        message = message.replace(secret, "***")
    reaction = _reaction(status, code, _text(body, "rt_cd"), message)
    what = (
        "KIS refused the request." if reaction is Reaction.REFUSED else f"KIS answered HTTP {status} without a result."
    )
    return RequestError(reaction, what, code=code, message=message[:_LONGEST_MESSAGE])


def _reaction(status: int, code: str, rt_cd: str, message: str) -> Reaction:
    known = known_codes().get(code)
    if rt_cd == "0":  # with an HTTP error: it contradicts itself
        return Reaction.UNCLEAR
    if code in TOKEN_CODES:
        return Reaction.RENEW_TOKEN
    if code == OVER_LIMIT_CODE:
        return Reaction.SLOW_DOWN
    if code == LEDGER_FULL_CODE:
        return Reaction.LEDGER_FULL
    if known and known.kind == EMPTY_KIND:
        return Reaction.NOTHING_FOUND
    if known:
        return Reaction.UNCLEAR if known.kind in (KisUnavailable.kind, "ok") else Reaction.REFUSED
    if not code or not rt_cd or code.startswith(_GATEWAY_PREFIXES):
        return _unexplained(status)
    return Reaction.NOTHING_FOUND if _NOTHING_TO_LIST.search(message) else Reaction.REFUSED


def _json_object(answer: Answer) -> dict[str, Any]:
    try:
        return json_object(answer.body, answer.charset)
    except UnreadableBody as unreadable:
        what = f"KIS answered HTTP {answer.status} with {unreadable}."
    raise RequestError(_unexplained(answer.status), what)


def _unexplained(status: int) -> Reaction:
    """What an answer calls for that no code of KIS' explains."""
    return Reaction.TURNED_AWAY if 400 <= status < 500 and status not in _PASSING_HTTP else Reaction.UNCLEAR


def _text(body: Mapping[str, Any], name: str) -> str:
    value: object = body.get(name, body.get(name.upper()))
    return str(value).strip() if isinstance(value, str | int) else ""
