"""Units of KIS' numbers where they are not plain won, shares or percent.

KIS gives some amounts in millions or hundred millions of won and some volumes in thousands of shares, the same element
in one API and not in another. Values stay as KIS sends them, and readers are told.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from kis_mcp.catalog.model import Api, Field

_MANY = 3


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
            if any(record.get(field.name) is not None for record in records):
                names[unit_of(api, field)][field.name] = None
    told = "; ".join(
        f"{_names(of_unit, [name for other in names if other != unit for name in names[other]])} in {unit}"
        for unit, of_unit in names.items()
        if unit
    )
    return f"Units: {told}." if told else ""


def _names(names: Collection[str], others: Collection[str]) -> str:
    """The names, many with the same last word as ``*word`` where no other name ends in it."""
    count = Counter(map(_last_word, names))
    taken = set(map(_last_word, others))
    short = {name: f"*{word}" for name in names if count[word := _last_word(name)] >= _MANY and word not in taken}
    return ", ".join(dict.fromkeys(short.get(name, name) for name in names))


def _last_word(name: str) -> str:
    return name.rpartition("_")[2]
