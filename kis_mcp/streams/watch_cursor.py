"""Where a reader of a watch is, as a text that says nothing to anybody else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from kis_mcp.errors import BadArgument


@dataclass(frozen=True, slots=True)
class WatchCursor:
    """What a reader has had.

    Attributes:
        watch_id: Of which watch.
        opened: Which time it was opened: a later one with the same id counts from the start again.
        positions: Of each of its feeds, by name.
        condition: A digest of what is waited for; "" where nothing is.
        state: Where that stands, as `Evaluation.state` has it.
    """

    watch_id: str
    opened: int
    positions: Mapping[str, int]
    condition: str = ""
    state: object = None

    def __str__(self) -> str:
        parts = [self.watch_id, self.opened, dict(self.positions), self.condition, self.state]
        packed = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
        return urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def read_watch_cursor(text: str) -> WatchCursor:
    """The cursor that a text is.

    Raises:
        BadArgument: It is none.
    """
    try:
        parts = cast("list[object]", json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))))
        watch_id, opened, positions, condition, state = parts
    except (ValueError, TypeError):
        raise _unreadable() from None
    match watch_id, opened, positions, condition:
        case str(), int(), dict(), str():
            return WatchCursor(watch_id, opened, _counts(cast("dict[str, object]", positions)), condition, state)
        case _:
            raise _unreadable()


def _unreadable() -> BadArgument:
    return BadArgument(
        "This is no cursor of a watch.",
        remedy="Repeat the call with cursor as the last answer had it in next_cursor, or without.",
        field="cursor",
    )


def _counts(positions: Mapping[str, object]) -> dict[str, int]:
    return {name: at for name, at in positions.items() if isinstance(at, int) and not isinstance(at, bool)}
