"""The three worlds an order can go to."""

from enum import StrEnum


class Environment(StrEnum):
    """Where requests go: the embedded simulator, KIS' paper trading (모의투자) or KIS with real money (실전).

    Tokens, caches, journals and sockets are kept apart by this value.
    """

    SIM = "sim"
    DEMO = "demo"
    REAL = "real"

    @property
    def uses_demo_api(self) -> bool:
        """Whether this environment speaks KIS' demo dialect: its TR ids, page sizes and missing APIs.

        The simulator is spoken to as the real host, so that every API can be practised on.
        """
        return self is Environment.DEMO
