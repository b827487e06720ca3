"""REST to one environment's KIS: credentials, pace, retries and errors around each request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kis_mcp.catalog import (
    KisReply,
    KisRequest,
    LiveGateway,
    LiveReceiver,
    MayLeave,
    Urgency,
    WaitReporter,
    read_urgency,
)
from kis_mcp.clock import KST, Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.kis.approval import ApprovalKey
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Answer, Reaction, RequestError, read_reply
from kis_mcp.kis.kept_clock import KeptClockError
from kis_mcp.kis.limiter import RateLimiter
from kis_mcp.kis.retry import retrying
from kis_mcp.kis.shared import Shared
from kis_mcp.kis.timer import Timer
from kis_mcp.kis.tokens import Tokens

if TYPE_CHECKING:
    from kis_mcp.kis.transport import Transport

READ_ATTEMPTS: Mapping[Reaction, int] = {
    Reaction.NOT_SENT: 3,
    Reaction.UNCLEAR: 3,
    Reaction.SLOW_DOWN: 6,
    Reaction.LEDGER_FULL: 6,
}
ORDER_ATTEMPTS: Mapping[Reaction, int] = {Reaction.SLOW_DOWN: 3, Reaction.LEDGER_FULL: 3}
"""An order that KIS refused for its rate limit, which proves that it was not taken, is sent again at most twice."""


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """What a report may show of a gateway; nothing secret.

    Attributes:
        environment: Whose.
        has_token: Whether a token that should work is kept.
        token_expires_at: Its end.
        next_token_at: When KIS issues the next at the earliest, if that is still to come.
        requests_per_second: The operator's limit; 0 for none.
        limit_now: The limit at this moment, lower for a while after KIS said that there were too many requests.
        taken: How much of the limit all processes use now.
        waiting: Requests waiting in this process.
        clock_error: KIS' clock less this machine's, by an earlier answer.
    """

    environment: Environment
    has_token: bool
    token_expires_at: datetime | None
    next_token_at: datetime | None
    requests_per_second: int
    limit_now: int
    taken: int
    waiting: int
    clock_error: timedelta


class HttpGateway:
    """Implements `kis_mcp.catalog.gateway.KisGateway` over HTTP.

    Creating it touches neither network nor disk, and httpx is imported with the first request.

    Args:
        connection: Which KIS, and with which key.
        shared: Token and rate limit; every process with this key must use the same. Closed with the gateway.
        clock: The time of day, for the token's life.
        timer: How waits are made.
    """

    def __init__(
        self, connection: Connection, shared: Shared, *, clock: Clock = system_clock, timer: Timer | None = None
    ) -> None:
        timer = timer or Timer()
        self._connection = connection
        self._clock = clock
        self._timer = timer
        self._shared = shared
        self._tokens = Tokens(connection, shared.tokens, shared.token_lock, self._post, clock, timer)
        self._approval = ApprovalKey(connection, self._post, clock, timer)
        self._limiter = RateLimiter(connection.requests_per_second, shared.rate, timer)
        self._clock_error = KeptClockError(shared.tokens, connection.digest)
        self._opened: Transport | None = None

    async def read(self, request: KisRequest, *, waiting: WaitReporter | None = None) -> KisReply:
        try:
            return await retrying(lambda: self._send(request, read_urgency(), waiting), READ_ATTEMPTS, self._timer)
        except RequestError as failure:
            if failure.reaction is Reaction.NOTHING_FOUND:
                return KisReply({"rt_cd": "0", "msg_cd": failure.code, "msg1": failure.message})
            raise failure.read_error() from None

    async def order(self, request: KisRequest, may_leave: MayLeave) -> KisReply:
        """As the port says. Cancelled while KIS has the order, it leaves the order's state unknown."""

        async def send() -> KisReply:
            return await self._send(request, Urgency.ORDER, None, may_leave)

        try:
            return await retrying(send, ORDER_ATTEMPTS, self._timer)
        except RequestError as failure:
            raise failure.order_error() from None

    async def approval_key(self, fresh: bool = False) -> str:
        """The key that goes into every registration for live data; another than the last where it shall be ``fresh``.

        Raises:
            CredentialsError, RateLimited, KisUnavailable, SettingsError: KIS gives none, or cannot be asked.
        """
        return await self._approval.get(fresh)

    def open_live(self, url: str, receiver: LiveReceiver) -> LiveGateway:
        """Live data of this key, over the one session that all processes of the user share.

        Args:
            url: The websocket's address, with its path.
            receiver: Takes what comes.
        """
        from kis_mcp.kis.live.session import LiveSession  # slow to import, and few processes want it
        from kis_mcp.kis.live.shared_session import SharedSession

        def open_session(inner: LiveReceiver) -> LiveSession:
            return LiveSession(url, self.approval_key, inner, clock=self._clock, timer=self._timer)

        shared, digest = self._shared, self._connection.digest
        return SharedSession(
            open_session, shared.live_lock, shared.live_places, digest, receiver, clock=self._clock, timer=self._timer
        )

    def status(self) -> GatewayStatus:
        """What is known without asking KIS."""
        token, now = self._tokens.status(), self._clock()
        expires_at = datetime.fromtimestamp(token.expires_at, KST)
        next_at = datetime.fromtimestamp(token.next_issue_at, KST)
        return GatewayStatus(
            environment=self._connection.environment,
            has_token=bool(token.value) and expires_at > now,
            token_expires_at=expires_at if token.value else None,
            next_token_at=next_at if next_at > now else None,
            requests_per_second=self._connection.requests_per_second,
            clock_error=self._clock_error.read(),
            **self._limiter.status(),
        )

    async def aclose(self) -> None:
        """Close connections and files."""
        if self._opened:
            await self._opened.aclose()
            self._opened = None
        self._shared.close()

    async def _send(
        self,
        request: KisRequest,
        urgency: Urgency,
        waiting: WaitReporter | None,
        may_leave: MayLeave | None = None,
    ) -> KisReply:
        """One attempt; a token that KIS refuses is renewed once within it, since KIS did nothing then."""
        token = await self._tokens.current(waiting)
        try:
            return await self._exchange(request, token, urgency, waiting, may_leave)
        except RequestError as failure:
            if failure.reaction is not Reaction.RENEW_TOKEN:
                raise
        token = await self._tokens.renew(token, waiting)
        return await self._exchange(request, token, urgency, waiting, may_leave)

    async def _exchange(
        self,
        request: KisRequest,
        token: str,
        urgency: Urgency,
        waiting: WaitReporter | None,
        may_leave: MayLeave | None,
    ) -> KisReply:
        connection = self._connection
        headers = {
            "authorization": f"Bearer {token}",
            "appkey": connection.app_key,
            "appsecret": connection.app_secret,
            "tr_id": request.tr_id,
            "tr_cont": request.tr_cont,
            "custtype": "P",
        }
        transport = self._transport()  # before the limiter, so that a request let out leaves without delay
        async with self._limiter.turn(urgency, waiting):
            if may_leave is not None:
                await may_leave()
            answer = await transport.send(request.method, request.path, request.elements, headers)
        try:
            secrets = (token, connection.app_key, connection.app_secret, request.elements.get("CANO", ""))
            reply = read_reply(answer, hide=(*secrets, *connection.account_numbers))
        except RequestError as failure:
            if failure.reaction is Reaction.SLOW_DOWN:
                await self._limiter.back_off()
            raise
        self._clock_error.keep(reply.kis_time, self._clock())
        return reply

    async def _post(self, path: str, body: Mapping[str, str]) -> Answer:
        return await self._transport().send("POST", path, body, {})

    def _transport(self) -> "Transport":
        if self._opened is None:
            from kis_mcp.kis.transport import Transport

            self._opened = Transport(self._connection)
        return self._opened
