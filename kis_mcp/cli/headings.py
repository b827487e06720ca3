"""What stands over the columns and tables that the command line prints."""

from collections.abc import Mapping
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.settings import language

_FILE = "headings.ko.csv"


def heading(name: str) -> str:
    """A field's or block's name as its reader reads it; one that has no Korean stays as `--json` has it."""
    return _korean().get(name, name) if language() == "ko" else name


@cache
def _korean() -> Mapping[str, str]:
    return {row["english"]: row["korean"] for row in csv_rows(resources_folder() / _FILE)}
