"""Tokens for an order's second call: in sim and demo, for clients that cannot ask and people who have set no PIN.

A token holds for one intent or mandate, the very same call and a few minutes, in whichever process the second call
arrives: many clients start a server for each call. It is no proof of a person: whoever reads the preview can send it
back. That it orders at most once is the desk's promise, which sends an intent once.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import anyio.to_thread

from kis_mcp.catalog import CONFIRMATION_TOKEN, FIELDS
from kis_mcp.errors import BadArgument
from kis_mcp.storage import private_key
from kis_mcp.trading.journal import Journal, Preview
from kis_mcp.trading.order import Order, plain

LIFETIME = timedelta(minutes=5)
KEY_FILE = "preview.key"

_INTENTS = "intent_ids"
"""Under which the arguments of a preview name all intents, where there are several; no tool has such an argument."""

_NOT_OF_THE_ORDER = frozenset({CONFIRMATION_TOKEN, FIELDS})
_AGAIN = f"Call again without {CONFIRMATION_TOKEN} for a new preview."


class Previews:
    """The previews of one environment, and the tokens that confirm them.

    Args:
        folder: The environment's folder, where the key that seals tokens lies.
        journal: The environment's journal, where each issue of a token is an entry.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._key_file = folder / KEY_FILE
        self._journal = journal

    async def issue(
        self, subjects: Sequence[str], tool: str, values: Mapping[str, object], now: datetime
    ) -> tuple[str, Preview]:
        """A token for the call of ``tool`` with these values, which sends the intents, or agrees to the mandate, with
        these ids; it goes by the first."""
        said = _of_the_order(values) | ({_INTENTS: " ".join(subjects)} if len(subjects) > 1 else {})
        preview = Preview(subject=subjects[0], at=now, expires_at=now + LIFETIME, tool=tool, arguments=said)
        token = _token(await self._key(), preview)
        await self._journal.record_preview(preview)
        return token, preview

    async def redeem(
        self,
        tool: str,
        values: Mapping[str, object],
        now: datetime,
        shown: Callable[[Order], Mapping[str, object]] | None = None,
    ) -> tuple[str, ...]:
        """The intents, or the mandate, that the token among ``values`` stands for.

        Args:
            shown: What the preview showed of an order; a call that repeats it says nothing else than the first. None
                where it showed nothing that a call could repeat.

        Raises:
            BadArgument: The token was made for another call, with other data, or too long ago.
        """
        token = str(values[CONFIRMATION_TOKEN])
        subject = token.partition(".")[0]
        preview = _sealed_by(token, await self._key(), await self._journal.previews(subject))
        if preview is None:
            raise BadArgument(
                "This confirmation_token belongs to no preview that was made here. Nothing was sent.",
                remedy=_AGAIN,
                field=CONFIRMATION_TOKEN,
            )
        first = {name: value for name, value in preview.arguments.items() if name != _INTENTS}
        record = await self._journal.find(subject) if shown else None
        repeatable = plain(shown(record.intent.order)) if shown and record else {}
        differing = _differing(first, _of_the_order(values), repeatable)
        if tool != preview.tool or differing:
            what = f"in {', '.join(differing)}" if tool == preview.tool else f"which was of {preview.tool}"
            raise BadArgument(
                f"This call differs from the one that was previewed, {what}. Nothing was sent.",
                remedy=f"Repeat the call that was previewed, with all its arguments unchanged. {_AGAIN}",
                field=CONFIRMATION_TOKEN,
            )
        if now >= preview.expires_at:
            raise BadArgument("The preview has expired. Nothing was sent.", remedy=_AGAIN, field=CONFIRMATION_TOKEN)
        return tuple(str(preview.arguments.get(_INTENTS, subject)).split())

    async def _key(self) -> bytes:
        return await anyio.to_thread.run_sync(private_key, self._key_file)


def _of_the_order(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in plain(values).items() if name not in _NOT_OF_THE_ORDER}


def _token(key: bytes, preview: Preview) -> str:
    said = [preview.subject, int(preview.expires_at.timestamp()), preview.tool, preview.arguments]
    sealed = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
    return f"{preview.subject}.{hmac.digest(key, sealed, 'sha256').hex()[:32]}"


def _sealed_by(token: str, key: bytes, previews: Sequence[Preview]) -> Preview | None:
    """The latest preview with that token."""
    return next((each for each in reversed(previews) if hmac.compare_digest(_token(key, each), token)), None)


def _differing(first: Mapping[str, object], second: Mapping[str, object], shown: Mapping[str, object]) -> list[str]:
    """The arguments by which the second call says something else than the first and what its preview showed."""

    def is_same(name: str) -> bool:
        if name in first:
            return first[name] == second.get(name)
        return name in shown and str(shown[name]).casefold() == str(second[name]).casefold()

    return [name for name in sorted(first.keys() | second.keys()) if not is_same(name)]
