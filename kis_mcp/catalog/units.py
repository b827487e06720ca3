"""Units of KIS' numbers where they are not plain won, shares or percent.

KIS gives some amounts in millions or hundred millions of won and some volumes in thousands of shares, the same element
in one API and not in another. Values stay as KIS sends them, and readers are told.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from kis_mcp.catalog.model import Api, Field


def unit_of(api: Api, field: Field) -> str:
    """What one of the field's numbers counts in this API, such as ``million KRW``; empty for what its name says."""
    element = field.element.lower()
    return next((unit for unit, patterns in api.units.items() if any(fnmatchcase(element, p) for p in patterns)), "")


def units_note(api: Api, blocks: Mapping[str, Mapping[str, object] | Sequence[Mapping[str, object]]]) -> str:
    """One line on the units of the values that are there; empty where all are plain."""
    if not api.units:
        return ""
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for block in api.blocks:
        part = blocks.get(block.name, ())
        records = (part,) if isinstance(part, Mapping) else part
        for field in block.fields:
            if (unit := unit_of(api, field)) and any(record.get(field.name) is not None for record in records):
                names[unit][field.name] = None
    told = "; ".join(f"{', '.join(fields)} in {unit}" for unit, fields in names.items())
    return f"Units: {told}." if told else ""
