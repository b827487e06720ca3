"""What a backtest fills, when and at which price."""

import gc
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest import BacktestOptions, Bars, hold_return, run_backtest
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.options import Costs, InstrumentTerms, Rates
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.document import read_strategy

Prices = tuple[float, float, float, float]
ALWAYS = {"left": "close", "is": "above", "right": 0}
NEVER = {"left": "close", "is": "below", "right": 0}


def bars(rows: Sequence[Prices | tuple[float, float, float, float, int]], step: timedelta = timedelta(days=1)) -> Bars:
    begin = datetime(2026, 3, 2, 15, 30, tzinfo=KST)
    return Bars.of(
        Bar(
            begin + number * step,
            Decimal(str(row[0])),
            Decimal(str(row[1])),
            Decimal(str(row[2])),
            Decimal(str(row[3])),
            row[4] if len(row) == 5 else 1_000_000,
        )
        for number, row in enumerate(rows)
    )


def flat(*closes: float) -> list[Prices]:
    return [(close, close, close, close) for close in closes]


def run(
    rows: Sequence[Any],
    *,
    terms: InstrumentTerms | None = None,
    cash: int = 1_000_000,
    step: timedelta = timedelta(days=1),
    slippage_ticks: int = 0,
    volume: int = 100,
    **document: Any,
) -> BacktestResult:
    strategy = read_strategy({"id": "s", "name": "s", "entry": ALWAYS, "sizing": {"shares": 10}} | document)
    options = BacktestOptions(Decimal(cash), slippage_ticks=slippage_ticks, most_volume_percent=Decimal(volume))
    return run_backtest(strategy, {"A": bars(rows, step)}, options, {"A": terms or InstrumentTerms()})


def trades(result: BacktestResult) -> list[tuple[int, int | None, str]]:
    return [
        (int(trade.entry_price), None if trade.exit_price is None else int(trade.exit_price), trade.exit_reason)
        for trade in result.trades
    ]


def test_a_decision_is_filled_at_the_next_bars_open() -> None:
    rows = [(100, 105, 95, 100), (110, 120, 108, 115), (118, 125, 117, 120), (130, 131, 120, 125)]
    found = run(
        rows, entry={"left": "close", "is": "equal", "right": 100}, exit={"left": "close", "is": "equal", "right": 120}
    )
    assert trades(found) == [(110, 130, "exit_condition")]
    assert found.equity == [1_000_000, 1_000_050, 1_000_100, 1_000_200]
    assert found.trades[0].profit == 200
    assert found.exposed == 2


@pytest.mark.parametrize("after_bars", [None, 2])
def test_nothing_is_decided_before_the_last_bar_to_warm_up_on(after_bars: int | None) -> None:
    """Held by bars or not, so that signals are worked out at once or one by one."""
    document = {"id": "s", "name": "s", "entry": ALWAYS, "sizing": {"shares": 10}}
    strategy = read_strategy(document | ({"exits": {"after_bars": after_bars}} if after_bars else {}))
    history = {"A": bars(flat(100, 110, 120, 130, 140, 150))}
    start = history["A"].ends_at[3]
    found = run_backtest(strategy, history, BacktestOptions(Decimal(1_000_000), slippage_ticks=0, start=start))
    assert trades(found)[0] == (130, 150 if after_bars else None, "after_bars" if after_bars else "")
    assert (found.warm_up, found.begins, found.trades_from, found.equity[2]) == (3, 2, start, 1_000_000)


@pytest.mark.parametrize("missing", [range(0), range(4, 9), range(3), range(1, 10, 2)])
def test_what_is_tested_begins_at_the_same_moment_whichever_bars_an_instrument_lacks_before(missing: range) -> None:
    document = {"id": "s", "name": "s", "entry": ALWAYS, "sizing": {"percent_of_equity": 50}}
    whole = bars(flat(*range(100, 120)))
    rows = [row for number, row in enumerate(whole.rows()) if number not in missing]
    history, start = {"A": whole, "B": Bars.of(rows)}, whole.ends_at[10]
    options = BacktestOptions(Decimal(1_000_000), slippage_ticks=0, start=start)
    found = run_backtest(read_strategy(document), history, options)
    assert (found.trades_from, found.begins, found.exposed) == (start, 9, 10)


def test_an_instrument_that_is_listed_later_does_not_put_off_what_is_tested() -> None:
    document = {"id": "s", "name": "s", "entry": ALWAYS, "sizing": {"percent_of_equity": 50}}
    whole = bars(flat(*range(100, 120)))
    history = {"A": whole, "B": whole.since(15)}
    options = BacktestOptions(Decimal(1_000_000), slippage_ticks=0, start=whole.ends_at[10])
    found = run_backtest(read_strategy(document), history, options)
    assert (found.trades_from, [trade.entered_at for trade in found.trades]) == (
        whole.ends_at[10],
        [whole.ends_at[10], whole.ends_at[16]],
    )
    assert hold_return(history, found.trades_from) == pytest.approx(100 * ((119 / 110 - 1) + (119 / 115 - 1)) / 2)


@pytest.mark.parametrize("last", [5, 6])
def test_what_is_not_traded_any_more_keeps_no_other_from_being_bought(last: int) -> None:
    rises = {"left": "close", "is": "above", "right": {"of": "close", "back": 1}}
    document = {"id": "s", "name": "s", "entry": rises, "sizing": {"shares": 10}, "limits": {"positions": 1}}
    gone = [*[100] * (last - 1), 110]
    history = {"gone": bars(flat(*gone)), "left": bars(flat(*[100, 100, 100, 100, 100, 100, 100, 100, 110, 120]))}
    options = BacktestOptions(Decimal(1_000_000), slippage_ticks=0)
    found = run_backtest(read_strategy(document), history, options)
    assert [trade.symbol for trade in found.trades] == ["left"]
    assert found.unfilled == {"halted": 1}


def test_a_position_that_is_still_open_is_worth_its_close() -> None:
    found = run(flat(100, 110, 120))
    assert found.trades[0].bars == 2
    assert trades(found) == [(110, None, "")]
    assert found.trades[0].profit is None
    assert found.equity[-1] == 1_000_100


@pytest.mark.parametrize(
    ("bar", "exits", "expected"),
    [
        ((100, 101, 94, 99), {"stop_loss_percent": 5}, (95, "stop_loss")),
        ((90, 91, 89, 90), {"stop_loss_percent": 5}, (90, "stop_loss")),
        ((100, 112, 99, 111), {"take_profit_percent": 10}, (110, "take_profit")),
        ((115, 118, 112, 116), {"take_profit_percent": 10}, (115, "take_profit")),
        ((100, 112, 94, 100), {"take_profit_percent": 10, "stop_loss_percent": 5}, (95, "stop_loss")),
        ((120, 121, 94, 100), {"take_profit_percent": 10, "stop_loss_percent": 5}, (120, "take_profit")),
    ],
)
def test_stop_and_target_are_filled_where_the_price_meets_them(
    bar: Prices, exits: dict[str, Any], expected: tuple[int, str]
) -> None:
    found = run([*flat(100, 100), bar], exits=exits)
    assert trades(found)[0] == (100, *expected)


def test_a_stop_holds_in_the_bar_of_the_entry() -> None:
    assert trades(run([*flat(100), (100, 100, 80, 90)], exits={"stop_loss_percent": 5}))[0] == (100, 95, "stop_loss")


@pytest.mark.parametrize("opening", [94, 112])
def test_a_bar_whose_open_tells_whether_stop_or_target_came_first_is_not_counted(opening: int) -> None:
    bar = (opening, 112, 94, 100)
    found = run([*flat(100, 100), bar], exits={"take_profit_percent": 10, "stop_loss_percent": 5})
    assert (found.ambiguous_exits, found.trades[0].exit_price) == (0, opening)


def test_a_bar_that_meets_stop_and_target_is_counted() -> None:
    found = run([*flat(100, 100), (100, 112, 94, 100)], exits={"take_profit_percent": 10, "stop_loss_percent": 5})
    assert found.ambiguous_exits == 1


def test_a_trailing_stop_follows_the_highs_of_the_bars_before() -> None:
    rows = [*flat(100, 100), (150, 200, 150, 190), (190, 195, 179, 185)]
    assert trades(run(rows, exits={"trailing_stop_percent": 10}))[0] == (100, 180, "trailing_stop")


def test_slippage_goes_against_both_sides_in_whole_ticks() -> None:
    terms = InstrumentTerms(tick=lambda price: Decimal(5))
    exit = {"left": "close", "is": "equal", "right": 120}
    found = run(flat(100, 110, 120, 130), exit=exit, terms=terms, slippage_ticks=2)
    assert trades(found)[0] == (120, 120, "exit_condition")


def test_costs_are_those_of_the_day() -> None:
    rates = (
        Rates(sell_percent=Decimal("0.2")),
        Rates(since=date(2026, 3, 5), buy_percent=Decimal(1), sell_percent=Decimal(2)),
    )
    terms = InstrumentTerms(costs=Costs(rates))
    exit = {"left": "close", "is": "equal", "right": 120}
    found = run(flat(100, 110, 120, 130), exit=exit, terms=terms)
    assert found.trades[0].costs == Decimal(130 * 10 * 2) / 100
    assert found.cash == 1_000_000 - 1_100 + 1_300 - 26
    assert found.costs == 26


def test_an_entry_takes_no_more_than_the_cash_pays_for() -> None:
    terms = InstrumentTerms(costs=Costs((Rates(buy_percent=Decimal(1)),)))
    found = run(flat(100, 100), cash=1_000, sizing={"percent_of_equity": 100}, terms=terms)
    assert found.trades[0].quantity == 9
    assert found.unfilled == {"less_for_lack_of_money": 1}
    assert found.cash == 1_000 - 909


def test_a_fill_takes_its_share_of_the_volume_at_most() -> None:
    found = run([*flat(100), (100, 100, 100, 100, 55)], volume=10)
    assert found.trades[0].quantity == 5


def test_nothing_is_bought_at_the_upper_and_sold_at_the_lower_limit() -> None:
    terms = InstrumentTerms(daily_limit_percent=Decimal(30))
    assert run(flat(100, 130, 130), terms=terms).unfilled == {"locked_at_upper_limit": 1}
    exit = {"left": "close", "is": "equal", "right": 99}
    found = run([*flat(100, 100, 99), *flat(70), (60, 65, 55, 60)], exit=exit, terms=terms)
    assert trades(found)[0] == (100, 60, "exit_condition")
    assert found.unfilled == {"exit_waits_at_lower_limit": 1}


def test_a_day_trade_is_sold_at_the_close_of_its_last_bar() -> None:
    rows = flat(100, 101, 102, 103, 104)
    found = run(rows, exits={"at_session_end": True}, step=timedelta(hours=5))
    # 15:30 and 20:30 are one day; 1:30 begins the next.
    assert trades(found)[:1] == [(101, 101, "session_end")]


@pytest.mark.parametrize(
    ("minutes", "closes_after", "expected"),
    [
        (5, 20, (101, 104, "session_end")),  # decided at 15:45, and sold at the next open
        (5, 11, (101, 103, "session_end")),  # a bar ends later than five minutes before the close
        (5, 10, None),  # at the bar after which it would be bought
        (10, 39, (101, 104, "session_end")),  # as in the closing auction, at the close of the last bar
    ],
)
def test_a_day_trade_is_sold_five_minutes_before_the_close_where_that_is_known(
    minutes: int, closes_after: int, expected: tuple[int, int, str] | None
) -> None:
    """The first bar ends at 15:30."""
    close = datetime(2026, 3, 2, 15, 30, tzinfo=KST) + timedelta(minutes=closes_after)
    entry = {"left": "close", "is": "equal", "right": 101 if expected is None else 100}
    found = run(
        flat(100, 101, 102, 103, 104),
        entry=entry,
        exits={"at_session_end": True},
        step=timedelta(minutes=minutes),
        terms=InstrumentTerms(closes=lambda _: close),
    )
    assert trades(found) == ([expected] if expected else [])


def test_limits_bound_entries() -> None:
    document: dict[str, Any] = {"exits": {"after_bars": 1}, "limits": {"cooldown_bars": 2}}
    found = run(flat(*range(100, 110)), **document)
    assert [(trade.entered_at.day, trade.exited_at and trade.exited_at.day) for trade in found.trades] == [
        (3, 4),
        (7, 8),
        (11, None),
    ]


def test_instruments_share_one_purse_and_the_limit_on_positions() -> None:
    strategy = read_strategy(
        {"id": "s", "name": "s", "entry": ALWAYS, "sizing": {"shares": 10}, "limits": {"positions": 2}}
    )
    history = {name: bars(flat(100, 100, 100)) for name in ("A", "B", "C")}
    found = run_backtest(strategy, history, BacktestOptions(Decimal(1_500), most_volume_percent=Decimal(100)))
    assert [(trade.symbol, trade.quantity) for trade in found.trades] == [("A", 10), ("B", 5)]
    assert {event.reason for event in found.signals if event.symbol == "C"} == {"most_positions"}


@pytest.mark.parametrize(
    ("sizing", "quantity"),
    [
        ({"shares": 7}, 7),
        ({"amount": 1050}, 10),
        ({"percent_of_equity": 10}, 1000),
        ({"risk_percent": 1}, 2000),
        ({"volatility_percent": 0.1}, 500),
    ],
)
def test_an_entry_is_sized_by_its_rule(sizing: dict[str, Any], quantity: int) -> None:
    rows = [(100, 101, 99, 100)] * 25
    entry = {"left": {"of": "close", "back": 22}, "is": "above", "right": 0}
    found = run(rows, entry=entry, sizing=sizing, exits={"stop_loss_percent": 5})
    assert found.trades[0].quantity == quantity


def test_contradicting_bars_are_refused() -> None:
    with pytest.raises(BadArgument) as refused:
        bars([(100, 99, 98, 100)])
    assert refused.value.field == "bars[0]"
    with pytest.raises(BadArgument):
        bars(flat(100, 100), step=timedelta(0))


ROW = st.tuples(st.integers(50, 150), st.integers(0, 20), st.integers(0, 20), st.integers(-20, 20)).map(
    lambda row: (row[0], row[0] + row[1] + max(0, row[3]), row[0] - row[2] + min(0, row[3]), row[0] + row[3])
)
DOCUMENT: dict[str, Any] = {
    "entry": {"left": "close", "is": "above", "right": {"of": "close", "back": 1}},
    "exit": {"left": "close", "is": "below", "right": {"of": "close", "back": 2}},
    "exits": {"stop_loss_percent": 7, "take_profit_percent": 9, "trailing_stop_percent": 8},
    "sizing": {"percent_of_equity": 50},
    "limits": {"cooldown_bars": 1},
}
COSTS = InstrumentTerms(
    costs=Costs((Rates(buy_percent=Decimal("0.1"), sell_percent=Decimal("0.3")),)), tick=lambda price: Decimal(1)
)


@given(st.lists(ROW, min_size=1, max_size=40))
def test_cash_is_never_negative_and_adds_up_with_every_trade(rows: list[Prices]) -> None:
    found = run(rows, terms=COSTS, slippage_ticks=1, **DOCUMENT)
    paid = sum((trade.entry_price * trade.quantity + trade.costs for trade in found.trades), Decimal(0))
    received = sum(
        (trade.exit_price * trade.quantity for trade in found.trades if trade.exit_price is not None), Decimal(0)
    )
    assert found.cash == 1_000_000 - paid + received
    assert found.cash >= 0
    assert found.costs == sum((trade.costs for trade in found.trades), Decimal(0))


@given(st.lists(ROW, min_size=2, max_size=40), st.data())
def test_the_future_changes_nothing_that_was_decided(rows: list[Prices], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(rows)))
    whole, part = run(rows, terms=COSTS, **DOCUMENT), run(rows[:cut], terms=COSTS, **DOCUMENT)
    assert whole.signals[: len(part.signals)] == part.signals
    assert whole.equity[:cut] == part.equity


@given(
    st.lists(ROW, min_size=1, max_size=40),
    st.sampled_from([{}, {"exits": {}}, {"limits": {}}, {"exits": {}, "limits": {}}, {"exits": {"after_bars": 3}}]),
)
def test_bars_that_are_passed_over_are_those_in_which_nothing_happens(
    rows: list[Prices], changed: dict[str, Any]
) -> None:
    document = DOCUMENT | changed
    fast = run(rows, terms=COSTS, **document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kis_mcp.strategies.backtest.lane.whole_signals", lambda *_: None)
        assert run(rows, terms=COSTS, **document) == fast


def test_cycles_are_collected_again_after_a_run_whether_or_not_it_succeeds() -> None:
    run(flat(100, 110))
    with pytest.raises(BadArgument):
        run(flat(100, 110), entry={"left": {"of": "close", "back": 1.5}, "is": "above", "right": 1})
    assert gc.isenabled()
