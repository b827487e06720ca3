"""How a halt of all new orders is told, wherever it stops something."""

from typing import Final

LIFTED_BY: Final = "Only a person can lift the halt, with `kis-mcp resume` in a terminal."


def halted_text(reason: str) -> str:
    """That nothing new goes out.

    Args:
        reason: Since when and why, as the kill file says.
    """
    return f"All new orders are halted: {reason}."


def ended_by_halt(reason: str) -> str:
    """Why a mandate or a run is over, for the journal."""
    return f"trading was halted: {reason}"
