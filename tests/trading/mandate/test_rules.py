"""What a mandate lets out: each bound by itself, and no sequence of orders beyond any of them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, MandateExceeded
from kis_mcp.trading.decision import Channel, Decision
from kis_mcp.trading.mandate import (
    Fill,
    LostShares,
    MandateBook,
    MandateCheck,
    MandatedOrder,
    MandateEnd,
    MandateRecord,
    MandateStatus,
    MandateSymbol,
    exceeds,
    loss_exceeds,
)
from kis_mcp.trading.mandate.trips import round_trips
from kis_mcp.trading.order import Action, Order, Side
from tests.trading.mandates import NOW, SAMSUNG, agreed, check, draft, filled, mandate, mandated, order

US_STOCK: dict[str, Any] = {"symbols": (MandateSymbol("AAPL", "US"),), "currency": "USD"}
CANCEL = order(action=Action.CANCEL, side=None, amount=None, original_order_id="7")
RVSECNCL = "domestic_stock_order_rvsecncl"
OURS = mandated(order(), order_id="0000000007")
M = mandate(id="m")


def why(one: MandateCheck) -> str | None:
    exceeded = exceeds(one)
    return exceeded and exceeded.what


def test_an_order_within_the_mandate_is_let_out() -> None:
    assert exceeds(check(order())) is None
    assert exceeds(check(order("sell", 10), mandated(order(), filled(10, 70_000)))) is None


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (check(order(), record=MandateRecord(mandate=M)), "nobody has agreed"),
        (check(order(), record=agreed(M, Decision(verdict="declined", channel="page"))), "declined it"),
        (check(order(), record=agreed(M, Decision(verdict="accepted", channel="guard"))), "it was refused"),
        (check(order(), now=M.until), "its time is over"),
        (
            check(order(), record=replace(agreed(M), end=MandateEnd(mandate_id="m", at=NOW, reason="revoked"))),
            "it ended at 2026-03-03 10:00, revoked",
        ),
        (check(order(), account_id="b"), "for account 12****78-01 in sim"),
        (check(order(), environment=Environment.DEMO), "would go elsewhere"),
        (check(order(symbol="000660")), "000660 (KR) is not among"),
        (check(order(market="JP")), "005930 (JP) is not among"),
        (check(order("sell"), record=agreed(mandate(id="m", sides=frozenset({"buy"})))), "does not let it sell"),
        (check(order(), record=agreed(mandate(id="m", sides=frozenset({"sell"})))), "does not let it buy"),
        (check(order(), tool="domestic_stock_order_credit"), "no credit"),
        (check(order(), tool="domestic_stock_order_resv"), "no reservation"),
        (check(order(action=Action.MODIFY), tool=RVSECNCL), "no change"),
        (check(order(), tool=RVSECNCL), "no change"),
        (check(order("sell"), arguments={"sell_kind": "borrowed"}), "says nothing of sell_kind"),
        (check(order(quantity=15)), "worth up to 1,050,000 KRW; the mandate lets out at most 1,000,000 KRW in one"),
        (check(order(amount=None)), "cannot be told"),
        (check(order(currency="USD")), "in USD, and the mandate in KRW"),
        (check(order("sell", 1)), "its own orders hold 0"),
        (check(order("sell", 11), mandated(order(), filled(10, 70_000))), "its own orders hold 10"),
        (check(CANCEL, OURS), "no change"),
        (check(CANCEL, tool=RVSECNCL), "Order 7 is not one that this mandate let out"),
        (check(CANCEL, OURS, tool=RVSECNCL, now=NOW + timedelta(days=1)), "is not one that this mandate"),
        (check(replace(CANCEL, symbol="000660"), OURS, tool=RVSECNCL), "is not one that this mandate"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_outside_is_refused_with_the_reason(one: MandateCheck, said: str) -> None:
    exceeded = exceeds(one)
    assert isinstance(exceeded, MandateExceeded)
    assert said in exceeded.what
    assert "A person has to agree" in exceeded.remedy


@pytest.mark.parametrize(
    ("environment", "counts"),
    [
        (Environment.REAL, {"elicitation", "page"}),
        (Environment.DEMO, {"elicitation", "page", "preview", "never"}),
        (Environment.SIM, {"elicitation", "page", "preview", "never"}),
    ],
)
def test_only_a_yes_that_is_strong_enough_for_its_environment_counts(
    environment: Environment, counts: set[str]
) -> None:
    channels: tuple[Channel, ...] = ("elicitation", "page", "preview", "never", "guard", "mandate")
    records = {
        by: agreed(mandate(environment=environment), Decision(verdict="accepted", channel=by)) for by in channels
    }
    assert {by for by, one in records.items() if one.status(NOW) is MandateStatus.IN_FORCE} == counts


def test_its_own_order_may_be_cancelled_also_after_the_mandate_has_ended_but_never_without_a_yes() -> None:
    ended = replace(agreed(M), end=MandateEnd(mandate_id="m", at=NOW, reason="revoked"))
    assert exceeds(check(CANCEL, OURS, tool=RVSECNCL)) is None
    assert exceeds(check(CANCEL, OURS, tool=RVSECNCL, record=ended)) is None
    assert exceeds(check(CANCEL, OURS, tool=RVSECNCL, record=MandateRecord(mandate=M))) is not None


def test_what_stands_and_what_is_held_at_cost_is_bound_together() -> None:
    held, standing = mandated(order(), filled(10, 68_000)), mandated(order(quantity=14))
    partly = mandated(order(), filled(4, 60_000, is_over=False))
    cancelled = mandated(order(), Fill(is_over=True))
    lost = mandated(order(), may_stand=False)
    orders = (held, standing, partly, cancelled, lost)
    assert MandateBook("m", orders).bound == 680_000 + 980_000 + 240_000 + 420_000
    record = agreed(mandate(id="m", orders_a_day=9))
    assert why(check(order(quantity=9), *orders, record=record)) is None
    assert why(check(order(quantity=10), *orders, record=record)) == (
        "The order is worth up to 700,000 KRW, and 2,320,000 KRW are bound already; the mandate lets it bind"
        " 3,000,000 KRW in all."
    )


def test_a_sale_frees_what_it_sold_first_bought_first_sold() -> None:
    orders = (
        mandated(order(), filled(10, 60_000)),
        mandated(order(), filled(10, 80_000)),
        mandated(order("sell", 15), filled(15, 70_000)),
    )
    ((key, (trip,)),) = MandateBook("m", orders).held().items()
    assert (key, trip.buy, trip.quantity, trip.cost) == (("005930", "KR"), orders[1], 5, 400_000)
    assert MandateBook("m", orders).sellable(key) == 5
    assert [(trip.quantity, trip.entry_price, trip.exit_price) for trip in round_trips(orders)] == [
        (10, 60_000, 70_000),
        (5, 80_000, 70_000),
        (5, 80_000, None),
    ]


def test_a_sale_is_of_what_its_own_mandate_bought_and_only_the_rest_of_it_of_an_earlier_ones() -> None:
    earlier = mandated(order(), filled(10, 90_000), mandate_id="earlier")
    bought, sold = mandated(order(), filled(10, 70_000)), mandated(order("sell", 14), filled(14, 65_000))
    for orders in ((earlier, bought, sold), (earlier, sold, bought)):
        book = MandateBook("m", orders)
        assert [(trip.quantity, trip.sale) for trip in book.own_trips()] == [(10, sold)]
        assert [(trip.buy, trip.quantity) for trips in book.held().values() for trip in trips] == [(earlier, 6)]
        assert book.own_held() == {}


def test_what_somebody_else_sold_is_gone_before_what_was_sold_later_and_is_neither_earned_nor_bound() -> None:
    first = mandated(order(), filled(5, 60_000), sent_at=NOW)
    sold = mandated(order("sell", 2), filled(2, 66_000), sent_at=NOW + timedelta(hours=2))
    again = mandated(order(), filled(2, 70_000), sent_at=NOW + timedelta(hours=3))
    last = mandated(order("sell", 2), filled(2, 71_000), sent_at=NOW + timedelta(hours=4))
    key = ("005930", "KR")
    lost = LostShares(mandate_id="m", key=key, quantity=Decimal(3), at=NOW + timedelta(hours=1))
    book = MandateBook("m", (first, sold, again, last), (lost,))
    assert [(trip.buy, trip.quantity, trip.sale, trip.profit) for trip in book.own_trips()] == [
        (first, 3, None, None),
        (first, 2, sold, 12_000),
        (again, 2, last, 2_000),
    ]
    assert (book.loss({}), book.bound, book.sellable(key), book.own_held()) == (-14_000, 0, 0, {})


@given(
    st.lists(
        st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 40), st.integers(1, 90_000), st.sampled_from("AB")),
        max_size=20,
    )
)
def test_round_trips_come_to_what_was_bought_and_sold_to_the_won(deals: list[tuple[Any, int, int, str]]) -> None:
    orders = [mandated(order(side, n, symbol=symbol), filled(n, price)) for side, n, price, symbol in deals]
    trips = round_trips(orders)
    for bought in (one for one in orders if one.order.side == "buy"):
        own = [trip for trip in trips if trip.buy is bought]
        assert sum(trip.quantity for trip in own) == bought.filled
        assert abs(sum(trip.cost for trip in own) - bought.fill.worth) < Decimal("1e-15")
    for symbol in "AB":
        bought = sum(one.filled for one in orders if one.key[0] == symbol and one.order.side == "buy")
        sold = sum(one.filled for one in orders if one.key[0] == symbol and one.order.side == "sell")
        held = sum(trip.quantity for trip in trips if trip.buy.key[0] == symbol and trip.sale is None)
        assert held == max(0, bought - sold)
    for sale in (one for one in orders if one.order.side == "sell"):
        own = [trip for trip in trips if trip.sale is sale]
        sold = sum(trip.quantity for trip in own)
        assert sold <= sale.filled
        assert abs(sum(trip.worth for trip in own) - sale.fill.worth * sold / sale.filled) < Decimal("1e-15")


def test_an_order_to_sell_holds_its_shares_until_it_is_over() -> None:
    bought = mandated(order(), filled(10, 70_000))
    assert exceeds(check(order("sell", 4), bought, mandated(order("sell", 6)))) is None
    assert exceeds(check(order("sell", 5), bought, mandated(order("sell", 6)))) is not None
    assert exceeds(check(order("sell", 10), bought, mandated(order("sell", 6), Fill(is_over=True)))) is None


def test_a_buy_whose_fills_nobody_told_holds_nothing_to_sell() -> None:
    assert exceeds(check(order("sell", 1), mandated(order()))) is not None


@pytest.mark.parametrize(
    ("market", "sent", "now", "is_same_day"),
    [
        ("KR", NOW.replace(hour=23, minute=59), NOW.replace(day=4, hour=0), False),
        ("US", NOW.replace(hour=23, minute=59), NOW.replace(day=4, hour=0), True),
        ("US", NOW.replace(day=4, hour=13), NOW.replace(day=4, hour=15), False),
    ],
)
def test_orders_are_counted_by_the_day_of_their_exchange(
    market: str, sent: datetime, now: datetime, is_same_day: bool
) -> None:
    terms = US_STOCK if market == "US" else {}
    record = agreed(mandate(id="m", orders_a_day=2, **terms))
    one = order(market=market, symbol=record.mandate.symbols[0].symbol, currency=record.mandate.currency)
    before = mandated(one, sent_at=sent.astimezone(UTC), may_stand=False)
    assert (exceeds(check(one, before, record=record, now=now)) is not None) is is_same_day


def test_an_entry_leaves_one_order_of_the_day_for_the_exit_of_each_position() -> None:
    hynix = "000660"
    record = agreed(mandate(id="m", orders_a_day=5, symbols=(SAMSUNG, MandateSymbol(hynix, "KR"))))
    held = mandated(order(quantity=1), filled(1, 70_000), sent_at=NOW - timedelta(days=1))
    standing, gone = mandated(order(quantity=1, symbol=hynix)), mandated(order(quantity=1), Fill(is_over=True))
    assert exceeds(check(order(quantity=1), held, standing, gone, record=record)) is None
    refused = exceeds(check(order(quantity=1), held, standing, gone, gone, record=record))
    assert refused is not None
    assert not isinstance(refused, MandateExceeded), "the strategy goes on"
    assert str(refused) == (
        "2 of 5 orders are left today, and of them it keeps 2 to sell what it holds or would buy."
        " It may order again on the exchange's next day."
    )
    sold = mandated(order("sell", 1))
    assert exceeds(check(order(quantity=1, symbol=hynix), held, sold, gone, standing, record=record)) is None
    assert exceeds(check(order("sell", 1), held, *[gone] * 4, record=record)) is None
    left = mandated(order(), filled(10, 70_000), mandate_id="earlier")
    assert exceeds(check(order(quantity=1, symbol=hynix), left, *[gone] * 3, record=record)) is None
    used_up = exceeds(check(order("sell", 1), held, *[gone] * 5, record=record))
    assert used_up is not None
    assert "5 orders went out today" in used_up.what
    assert not isinstance(used_up, MandateExceeded), "what it holds is watched the next day"


def test_where_nothing_may_be_sold_no_order_is_kept_for_it() -> None:
    record = agreed(mandate(id="m", orders_a_day=1, sides=frozenset({"buy"})))
    assert exceeds(check(order(), record=record)) is None


def test_orders_of_an_earlier_mandate_do_not_count_for_the_day_but_for_what_is_bound_and_held() -> None:
    earlier = [mandated(order(), filled(10, 70_000), mandate_id="earlier") for _ in range(4)]
    record = agreed(mandate(id="m", orders_a_day=2))
    assert "2,800,000 KRW are bound" in (why(check(order(), *earlier, record=record)) or "")
    assert exceeds(check(order("sell", 40), *earlier, record=record)) is None


def test_at_its_loss_nothing_more_is_bought_and_what_is_held_may_be_sold() -> None:
    held = mandated(order(quantity=14), filled(14, 70_000))
    sold = mandated(order("sell", 4), filled(4, 45_000))
    lost = check(order(quantity=1), held, sold)
    assert lost.book.loss({}) == 100_000
    assert exceeds(lost) is None
    assert loss_exceeds(lost, {("005930", "KR"): Decimal(60_000)}) == (
        "It has lost 200,000 KRW; from 200,000 KRW on it buys nothing more."
    )
    assert loss_exceeds(lost, {("005930", "KR"): Decimal(60_100)}) is None
    assert loss_exceeds(replace(lost, order=order("sell", 1)), {("005930", "KR"): Decimal(1)}) is None
    worse = mandated(order("sell", 4), filled(4, 20_000))
    assert "It has lost 200,000 KRW" in (why(check(order(quantity=1), held, worse)) or "")


def test_fees_are_part_of_the_loss() -> None:
    paid = mandated(order(fees=Decimal(7_000)), filled(5, 70_000))
    assert MandateBook("m", (paid,)).loss({}) == 3_500


def test_a_loss_is_counted_from_when_the_mandate_began() -> None:
    earlier = mandated(order(), filled(10, 90_000), mandate_id="earlier")
    bought, sold = mandated(order(), filled(10, 70_000)), mandated(order("sell", 4), filled(4, 65_000))
    book = MandateBook("m", (earlier, bought, sold))
    assert book.loss({("005930", "KR"): Decimal(68_000)}) == 4 * 5_000 + 6 * 2_000
    assert book.bound == 10 * 90_000 + 6 * 70_000, "what is bound is counted over all of them"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"most_per_order": Decimal(0)}, "most_per_order"),
        ({"most_in_all": Decimal("NaN")}, "most_in_all"),
        ({"most_loss": Decimal("Infinity")}, "most_loss"),
        ({"orders_a_day": 0}, "orders_a_day"),
        ({"orders_a_day": 1}, "orders_a_day"),
        ({"most_per_order": Decimal(4_000_000)}, "most_per_order"),
        ({"sides": frozenset[Side]()}, "sides"),
        ({"symbols": ()}, "symbols"),
        ({"symbols": (MandateSymbol("101W12", "domestic_futureoption"),)}, "symbols"),
        ({"symbols": (MandateSymbol("005930", "KR"), MandateSymbol("005930", "KR", "again"))}, "symbols"),
        ({"results": {"long": "x" * 201}}, "results"),
    ],
)
def test_terms_that_bound_nothing_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        draft(**changes).require_sound()
    assert refused.value.field == field


@dataclass
class World:
    """A strategy that sends whatever its mandate lets out, and a KIS that fills it as it likes."""

    record: MandateRecord
    orders: list[MandatedOrder] = field(default_factory=list[MandatedOrder])
    now: datetime = NOW

    def book(self) -> MandateBook:
        return MandateBook("m", tuple(self.orders))

    def send(self, one: Order) -> None:
        if exceeds(check(one, *self.orders, record=self.record, now=self.now)) is None:
            self.orders.append(mandated(one, sent_at=self.now))

    def change(self, index: int, **changes: Any) -> None:
        if self.orders:
            self.orders[index % len(self.orders)] = replace(self.orders[index % len(self.orders)], **changes)


STEPS = st.one_of(
    st.tuples(
        st.just("send"),
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 20),
        st.integers(1, 20).map(lambda step: step * 10_000),
    ),
    st.tuples(st.just("fill"), st.integers(0, 50), st.integers(1, 20), st.booleans()),
    st.tuples(st.just("lose"), st.integers(0, 50)),
    st.tuples(st.just("pass"), st.integers(1, 30)),
)


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=40))
def test_no_sequence_of_orders_and_fills_is_beyond_any_bound(steps: list[tuple[Any, ...]]) -> None:
    _trade_within_bounds(steps)


@pytest.mark.slow
@settings(max_examples=600)
@given(st.lists(STEPS, max_size=40))
def test_no_sequence_of_very_many_is_beyond_any_bound(steps: list[tuple[Any, ...]]) -> None:
    _trade_within_bounds(steps)


def _trade_within_bounds(steps: list[tuple[Any, ...]]) -> None:
    world = World(agreed(mandate(id="m", orders_a_day=6)))
    terms = world.record.mandate
    for step in steps:
        match step:
            case ("send", side, quantity, price):
                world.send(order(side, quantity, price))
            case ("fill", index, quantity, is_over) if world.orders:
                one = world.orders[index % len(world.orders)]
                more = min(one.rest, Decimal(quantity))
                worth = one.fill.worth + more * (one.order.price or 0)
                world.change(
                    index, fill=Fill(quantity=one.filled + more, worth=worth, is_over=is_over or one.fill.is_over)
                )
            case ("lose", index) if world.orders and not world.orders[index % len(world.orders)].filled:
                world.change(index, may_stand=False)
            case ("pass", hours):
                world.now += timedelta(hours=hours)
            case _:
                pass
        _require_within(world.orders, terms.most_per_order, terms.most_in_all, terms.orders_a_day)


def _require_within(orders: list[MandatedOrder], per_order: Decimal, in_all: Decimal, a_day: int) -> None:
    """The bounds, counted another way than by the book: purse in, purse out."""
    buys, sells = ([one for one in orders if one.order.side == side] for side in ("buy", "sell"))
    assert all((one.order.amount or 0) <= per_order for one in buys)
    queue = [(one.fill.worth / one.filled, one.filled) for one in buys if one.filled]
    left = sum((one.filled for one in sells), Decimal(0))
    held = Decimal(0)
    for price, quantity in queue:
        sold = min(left, quantity)
        left -= sold
        held += price * (quantity - sold)
    assert left == 0, "more was sold than its own orders bought"
    standing = [one for one in buys if one.may_stand and not one.fill.is_over]
    assert held + sum((one.rest * (one.order.price or 0) for one in standing), Decimal(0)) <= in_all
    days = [one.sent_at.date() for one in orders]
    assert all(days.count(day) <= a_day for day in set(days))
