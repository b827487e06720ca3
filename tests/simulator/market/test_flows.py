"""Who trades, as the market model has it, at any time and of any instrument."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from kis_mcp.simulator.market.foreigners import foreign_holding, foreign_limit
from kis_mcp.simulator.market.history import History
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.investors import GROUPS, INDIVIDUAL, KINDS, by_group, flows, in_units
from kis_mcp.simulator.market.lending import BORROWED, LENT, MARGIN, Balance, Lent, balance, lendable, short_part
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.members import member_flows, members
from kis_mcp.simulator.market.programmes import programme, programmes
from kis_mcp.simulator.market.totals import Totals
from kis_mcp.simulator.market.traded import MILLION, NOTHING, Flow, Traded, traded

MARKET = Market(3)
INSTRUMENTS = [i for i in MARKET.instruments.values() if i.category == "domestic_stock" and i.kind == "stock"]
TICKS = MARKET.calendar(INSTRUMENTS[0]).ticks_a_day

instruments = st.sampled_from(INSTRUMENTS)
days = st.dates(date(2020, 1, 2), date(2026, 12, 30)).map(lambda day: day - timedelta(days=max(day.weekday() - 4, 0)))


@st.composite
def trades_of_a_day(draw: st.DrawFn) -> tuple[Instrument, list[Traded]]:
    """An instrument and what it has traded at growing times of one day."""
    instrument = draw(instruments)
    whole = traded(MARKET, instrument, draw(days))
    parts = sorted(draw(st.lists(st.integers(0, 1_000), min_size=2, max_size=5)))
    moments = [
        replace(whole, volume=whole.whole_volume * part // 1_000, turnover=whole.whole_turnover * part // 1_000)
        for part in parts
    ]
    return instrument, [*moments, whole]


def parts_of(flow: Flow) -> tuple[int, int, int, int]:
    return flow.bought, flow.sold, flow.paid, flow.earned


@given(trades_of_a_day())
def test_all_kinds_together_buy_and_sell_what_is_traded(trade: tuple[Instrument, list[Traded]]):
    instrument, moments = trade
    for moment in moments:
        kinds = flows(MARKET, instrument, moment)
        assert set(kinds) == set(KINDS)
        whole = Flow(moment.volume, moment.volume, moment.turnover, moment.turnover)
        assert sum(kinds.values(), NOTHING) == whole
        groups = by_group(kinds)
        assert sum((groups[name] for name in (INDIVIDUAL, *GROUPS)), NOTHING) == whole


@given(instruments, days, st.lists(st.integers(1, TICKS), min_size=2, max_size=6))
def test_what_a_kind_or_a_member_has_bought_or_sold_never_shrinks(instrument: Instrument, day: date, ticks: list[int]):
    moments = [traded(MARKET, instrument, day, until) for until in sorted(ticks)]
    for earlier, later in pairwise(flows(MARKET, instrument, moment) for moment in moments):
        for kind in KINDS:
            # Individuals take what rounding leaves: at most one unit of each other kind.
            left = len(KINDS) if kind == INDIVIDUAL else 0
            assert all(b + left >= a >= 0 for a, b in zip(parts_of(earlier[kind]), parts_of(later[kind]), strict=True))
    for earlier, later in pairwise(member_flows(3, instrument.symbol, moment) for moment in moments):
        for code in members():
            assert all(b >= a >= 0 for a, b in zip(parts_of(earlier[code]), parts_of(later[code]), strict=True))


@given(instruments, st.dates(date(2020, 1, 2), date(2026, 12, 30)))
def test_foreigners_buy_in_a_day_what_their_holding_grows_by(instrument: Instrument, day: date):
    kinds = by_group(flows(MARKET, instrument, traded(MARKET, instrument, day)))
    before = MARKET.calendar(instrument).before(day)
    held, earlier = (foreign_holding(MARKET, instrument, on) for on in (day, before))
    assert kinds["foreign"].net == held - earlier
    assert 0 < held < foreign_limit(instrument) <= instrument.listed_shares


@given(trades_of_a_day())
def test_programmes_are_within_the_trade_of_their_kind(trade: tuple[Instrument, list[Traded]]):
    instrument, moments = trade
    for moment in moments:
        kinds = flows(MARKET, instrument, moment)
        assert programme(MARKET, instrument, moment).bought <= moment.volume
        for kind, part in programmes(MARKET, instrument, moment).items():
            pairs = zip(parts_of(part.whole), parts_of(kinds[kind]), strict=True)
            assert all(0 <= some <= whole for some, whole in pairs)


@given(trades_of_a_day())
def test_members_together_trade_less_than_everybody(trade: tuple[Instrument, list[Traded]]):
    instrument, moments = trade
    for moment in moments:
        whole = sum(member_flows(3, instrument.symbol, moment).values(), NOTHING)
        assert 0.9 * moment.volume - 100 <= whole.bought <= moment.volume
        assert 0.9 * moment.volume - 100 <= whole.sold <= moment.volume


@given(trades_of_a_day())
def test_flows_in_larger_units_still_sum_to_the_whole(trade: tuple[Instrument, list[Traded]]):
    instrument, moments = trade
    kinds = flows(MARKET, instrument, moments[-1])
    shown = in_units(kinds, 1_000, MILLION)
    whole = sum((shown[kind] for kind in KINDS), NOTHING)
    assert whole == sum(kinds.values(), NOTHING).in_units(1_000, MILLION)
    assert (whole.net, whole.net_paid) == (0, 0)
    for kind in KINDS:
        assert abs(shown[kind].bought - kinds[kind].bought / 1_000) <= len(KINDS)


@given(instruments, days, st.sampled_from([MARGIN, BORROWED, LENT]))
def test_a_balance_is_yesterdays_with_what_is_new_and_without_what_is_repaid(
    instrument: Instrument, day: date, lent: Lent
):
    today = balance(MARKET, instrument, lent, day)
    before = balance(MARKET, instrument, lent, MARKET.calendar(instrument).before(day))
    assert today.balance == before.balance + today.new - today.repaid
    assert today.balance_amount == before.balance_amount + today.new_amount - today.repaid_amount
    assert min(today.new, today.repaid, today.balance) > 0
    if lent is not LENT:
        assert min(today.new_amount, today.repaid_amount) > 0


@given(instruments, days)
def test_less_is_sold_short_than_is_lent_and_sold_by_those_who_may(instrument: Instrument, day: date):
    trade = traded(MARKET, instrument, day)
    short = trade.volume * short_part(3, instrument, day) // MILLION
    sold = by_group(flows(MARKET, instrument, trade))
    assert 0 < short < balance(MARKET, instrument, LENT, day).balance
    assert short < sold["foreign"].sold + sold["institution"].sold
    limit, used = lendable(3, instrument, day)
    assert 0 <= used <= limit
    assert used <= balance(MARKET, instrument, BORROWED, day).balance


@pytest.mark.slow
def test_a_markets_flows_are_the_sums_of_its_stocks():
    """Of every stock of a board and of every fund."""
    totals, day, ticks = Totals(MARKET), date(2026, 6, 15), 1_980
    stocks = [i for i in INSTRUMENTS if i.board == "kosdaq"]
    parts = [flows(MARKET, stock, traded(MARKET, stock, day, ticks)) for stock in stocks]
    assert totals.flows("kosdaq", day, ticks) == {kind: sum((p[kind] for p in parts), NOTHING) for kind in KINDS}
    made = [programmes(MARKET, stock, traded(MARKET, stock, day, ticks)) for stock in stocks]
    shares = sum(part.whole.bought for by_kind in made for part in by_kind.values())
    assert sum(part.whole.bought for part in totals.programmes("kosdaq", day, ticks).values()) == shares
    owed = sum(balance(MARKET, stock, MARGIN, day).balance_amount for stock in stocks)
    assert totals.balance("kosdaq", MARGIN, day).balance_amount == owed
    funds = totals.members("etf")
    assert {fund.kind for fund in funds} == {"etf"}
    volume = sum(traded(MARKET, fund, day).volume for fund in funds)
    assert sum(flow.bought for flow in totals.flows("etf", day, None).values()) == volume
    assert totals.members("funds of nobody") == ()


def test_another_seed_is_another_market():
    instrument, day = INSTRUMENTS[0], date(2026, 6, 15)
    assert isinstance(MARKET.history(instrument), History)
    trade = traded(MARKET, instrument, day)
    assert flows(MARKET, instrument, trade) != flows(Market(4), instrument, trade)
    assert flows(MARKET, instrument, trade) == flows(Market(3), instrument, trade)
    assert member_flows(3, instrument.symbol, trade) != member_flows(4, instrument.symbol, trade)


def test_before_its_listing_nothing_is_traded_held_short_or_owed():
    instrument, day = INSTRUMENTS[0], date(2017, 12, 29)
    trade = traded(MARKET, instrument, day)
    assert trade == Traded(day, 0, 0, 0, 0)
    assert set(flows(MARKET, instrument, trade).values()) == {NOTHING}
    assert set(member_flows(3, instrument.symbol, trade).values()) == {NOTHING}
    assert balance(MARKET, instrument, MARGIN, day) == Balance()
