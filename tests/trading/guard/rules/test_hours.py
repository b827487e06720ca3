"""The rules about venues, their order types and their hours."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import assume, given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.guard.check import check_order
from kis_mcp.trading.guard.facts import GuardFacts
from kis_mcp.trading.guard.rules.hours import session_is_open, spread_is_ahead
from kis_mcp.trading.order import Action
from kis_mcp.trading.venues.order_types import PRICED
from kis_mcp.trading.venues.sessions import TradingDays, venues
from kis_mcp.trading.venues.ticks import InstrumentKind
from tests.trading.desk.test_desk import BUY, CAPS, Desk
from tests.trading.fakes import RVSECNCL, FakeClock, FakeKis
from tests.trading.guard.test_check import FACTS, ORDER

TUESDAY = datetime(2026, 11, 24, tzinfo=KST)


def at(venue: str, moment: datetime, order_type: str = "limit") -> GuardFacts:
    """A sell of this type at a venue, in an ordinary week."""
    where = venues()[venue]
    local = moment.astimezone(where.timezone).date()
    days: TradingDays = {day: where.usual(day) for day in (local + timedelta(days=offset) for offset in range(-1, 9))}
    order = replace(ORDER, order_type=order_type, side="sell", price=None)
    return replace(FACTS, order=order, venue=where, trading_days=days, now=moment)


@given(st.sampled_from(sorted(venues())), st.integers(0, 7 * 24 * 60), st.integers(0, 30))
def test_an_order_refused_for_the_hour_is_taken_when_the_message_says(venue: str, minutes: int, number: int) -> None:
    types = venues()[venue].order_types
    facts = at(venue, TUESDAY + timedelta(minutes=minutes), types[number % len(types)])
    finding = session_is_open(facts)
    assume(finding is not None)
    assert finding is not None
    assert facts.venue is not None
    assert facts.trading_days is not None
    opening = facts.venue.next_opening(facts.order.order_type, facts.now, facts.trading_days)
    assert opening is not None
    assert f"{opening.astimezone(KST):%Y-%m-%d %H:%M}" in finding.remedy
    assert session_is_open(replace(facts, now=opening)) is None
    assert session_is_open(replace(facts, now=opening - timedelta(seconds=1))) is not None


@pytest.mark.parametrize(
    ("venue", "order_type", "side", "taken"),
    [
        ("krx", "midpoint", "buy", True),
        ("krx", "after_hours_single_price", "buy", False),
        ("krx", "after_market_limit", "sell", True),
        ("nxt", "after_market_limit", "buy", False),
        ("sor", "after_market_limit", "buy", False),
        ("nxt", "market", "buy", False),
        ("nxt", "conditional_limit", "buy", False),
        ("nxt", "pre_market_limit", "buy", True),
        ("nxt", "pre_market_limit", "sell", False),
        ("nxt", "pre_market_best", "sell", False),
        ("nxt", "pre_market_priority", "sell", False),
        ("krx", "pre_market_limit", "buy", False),
        ("sor", "midpoint", "sell", False),
        ("us", "moo", "sell", True),
        ("us", "moo", "buy", False),
        ("hong_kong", "odd_lot_limit", "buy", False),
        ("tokyo", "loc", "buy", False),
    ],
)
def test_each_venue_takes_its_own_order_types_at_any_hour(venue: str, order_type: str, side: str, taken: bool) -> None:
    order = replace(ORDER, order_type=order_type, side=side, price=None)  # pyright: ignore[reportArgumentType]
    rules = [finding.rule for finding in check_order(replace(FACTS, order=order, venue=venues()[venue]))]
    assert ("order_type_is_taken" in rules) is not taken


def test_a_closed_session_says_what_the_open_one_takes() -> None:
    finding = session_is_open(at("krx", TUESDAY.replace(hour=17)))
    assert finding is not None
    assert finding.what == "limit orders are not taken in the after-market of KRX."
    assert "after_market_limit" in finding.remedy
    assert "Wait until 2026-11-25 08:20 KST" in finding.remedy


def test_the_after_market_takes_no_market_order_and_says_what_it_takes() -> None:
    finding = session_is_open(at("krx", TUESDAY.replace(hour=17), "market"))
    assert finding is not None
    assert finding.what == "market orders are not taken in the after-market of KRX."
    assert finding.remedy.startswith("Use after_market_limit, after_market_limit_ioc, ")


AFTER_MARKET = [word for word in venues()["krx"].order_types if word.startswith("after_market_")]


@pytest.mark.parametrize("order_type", AFTER_MARKET)
@pytest.mark.parametrize("kind", ["etf", "etn", "elw"])
def test_no_fund_note_or_warrant_is_ordered_in_the_after_market(order_type: str, kind: InstrumentKind) -> None:
    facts = at("krx", TUESDAY.replace(hour=17), order_type)
    price = ORDER.price if order_type in PRICED else None
    facts = replace(facts, kind=kind, order=replace(facts.order, price=price))
    (finding,) = check_order(facts)
    assert (finding.rule, finding.refuses, finding.field) == ("instrument_is_traded_in_session", True, "order_type")
    assert finding.what == (
        f"There are no {order_type} orders for an {kind.upper()}: the after-market of KRX does not trade it."
    )
    assert check_order(replace(facts, kind="stock")) == []


def test_an_instrument_whose_kind_is_not_known_is_warned_of_in_the_after_market() -> None:
    (finding,) = check_order(replace(at("krx", TUESDAY.replace(hour=17), "after_market_best"), kind=None))
    assert (finding.rule, finding.refuses) == ("instrument_is_traded_in_session", False)
    assert "ELW, ETF, ETN" in finding.what


@pytest.mark.parametrize("kind", ["etf", "elw", None])
def test_an_order_of_the_regular_session_is_for_every_kind(kind: InstrumentKind | None) -> None:
    assert check_order(replace(at("krx", TUESDAY.replace(hour=10), "market"), kind=kind)) == []


def test_a_pre_market_order_is_said_to_end_with_its_session() -> None:
    facts = at("nxt", TUESDAY.replace(hour=8, minute=10), "pre_market_best")
    (finding,) = check_order(replace(facts, order=replace(facts.order, side="buy")))
    assert (finding.rule, finding.refuses) == ("rest_is_cancelled", False)
    assert finding.what == "What is unfilled of it when the pre-market of Nextrade (NXT) ends is cancelled."


def test_cancels_pass_at_any_hour() -> None:
    facts = at("krx", TUESDAY.replace(hour=23))
    cancel = replace(facts.order, action=Action.CANCEL, original_order_id="7")
    assert check_order(replace(facts, order=cancel)) == []


def test_on_a_day_that_may_be_a_holiday_an_order_is_taken_with_a_warning() -> None:
    friday = datetime(2027, 1, 1, 12, 0, tzinfo=KST)
    findings = check_order(replace(at("china", friday), unknown_days=frozenset({friday.date()})))
    (finding,) = [finding for finding in findings if finding.rule in ("holidays_are_known", "session_is_open")]
    assert not finding.refuses
    assert finding.what == "Whether 2027-01-01 is a holiday of Shanghai and Shenzhen is not known here."


def test_no_opening_is_promised_for_a_day_that_may_be_a_holiday() -> None:
    facts = at("china", datetime(2027, 1, 2, 12, 0, tzinfo=KST))
    assert facts.trading_days is not None
    finding = session_is_open(replace(facts, unknown_days=frozenset(facts.trading_days)))
    assert finding is not None
    assert finding.remedy.startswith("Wait until it opens")


async def test_the_desk_keeps_the_hours_only_where_they_are_to_be_kept(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    clock.now = datetime(2026, 3, 1, 10, 0, tzinfo=KST)
    await Desk(kis, journal, Environment.SIM, CAPS).propose()
    keeping = Desk(kis, journal, Environment.SIM, replace(CAPS, check_sessions=True))
    with pytest.raises(OrderRefused, match="KRX is closed at 2026-03-01 10:00 KST"):
        await keeping.propose(BUY | {"quantity": 2})
    kis.take(BUY)
    await keeping.propose({"action": "cancel", "order_id": "1", "order_branch": "06010"}, tool=RVSECNCL)
    clock.now = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
    await keeping.propose(BUY | {"quantity": 2})


@pytest.mark.parametrize(
    ("hour", "said"), [(6, "Wait until 2026-11-24 07:00 KST."), (7, None), (29, None), (30, "next")]
)
def test_a_contract_abroad_keeps_the_hours_that_kis_tells(hour: int, said: str | None) -> None:
    hours = TUESDAY + timedelta(hours=7), TUESDAY + timedelta(hours=30)
    findings = check_order(replace(FACTS, contract_hours=hours, now=TUESDAY + timedelta(hours=hour)))
    assert [finding.rule for finding in findings] == ([] if said is None else ["contract_trades_now"])
    assert said is None or said in findings[0].remedy


@pytest.mark.parametrize(
    ("now", "begins", "ends", "field", "refuses"),
    [
        ("2026-11-24 23:50", "23:55", "00:30", None, None),
        ("2026-11-24 23:50", "23:40", "00:30", "start_time", True),
        ("2026-11-25 00:10", "00:01", "00:30", "start_time", True),
        ("2026-11-25 00:10", "23:40", "00:30", "start_time", True),
        ("2026-11-25 00:10", "00:20", "00:15", "end_time", True),
        ("2026-11-25 00:40", "00:01", "00:30", "end_time", True),
        ("2026-11-24 22:22", "00:01", "00:30", "start_time", False),
        ("2026-11-24 10:30", "23:40", "00:30", None, None),
    ],
)
def test_an_order_that_is_spread_over_a_time_begins_in_the_future(
    now: str, begins: str, ends: str, field: str | None, refuses: bool | None
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=KST)
    clocks = {"begins": time.fromisoformat(begins), "ends": time.fromisoformat(ends)}
    finding = spread_is_ahead(replace(at("us", moment, "vwap"), **clocks))
    assert (finding.field if finding else None, finding.refuses if finding else None) == (field, refuses)


@pytest.mark.parametrize(
    ("venue", "hour", "environment", "named"),
    [
        ("us", 13, Environment.REAL, True),
        ("us", 13, Environment.DEMO, False),
        ("us", 9, Environment.REAL, False),
        ("us_reserved", 9, Environment.REAL, False),
        ("hong_kong", 8, Environment.REAL, False),
    ],
)
def test_while_the_us_daytime_session_is_on_an_order_for_the_closed_market_is_led_there(
    venue: str, hour: int, environment: Environment, named: bool
) -> None:
    facts = at(venue, TUESDAY.replace(hour=hour))
    market = "HK" if venue == "hong_kong" else "US"
    finding = session_is_open(replace(facts, environment=environment, order=replace(facts.order, market=market)))
    assert finding is not None
    assert "Wait until 2026-11-24" in finding.remedy
    daytime = (
        "Order it with session=daytime, as limit: the US daytime market is open until 2026-11-24 18:00 KST,"
        " for the stocks that take part in it. "
    )
    assert finding.remedy.startswith(daytime) is named


def test_on_a_us_holiday_no_daytime_session_is_named() -> None:
    facts = at("us", TUESDAY.replace(hour=13))
    assert facts.trading_days is not None
    closed = {**facts.trading_days, TUESDAY.date(): None}
    us = replace(facts, environment=Environment.REAL, order=replace(facts.order, market="US"), trading_days=closed)
    finding = session_is_open(us)
    assert finding is not None
    assert "daytime" not in finding.remedy
