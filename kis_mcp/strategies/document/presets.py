"""Strategies that come with the package, to begin from: `resources/strategies`, one document a file."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from kis_mcp.catalog import resources_folder
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document.reading import read_strategy
from kis_mcp.strategies.document.strategy import Strategy
from kis_mcp.strategies.document.texts import read_text

_ENDING = ".yaml"
ENGLISH_TITLES: Final[Mapping[str, str]] = {
    "breakout_failure": "Breakout, left when it fails",
    "consecutive_moves": "Rises and falls in a row",
    "disparity": "Disparity from the average",
    "mean_reversion": "Short reversion to the mean",
    "momentum": "Momentum",
    "opening_range_breakout": "Breakout of the opening range (5-minute bars)",
    "sma_cross": "Golden cross of averages",
    "strong_close": "Strong close",
    "trend_filter": "Trend filter",
    "volatility_breakout": "Breakout after quiet days",
    "vwap_reversion": "Reversion to VWAP (5-minute bars)",
    "week52_high": "Breakout to a 52-week high",
}
"""Preset → what its Korean name says."""


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
