"""What the processes of a user say to each other about live data. Pure.

A guest says ``register NUMBER TR KEY``, ``release TR KEY``, ``resume SINCE [[TR, KEY] …]``, ``slots NUMBER`` and
``beat``; the holder ``answer NUMBER ERROR``, ``slots NUMBER TAKEN [[PROCESS, COUNT, IS_OWN] …]``,
``frame TR COUNT PAYLOAD TIME``, ``gap FROM TO [[TR, KEY, WHY] …]``, ``outage SINCE WHY [[TR, KEY] …]``, without the
three where there is none, and ``beat``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kis_mcp.catalog import Channel, Frame, Gap, Outage, SlotUse, SlotUses
from kis_mcp.errors import (
    BadArgument,
    CredentialsError,
    InternalError,
    KisMcpError,
    KisUnavailable,
    RateLimited,
    StorageError,
)
from kis_mcp.kis.live.loopback import Message

BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 5.0
"""Who sends nothing for so long hangs, or is suspended."""

LANGUAGE: Final = 2
"""Raised whenever these messages change: processes of two versions do not understand each other."""

_KINDS: Mapping[str, type[KisMcpError]] = {
    kind.kind: kind
    for kind in (BadArgument, CredentialsError, InternalError, KisUnavailable, RateLimited, StorageError)
}


def write_frame(frame: Frame) -> tuple[object, ...]:
    return ("frame", frame.tr_id, frame.count, frame.payload, frame.received_at.isoformat())


def read_frame(message: Message) -> Frame:
    _, tr_id, count, payload, at = message
    return Frame(tr_id, count, payload, datetime.fromisoformat(at))


def write_gap(gap: Gap) -> tuple[object, ...]:
    lost = [[channel.tr_id, channel.key, why] for channel, why in gap.lost]
    return ("gap", gap.began_at.isoformat(), gap.ended_at.isoformat(), lost)


def read_gap(message: Message) -> Gap:
    _, began_at, ended_at, lost = message
    return Gap(
        datetime.fromisoformat(began_at),
        datetime.fromisoformat(ended_at),
        tuple((Channel(tr_id, key), why) for tr_id, key, why in lost),
    )


def write_outage(outage: Outage | None) -> tuple[object, ...]:
    if outage is None:
        return ("outage",)
    channels = [[channel.tr_id, channel.key] for channel in outage.channels]
    return ("outage", outage.since.isoformat(), outage.why, channels)


def read_outage(message: Message) -> Outage | None:
    if len(message) == 1:
        return None
    _, since, why, channels = message
    return Outage(datetime.fromisoformat(since), why, tuple(Channel(tr_id, key) for tr_id, key in channels))


def write_slots(number: int, slots: SlotUses) -> tuple[object, ...]:
    return ("slots", number, slots.taken, [[use.process, use.slots, use.is_own] for use in slots.uses])


def read_slots(message: Message) -> SlotUses:
    _, _, taken, uses = message
    return SlotUses(taken, tuple(SlotUse(process, slots, is_own) for process, slots, is_own in uses))


def read_error(facts: Mapping[str, str]) -> KisMcpError:
    """An error by its facts, as `KisMcpError.facts` writes them."""
    return _KINDS.get(facts["class"], InternalError)(
        facts["what"],
        remedy=facts["next_step"],
        field=facts.get("field"),
        kis_code=facts.get("kis_code"),
        kis_message=facts.get("kis_message"),
    )
