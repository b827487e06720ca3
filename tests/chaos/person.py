"""The person behind the clients: reads each question and says to each order what the plan has them say."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter

from kis_mcp.trading.order import Order
from tests.chaos.audit import Content, content_of
from tests.chaos.peer import Json, Question
from tests.chaos.plan import Verdict

_ORDER = TypeAdapter(Order)
_INTENT = re.compile(r"intent ([0-9A-Z]{26})")
_NO: Mapping[Verdict, tuple[Json, ...]] = {
    "decline": ({"action": "decline"},),
    "dismiss": ({"action": "cancel"},),
    "garble": (
        {"action": "accept"},
        {"action": "accept", "content": {}},
        {"action": "accept", "content": {"confirm": False}},
        {"action": "accept", "content": {"confirm": "true"}},
        {"action": "accept", "content": {"confirm": 1}},
        {"action": "yes", "content": {"confirm": True}},
        {"content": {"confirm": True}},
    ),
}


class Person:
    """Answers by what is in the journal under the question's intent.

    Args:
        journal: The journal's file.
        chance: Chooses among answers that are none.

    Attributes:
        agreed: Intent → the question to which the person said yes.
        answers: How often which verdict was given.
        strange: Questions about orders that nobody planned. The person declines them.
    """

    def __init__(self, journal: Path, chance: Random) -> None:
        self._journal = journal
        self._chance = chance
        self._verdicts: dict[Content, Verdict] = {}
        self.agreed: dict[str, str] = {}
        self.answers: Counter[Verdict] = Counter()
        self.strange: list[str] = []

    def intends(self, content: Content, verdict: Verdict) -> None:
        """Decide beforehand what to say to an order."""
        self._verdicts[content] = verdict

    def answer(self, question: Question) -> Json | None:
        """The elicitation's result; None for no answer at all."""
        intent = _INTENT.search(question.message)
        content = self._content(intent[1]) if intent else None
        verdict = self._verdicts.get(content) if content else None
        if intent is None or verdict is None:
            self.strange.append(question.message)
            return {"action": "decline"}
        self.answers[verdict] += 1
        if verdict == "silence":
            return None
        if verdict != "accept":
            return self._chance.choice(_NO[verdict])
        self.agreed[intent[1]] = question.message
        return {"action": "accept", "content": consent(question)}

    def _content(self, intent_id: str) -> Content | None:
        database = sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)
        try:
            row = database.execute("select tool, order_terms from intents where id = ?", (intent_id,)).fetchone()
        finally:
            database.close()
        return content_of(row[0], _ORDER.validate_python(json.loads(row[1]))) if row else None


def consent(question: Question) -> dict[str, Any]:
    """The form, filled in by somebody who agrees: boxes ticked, and the quantity where it has to be typed."""
    quantity = re.search(r"(?:BUY|SELL|ORDER) ([\d,]+)", question.message)
    typed = quantity[1].replace(",", "") if quantity else ""
    filled: dict[str, Any] = {}
    for name, field in question.form["properties"].items():
        match field["type"]:
            case "boolean":
                filled[name] = True
            case "integer" | "number":
                filled[name] = int(typed or 0)
            case _:
                filled[name] = typed
    return filled
