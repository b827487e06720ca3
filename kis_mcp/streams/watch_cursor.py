"""Where a reader of a watch is, as a short text that says nothing to anybody else."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from kis_mcp.errors import BadArgument

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST = 8_000
_CURSOR = re.compile(
    r"(?P<watch>[0-9a-z]+)-(?P<numbers>[0-9a-z]+-[0-9a-z]+(?:-[0-9a-z]+)*)"
    r"(?:\.(?P<condition>[0-9a-f]{8})\.(?P<flags>[0-3]+)(?:\.(?P<words>[0-9A-Za-z_-]+))?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class WatchCursor:
    """What a reader has had.

    Attributes:
        watch_id: Of which watch.
        opened: Which time it was opened: a later one with the same id counts from the start again.
        gaps: The number of the last gap that it was told.
        positions: Of each of its feeds, in the order of their names.
        condition: A digest of what is waited for; "" where nothing is.
        state: Where that stands, as `Evaluation.state` has it.
    """

    watch_id: str
    opened: int
    gaps: int
    positions: Sequence[int]
    condition: str = ""
    state: Sequence[Sequence[object]] = ()

    def __str__(self) -> str:
        numbers = (self.opened, self.gaps, *self.positions)
        place = "-".join((self.watch_id, *map(_in_base_36, numbers)))
        if not self.condition:
            return place
        flags = "".join(str(bool(holds) + 2 * bool(is_armed)) for holds, is_armed, _ in self.state)
        words = [words for holds, _, words in self.state if holds]
        words = words if any(words) else []
        packed = json.dumps(words, separators=(",", ":"), ensure_ascii=False).encode()
        return ".".join((place, self.condition, flags, *([_as_text(packed)] if words else [])))


def read_watch_cursor(text: str) -> WatchCursor:
    """The cursor that a text is.

    Raises:
        BadArgument: It is none.
    """
    found = _CURSOR.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise _unreadable()
    opened, gaps, *positions = (int(number, 36) for number in found["numbers"].split("-"))
    if found["condition"] is None:
        return WatchCursor(found["watch"], opened, gaps, positions)
    state = _state(found["flags"], found["words"] or "")
    return WatchCursor(found["watch"], opened, gaps, positions, found["condition"], state)


def _state(flags: str, packed: str) -> list[list[object]]:
    """Where each test stands; words are kept of those that hold."""
    try:
        words = cast("object", json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)) or b"[]"))
    except ValueError:
        raise _unreadable() from None
    kept = iter(cast("list[object]", words) if isinstance(words, list) else [])
    return [[flag in "13", flag in "23", str(next(kept, "")) if flag in "13" else ""] for flag in flags]


def _in_base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _as_text(packed: bytes) -> str:
    return urlsafe_b64encode(packed).decode().rstrip("=")


def _unreadable() -> BadArgument:
    return BadArgument(
        "This is no cursor of a watch.",
        remedy="Repeat the call with cursor as the last answer had it in next_cursor, or without.",
        field="cursor",
    )
