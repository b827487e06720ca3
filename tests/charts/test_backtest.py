"""A backtest's picture: returns, falls, and fills on the price."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.charts.backtest import BacktestChart, Fill, draw_backtest
from kis_mcp.charts.palette import PALETTES
from kis_mcp.charts.thin import MOST_POINTS, thin
from tests.charts.pictures import HEADING, START, Picture, read

KOREA, WEST = PALETTES["korea"], PALETTES["west"]
RETURNS = st.floats(-100, 100_000)


def chart(
    returns: Sequence[float], fills: Sequence[Fill] = (), step: timedelta = timedelta(days=1), places: int = 0
) -> BacktestChart:
    return BacktestChart(
        HEADING,
        "거래 3회 · 승률 67%",
        [START + step * number for number in range(len(returns))],
        returns,
        hold=[None, *(number * 2.0 for number in range(1, len(returns)))],
        index=[None, *(-number * 1.0 for number in range(1, len(returns)))],
        index_name="코스피",
        prices=[100.0 + number for number in range(len(returns))],
        instrument="삼성전자",
        places=places,
        fills=fills,
    )


def axis(picture: Picture, top: float, bottom: float) -> list[tuple[float, Decimal]]:
    """The labels of one part: height → value."""
    return [(height, value) for height, value in picture.heights() if top <= height <= bottom]


@given(
    returns=st.lists(RETURNS, min_size=1, max_size=60),
    prices=st.floats(0.0001, 10**7),
    fills=st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80),
    places=st.integers(0, 4),
)
@settings(max_examples=40)
def test_any_backtest_is_drawn_inside_the_picture(
    returns: list[float], prices: float, fills: list[tuple[float, bool]], places: int
) -> None:
    found = [
        Fill(int(part * (len(returns) - 1)), Decimal(str(prices)) * (1 + number % 3), is_entry)
        for number, (part, is_entry) in enumerate(sorted(fills))
    ]
    read(draw_backtest(replace(chart(returns, found, places=places), prices=[prices] * len(returns)), KOREA))


def test_the_lines_stand_at_their_returns_and_the_legend_tells_the_last() -> None:
    picture = read(draw_backtest(chart([0.0, 4.0, -2.0, 6.0]), KOREA))
    labels = sorted(axis(picture, 120, 330))
    (top, high), (bottom, low) = labels[0], labels[-1]

    def value_at(y: float) -> float:
        return float(low) + (bottom - y) / (bottom - top) * float(high - low)

    drawn = {
        kind: [value_at(y) for _, y in picture.all("polyline", kind)[0].points] for kind in ("returns", "hold", "index")
    }
    assert drawn["returns"] == pytest.approx([0, 4, -2, 6], abs=0.1)
    assert drawn["hold"] == pytest.approx([2, 4, 6], abs=0.1)
    assert drawn["index"] == pytest.approx([-1, -2, -3], abs=0.1)
    assert picture.texts("legend")[:4] == ["수익률", "전략 +6.0%", "매수 후 보유 +6.0%", "코스피 -3.0%"]
    assert picture.texts("figures") == ["거래 3회 · 승률 67%"]


def test_falls_are_below_the_highest_so_far() -> None:
    picture = read(draw_backtest(chart([0.0, 100.0, 50.0, 100.0, 20.0]), KOREA))
    (line,) = picture.all("polyline", "falls")
    zero, _, quarter, back, most = (y for _, y in line.points)
    assert zero == back
    assert (quarter - zero) / (most - zero) == pytest.approx(25 / 40, abs=0.01)
    assert "고점 대비 낙폭 (%) · 최대 -40.0%" in picture.texts("legend")


@pytest.mark.parametrize(("palette", "entry", "exit"), [(KOREA, KOREA.up, KOREA.down), (WEST, WEST.up, WEST.down)])
def test_entries_point_up_from_below_and_exits_down_from_above(palette: object, entry: str, exit: str) -> None:
    fills = [Fill(0, Decimal(102), is_entry=True), Fill(2, Decimal(104), is_entry=False)]
    picture = read(draw_backtest(chart([0.0, 1.0, 2.0], fills), WEST if palette is WEST else KOREA))
    (up,), (down,) = picture.all("polygon", "entry"), picture.all("polygon", "exit")
    assert (up.get("fill"), down.get("fill")) == (entry, exit)
    assert all(y > up.points[0][1] for _, y in up.points[1:])
    assert all(y < down.points[0][1] for _, y in down.points[1:])
    assert down.points[0][1] < up.points[0][1]
    line = picture.all("polyline", "returns")[0].points
    assert (up.points[0][0], down.points[0][0]) == (line[0][0], line[2][0])


def test_fills_that_would_cover_each_other_are_marked_once_and_all_counted() -> None:
    fills = [Fill(number, Decimal(100), is_entry=number % 2 == 0) for number in range(5_000)]
    picture = read(draw_backtest(chart([0.0] * 5_000, fills, timedelta(minutes=1)), KOREA))
    assert 200 < len(picture.all("polygon", "entry")) < 300
    assert {"▲ 진입 2500", "▼ 청산 2500"} <= set(picture.texts("legend"))


def test_without_trades_the_account_is_a_level_line_and_no_fall_is_above_zero() -> None:
    picture = read(draw_backtest(replace(chart([0.0] * 9), hold=(), index=(), index_name=""), KOREA))
    assert {y for _, y in picture.all("polyline", "returns")[0].points} == {picture.all("line", "zero")[0].number("y1")}
    assert all(value <= 0 for _, value in axis(picture, 350, 430))
    assert picture.texts("legend")[:2] == ["수익률", "전략 0.0%"]


@pytest.mark.parametrize("count", [1, 2, 50_000])
def test_a_line_is_short_however_long_the_history_and_keeps_its_ends_and_extremes(count: int) -> None:
    values = [float(number % 7) for number in range(count)]
    values[count // 2] = 99.0
    chosen = thin(values)
    assert len(chosen) <= MOST_POINTS + 2
    assert {0, count // 2, count - 1} <= set(chosen)
    assert chosen == sorted(set(chosen))
