"""Indices whose members KIS' files of instruments flag, by what people call them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from kis_mcp.errors import BadArgument
from kis_mcp.market.listing import Listing
from kis_mcp.market.masters import layouts

_KOREAN = {"코스피": "KOSPI", "코스닥": "KOSDAQ"}
_BESIDE = (" ", "-", "_")
"""What people write between the parts of a name."""


@dataclass(frozen=True, slots=True)
class IndexMembers:
    """What KIS' files of instruments say of an index.

    Attributes:
        index: One of `index_names`.
        listings: Its members, the largest first by market value where the files tell that, in their order otherwise.
        read_at: When the oldest of the files was fetched; None while none was.
        others: The indices that have members in these files.
    """

    index: str
    listings: Sequence[Listing]
    read_at: datetime | None
    others: Sequence[str]


@cache
def index_names() -> Sequence[str]:
    """Every index of the table of layouts."""
    return tuple(dict.fromkeys(name for layout in layouts().values() for name in layout.members))


def find_index(text: str) -> str:
    """The index that a person means, such as ``KOSPI 200`` or ``코스피200``.

    Raises:
        BadArgument: KIS flags the members of none such; the error names those of which it does.
    """
    wanted = _plain(text)
    for name in index_names():
        if _plain(name) == wanted:
            return name
    raise BadArgument(
        f"Which members {text} has is not known: KIS' files of instruments do not tell.",
        remedy=f"Give symbols, a ranking, or one of {', '.join(index_names())}.",
        field="index",
    )


def _plain(text: str) -> str:
    text = text.upper()
    for korean, english in _KOREAN.items():
        text = text.replace(korean, english)
    for sign in _BESIDE:
        text = text.replace(sign, "")
    return text
