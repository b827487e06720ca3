"""The access token: one for an app key and environment, shared by all processes, renewed when due."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from kis_mcp.catalog import WaitReporter
from kis_mcp.clock import KST, Clock
from kis_mcp.errors import KisMcpError, RateLimited, StorageError
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import TOKEN_TOO_SOON, Answer, Reaction, RequestError, read_token
from kis_mcp.kis.retry import retrying
from kis_mcp.kis.shared import SharedLock, SharedStore
from kis_mcp.kis.timer import Timer
from kis_mcp.kis.waiting import reported

LONGEST_WAIT_SECONDS = 20.0
"""How long a call waits for its turn to ask for a token before it fails instead."""

RENEW_BEFORE_SECONDS = 600.0
_USUAL_LIFE_SECONDS = 86_400.0
_LONGEST_LIFE_SECONDS = 90 * _USUAL_LIFE_SECONDS
_LONGEST_RENEWAL_SECONDS = 30.0
"""How long another process may renew before a call that has no token fails."""

_SHORT_RENEWAL_SECONDS = 1.0
"""The same for a call whose token still works."""

_LOOK_SECONDS = 0.05
_PATH = "/oauth2/tokenP"
_ATTEMPTS = {Reaction.NOT_SENT: 3}

Post: TypeAlias = Callable[[str, Mapping[str, str]], Awaitable[Answer]]
"""Posts a JSON body to a path without credentials."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept on disk; times are POSIX seconds.

    Attributes:
        value: Empty where KIS has refused the last one.
        renew_at: From then on another is asked for, while this one still works.
        expires_at: Its end.
        next_issue_at: Before then KIS gives no other.
    """

    value: str = field(default="", repr=False)
    renew_at: float = 0
    expires_at: float = 0
    next_issue_at: float = 0


class Tokens:
    """Hands out the access token, from memory, from disk or from KIS.

    Processes take turns through a lock: whoever comes second finds the token that the first one got.
    """

    def __init__(
        self, connection: Connection, store: SharedStore, lock: SharedLock, post: Post, clock: Clock, timer: Timer
    ) -> None:
        self._connection = connection
        self._store = store
        self._lock = lock
        self._post = post
        self._clock = clock
        self._timer = timer
        self._token = Token()
        self._renewing = asyncio.Lock()

    async def current(self, waiting: WaitReporter | None = None) -> str:
        """A token that should work.

        Raises:
            CredentialsError: KIS refuses the keys.
            RateLimited: KIS issues no token for a while.
            KisUnavailable: KIS cannot be asked.
            StorageError: What processes share cannot be used.
        """
        if self._token.value and self._now() < self._token.renew_at:
            return self._token.value
        return await self._renewed("", waiting)

    async def renew(self, refused: str, waiting: WaitReporter | None = None) -> str:
        """Another token than the one that KIS has refused; raises as `current`."""
        return await self._renewed(refused, waiting)

    def status(self) -> Token:
        """What is kept on disk, for reports; its repr does not show the token."""
        return self._load()

    async def _renewed(self, refused: str, waiting: WaitReporter | None) -> str:
        async with self._renewing:
            kept = self._load()  # without a lock, so that a token of another process needs none
            works = bool(kept.value) and kept.value != refused and self._now() < kept.expires_at
            if not works or self._now() >= kept.renew_at:
                try:
                    async with self._alone(_SHORT_RENEWAL_SECONDS if works else _LONGEST_RENEWAL_SECONDS):
                        kept = await self._renew_alone(refused, waiting)
                except StorageError:
                    if not works:
                        raise
            self._token = kept
            return kept.value

    async def _renew_alone(self, refused: str, waiting: WaitReporter | None) -> Token:
        kept = self._load()
        if kept.value and kept.value == refused:
            self._token = kept = replace(kept, value="")
            self._save(kept)
        if not kept.value or self._now() >= kept.renew_at:
            kept = await self._issued(kept, waiting)
        return kept

    async def _issued(self, kept: Token, waiting: WaitReporter | None) -> Token:
        """A new token, or the old one for another interval if KIS gives none and it still works."""
        try:
            token = await self._issue(kept.next_issue_at, waiting)
        except KisMcpError:
            now = self._now()
            if not kept.value or now >= kept.expires_at:
                raise
            token = replace(kept, renew_at=now + self._connection.token_interval_seconds)
        self._save(token)
        return token

    async def _issue(self, next_issue_at: float, waiting: WaitReporter | None) -> Token:
        await self._wait_until(next_issue_at, waiting)
        try:
            return await self._ask()
        except RequestError as failure:
            if failure.code != TOKEN_TOO_SOON:
                raise failure.read_error() from None
        next_issue_at = self._now() + self._connection.token_interval_seconds
        self._save(replace(self._load(), next_issue_at=next_issue_at))
        await self._wait_until(next_issue_at, waiting)
        try:
            return await self._ask()
        except RequestError as failure:
            raise failure.read_error() from None

    async def _ask(self) -> Token:
        connection = self._connection
        keys = {"appkey": connection.app_key, "appsecret": connection.app_secret}

        async def send() -> Mapping[str, Any]:
            answer = await self._post(_PATH, {"grant_type": "client_credentials", **keys})
            return read_token(answer, hide=keys.values())

        body = await retrying(send, _ATTEMPTS, self._timer)
        now = self._now()
        life = _life_seconds(body, now)
        return Token(
            str(body["access_token"]),
            renew_at=now + life - min(RENEW_BEFORE_SECONDS, life / 10),
            expires_at=now + life,
            next_issue_at=now + connection.token_interval_seconds,
        )

    async def _wait_until(self, next_issue_at: float, waiting: WaitReporter | None) -> None:
        # A clock that was set back must not make this longer than KIS' own interval.
        seconds = min(next_issue_at - self._now(), self._connection.token_interval_seconds)
        if seconds <= 0:
            return
        if seconds > LONGEST_WAIT_SECONDS:
            raise RateLimited(
                f"KIS issues one access token a minute, and the next is due in {seconds:.0f} seconds.",
                remedy=f"Call again after {seconds:.0f} seconds.",
            )
        async with reported(waiting, lambda: next_issue_at - self._now(), self._timer):
            await self._timer.sleep(seconds)

    @asynccontextmanager
    async def _alone(self, seconds: float) -> AsyncGenerator[None]:
        """Keep other processes from renewing. The lock of one that died is free; one that hangs is waited for so long.

        Raises:
            StorageError: Naming the lock and its holder.
        """
        give_up_at = self._timer.monotonic() + seconds
        while not self._lock.try_lock():
            if self._timer.monotonic() > give_up_at:
                raise StorageError(
                    f"The access token is being renewed elsewhere for {seconds:.0f} seconds: {self._lock.holder()}.",
                    remedy="End that process if it hangs, and call again.",
                )
            await self._timer.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            self._lock.unlock()

    def _load(self) -> Token:
        try:
            return Token(**self._store.get(self._connection.digest))
        except TypeError:  # another version's
            return Token()

    def _save(self, token: Token) -> None:
        self._store.put(self._connection.digest, asdict(token))

    def _now(self) -> float:
        return self._clock().timestamp()


def _life_seconds(body: Mapping[str, Any], now: float) -> float:
    """How long the token lives: the shorter of what KIS says in two ways; a day if it says neither."""
    lives = [_USUAL_LIFE_SECONDS]
    if re.fullmatch(r"\d{1,9}(\.\d+)?", seconds := str(body.get("expires_in"))):
        lives = [float(seconds)]
    try:
        end = datetime.fromisoformat(str(body.get("access_token_token_expired")))
        lives.append(end.replace(tzinfo=KST).timestamp() - now)
    except ValueError:
        pass
    return min(life for life in (*lives, _LONGEST_LIFE_SECONDS) if life > 0)
