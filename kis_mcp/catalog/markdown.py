"""The little Markdown that documents are made of."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars in cells are escaped."""
    return "\n".join(_line(cells) for cells in (heads, ["---"] * len(heads), *rows))


def code(text: str) -> str:
    """Text as code; an empty one as two quotation marks."""
    shown = text or '""'
    return f"`{shown}`"


def _line(cells: Sequence[str]) -> str:
    joined = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {joined} |"
