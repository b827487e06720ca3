"""KIS' two REST hosts."""

from enum import StrEnum


class Host(StrEnum):
    """The host of real money (실전) and that of paper trading (모의투자)."""

    REAL = "real"
    DEMO = "demo"

    @property
    def other(self) -> "Host":
        return Host.DEMO if self is Host.REAL else Host.REAL
