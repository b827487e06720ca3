"""The verdict on something that was proposed, and how it came about."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["accepted", "declined", "cancelled", "refused"]
"""A person's yes, no or dismissal of the question; ``refused`` is the guard's."""

Channel: TypeAlias = Literal["elicitation", "page", "preview", "never", "guard", "mandate"]
"""How the verdict came about. ``never`` means that KIS_CONFIRM=never decided without asking, ``mandate`` that a person
agreed to the mandate that the order is within."""

HUMAN_CHANNELS: frozenset[Channel] = frozenset({"elicitation", "page"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The one verdict on an intent or a mandate; the first counts."""

    verdict: Verdict
    channel: Channel
    reason: str = ""
