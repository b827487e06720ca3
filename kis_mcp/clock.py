"""Time as a value that is passed in, so that tests decide what time it is."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current time, aware, in KST."""


def system_clock() -> datetime:
    """The machine's time in KST."""
    return datetime.now(KST)
