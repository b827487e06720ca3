"""Where the spec table and the texts lie, in a checkout and in an installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def tools_folder() -> Path:
    """The folder of the spec table."""
    return _folder("tools")


def resources_folder() -> Path:
    """The folder of guides, code tables, error codes and prompts."""
    return _folder("resources")


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a comma-separated table in UTF-8, by the names in its first line."""
    import csv

    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _folder(name: str) -> Path:
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
