"""How a person gets to confirm an order: the strongest way that the client, the settings and the environment leave."""

from typing import Literal, TypeAlias

from kis_mcp.environment import Environment

ConfirmChannel: TypeAlias = Literal["elicitation", "page", "preview", "never"]
"""``elicitation``: the client asks. ``page``: a page on this machine asks, and wants the PIN. ``preview``: the call is
repeated with the token of its preview. ``never``: nobody is asked."""


def choose_channel(
    environment: Environment, *, confirm: Literal["ask", "never"], client_can_be_asked: bool, pin_is_set: bool
) -> ConfirmChannel | None:
    """The way an order is confirmed; None where it must be refused. In real it is a person's, or none."""
    is_real = environment is Environment.REAL
    if confirm == "never" and not is_real:
        return "never"
    if client_can_be_asked:
        return "elicitation"
    if pin_is_set:
        return "page"
    return None if is_real else "preview"
