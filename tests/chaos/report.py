"""What a chaos run did, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.audit import Findings
from tests.chaos.findings import CountReport


@dataclass(slots=True)
class Report(CountReport):
    """Counts, by kind.

    Attributes:
        orders: How many were planned.
        mishaps: Faults of KIS' that struck.
        ends: How server processes ended.
        starts: How many there were.
        pranks: What clients did beside calling.
        answers: What the person said.
        seen: What clients were told.
        waits: How often twenty minutes went by at once.
        jumps: How often the machine's clock was set to another time than KIS'.
        statuses: Where the journal's intents stand at the end.
        reconciled: What KIS' lists said about orders whose answer was lost.
        unknown_at_the_end: Intents that were unresolved when the last server was killed.
        at_kis: Orders, changes and cancels that KIS took, by API.
    """

    seed: int
    orders: int
    mishaps: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    starts: int = 0
    pranks: Counter[str] = field(default_factory=Counter[str])
    answers: Counter[str] = field(default_factory=Counter[str])
    seen: Counter[str] = field(default_factory=Counter[str])
    waits: int = 0
    jumps: int = 0
    statuses: Counter[str] = field(default_factory=Counter[str])
    reconciled: Counter[str] = field(default_factory=Counter[str])
    unknown_at_the_end: int = 0
    at_kis: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0
    findings: Findings = field(default_factory=Findings)
