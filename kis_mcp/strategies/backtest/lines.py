"""Lines of a backtest's report as SVG: the curve of equity, its falls, and where trades began and ended."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Final

from kis_mcp.strategies.backtest.result import BacktestResult

WIDTH: Final = 960
_HEIGHT, _EDGE = 260, 8
_MOST_POINTS: Final = 800
_MOST_MARKS: Final = 200
_RISE, _FALL, _EQUITY = "#c8102e", "#0a58ca", "#1b1f24"
"""As Korean screens colour them: red gains, blue losses."""


def equity_lines(result: BacktestResult) -> str:
    """The value of the account, with a mark at each trade's end, of the first and last trades where there are many."""
    values = list(map(float, result.equity))
    low, high = min(values), max(values)
    marks = list[str]()
    ended = [trade for trade in result.trades if trade.exited_at is not None]
    shown = ended if len(ended) <= _MOST_MARKS else ended[: _MOST_MARKS // 2] + ended[-_MOST_MARKS // 2 :]
    for trade in shown:
        assert trade.exited_at is not None
        at = min(bisect_left(result.times, trade.exited_at), len(values) - 1)
        x, y = _x(at, len(values)), _y(values[at], low, high)
        colour = _RISE if (trade.profit or Decimal(0)) > 0 else _FALL
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
    return _svg("Equity", result.times, _line(values, low, high, _EQUITY) + "".join(marks), low, high)


def drawdown_lines(result: BacktestResult) -> str:
    """How far the account is beneath its high so far, in percent."""
    values = list(map(float, result.equity))
    highs = accumulate(values, max)
    falls = [100 * (value / high - 1) if high else 0.0 for value, high in zip(values, highs, strict=True)]
    return _svg("Drawdown, %", result.times, _line(falls, min(falls), 0.0, _FALL), min(falls), 0.0)


def _svg(title: str, times: Sequence[datetime], drawn: str, low: float, high: float) -> str:
    texts = (
        (_EDGE, 16, "start", f"{title}: {high:,.2f}"),
        (_EDGE, _HEIGHT - 2, "start", f"{low:,.2f} · {times[0]:%Y-%m-%d}"),
        (WIDTH - _EDGE, _HEIGHT - 2, "end", f"{times[-1]:%Y-%m-%d}"),
    )
    words = "".join(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>' for x, y, anchor, text in texts)
    return f'<svg viewBox="0 0 {WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{drawn}{words}</svg>'


def _line(values: Sequence[float], low: float, high: float, colour: str) -> str:
    points = " ".join(f"{_x(at, len(values)):.1f},{_y(values[at], low, high):.1f}" for at in _chosen(values))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _chosen(values: Sequence[float]) -> list[int]:
    """Numbers of values enough to draw: the lowest and the highest of each stretch, and both ends."""
    count = len(values)
    if count <= _MOST_POINTS:
        return list(range(count))
    stretches, chosen = _MOST_POINTS // 2, {0, count - 1}
    for number in range(stretches):
        stretch = range(count * number // stretches, count * (number + 1) // stretches)
        chosen |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(chosen)


def _x(at: int, count: int) -> float:
    return _EDGE + (WIDTH - 2 * _EDGE) * at / max(1, count - 1)


def _y(value: float, low: float, high: float) -> float:
    top, bottom = 24, _HEIGHT - 20
    return bottom - (bottom - top) * (value - low) / (high - low) if high > low else (top + bottom) / 2
