"""What KIS sends over its websocket, read; and what is sent to it. Pure."""

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from kis_mcp.catalog import Channel

_PINGPONG = "PINGPONG"
_HEAD = re.compile(r"([01])\|([A-Z0-9]{1,16})\|([0-9]{1,4})\|", re.ASCII)


@dataclass(frozen=True, slots=True)
class Data:
    """A data frame; ``payload`` is base64 of a cipher text where it ``is_encrypted``."""

    tr_id: str
    count: int
    payload: str
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Cipher:
    """The AES key and initial vector of a registration, as KIS writes them."""

    key: str = field(repr=False)
    iv: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a registration or its end.

    Attributes:
        channel: Which; its key is empty where KIS does not repeat it.
        is_ok: Whether KIS did what was asked.
        code, message: KIS' own.
        cipher: How this channel's frames are to be decrypted, where they are encrypted.
    """

    channel: Channel
    is_ok: bool
    code: str
    message: str
    cipher: Cipher | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Echoed as it came: a link whose echo is missing, KIS closes."""

    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What is none of these."""

    why: str


Message: TypeAlias = Data | Answer | Ping | Unreadable


def read_message(text: str) -> Message:
    """Whatever a text frame holds; never raises."""
    if text.startswith(("0|", "1|")):
        head = _HEAD.match(text)
        count = int(head[3]) if head else 0
        if head is None or count < 1:
            return Unreadable("a data frame without TR id or number of records")
        return Data(head[2], count, text[head.end() :], is_encrypted=head[1] == "1")
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable("neither a data frame nor JSON")
    header = _part(parsed, "header")
    tr_id = _text(header, "tr_id")
    if tr_id == _PINGPONG:
        return Ping(text)
    body = _part(parsed, "body")
    if not tr_id and not body:
        return Unreadable("JSON of an unknown shape")
    output = _part(body, "output")
    key, iv = _text(output, "key"), _text(output, "iv")
    return Answer(
        Channel(tr_id, _text(header, "tr_key")),
        _text(body, "rt_cd") == "0",
        _text(body, "msg_cd"),
        _text(body, "msg1"),
        Cipher(key, iv) if key and iv else None,
    )


def registration(approval_key: str, channel: Channel, *, ends: bool = False) -> str:
    """The message that begins or ends a registration."""
    return json.dumps(
        {
            "header": {
                "approval_key": approval_key,
                "custtype": "P",
                "tr_type": "2" if ends else "1",
                "content-type": "utf-8",
            },
            "body": {"input": {"tr_id": channel.tr_id, "tr_key": channel.key}},
        }
    )


def _part(whole: object, name: str) -> dict[str, object]:
    part = cast("dict[str, object]", whole).get(name) if isinstance(whole, dict) else None
    return cast("dict[str, object]", part) if isinstance(part, dict) else {}


def _text(part: dict[str, object], name: str) -> str:
    value = part.get(name)
    return value.strip() if isinstance(value, str) else ""
