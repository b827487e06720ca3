"""What a result from the simulator must say: which of its fields the simulated world has nothing for."""

from collections.abc import Mapping
from functools import cache

from kis_mcp.catalog import Api, csv_rows, read_projection, resources_folder

_EVERYTHING = "*"
_NAMED = 5


def gaps_note(api: Api, wanted: str | list[str] | None) -> str:
    """One line on what a call's answer leaves empty, as far as the caller would see it; "" where that is nothing.

    ``resources/simulator/empty_fields.csv`` knows it; of accounts such numbers come as 0.

    Args:
        wanted: The fields that the caller chose, as for :func:`projection`.
    """
    fields = _gaps().get(api.tool, "")
    if fields == _EVERYTHING:
        return "The simulator's world has nothing of this kind, so the answer is empty; it says nothing about KIS."
    columns = read_projection(api, wanted).columns
    names = [name for block, name in (field.split(".") for field in fields.split()) if _is_shown(block, name, columns)]
    names = list(dict.fromkeys(names))
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    how = "leaves empty or 0" if api.account is not None else "leaves empty"
    return f"The simulator {how} what its world does not have: {', '.join(names[:_NAMED])}{more}."


def _is_shown(block: str, name: str, columns: Mapping[str, tuple[str, ...]]) -> bool:
    return name in columns.get(block, (name,))


@cache
def _gaps() -> Mapping[str, str]:
    return {row["tool"]: row["fields"] for row in csv_rows(resources_folder() / "simulator" / "empty_fields.csv")}
