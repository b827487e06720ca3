"""A document in either form, this project's or KIS', and back in the one form in which documents are shown."""

from kis_mcp.strategies.document.kis_file import is_kis_form, read_kis_form
from kis_mcp.strategies.document.reading import read_strategy
from kis_mcp.strategies.document.strategy import Strategy


def read_given(document: object) -> Strategy:
    """The strategy of a document, parsed: this project's form, or that of KIS' own files (``.kis.yaml``).

    Raises:
        BadArgument: As from `read_strategy`.
    """
    return read_kis_form(document) if is_kis_form(document) else read_strategy(document)


def normal_form(strategy: Strategy) -> dict[str, object]:
    """A strategy as a document without what goes without saying: what was left out, or is as if it were."""
    return strategy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
