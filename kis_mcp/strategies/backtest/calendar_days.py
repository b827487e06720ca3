"""Days of which there can be prices."""

from datetime import date
from typing import Final

from kis_mcp.errors import BadArgument

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)


def require_possible_day(day: date, field: str) -> None:
    """Refuse a day before `FIRST_DAY`: from the first of all days no bars can be counted back to warm up on.

    Raises:
        BadArgument: Naming the field.
    """
    if day < FIRST_DAY:
        raise BadArgument(f"There are no prices of {day}.", remedy=f"Give a day from {FIRST_DAY} on.", field=field)
