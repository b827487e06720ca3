"""A trading week of the simulator's market, live at any speed: the signals are those of a backtest of the same bars."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator.market.market import Market as World
from kis_mcp.strategies.backtest import BacktestOptions, Bar, Bars, run_backtest
from kis_mcp.strategies.backtest.options import InstrumentTerms
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.document import Strategy, read_given, read_strategy, read_text, resolve
from kis_mcp.strategies.evaluation import has_levels
from kis_mcp.strategies.runner.bar_builder import Tick
from tests.strategies.runner.live import Live, Market

TEMPLATES = sorted((Path(__file__).parents[4] / "shared/kis-strategies").glob("*.kis.yaml"))
WORLD = World(3, keep_hours=True)
WEEK = [date(2026, 3, 9) + timedelta(days=number) for number in range(5)]
CAPITAL = Decimal(100_000_000)
TICKS_A_MINUTE = 3
LEVELS = ("stop_loss", "take_profit", "trailing_stop")

Event = tuple[str, datetime, str, str]
AVERAGES = {name: {"kind": "sma", "params": {"period": period}} for name, period in (("fast", 3), ("slow", 8))}
CROSS = {
    "indicators": AVERAGES,
    "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
    "exit": {"left": "fast", "is": "crosses_below", "right": "slow"},
}
OWN: dict[str, dict[str, Any]] = {
    "cross": {**CROSS, "sizing": {"shares": 10}},
    "reversal": {
        "indicators": {"rsi": {"kind": "rsi", "params": {"period": 6}}},
        "entry": {"left": "rsi", "is": "below", "right": 35},
        "exit": {"left": "rsi", "is": "above", "right": 60},
        "exits": {"stop_loss_percent": 0.6, "take_profit_percent": 0.9, "trailing_stop_percent": 0.7},
        "sizing": {"risk_percent": 0.1},
        "limits": {"position_percent": 20},
    },
    "times": {
        "entry": {"all": [{"left": "close", "is": "above", "right": {"of": "close", "back": 1}}, {"from": "10:00"}]},
        "exits": {"after_bars": 4},
        "limits": {"cooldown_bars": 5, "entries_a_day": 3},
        "sizing": {"volatility_percent": 0.02},
    },
    "position": {
        **CROSS,
        "exit": {
            "any": [
                {"left": "position.profit_percent", "is": "at_least", "right": 0.4},
                {"holding": True, "bars": 6},
                {"left": "close", "is": "below", "right": {"of": "position.high_since_entry", "times": 0.996}},
            ]
        },
        "sizing": {"amount": 3_000_000},
    },
}


def template(path: Path) -> Strategy:
    return read_given(read_text(path.read_text("utf-8")))


@cache
def week(symbol: str) -> Sequence[tuple[datetime, Tick]]:
    """A trade a minute of a week."""
    instrument = WORLD.instruments[symbol]
    calendar, found = WORLD.calendar(instrument), list[tuple[datetime, Tick]]()
    for day in WEEK:
        session, total = WORLD.session(instrument, day), 0
        for number in range(0, len(session.prices), TICKS_A_MINUTE):
            price, size = session.prices[number], session.volume_at(number)
            if size:
                total += size
                moment = calendar.time_of(day, number).astimezone(KST)
                found.append((moment, Tick(moment, instrument.price(price), size, total)))
    return found


def live_of(document: Strategy, *symbols: str) -> Live:
    told = ((moment, (symbol, tick)) for symbol in symbols for moment, tick in week(symbol))
    ticks = sorted(told, key=lambda row: row[0])
    closing = (datetime(2026, 3, 13, 15, 45, tzinfo=KST), None)
    each = Live(document, Market([*ticks, closing], {}, document.interval), symbols=symbols, capital=CAPITAL)
    each.market.now = ticks[0][0] - timedelta(minutes=1)
    return each


def recorded(each: Live, symbol: str) -> list[Bar]:
    return [
        Bar(bar.ends_at, bar.open, bar.high, bar.low, bar.close, bar.volume)
        for (name, _), bar in sorted(each.records.stored.items())
        if name == symbol
    ]


def decided(each: Live) -> list[Event]:
    """What was decided at the ends of bars."""
    return [
        (signal.symbol, signal.at, signal.action, signal.reason.partition(":")[0])
        for signal in each.signals()
        if signal.reason and signal.reason not in LEVELS
    ]


def levels_of(each: Live, bars: dict[str, list[Bar]]) -> list[Event]:
    """What was sold at a price, by the bar in which it was."""
    found = list[Event]()
    for signal in each.signals("exit"):
        if signal.reason in LEVELS:
            ends = [bar.ends_at for bar in bars[signal.symbol]]
            end = ends[bisect_left(ends, signal.at)]
            found.append((signal.symbol, end, "exit", signal.reason))
    return found


def check(each: Live, document: Strategy) -> BacktestResult:
    bars = {symbol: recorded(each, symbol) for symbol in each.symbols}
    options = BacktestOptions(CAPITAL, slippage_ticks=0, most_volume_percent=Decimal(100))
    result = run_backtest(document, {symbol: Bars.of(rows) for symbol, rows in bars.items()}, options)
    expected = [(event.symbol, event.at, event.action, event.reason) for event in result.signals]
    assert result.ambiguous_exits == 0
    assert decided(each) == expected
    sold = [
        (trade.symbol, trade.exited_at, "exit", trade.exit_reason)
        for trade in result.trades
        if trade.exit_reason in LEVELS
    ]
    assert levels_of(each, bars) == sold
    # A stop is filled at its tick, in a backtest at its price, and a buy sets aside what a rising price may take.
    if not has_levels(document.exits) and document.sizing.percent_of_equity != 100:
        entries = [(trade.symbol, trade.entry_price, trade.quantity) for trade in result.trades]
        orders = [order for order in each.broker.by_key.values() if order.side == "buy"]
        assert [(order.symbol, order.price, order.quantity) for order in orders] == entries
    return result


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("interval", ["5m", "30m"])
async def test_live_signals_are_those_of_the_backtest(name: str, interval: str) -> None:
    document = read_strategy({"id": "s", "name": name, "interval": interval} | OWN[name])
    each = live_of(document, "005930")
    await each.go()
    assert len(check(each, document).trades) > 3


@pytest.mark.parametrize("limits", [{"positions": 1}, {"entries_a_day": 2}, {}])
async def test_instruments_share_purse_and_limits_live_as_in_the_backtest(limits: dict[str, int]) -> None:
    sizing = {"percent_of_equity": 20}
    document = read_strategy({"id": "s", "name": "s", "interval": "10m", **CROSS, "sizing": sizing, "limits": limits})
    each = live_of(document, "005930", "000660", "035420")
    await each.go()
    assert {trade.symbol for trade in check(each, document).trades} == set(each.symbols)


async def test_a_day_that_is_decided_at_its_close_is_the_backtests() -> None:
    entry = {"left": "close", "is": "above", "right": {"of": "close", "back": 1}}
    exit = {"left": "close", "is": "below", "right": {"of": "close", "back": 1}}
    document = read_strategy({"id": "s", "name": "s", "entry": entry, "exit": exit, "sizing": {"shares": 3}})
    each = live_of(document, "000660")
    await each.go()
    assert check(each, document).trades
    assert [bar.ends_at.date() for bar in recorded(each, "000660")] == WEEK


@pytest.mark.parametrize("interval", ["1m", "5m"])
async def test_what_may_not_stay_overnight_is_sold_at_the_price_of_the_backtest(interval: str) -> None:
    document = read_strategy(
        {"id": "s", "name": "s", "interval": interval, **OWN["cross"], "exits": {"at_session_end": True}}
    )
    each = live_of(document, "005930")
    await each.go()
    options = BacktestOptions(CAPITAL, slippage_ticks=0, most_volume_percent=Decimal(100))
    terms = InstrumentTerms(closes=lambda day: datetime.combine(day, time(15, 30), KST))
    result = run_backtest(document, {"005930": Bars.of(recorded(each, "005930"))}, options, {"005930": terms})
    orders = list(each.broker.by_key.values())
    traded = [(order.price, order.quantity) for order in orders]
    assert traded == [
        fill
        for trade in result.trades
        for fill in ((trade.entry_price, trade.quantity), (trade.exit_price, trade.quantity))
    ]
    ends = [trade for trade in result.trades if trade.exit_reason == "session_end"]
    assert ends
    assert [signal.reason for signal in each.signals("exit")] == [trade.exit_reason for trade in result.trades]


@pytest.mark.slow
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name.partition(".")[0])
async def test_a_template_of_kis_gives_the_same_signals_live(path: Path) -> None:
    document = resolve(template(path)).model_copy(update={"interval": "5m"})
    each = live_of(document, "000660")
    await each.go()
    check(each, document)
