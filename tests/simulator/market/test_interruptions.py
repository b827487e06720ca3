from array import array
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.market.history import History
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.interruptions import CALL_TICKS, active, interrupt
from kis_mcp.simulator.market.market import Market

MARKET = Market(1)
STOCKS = [i for i in instruments().values() if i.category == "domestic_stock"][:36]
DAYS = [day for n in range(60) if (day := date(2026, 4, 1) + timedelta(days=n)).weekday() < 5]


def moved(stock: Instrument, day: date) -> bool:
    """Whether news moved its price."""
    history = MARKET.history(stock)
    return isinstance(history, History) and history.shock(day) != 0


PAIRS = [(stock, day) for day in DAYS for stock in STOCKS if moved(stock, day)][:16]
"""Days on which stocks are likely to be interrupted."""


def bound(stock: Instrument) -> int:
    return 6 if stock.board == "kosdaq" else 3


def crossings(prices: "array[int]", stock: Instrument) -> list[tuple[int, int, int, int]]:
    """Tick, price, static and dynamic reference of each trade that crosses a bound, tick by tick."""
    found, reference, tick, last = list[tuple[int, int, int, int]](), prices[0], 1, len(prices) - 1
    while tick < last:
        price, before = prices[tick], prices[tick - 1]
        static = abs(price - reference) * 100 >= reference * 10
        dynamic = abs(price - before) * 100 >= before * bound(stock)
        if static or dynamic:
            found.append((tick, price, reference if static else 0, before if dynamic else 0))
            tick = min(tick + CALL_TICKS, last)
            reference = prices[tick]
        tick += 1
    return found


def test_a_session_is_interrupted_exactly_where_its_trades_cross_a_bound_and_rests_for_two_minutes():
    found = 0
    for stock, day in PAIRS:
        session = MARKET.session(stock, day)
        told = [(i.tick, i.price, i.reference, i.last) for i in session.interruptions]
        assert told == crossings(session.prices, stock)
        for interruption in session.interruptions:
            rest = range(interruption.tick + 1, min(interruption.end, len(session.prices) - 1))
            assert sum(session.volume_at(tick) for tick in rest) == 0
            assert {session.prices[tick] for tick in rest} <= {interruption.price}
        found += len(told)
    assert found >= 5


def test_an_interrupted_day_still_ends_as_its_bar_says():
    for stock, day in PAIRS:
        bar, session = MARKET.history(stock).bar(day), MARKET.session(stock, day)
        whole = session.until(len(session.prices))
        assert bar is not None
        assert (whole.open, whole.high, whole.low, whole.close) == (bar.open, bar.high, bar.low, bar.close)
        assert (whole.volume, whole.turnover) == (bar.volume, bar.turnover)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-80, 80), min_size=40, max_size=120))
def test_any_path_keeps_its_ends_and_its_extremes(steps: list[int]):
    samsung = instruments()["005930"]
    prices, price = array("q"), 70_000
    for step in steps:
        price = max(price + step * 100, 30_000)
        prices.append(price)
    first, last, extremes = prices[0], prices[-1], (max(prices), min(prices))
    found = interrupt(prices, samsung)
    assert (prices[0], prices[-1]) == (first, last)
    assert [(i.tick, i.price, i.reference, i.last) for i in found] == crossings(prices, samsung)
    assert [i.count for i in found] == list(range(1, len(found) + 1))
    assert all(one.end < other.tick for one, other in pairwise(found))
    assert max(prices) <= extremes[0]
    assert min(prices) >= extremes[1]


def test_an_interruption_lasts_until_the_trade_that_ends_it():
    (stock, day) = next((s, d) for s, d in PAIRS if MARKET.session(s, d).interruptions)
    interruptions = MARKET.session(stock, day).interruptions
    first = interruptions[0]
    assert active(interruptions, first.tick) is None
    assert active(interruptions, first.tick + 1) == first
    assert active(interruptions, first.end) == first
    assert active(interruptions, first.end + 1) is None
