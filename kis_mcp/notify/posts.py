"""Channels that are reached by one HTTP POST. What they answer beyond the status is not read.

ntfy (https://docs.ntfy.sh/publish) takes the text as the body and, from 2.16 on, replaces a message that has the same
sequence id. Telegram (https://core.telegram.org/bots/api#sendmessage) knows no such id. Without ``parse_mode`` it takes
the text as it is.
"""

import asyncio
import json
from collections.abc import Mapping

import httpx
from pydantic import SecretStr

from kis_mcp.alerts import Attempt, Notice
from kis_mcp.library_logs import warnings_only
from kis_mcp.loopback import is_loopback

warnings_only("httpx")

TIMEOUT_SECONDS = 10.0
_TELEGRAM = "https://api.telegram.org"
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_WORTH_ANOTHER_TRY = (408, 425, 429)


class NtfyChannel:
    """A topic of ntfy.

    Args:
        url: Of the topic; whoever knows it can read it.
        token: Where the server wants one.
    """

    kind = "ntfy"

    def __init__(self, url: SecretStr, token: SecretStr | None = None, *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._token = token
        self._seconds = seconds

    async def send(self, notice: Notice) -> Attempt:
        headers = {"Title": notice.title, "X-Sequence-ID": notice.id, "Content-Type": "text/plain; charset=utf-8"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return await _post(self._url.get_secret_value(), notice.text.encode(), headers, self._seconds)


class TelegramChannel:
    """A chat with a bot.

    Args:
        token: The bot's.
        chat: The chat's id.
        base_url: Where its API is.
    """

    kind = "telegram"

    def __init__(
        self, token: SecretStr, chat: SecretStr, *, base_url: str = _TELEGRAM, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._token = token
        self._chat = chat
        self._base_url = base_url
        self._seconds = seconds

    async def send(self, notice: Notice) -> Attempt:
        message = {
            "chat_id": self._chat.get_secret_value(),
            "text": f"{notice.title}\n{notice.text}",
            "link_preview_options": {"is_disabled": True},
        }
        url = f"{self._base_url}/bot{self._token.get_secret_value()}/sendMessage"
        return await _post_json(url, message, {}, self._seconds)


class WebhookChannel:
    """Any address that takes JSON.

    Args:
        url: It may hold a secret.
    """

    kind = "webhook"

    def __init__(self, url: SecretStr, *, seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._seconds = seconds

    async def send(self, notice: Notice) -> Attempt:
        message = {
            "id": notice.id,
            "alert_id": notice.rule_id,
            "environment": notice.environment.value,
            "at": notice.at.isoformat(timespec="seconds"),
            "title": notice.title,
            "text": notice.text,
        }
        headers = {"Idempotency-Key": notice.id}
        return await _post_json(self._url.get_secret_value(), message, headers, self._seconds)


async def _post_json(url: str, message: Mapping[str, object], headers: Mapping[str, str], seconds: float) -> Attempt:
    content = json.dumps(message, ensure_ascii=False).encode()
    return await _post(url, content, {**headers, "Content-Type": "application/json"}, seconds)


async def _post(url: str, content: bytes, headers: Mapping[str, str], seconds: float) -> Attempt:
    """One POST. Redirects are not followed: they would carry the secrets away."""
    is_local = is_loopback(url)
    try:
        async with (
            asyncio.timeout(2 * seconds),
            httpx.AsyncClient(timeout=seconds, trust_env=not is_local, follow_redirects=False) as client,
            client.stream("POST", url, content=content, headers={**headers, "User-Agent": "kis-mcp"}) as response,
        ):
            status = response.status_code
    except _NOT_SENT:
        return Attempt("failed", "no connection")
    except (TimeoutError, httpx.TimeoutException):
        return Attempt("unclear", "no answer in time; it may have arrived")
    except httpx.InvalidURL:
        return Attempt("refused", "the address cannot be used")
    except (httpx.HTTPError, OSError):
        return Attempt("unclear", "the connection broke; it may have arrived")
    if 200 <= status < 300:
        return Attempt("delivered", "delivered")
    if status >= 500 or status in _WORTH_ANOTHER_TRY:
        return Attempt("failed", f"HTTP {status}")
    return Attempt("refused", f"HTTP {status}")
