"""KIS' documented message codes, from ``resources/error_codes.csv``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kis_mcp.catalog.data import csv_rows, resources_folder
from kis_mcp.catalog.markdown import table

EMPTY_KIND = "empty"
"""The class of a code that says that there is nothing to list: of a read that is an answer, not an error."""

WORDS_FIRST = frozenset({"OPSQ2000", "OPSQ2001", "OPSQ2002"})
"""Codes that KIS uses for many things: its own words say which."""


@dataclass(frozen=True, slots=True)
class KnownCode:
    """One row: KIS' code, its meaning, the ``kind`` of error it is, what to do."""

    code: str
    meaning: str
    kind: str
    remedy: str


@cache
def known_codes() -> Mapping[str, KnownCode]:
    """Code → what is known of it."""
    return {
        row["code"]: KnownCode(row["code"], row["meaning"], row["class"], row["remedy"])
        for row in csv_rows(resources_folder() / "error_codes.csv")
    }


def error_document() -> str:
    """All codes as a table to read."""
    rows = ((known.code, known.meaning, known.kind, known.remedy) for known in known_codes().values())
    intro = (
        "An error names KIS' code, its class and the next step. Codes that are not here come with KIS' own message and "
        "are told by their class: bad_argument, credentials, not_in_environment, rate_limit and kis_unavailable of "
        "reads; order_rejected (nothing was ordered) and order_state_unknown (look, never order again) of orders. A "
        "code of class empty is no error of a read: it answers with an empty list."
    )
    return f"# Error codes of KIS\n\n{intro}\n\n{table(('code', 'meaning', 'class', 'what to do'), rows)}\n"
