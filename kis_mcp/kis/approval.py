"""The approval key, which goes into every registration."""

from datetime import datetime, timedelta

from kis_mcp.clock import Clock
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Reaction, RequestError, read_approval
from kis_mcp.kis.retry import retrying
from kis_mcp.kis.timer import Timer
from kis_mcp.kis.tokens import Post

_PATH = "/oauth2/Approval"
_LIFE = timedelta(hours=23)
"""KIS' keys live for 24 hours."""

_ATTEMPTS = {Reaction.NOT_SENT: 3, Reaction.UNCLEAR: 3}


class ApprovalKey:
    """Asks for the key when it is first needed, and again when it ends. Unlike tokens, KIS gives as many as asked."""

    def __init__(self, connection: Connection, post: Post, clock: Clock, timer: Timer) -> None:
        self._connection = connection
        self._post = post
        self._clock = clock
        self._timer = timer
        self._key = ""
        self._ends_at: datetime = clock()

    async def get(self, fresh: bool = False) -> str:
        """The key; another than the last where it shall be ``fresh``.

        Raises:
            CredentialsError, RateLimited, KisUnavailable: KIS gives none.
        """
        if fresh or not self._key or self._clock() >= self._ends_at:
            self._key = await self._ask()
            self._ends_at = self._clock() + _LIFE
        return self._key

    async def _ask(self) -> str:
        keys = {"appkey": self._connection.app_key, "secretkey": self._connection.app_secret}

        async def send() -> str:
            answer = await self._post(_PATH, {"grant_type": "client_credentials", **keys})
            return read_approval(answer, hide=keys.values())

        try:
            return await retrying(send, _ATTEMPTS, self._timer)
        except RequestError as failure:
            raise failure.read_error() from None
