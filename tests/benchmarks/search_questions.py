"""Questions that investors ask, with the tools that answer them, and what a search makes of them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kis_mcp.catalog.search import Search


@dataclass(frozen=True)
class Question:
    """What someone asks, the tools that answer it, and whether the search was tuned on it ("tune" or "held")."""

    text: str
    expected: frozenset[str]
    split: str


@dataclass(frozen=True)
class Answer:
    """The tools that came for a question, best first."""

    question: Question
    found: tuple[str, ...]

    def within(self, count: int) -> bool:
        return not self.question.expected.isdisjoint(self.found[:count])


def questions() -> list[Question]:
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as lines:
        return [
            Question(row["question"], frozenset(row["expected"].split("|")), row["split"])
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def ask(search: Search) -> list[Answer]:
    return [
        Answer(question, tuple(hit.api.tool for hit in search.find(question.text, limit=3))) for question in questions()
    ]


def share(answers: Sequence[Answer], count: int) -> float:
    """The share of questions whose tool is among the first ``count``."""
    return sum(answer.within(count) for answer in answers) / len(answers)
