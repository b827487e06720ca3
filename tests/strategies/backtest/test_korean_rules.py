"""Korea's rules in fills, each in a case worked by hand from the exchange's rule, on instruments as terms make them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import BacktestOptions, Bars, run_backtest, terms_of
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.document import read_strategy
from kis_mcp.trading.guard import Commission
from kis_mcp.trading.venues import InstrumentKind

FREE = {"KR": Commission()}
Row = tuple[datetime, int, int, int, int, int]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def days(*rows: Sequence[int], first: str = "2026-03-02T15:30") -> list[Row]:
    """Of open, high, low, close and, where it matters, volume."""
    return [
        (at(first) + timedelta(days=n), *(*row, 1_000_000)[:5])  # pyright: ignore[reportReturnType]
        for n, row in enumerate(rows)
    ]


def flat(*prices: int, **more: str) -> list[Row]:
    return days(*([price] * 4 for price in prices), **more)


def run(
    rows: Sequence[Row],
    enter_at: int,
    exit_at: int = -1,
    *,
    kind: InstrumentKind = "stock",
    interval: str = "1d",
    ticks: int = 1,
    **document: Any,
) -> BacktestResult:
    """Ten shares bought after a close at one price, and sold after one at another."""
    strategy = read_strategy(
        {
            "id": "s",
            "name": "s",
            "interval": interval,
            "entry": {"left": "close", "is": "equal", "right": enter_at},
            "exit": {"left": "close", "is": "equal", "right": exit_at},
            "sizing": {"shares": 10},
        }
        | document
    )
    bars = Bars.of(Bar(moment, *map(Decimal, prices), volume=volume) for moment, *prices, volume in rows)
    options = BacktestOptions(Decimal(100_000_000), slippage_ticks=ticks, most_volume_percent=Decimal(10))
    return run_backtest(strategy, {"A": bars}, options, {"A": terms_of("KR", kind, FREE, interval=interval)})


def fills(found: BacktestResult) -> list[tuple[int, int | None]]:
    return [(int(t.entry_price), None if t.exit_price is None else int(t.exit_price)) for t in found.trades]


@pytest.mark.parametrize(
    ("kind", "opening", "buys", "sells"),
    [
        # Below 2,000 a step is 1, to 5,000 it is 5, to 20,000 10, to 50,000 50, to 200,000 100, to 500,000 500.
        ("stock", 1_990, 1_991, 1_989),
        ("stock", 4_990, 4_995, 4_985),
        ("stock", 19_980, 19_990, 19_970),
        ("stock", 49_900, 49_950, 49_850),
        ("stock", 70_100, 70_200, 70_000),
        ("stock", 300_500, 301_000, 300_000),
        ("stock", 700_000, 701_000, 699_000),
        # Funds and notes: 5 from 2,000 on; warrants: always 5.
        ("etf", 1_990, 1_991, 1_989),
        ("etf", 70_100, 70_105, 70_095),
        ("etn", 70_100, 70_105, 70_095),
        ("elw", 100, 105, 95),
    ],
)
def test_a_market_order_is_filled_a_step_of_its_price_and_kind_worse(
    kind: InstrumentKind, opening: int, buys: int, sells: int
) -> None:
    found = run(flat(opening, opening, opening), opening, kind=kind, exits={"after_bars": 1})
    assert fills(found)[0] == (buys, sells)


def test_the_opening_auction_crosses_once_at_the_open() -> None:
    rows = days([1_000] * 4, [1_050, 1_200, 900, 1_100], [1_120, 1_300, 800, 1_000])
    # However far the day went after it.
    assert fills(run(rows, 1_000, 1_100, ticks=0)) == [(1_050, 1_120)]


def test_a_day_trade_ends_in_the_closing_auction_at_its_price() -> None:
    rows = [
        (at("2026-03-02T09:01"), 1_000, 1_000, 1_000, 1_000, 1_000),
        (at("2026-03-02T09:02"), 1_001, 1_001, 1_001, 1_001, 1_000),
        (at("2026-03-02T15:31"), 1_010, 1_010, 1_010, 1_010, 9_000),
        (at("2026-03-03T09:01"), 1_050, 1_050, 1_050, 1_050, 1_000),
    ]
    assert fills(run(rows, 1_000, interval="1m", exits={"at_session_end": True})) == [(1_002, 1_010)]


def test_no_fill_lies_within_a_volatility_interruption_and_the_first_after_it_is_at_the_auctions_price() -> None:
    # 10 % above the open of 10,000 halts trading for two minutes at 9:32; the auction ends it at 11,200.
    rows = [
        (at("2026-03-02T09:31"), 10_000, 10_400, 10_000, 10_400, 1_000),
        (at("2026-03-02T09:32"), 10_400, 11_000, 10_400, 11_000, 1_000),
        (at("2026-03-02T09:33"), 11_000, 11_000, 11_000, 11_000, 0),
        (at("2026-03-02T09:34"), 11_000, 11_000, 11_000, 11_000, 0),
        (at("2026-03-02T09:35"), 11_200, 11_300, 11_100, 11_150, 9_000),
    ]
    traded = [row for row in rows if row[-1]]
    (trade,) = run(traded, 11_000, interval="1m", ticks=0).trades
    assert (trade.entered_at, trade.entry_price) == (at("2026-03-02T09:35"), 11_200)
    # A file of one's own may have the minutes without trade: an exit waits in them, and no stop is met.
    held = [(at("2026-03-02T09:29"), *[9_000] * 4, 1_000), (at("2026-03-02T09:30"), *[9_900] * 4, 1_000), *rows]
    found = run(held, 9_000, 11_000, interval="1m", ticks=0, exits={"take_profit_percent": 50})  # pyright: ignore[reportArgumentType]
    assert [(t.exited_at, t.exit_price) for t in found.trades] == [(at("2026-03-02T09:35"), 11_200)]


def test_a_stop_is_not_met_in_a_bar_without_volume() -> None:
    rows = days([1_000] * 4, [1_000] * 4, [1_000, 1_000, 900, 1_000, 0], [1_000] * 4)
    assert fills(run(rows, 1_000, exits={"stop_loss_percent": 5}, ticks=0)) == [(1_000, None)]


@pytest.mark.parametrize(
    ("opening", "high", "low", "buys"),
    [
        # The limit of 10,000 is 13,000: 10 below it is a step, at it none is left.
        (12_990, 13_000, 12_500, 13_000),
        (13_000, 13_000, 12_500, 13_000),
        (12_980, 13_000, 12_500, 12_990),
    ],
)
def test_no_purchase_is_above_the_upper_limit(opening: int, high: int, low: int, buys: int) -> None:
    rows = days([10_000] * 4, [opening, high, low, high])
    assert fills(run(rows, 10_000))[0][0] == buys


def test_no_sale_is_below_the_lower_limit() -> None:
    # 7,000 is the limit of 10,000; a stop that is met there is filled there, not a step below.
    rows = days([10_050] * 4, [10_050, 10_050, 10_000, 10_000], [7_000, 7_400, 7_000, 7_100])
    assert fills(run(rows, 10_050, exits={"stop_loss_percent": 20}, ticks=3)) == [(10_080, 7_000)]


@pytest.mark.parametrize(("price", "is_filled"), [(13_000, False), (12_500, True)])
def test_in_a_minute_that_stands_at_the_limit_of_the_day_nothing_is_bought(price: int, is_filled: bool) -> None:
    moments = ("2026-03-02T15:30", "2026-03-03T09:01", "2026-03-03T09:02", "2026-03-03T09:03")
    rows = [(at(moment), *[price if number else 10_000] * 4, 1_000) for number, moment in enumerate(moments)]
    found = run(rows, price, interval="1m")  # pyright: ignore[reportArgumentType]
    assert bool(found.trades) is is_filled
    assert ("locked_at_upper_limit" in found.unfilled) is not is_filled


@pytest.mark.parametrize(("kind", "interval"), [("etf", "1d"), ("stock", "1w")])
def test_funds_and_bars_of_weeks_have_no_limit(kind: InstrumentKind, interval: str) -> None:
    assert fills(run(flat(10_000, 13_000, 13_000), 10_000, kind=kind, interval=interval, ticks=0)) == [(13_000, None)]


@pytest.mark.parametrize(("pause", "is_filled"), [(11, True), (30, False)])
def test_a_purchase_does_not_outlive_a_halt(pause: int, is_filled: bool) -> None:
    before, (_, *after) = flat(1_000), flat(1_200)[0]
    rows = [*before, (before[0][0] + timedelta(days=pause), *after)]
    found = run(rows, 1_000)  # pyright: ignore[reportArgumentType]
    assert (bool(found.trades), found.unfilled) == (is_filled, {} if is_filled else {"halted": 1})


def test_a_sale_waits_for_the_end_of_a_halt() -> None:
    first, second, (_, *after) = *flat(1_000, 1_001), flat(800)[0]
    rows = [first, second, (second[0] + timedelta(days=60), *after)]
    assert fills(run(rows, 1_000, 1_001, ticks=0)) == [(1_001, 800)]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("volume", "quantity"), [(1_000, 10), (59, 5), (9, None)])
def test_a_purchase_takes_a_tenth_of_the_bars_volume_at_most(volume: int, quantity: int | None) -> None:
    found = run(days([1_000] * 4, [1_000, 1_000, 1_000, 1_000, volume]), 1_000)
    assert [trade.quantity for trade in found.trades] == ([] if quantity is None else [quantity])


@pytest.mark.parametrize(("volume", "large"), [(1_000, 0), (99, 1)])
def test_a_sale_of_more_than_a_tenth_of_the_bars_volume_is_counted(volume: int, large: int) -> None:
    rows = days([1_000] * 4, [1_001] * 4, [1_000, 1_000, 1_000, 1_000, volume])
    found = run(rows, 1_000, 1_001)
    assert (found.large_exits, found.trades[0].quantity) == (large, 10)


@pytest.mark.parametrize(
    ("day", "tax"), [("2019-06-02", 3_000), ("2019-06-04", 2_500), ("2024-12-30", 1_800), ("2026-03-02", 2_000)]
)
def test_a_sale_is_taxed_by_its_own_day(day: str, tax: int) -> None:
    # Ten shares at 100,000 are a million won.
    first = f"{datetime.fromisoformat(day) - timedelta(days=2):%Y-%m-%d}T15:30"
    found = run(flat(100_000, 100_100, 100_000, first=first), 100_000, 100_100, ticks=0)
    assert found.costs == found.trades[0].costs == tax
