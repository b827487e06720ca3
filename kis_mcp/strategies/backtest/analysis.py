"""Whether signals are those that a strategy would have given live: the same on bars that end or begin elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import Evaluator, Signal

SAME_PERCENT: Final = 0.1
"""Values that differ by less have settled."""

_LEAST_BARS: Final = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """A bar at which something is not what it is on all bars.

    Attributes:
        at: The end of the bar.
        name: ``entry``, ``exit``, or a word of the document, such as an indicator.
        whole, part: On all bars, and on the part of them; None where it was not known.
    """

    at: datetime
    name: str
    whole: float | None
    part: float | None


@dataclass(frozen=True, slots=True)
class Settling:
    """How an indicator depends on where the bars begin.

    Attributes:
        name: As the document calls it.
        most_percent: The most by which it differed after warm-up, of its value on all bars.
        bars: After so many bars it no longer differed by `SAME_PERCENT`; None where it still did at the end.
    """

    name: str
    most_percent: float
    bars: int | None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What starting later changes.

    Attributes:
        bars: How many bars a strategy takes until it gives signals.
        settling: Of each value that differed, the longest over all starts.
        signals: Entries and exits that were others.
    """

    bars: int
    settling: Sequence[Settling]
    signals: Sequence[Difference]

    @property
    def bars_to_give(self) -> int | None:
        """So many bars before the first decision make it the same from any start; None where none do."""
        needed = [each.bars for each in self.settling]
        return None if None in needed else max([self.bars, *(each for each in needed if each is not None)])


def find_look_ahead(strategy: Strategy, bars: Bars, cuts: int = 10) -> list[Difference]:
    """What is other on bars that end earlier than on all: a value that looks into the future. None should.

    Args:
        strategy: Resolved.
        cuts: So many ends are tried, evenly over the bars.

    Raises:
        BadArgument: There are too few bars.
    """
    _check(len(bars), 0)
    whole, found = list(_looks(strategy, bars)), dict[tuple[datetime, str], Difference]()
    for number in range(1, cuts + 1):
        count = max(1, len(bars) * number // (cuts + 1))
        for moment, one, other in zip(bars.ends_at, whole, _looks(strategy, bars.until(count)), strict=False):
            for difference in _differences(moment, one, other, 0.0):
                found.setdefault((moment, difference.name), difference)
    return sorted(found.values(), key=lambda each: (each.at, each.name))


def analyse_warm_up(strategy: Strategy, bars: Bars, starts: int = 5) -> WarmUp:
    """What is other on bars that begin later than on all, once the strategy is warm.

    Averages that remember everything, such as exponential ones, depend on where they begin, less with each bar.

    Args:
        strategy: Resolved.
        starts: So many beginnings are tried, evenly over the first half of the bars.

    Raises:
        BadArgument: There are too few bars.
    """
    warm_up = Evaluator(strategy).warm_up
    _check(len(bars), 2 * warm_up)
    whole, settling, signals = (
        list(_looks(strategy, bars)),
        dict[str, Settling](),
        dict[tuple[datetime, str], Difference](),
    )
    for number in range(1, starts + 1):
        start = max(1, len(bars) // 2 * number // starts)
        unlike = dict[str, list[tuple[int, float]]]()
        part = bars.since(start)
        for at, (moment, one, other) in enumerate(
            zip(part.ends_at, whole[start:], _looks(strategy, part), strict=True), 1
        ):
            if at < warm_up:
                continue
            for difference in _differences(moment, one, other, SAME_PERCENT):
                if difference.name in ("entry", "exit"):
                    signals.setdefault((moment, difference.name), difference)
                else:
                    unlike.setdefault(difference.name, []).append((at, _percent(difference)))
        for name, seen in unlike.items():
            last = seen[-1][0]
            bars_taken = None if last == len(part) else last + 1
            settling[name] = _worse(settling.get(name), Settling(name, max(percent for _, percent in seen), bars_taken))
    in_order = sorted(signals.values(), key=lambda each: (each.at, each.name))
    return WarmUp(warm_up, sorted(settling.values(), key=lambda each: each.name), in_order)


_Look = tuple[Signal, Mapping[str, float | None]]


def _looks(strategy: Strategy, bars: Bars) -> Iterator[_Look]:
    """The signal and the values at each bar's end."""
    evaluator = Evaluator(strategy)
    for bar in bars.values():
        signal = evaluator.push(bar)
        yield signal, evaluator.values()


def _differences(moment: datetime, whole: _Look, part: _Look, percent: float) -> Iterator[Difference]:
    for name, one, other in zip(("entry", "exit"), whole[0], part[0], strict=True):
        if one is not other:
            yield Difference(moment, name, one, other)
    for name, one in whole[1].items():
        difference = Difference(moment, name, one, part[1][name])
        if one != difference.part and _percent(difference) > percent:
            yield difference


def _percent(difference: Difference) -> float:
    whole, part = difference.whole, difference.part
    if whole is None or part is None:
        return 100.0
    return 100 * abs(part - whole) / max(abs(whole), abs(part))


def _worse(earlier: Settling | None, other: Settling) -> Settling:
    if earlier is None:
        return other
    bars = None if earlier.bars is None or other.bars is None else max(earlier.bars, other.bars)
    return Settling(other.name, max(earlier.most_percent, other.most_percent), bars)


def _check(count: int, least: int) -> None:
    if count < max(_LEAST_BARS, least):
        raise BadArgument(
            f"{count} bars are too few to analyse.",
            remedy=f"Give {max(_LEAST_BARS, least)} at least.",
            field="history",
        )
