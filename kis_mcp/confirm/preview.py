"""Tokens for an order's second call: in sim and demo, for clients that cannot ask and people who have set no PIN.

A token holds for one intent, the very same call and a few minutes. It is no proof of a person: whoever reads the
preview can send it back. That it orders at most once is the desk's promise, which sends an intent once.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from kis_mcp.catalog.reserved import CONFIRMATION_TOKEN
from kis_mcp.errors import BadArgument

LIFETIME = timedelta(minutes=5)

_KEY = secrets.token_bytes(32)
_AGAIN = f"Call again without {CONFIRMATION_TOKEN} for a new preview."


def issue(intent_id: str, fingerprint: str, expires_at: datetime) -> str:
    """A token for the call with that fingerprint, which sends the intent."""
    expires = int(expires_at.timestamp())
    return f"{intent_id}.{expires}.{_seal(intent_id, expires, fingerprint)}"


def redeem(token: str, fingerprint: str, now: datetime) -> str:
    """The intent that the token stands for.

    Raises:
        BadArgument: It was made for another call, by another server, or too long ago.
    """
    intent_id, expires, seal = [*token.split("."), "", ""][:3]
    if not expires.isascii() or not expires.isdigit():
        raise _unknown()
    if not hmac.compare_digest(seal, _seal(intent_id, int(expires), fingerprint)):
        raise _unknown()
    if now.timestamp() >= int(expires):
        raise BadArgument("The preview has expired. Nothing was sent.", remedy=_AGAIN, field=CONFIRMATION_TOKEN)
    return intent_id


def _seal(intent_id: str, expires: int, fingerprint: str) -> str:
    said = f"{intent_id}.{expires}.{fingerprint}"
    return hmac.digest(_KEY, said.encode(), "sha256").hex()[:32]


def _unknown() -> BadArgument:
    return BadArgument(
        "This confirmation_token does not belong to this very call. Nothing was sent.",
        remedy=f"Repeat the call that was previewed, with all its arguments unchanged. {_AGAIN}",
        field=CONFIRMATION_TOKEN,
    )
