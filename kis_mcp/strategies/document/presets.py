"""Strategies that come with the package, to begin from: `resources/strategies`, one document a file."""

from collections.abc import Sequence
from functools import cache

from kis_mcp.catalog import resources_folder
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document.reading import read_strategy
from kis_mcp.strategies.document.strategy import Strategy
from kis_mcp.strategies.document.texts import read_text

_ENDING = ".yaml"


@cache
def preset_names() -> Sequence[str]:
    """The names of all presets, in order of the alphabet. Each is its document's id."""
    return tuple(sorted(file.stem for file in (resources_folder() / "strategies").glob(f"*{_ENDING}")))


def read_preset(name: str) -> Strategy:
    """The strategy of a preset.

    Raises:
        BadArgument: There is none of this name; the error names those that there are.
    """
    if name not in preset_names():
        raise BadArgument(
            f"There is no preset {name}.", remedy=f"Give one of {', '.join(preset_names())}.", field="preset"
        )
    return read_strategy(read_text((resources_folder() / "strategies" / f"{name}{_ENDING}").read_text("utf-8")))
