"""Why an order is refused."""

from enum import Enum, auto


class Problem(Enum):
    """The business reasons; each host has its own code and words for them."""

    UNKNOWN_SYMBOL = auto()
    ORDER_TYPE = auto()
    LOT = auto()
    OFF_TICK = auto()
    PRICE_LIMIT = auto()
    NO_CASH = auto()
    NO_CREDIT = auto()
    NO_HOLDINGS = auto()
    TOO_MANY_SHARES = auto()
    NO_ORIGINAL = auto()
    NOTHING_LEFT = auto()
    MARKET_CLOSED = auto()
    OUTSIDE_HOURS = auto()
    PERIOD = auto()


class Rejected(Exception):
    """The order was not accepted, and nothing changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem
