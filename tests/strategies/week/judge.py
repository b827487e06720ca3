"""Holds a week against what is known of it from elsewhere: the simulator's market and ledger, KIS' REST, a backtest."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import isclose
from typing import Final, cast

from kis_mcp.clock import KST
from kis_mcp.market import INTERVALS, Candle
from kis_mcp.simulator.engine.model import Side
from kis_mcp.strategies.backtest import BacktestOptions, Bar, Bars, run_backtest
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.evaluation import Evaluator, Signal
from kis_mcp.strategies.indicators import BarValues
from kis_mcp.strategies.records import SignalEntry, StoredBar
from kis_mcp.trading.journal import Status
from tests.chaos.findings import FindingLists
from tests.chaos.strategies.audit import Agreed, Evidence, audit
from tests.strategies.week.evidence import RunEvidence, Trade, Week
from tests.strategies.week.plan import CAPITAL

LEVELS: Final = ("stop_loss", "take_profit", "trailing_stop")
SETTLED: Final = 1e-6
"""Of its value: the evaluation has heard more of the past than the run, and so much an indicator may tell of it."""

LATE: Final = timedelta(minutes=2)
CLOSE: Final = time(15, 30)

Event = tuple[str, datetime, str, str]


@dataclass(slots=True)
class Findings(FindingLists):
    """What differs. Each is empty after a week without faults.

    Attributes:
        unheard: Trades of the world that a run did not hear, or heard twice.
        bars: Bars that are not those of the world's trades, or of KIS' candles.
        signals: What the conditions said at a bar's end, and do not say in a plain evaluation of the recorded bars.
        actions: What was decided, and a backtest of the recorded bars does not decide.
        orders: Decisions without an order, and orders without a decision.
        ledger: What stands in KIS' books and the run or its mandate has otherwise.
        stopped: Runs that do not run any more, and bars that were skipped.
    """

    unheard: list[str] = field(default_factory=list[str])
    bars: list[str] = field(default_factory=list[str])
    signals: list[str] = field(default_factory=list[str])
    actions: list[str] = field(default_factory=list[str])
    orders: list[str] = field(default_factory=list[str])
    ledger: list[str] = field(default_factory=list[str])
    stopped: list[str] = field(default_factory=list[str])


def judge(week: Week) -> Findings:
    """What differs."""
    findings = Findings()
    for symbol in week.plan.symbols:
        _look_at_bars(week, symbol, findings)
    for run in week.runs:
        expected = sum(map(len, week.trades.values()))
        if run.heard + run.missed != expected:
            findings.unheard.append(f"{run.strategy.id}: {run.heard} of {expected}, {run.missed} while it began anew")
        if run.run.state != "running" or run.skipped:
            findings.stopped.append(f"{run.strategy.id}: {run.run.reason}, {run.skipped} bars skipped")
        for symbol in week.plan.symbols:
            findings.signals += _signal_differences(week, run, symbol)
        findings.actions += _action_differences(week, run)
    findings.orders += _order_differences(week)
    findings.ledger += _ledger_differences(week)
    return findings


def _look_at_bars(week: Week, symbol: str, findings: Findings) -> None:
    minutes = [_bar(each) for each in week.minutes[symbol] if each.was_traded and each.time.time() <= CLOSE]
    for interval in week.plan.intervals:
        recorded = bars_of(week, symbol, interval)
        findings.bars += [
            f"{symbol} {interval} {each.ends_at} is of KIS' history"
            for each in week.bars[symbol, interval]
            if each.source != "live" and not _is_interrupted(week, each)
        ]
        for what, expected in (
            ("trades", join_parts(_of_trades(week.trades[symbol]), interval)),
            ("candles", join_parts(minutes, interval)),
        ):
            findings.bars += [f"{symbol} {interval} by {what}: {each}" for each in _differences(recorded, expected)]
    if "1d" in week.plan.intervals:
        findings.bars += [
            f"{symbol}: KIS' day {day}, and the run's {bar}"
            for day, bar in zip(map(_bar, week.days[symbol]), week.bars[symbol, "1d"], strict=True)
            if day.open != bar.open or day.high < bar.high or day.low > bar.low or day.volume < bar.volume
        ]


def _is_interrupted(week: Week, bar: StoredBar) -> bool:
    """Whether a run began to listen while it was built: after another process took over, or after a wait."""
    length = INTERVALS[bar.interval]
    begins = bar.ends_at - (timedelta(minutes=length) if isinstance(length, int) else timedelta(hours=6, minutes=30))
    return any(begins <= at < bar.ends_at for run in week.runs for at in run.opened_at)


def _bar(candle: Candle) -> Bar:
    open_, high, low, close = cast("tuple[Decimal, ...]", (candle.open, candle.high, candle.low, candle.close))
    return Bar(candle.time, open_, high, low, close, candle.volume)


def _of_trades(trades: Iterable[Trade]) -> list[Bar]:
    return [Bar(each.at, each.price, each.price, each.price, each.price, each.size) for each in trades]


def join_parts(parts: Iterable[Bar], interval: str) -> list[Bar]:
    """Bars of parts that begin at their time; by another way than the product's."""
    length = INTERVALS[interval]
    groups: defaultdict[datetime, list[Bar]] = defaultdict(list)
    for part in parts:
        begins = part.ends_at.astimezone(KST)
        midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
        if isinstance(length, int):
            passed = int((begins - midnight).total_seconds()) // (60 * length) + 1
            ends = midnight + timedelta(minutes=length * passed)
        else:
            ends = datetime.combine(begins.date(), CLOSE, KST)
        groups[ends].append(part)
    return [
        Bar(
            ends,
            group[0].open,
            max(each.high for each in group),
            min(each.low for each in group),
            group[-1].close,
            sum(each.volume for each in group),
        )
        for ends, group in groups.items()
    ]


def _differences(found: Sequence[Bar], expected: Sequence[Bar]) -> list[str]:
    left, right = ({bar.ends_at: bar for bar in each} for each in (found, expected))
    return [
        f"{left.get(at)} and not {right.get(at)}" for at in sorted({*left, *right}) if left.get(at) != right.get(at)
    ]


def bars_of(week: Week, symbol: str, interval: str) -> list[Bar]:
    """Those that the runs recorded."""
    return [
        Bar(each.ends_at, each.open, each.high, each.low, each.close, each.volume)
        for each in week.bars[symbol, interval]
    ]


def evaluate(week: Week, run: RunEvidence, symbol: str) -> dict[datetime, tuple[Signal, dict[str, float | None]]]:
    """What a plain evaluation of KIS' history and the recorded bars says at the end of each of these."""
    evaluator = Evaluator(run.strategy)
    for bar in week.history[symbol, run.strategy.interval].rows():
        evaluator.push(_values(bar))
    return {
        bar.ends_at: (evaluator.push(_values(bar)), evaluator.values())
        for bar in bars_of(week, symbol, run.strategy.interval)
    }


def _signal_differences(week: Week, run: RunEvidence, symbol: str) -> list[str]:
    found, where = list[str](), f"{run.strategy.id} {symbol}"
    written = {each.at: each for each in run.signals if each.symbol == symbol}
    before: Signal | None = None
    for at, (signal, values) in evaluate(week, run, symbol).items():
        entry = written.get(at)
        if entry is None and signal != before and (signal.enters or signal.exits):
            found.append(f"{where} {at}: {signal} was not written down")
        if entry is not None and not (Signal(entry.enters, entry.exits) == signal and _same(entry.values, values)):
            found.append(f"{where} {at}: {entry.enters} {entry.exits} {entry.values} and not {signal} {values}")
        before = signal
    return found


def _same(some: Mapping[str, float | None], others: Mapping[str, float | None]) -> bool:
    return some.keys() == others.keys() and all(
        value == others[name]
        or (value is not None and (other := others[name]) is not None and isclose(value, other, rel_tol=SETTLED))
        for name, value in some.items()
    )


def backtest_week(week: Week, run: RunEvidence) -> BacktestResult:
    """A backtest of the recorded bars that can decide from the first of them on, as the run could."""
    history = dict[str, Bars]()
    for symbol in week.plan.symbols:
        past = week.history[symbol, run.strategy.interval].rows()
        history[symbol] = Bars.of([*past, *bars_of(week, symbol, run.strategy.interval)])
    first = min(bars_of(week, symbol, run.strategy.interval)[0].ends_at for symbol in week.plan.symbols)
    # Of the bars before its start a backtest decides upon the last.
    start = first + timedelta(microseconds=1)
    options = BacktestOptions(CAPITAL, slippage_ticks=0, most_volume_percent=Decimal(100), start=start)
    return run_backtest(run.strategy, history, options)


def backtest_before(week: Week, run: RunEvidence) -> BacktestResult:
    """A backtest of what KIS has of the time before the week."""
    history = {symbol: week.history[symbol, run.strategy.interval] for symbol in week.plan.symbols}
    return run_backtest(run.strategy, history, BacktestOptions(CAPITAL))


def fill_differences(week: Week) -> list[Decimal]:
    """How much more than in the backtest of the recorded bars was paid for each entry, in percent."""
    found, orders = list[Decimal](), {record.intent.id: record.order_id for record in week.records}
    worth, shares = Counter[str](), Counter[str]()
    for fill in week.fills:
        worth[fill.order] += int(fill.price) * fill.quantity
        shares[fill.order] += fill.quantity
    for run in week.runs:
        entries = sorted((each.symbol, each.at, each.intent_id) for each in run.signals if each.action == "enter")
        trades = sorted((each.symbol, each.entered_at, each.entry_price) for each in backtest_week(week, run).trades)
        prices = {(symbol, at): price for symbol, at, price in trades}
        ends = {
            symbol: [bar.ends_at for bar in bars_of(week, symbol, run.strategy.interval)]
            for symbol in week.plan.symbols
        }
        for symbol, at, intent_id in entries:
            following = bisect_right(ends[symbol], at)
            number = (orders.get(intent_id or "") or "").zfill(10)
            price = prices.get((symbol, ends[symbol][following])) if following < len(ends[symbol]) else None
            if price is not None and shares[number]:
                found.append((Decimal(worth[number]) / shares[number] / price - 1) * 100)
    return found


def decisions_of(run: RunEvidence) -> list[Event]:
    """What the run decided at the ends of bars."""
    return sorted(
        (each.symbol, each.at, each.action, each.reason.partition(":")[0])
        for each in run.signals
        if each.reason and each.reason not in LEVELS
    )


def _action_differences(week: Week, run: RunEvidence) -> list[str]:
    result = backtest_week(week, run)
    expected = sorted((each.symbol, each.at, each.action, each.reason) for each in result.signals)
    sold = sorted(
        (each.symbol, each.exited_at, "exit", each.exit_reason)
        for each in result.trades
        if each.exited_at is not None and each.exit_reason in LEVELS
    )
    ends = {
        symbol: [bar.ends_at for bar in bars_of(week, symbol, run.strategy.interval)] for symbol in week.plan.symbols
    }
    live_sold = sorted(
        (each.symbol, ends[each.symbol][bisect_left(ends[each.symbol], each.at)], "exit", each.reason)
        for each in run.signals
        if each.reason in LEVELS
    )
    return [
        f"{run.strategy.id} {which}: {' '.join(map(str, event))}"
        for which, event in (*_unlike(decisions_of(run), expected), *_unlike(live_sold, sold))
    ]


def _unlike(live: Sequence[Event], backtest: Sequence[Event]) -> list[tuple[str, Event]]:
    some, others = Counter(live), Counter(backtest)
    return [
        *(("live only", event) for event in (some - others).elements()),
        *(("backtest only", event) for event in (others - some).elements()),
    ]


def _order_differences(week: Week) -> list[str]:
    found = list[str]()
    by_id = {record.intent.id: record for record in week.records}
    of_signals = Counter(each.intent_id for run in week.runs for each in run.signals if each.intent_id)
    found += [f"{intent} came of {count} decisions" for intent, count in of_signals.items() if count > 1]
    found += [
        f"{record.intent.id} is {record.status}, and came of no decision"
        for record in week.records
        if record.intent.id not in of_signals
    ]
    for run in week.runs:
        for each in run.signals:
            record = by_id.get(each.intent_id or "")
            waits = each.at >= _last_close(week)
            if each.intent_id is None and (each.action == "none" or waits):
                continue
            if record is None or record.status is not Status.ACCEPTED:
                found.append(f"{_describe(run, each)}: {record and record.status}")
                continue
            side = {"enter": "buy", "exit": "sell"}[each.action]
            order = record.intent.order
            if (order.symbol, order.side, order.quantity) != (each.symbol, side, each.quantity):
                found.append(f"{_describe(run, each)} became {order}")
    return found


def _last_close(week: Week) -> datetime:
    """What was decided then is ordered at the next opening."""
    return datetime.combine(week.plan.dates[-1], CLOSE, KST)


def _describe(run: RunEvidence, each: SignalEntry) -> str:
    return f"{run.strategy.id} {each.symbol} {each.at} {each.action} {each.quantity} {each.reason}"


def _ledger_differences(week: Week) -> list[str]:
    evidence = Evidence(
        orders=week.orders,
        fills=week.fills,
        account=week.held,
        sent={record.order_id: record.intent.id for record in week.records if record.order_id},
        others=set(),
        agreed=[
            Agreed(run_id=run.run.id, mandate=run.mandate, shares=10**6, since=run.mandate.at) for run in week.runs
        ],
        records=week.records,
        candidates={},
        positions={(run.run.id, symbol): held for run in week.runs for symbol, held in run.positions.items()},
        clocks=[(datetime.combine(week.plan.dates[0], time(), KST), timedelta())],
        late=LATE,
    )
    found = [f"{kind}: {each}" for kind, all_found in audit(evidence).all.items() for each in all_found]
    filled = Counter[str]()
    for fill in week.fills:
        filled[fill.symbol] += fill.quantity if fill.side is Side.BUY else -fill.quantity
    for symbol in week.plan.symbols:
        runs = sum(run.positions.get(symbol, 0) for run in week.runs)
        if not runs == filled[symbol] == week.held.get(symbol, 0):
            found.append(f"{symbol}: runs hold {runs}, fills {filled[symbol]}, the account {week.held.get(symbol, 0)}")
    return found


def _values(bar: Bar) -> BarValues:
    return BarValues(bar.ends_at, float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))


def _prices(percents: Sequence[Decimal]) -> dict[str, object]:
    """How near fills are to the backtest's."""
    if not percents:
        return {}
    return {
        "entries at the backtest's price": f"{sum(not each for each in percents)} of {len(percents)}",
        "entries at another price, percent": f"{min(percents):.3f} to {max(percents):.3f}, "
        f"{sum(percents) / len(percents):.3f} on average",
    }


def report(week: Week, findings: Findings) -> str:
    """What happened, in figures, and what differs."""
    live = [len(bars) for bars in week.bars.values()]
    entries = [each for run in week.runs for each in run.signals]
    lines = {
        "days": len(week.plan.dates),
        "runs": len(week.runs),
        "trades in the market": sum(map(len, week.trades.values())),
        "trades heard by all runs": sum(run.heard for run in week.runs),
        "trades while a run began anew, whose bars it read from KIS": sum(run.missed for run in week.runs),
        "bars recorded": sum(live),
        "bars decided upon": sum(run.decisions for run in week.runs),
        "signals written down": len(entries),
        "decisions": sum(each.action != "none" for each in entries),
        "orders at KIS": len(week.orders),
        "fills": len(week.fills),
        "trades of backtests before the week": sum(len(backtest_before(week, run).trades) for run in week.runs),
        **_prices(fill_differences(week)),
        "differences": sum(map(len, findings.all.values())),
    }
    rows = [f"{name}: {count}" for name, count in lines.items()]
    words = Counter(f"{each.action} {each.reason.partition(':')[0]}" for each in entries)
    rows += [f"    {word}: {count}" for word, count in sorted(words.items())]
    rows += [f"    {count} waits: {reason}" for reason, count in week.waits.most_common()]
    rows += [f"    {count} logged: {text}" for text, count in week.warnings.most_common(12)]
    rows += [f"  {kind}: {each}" for kind, found in findings.all.items() for each in found]
    return "\n".join(rows)
