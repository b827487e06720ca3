"""The picture of a backtest, in the words of the pictures of this project."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.charts import (
    PALETTES,
    BacktestChart,
    Fill,
    Heading,
    draw_backtest,
    full_time,
    interval_word,
    money,
    places_of,
    signed,
    zone_word,
)
from kis_mcp.environment import Environment
from kis_mcp.market import INTERVALS, Instrument
from kis_mcp.strategies.backtest import BacktestResult, Bars, Statistics, close_line, hold_line, index_line, return_line
from kis_mcp.wiring.backtest_index import MarketIndex
from kis_mcp.wiring.picture import SOURCES

_OWN_FILES = "사용자 파일"
_NO_PROMISE = "과거 시세로 한 모의시험으로, 실제 거래가 아니며 앞날의 수익을 뜻하지 않음"


@dataclass(frozen=True, slots=True)
class Tested:
    """A backtest with what it was made of.

    Attributes:
        title: The strategy's name.
        instruments: Of one market; the first one's price and fills are drawn.
        interval: A key of `kis_mcp.market.INTERVALS`.
        history: Symbol → its bars.
        cash: At the start.
        index: Of their market.
    """

    title: str
    instruments: Sequence[Instrument]
    interval: str
    history: Mapping[str, Bars]
    result: BacktestResult
    statistics: Statistics
    cash: Decimal
    index: MarketIndex


def draw_picture(tested: Tested, environment: Environment | None, colors: str) -> str:
    """The picture as SVG, in colours by a key of `kis_mcp.charts.PALETTES`.

    Args:
        environment: Whose history it is; None of a person's own files.
    """
    result, found, history, interval = tested.result, tested.statistics, tested.history, tested.interval
    index, first, begin = tested.index, tested.instruments[0], result.begins
    every, times = result.times, result.times[begin:]
    currency, zone = first.currency, first.timezone.key
    bars = history[first.symbol]
    places = places_of((bars.unit,), currency)
    has_clock = isinstance(INTERVALS[interval], int)
    start, end = (full_time(moment, has_clock=has_clock) for moment in (result.trades_from or times[0], times[-1]))
    name = first.name or first.symbol
    about = f"{interval_word(interval)} {max(0, len(every) - result.warm_up):,}개 · {start} ~ {end} ({zone_word(zone)})"
    heading = Heading(
        title=tested.title,
        code=name if len(history) == 1 else f"{name} 외 {len(history) - 1}종목",
        value=f"{signed(Decimal(found.return_percent), 2)}%",
        change=f"최종 자산 {money(found.final_equity, currency, 0 if currency == 'KRW' else 2)}",
        trend=found.profit,
        about=about,
        source=f"자료: {SOURCES[environment] if environment else _OWN_FILES} · {_NO_PROMISE}",
    )
    chart = BacktestChart(
        heading=heading,
        figures=" · ".join(_figures(found, currency)),
        times=times,
        returns=return_line(result, tested.cash)[begin:],
        hold=hold_line(history, result)[begin:],
        index=index_line(index.bars, result)[begin:] if index.bars else (),
        index_name=(index.index.name if index.index else None) or "",
        prices=close_line(bars, times),
        instrument=f"{name} ({first.symbol})" if first.name else name,
        places=places,
        fills=list(_fills(result, first.symbol, times)),
    )
    return draw_backtest(chart, PALETTES[colors])


def _figures(found: Statistics, currency: str) -> Iterator[str]:
    if found.cagr_percent is not None:
        yield f"연환산 {found.cagr_percent:+.1f}%"
    yield f"최대 낙폭 {found.drawdown.percent:.1f}%"
    if found.sharpe is not None:
        yield f"샤프 {found.sharpe:.2f}"
    yield f"거래 {found.trades:,}회"
    if found.win_rate_percent is not None:
        yield f"승률 {found.win_rate_percent:.0f}%"
    if found.profit_factor is not None:
        yield f"총이익÷총손실 {found.profit_factor:.2f}"
    yield f"보유 시간 {found.exposure_percent:.0f}%"
    yield f"비용 {money(found.costs, currency, 0 if currency == 'KRW' else 2)}"


def _fills(result: BacktestResult, symbol: str, times: Sequence[datetime]) -> Iterator[Fill]:
    for trade in result.trades:
        if trade.symbol != symbol:
            continue
        yield Fill(bisect_left(times, trade.entered_at), trade.entry_price, is_entry=True)
        if trade.exited_at is not None and trade.exit_price is not None:
            yield Fill(bisect_left(times, trade.exited_at), trade.exit_price, is_entry=False)
