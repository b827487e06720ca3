"""What becomes of orders, for whoever wants to hear of it at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from kis_mcp.simulator.engine.model import Fill, Order


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An order that was accepted or filled, or whose rest was cancelled because it could not be filled at once.

    Attributes:
        order: As it stood then.
        fill: The execution, where it is one.
        is_cut: Whether its rest was cancelled.
    """

    order: Order
    fill: Fill | None = None
    is_cut: bool = False


OrderReporter: TypeAlias = Callable[[OrderEvent], None]
"""Told of every event as it happens."""
