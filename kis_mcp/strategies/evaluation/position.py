"""What a strategy holds of one instrument, as far as its rules look at it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Position:
    """An open position.

    Attributes:
        price: What was paid for one share or contract on average, without costs, in the instrument's currency.
        bars: How many bars have ended since it was opened; 0 in the bar of the entry.
        highest: The highest price since it was opened.
    """

    price: float
    bars: int = 0
    highest: float = 0.0

    def state(self, name: str, price: float) -> float:
        """One of `POSITION_STATES`, without its first word, at a price."""
        match name:
            case "profit_percent":
                return (price / self.price - 1) * 100
            case "bars":
                return float(self.bars)
            case _:
                return max(self.highest, self.price)

    def pass_bars(self, count: int, high: float) -> None:
        """So many bars have ended, in which it was open, and the highest price of which this is."""
        self.bars += count
        self.highest = max(self.highest, high, self.price)
