"""A strategy as a document: what it looks at, when it buys and sells, how much, and within which limits."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from kis_mcp.strategies.document.conditions import Condition, parts_of
from kis_mcp.strategies.document.operands import Count, Figure, Number, Part

Interval: TypeAlias = Literal["tick", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "1d", "1w"]
INTERVAL_MINUTES: Final = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "15m": 15, "30m": 30, "60m": 60}
MOST_SYMBOLS: Final = 100
NAME: Final = r"^[^\W\d]\w*$"
"""As a Python identifier: Hangul too."""

Name: TypeAlias = Annotated[str, Field(pattern=NAME, max_length=60)]
Percent: TypeAlias = Number


class Universe(Part):
    """Which instruments: symbols, the members of an index, or the rows of a ranking. One of the three."""

    symbols: tuple[str, ...] = Field((), max_length=MOST_SYMBOLS)
    index: str | None = Field(default=None, description="An index whose members are traded, such as KOSPI200.")
    ranking: str | None = Field(default=None, description="A ranking as get_rankings has it, such as volume.")
    market: str = Field(default="KR", description="Of the ranking.")
    count: Count = Field(default=20, ge=1, le=MOST_SYMBOLS, description="So many of the index or ranking.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum((bool(self.symbols), self.index is not None, self.ranking is not None)) != 1:
            raise ValueError("Give exactly one of symbols, index and ranking.")
        return self


class Parameter(Part):
    """A number that can be changed without changing the rules, and the range in which a search may look."""

    default: Figure
    min: Figure | None = None
    max: Figure | None = None
    step: Figure | None = Field(default=None, gt=0)
    type: Literal["int", "float"] | None = Field(
        default=None, description="Taken from the default where it is not given."
    )
    description: str = ""

    @property
    def is_whole(self) -> bool:
        return self.type == "int" or (self.type is None and isinstance(self.default, int))


class IndicatorUse(Part):
    """An indicator that conditions name; ``list_indicators`` tells the kinds, their parameters and outputs."""

    kind: str
    params: dict[str, Number] = Field(default_factory=dict[str, Number])
    output: str = Field(default="value", description="What is meant by the indicator's name alone.")
    title: str | None = Field(default=None, description="How a person calls it.")


class PatternUse(Part):
    """A candlestick pattern that conditions name."""

    kind: str


class Sizing(Part):
    """How much one entry buys. One of the five."""

    shares: Number | None = Field(default=None, description="So many shares or contracts.")
    amount: Number | None = Field(default=None, description="For so much money, in the instrument's currency.")
    percent_of_equity: Percent | None = Field(
        default=None, description="For this share of cash and positions together."
    )
    volatility_percent: Percent | None = Field(
        default=None, description="So much that a usual bar's range (ATR over 20 bars) moves equity by this much."
    )
    risk_percent: Percent | None = Field(
        default=None, description="So much that the stop loss costs this share of equity."
    )

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if sum(value is not None for _, value in self) != 1:
            raise ValueError(
                "Give exactly one of shares, amount, percent_of_equity, volatility_percent and risk_percent."
            )
        return self


class Exits(Part):
    """What ends a position beside the exit condition. Percents are of the price at which it was opened."""

    stop_loss_percent: Percent | None = None
    take_profit_percent: Percent | None = None
    trailing_stop_percent: Percent | None = Field(default=None, description="Below the highest price since the entry.")
    after_bars: Number | None = Field(default=None, description="At the latest after so many bars.")
    at_session_end: bool = Field(default=False, description="No position stays overnight.")


class Limits(Part):
    """Bounds on what the strategy may do, whatever its conditions say."""

    positions: Number | None = Field(default=None, description="So many symbols at once.")
    entries_a_day: Number | None = None
    cooldown_bars: Number = Field(
        default=0, description="So many bars without an entry after a position of the symbol ended."
    )
    position_percent: Percent | None = Field(default=None, description="A position is at most this share of equity.")


class About(Part):
    """Who wrote it and when; not used by any rule."""

    author: str = ""
    tags: tuple[str, ...] = ()
    category: str = "custom"
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Strategy(Part):
    """A whole document.

    Only long positions are opened: KIS lends no shares for short sales to its API's users, and a short future wants
    rules on margin that the format does not have.
    """

    version: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    about: About = About()
    universe: Universe | None = Field(default=None, description="May be given when it is tested or started instead.")
    interval: Interval = "1d"
    parameters: dict[Name, Parameter] = Field(default_factory=dict[str, Parameter])
    indicators: dict[Name, IndicatorUse] = Field(default_factory=dict[str, IndicatorUse])
    patterns: dict[Name, PatternUse] = Field(default_factory=dict[str, PatternUse])
    entry: Condition
    exit: Condition | None = Field(default=None, description="Without one only the exits below end a position.")
    sizing: Sizing = Sizing(percent_of_equity=100)
    exits: Exits = Exits()
    limits: Limits = Limits()

    def conditions_by_path(self) -> Iterator[tuple[str, Condition]]:
        """Every condition of the entry and the exit, those within others too, each with its path."""
        yield from parts_of(self.entry, "entry")
        if self.exit is not None:
            yield from parts_of(self.exit, "exit")

    def conditions(self) -> list[Condition]:
        return [condition for _, condition in self.conditions_by_path()]
