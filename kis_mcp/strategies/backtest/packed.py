"""A history as bytes and back: columns as a store keeps them."""

import json
import struct
import sys
from array import array
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from kis_mcp.strategies.backtest.bars import Bars

_FORMAT: Final = 1
_LENGTH: Final = struct.Struct("<I")
_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True)
class KeptHistory:
    """What a store has of an instrument and interval.

    Attributes:
        start, end: Every bar of these days and those between is there; both have ended.
        bars: None where nothing was traded in them.
    """

    start: date
    end: date
    bars: Bars | None


def pack(kept: KeptHistory, zone: ZoneInfo) -> bytes:
    """A head that says what follows, and the columns."""
    bars = kept.bars
    head = {
        "format": _FORMAT,
        "order": sys.byteorder,
        "start": kept.start.isoformat(),
        "end": kept.end.isoformat(),
        "zone": zone.key,
        "unit": str(bars.unit) if bars else "1",
        "count": len(bars) if bars else 0,
    }
    text = json.dumps(head).encode()
    times = array("q", [int(moment.timestamp()) for moment in bars.ends_at]) if bars else array("q")
    columns = (times, bars.open, bars.high, bars.low, bars.close, bars.volume) if bars else ()
    return _LENGTH.pack(len(text)) + text + b"".join(column.tobytes() for column in columns)


def unpack(content: bytes) -> KeptHistory | None:
    """What `pack` made; None where it is damaged, or another machine's or version's."""
    try:
        (length,) = _LENGTH.unpack_from(content)
        body = memoryview(content)[_LENGTH.size + length :]
        head = json.loads(content[_LENGTH.size : _LENGTH.size + length])
        size = head["count"] * array("q").itemsize
        is_ours = head["format"] == _FORMAT and head["order"] == sys.byteorder
        if not is_ours or len(body) != size * (_COLUMNS if size else 0):
            return None
        start, end, zone = date.fromisoformat(head["start"]), date.fromisoformat(head["end"]), ZoneInfo(head["zone"])
        if not size:
            return KeptHistory(start, end, None)
        columns = [array("q", bytes(body[number * size : (number + 1) * size])) for number in range(_COLUMNS)]
        times, *prices, volume = columns
        ends_at = [datetime.fromtimestamp(second, zone) for second in times]
        return KeptHistory(start, end, Bars(ends_at, prices, volume, Decimal(head["unit"])))
    except (struct.error, ValueError, KeyError, TypeError):
        return None
