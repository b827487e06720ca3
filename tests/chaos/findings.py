"""What a long run found and did, kind by kind, and how it is told."""

from collections import Counter
from dataclasses import dataclass, fields


@dataclass(slots=True)
class FindingLists:
    """A list of sentences for each kind of finding."""

    @property
    def all(self) -> dict[str, list[str]]:
        """The kinds that have any."""
        return {part.name: found for part in fields(self) if (found := getattr(self, part.name))}


@dataclass(slots=True)
class CountReport:
    """Numbers, counts by kind, and findings, told a line each."""

    def __str__(self) -> str:
        lines: list[str] = []
        for part in fields(self):
            value = getattr(self, part.name)
            name = part.name.replace("_", " ")
            if isinstance(value, Counter):
                lines.append(f"{name}: {value.total()}")
                lines += [f"    {count:5} {kind}" for kind, count in sorted(value.items())]
            elif isinstance(value, FindingLists):
                lines.append(f"{name}: {sum(map(len, value.all.values()))}")
                lines += [f"    {kind}: {found}" for kind, all_found in value.all.items() for found in all_found]
            else:
                lines.append(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}")
        return "\n".join(lines)
