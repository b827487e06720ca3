"""What goes over KIS' websocket, read and written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from kis_mcp.clock import KST
from kis_mcp.simulator.live.cipher import Cipher

PINGPONG = "PINGPONG"
_NOTHING = "(null)"

_WORDS: Mapping[str, tuple[str, str]] = {
    "OPSP0000": ("0", "SUBSCRIBE SUCCESS"),
    "OPSP0001": ("0", "UNSUBSCRIBE SUCCESS"),
    "OPSP0002": ("1", "ALREADY IN SUBSCRIBE"),
    "OPSP0003": ("1", "UNSUBSCRIBE ERROR(not found!)"),
    "OPSP0007": ("1", "SUBSCRIBE INTERNAL ERROR"),
    "OPSP0008": ("1", "MAX SUBSCRIBE OVER"),
    "OPSP0011": ("1", "invalid approval : NOT FOUND"),
    "OPSP8992": ("1", "INVALID tr_key"),
    "OPSP8996": ("9", "ALREADY IN USE appkey"),
    "OPSP8997": ("9", "INVALID tr_type"),
    "OPSP8998": ("9", "INVALID custtype"),
    "OPSP9990": ("9", "tr_key NOT FOUND"),
    "OPSP9991": ("9", "input NOT FOUND"),
    "OPSP9992": ("9", "body NOT FOUND"),
    "OPSP9997": ("9", "custtype NOT FOUND"),
    "OPSP9998": ("9", "header NOT FOUND"),
    "OPSP9999": ("9", "JSON PARSING ERROR"),
}
"""KIS' code → rt_cd and words. KIS documents what 8992 and those from 8997 on mean; their words here are made up."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What can be registered for: a TR of something."""

    tr_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A wish to have a channel, or, where it ``ends``, to have it no more."""

    approval_key: str
    channel: Channel
    ends: bool


class Refused(Exception):
    """KIS does not do what a message asks for; its text is KIS' code."""

    def __init__(self, code: str, channel: Channel | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.channel = channel


def read_registration(text: str, *, needs_custtype: bool) -> Registration | None:
    """What a message wants; None for the echo of a PINGPONG.

    Raises:
        Refused: It makes no sense.
    """
    try:
        message: object = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("OPSP9999") from None
    header = _part(message, "header", "OPSP9998")
    if header.get("tr_id") == PINGPONG:
        return None
    wanted = _part(_part(message, "body", "OPSP9992"), "input", "OPSP9991")
    channel = Channel(_text(wanted, "tr_id"), _text(wanted, "tr_key"))
    custtype = _text(header, "custtype") or ("" if needs_custtype else "P")
    if not custtype:
        raise Refused("OPSP9997", channel)
    if custtype not in ("P", "B"):
        raise Refused("OPSP8998", channel)
    if (tr_type := _text(header, "tr_type")) not in ("1", "2"):
        raise Refused("OPSP8997", channel)
    if not channel.key:
        raise Refused("OPSP9990", channel)
    return Registration(_text(header, "approval_key"), channel, ends=tr_type == "2")


def answer(code: str, channel: Channel | None, *, encrypts: bool = False, cipher: Cipher | None = None) -> str:
    """The answer to a message; with a cipher where something is sent, encrypted or not."""
    rt_cd, words = _WORDS[code]
    header = {"tr_id": channel.tr_id if channel else _NOTHING, "tr_key": channel.key if channel else ""}
    body: dict[str, object] = {"rt_cd": rt_cd, "msg_cd": code, "msg1": words}
    if cipher is not None:
        body["output"] = {"iv": cipher.iv, "key": cipher.key}
    return json.dumps({"header": {**header, "encrypt": "Y" if encrypts else "N"}, "body": body}, ensure_ascii=False)


def pingpong(now: datetime) -> str:
    """Sent now and then, to be echoed."""
    return json.dumps({"header": {"tr_id": PINGPONG, "datetime": f"{now.astimezone(KST):%Y%m%d%H%M%S}"}})


def frame(tr_id: str, records: Sequence[str], cipher: Cipher | None = None) -> str:
    """A data frame of some records."""
    payload = "^".join(records)
    if cipher is not None:
        return f"1|{tr_id}|{len(records):03}|{cipher.encrypt(payload)}"
    return f"0|{tr_id}|{len(records):03}|{payload}"


def _part(whole: object, name: str, missing: str) -> Mapping[str, object]:
    part = cast("Mapping[str, object]", whole).get(name) if isinstance(whole, dict) else None
    if not isinstance(part, dict):
        raise Refused(missing)
    return cast("Mapping[str, object]", part)


def _text(part: Mapping[str, object], name: str) -> str:
    value = part.get(name)
    return value.strip() if isinstance(value, str) else ""
