"""Prices at which a position is ended whatever its conditions say: stop, target and trailing stop."""

from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.strategies.document import Exits

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ExitLevels:
    """For a long position.

    Attributes:
        stop: Sell at or below it; the higher one of stop loss and trailing stop.
        stop_name: Which of the two it is: ``stop_loss`` or ``trailing_stop``.
        target: Sell at or above it.
    """

    stop: Decimal | None = None
    stop_name: str = "stop_loss"
    target: Decimal | None = None


def has_levels(exits: Exits) -> bool:
    """Whether there are any."""
    wanted = (exits.stop_loss_percent, exits.take_profit_percent, exits.trailing_stop_percent)
    return any(percent is not None for percent in wanted)


def exit_levels(exits: Exits, price: Decimal, highest: Decimal) -> ExitLevels:
    """The levels of a position.

    Args:
        exits: A resolved strategy's.
        price: At which it was opened.
        highest: The highest price since then.
    """
    loss = _below(price, exits.stop_loss_percent)
    trail = _below(highest, exits.trailing_stop_percent)
    target = (
        None if exits.take_profit_percent is None else price * (1 + Decimal(str(exits.take_profit_percent)) / _HUNDRED)
    )
    if trail is not None and (loss is None or trail > loss):
        return ExitLevels(trail, "trailing_stop", target)
    return ExitLevels(loss, "stop_loss", target)


def _below(price: Decimal, percent: float | str | None) -> Decimal | None:
    return None if percent is None else price * (1 - Decimal(str(percent)) / _HUNDRED)
