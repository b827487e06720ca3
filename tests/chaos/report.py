"""What a chaos run did, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field, fields

from tests.chaos.audit import Findings


@dataclass(slots=True)
class Report:
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

    def __str__(self) -> str:
        lines: list[str] = []
        for part in fields(self):
            value = getattr(self, part.name)
            name = part.name.replace("_", " ")
            if isinstance(value, Counter):
                lines.append(f"{name}: {value.total()}")
                lines += [f"    {count:5} {kind}" for kind, count in sorted(value.items())]
            elif isinstance(value, Findings):
                lines.append(f"{name}: {sum(map(len, value.all.values()))}")
                lines += [f"    {kind}: {found}" for kind, all_found in value.all.items() for found in all_found]
            else:
                lines.append(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}")
        return "\n".join(lines)
