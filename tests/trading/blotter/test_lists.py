"""Every order API's orders are looked up in a list of KIS', by the table of lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.model import Api
from kis_mcp.environment import Environment
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.history import order_history
from kis_mcp.trading.blotter.lists import EVERY_LIST, KOREAN, OrderList, lists_of, lists_of_api
from kis_mcp.trading.blotter.reading import orders_between, orders_of_days, pick_available
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER, Reconciler
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import Intent, Outcome, Record, Send, Status
from kis_mcp.trading.order import Action, order_of, plain
from tests.trading.fakes import CATALOG, FakeClock, FakeKis, api

ORDER_APIS = [api for api in CATALOG.apis if api.risk == "order"]
ALWAYS_READ = ("order_id", "symbol", "side", "order_quantity", "filled_quantity", "order_price")
IDS = [f"{order_list.family} {order_list.tool}" for order_list in EVERY_LIST]


@dataclass
class ListingKis(FakeKis):
    """Answers from the lists that a test fills, and takes only arguments that the table allows."""

    lists: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        check_arguments(api(tool), arguments)
        self.asked.append((tool, arguments))
        block = next(order_list.block for order_list in EVERY_LIST if order_list.tool == tool)
        return Decoded({block: list(self.lists.get(tool, []))}, complete=self.complete)


@pytest.fixture
def kis(clock: FakeClock) -> ListingKis:
    account = Account("12345678", "01")
    return ListingKis(clock, accounts={"stock": account, "futures": account, "overseas_futures": account})


def listing_of(order_list: OrderList, intent: Intent, sent: FakeClock, **changes: object) -> dict[str, object]:
    """The row that KIS would show of an intent, in the list's own names."""
    order = intent.order
    facts: dict[str, object] = {
        "order_id": "7",
        "original_order_id": order.original_order_id if order_list.lists_changes else None,
        "symbol": order.symbol,
        "side": order.side or "buy",
        "side_name": "매수취소" if order.action is Action.CANCEL else "매수정정",
        "order_quantity": order.quantity or 1,
        "filled_quantity": 0,
        "remaining_quantity": order.quantity or 1,
        "order_price": order.price,
        **changes,
    }
    row = {order_list.names.get(fact, fact): value for fact, value in facts.items()}
    day, clock = f"{sent.now:%Y-%m-%d}", f"{sent.now:%H:%M:%S}"
    taken_at = (f"{day}T{clock}",) if len(order_list.taken_at) == 1 else (day, clock)
    return row | dict(zip(order_list.taken_at, taken_at, strict=True))


async def unknown(journal: SqlJournal, clock: FakeClock, tool: str, **changes: object) -> Record:
    """An intent of this API that was sent and whose answer was lost."""
    today = {name: f"{clock():%Y-%m-%d}" for name in ("reservation_date",) if name in api(tool).example}
    values = check_arguments(api(tool), {**api(tool).example, **today, **changes})
    intent = Intent(
        id=new_ulid(clock()),
        at=clock(),
        environment=Environment.SIM,
        account="12****78-01",
        account_id=await journal.account_id(Account("12345678", "01")),
        tool=tool,
        arguments=plain(values),
        order=order_of(api(tool), values),
        fingerprint=tool,
    )
    await journal.propose(intent)
    await journal.decide(intent.id, Decision(verdict="accepted", channel="elicitation"), clock())
    await journal.claim(Send(intent_id=intent.id, at=clock(), kis_at=clock()), same_since=clock())
    return await journal.conclude(Outcome(intent_id=intent.id, at=clock(), state="unknown"))


def test_every_order_api_has_a_list() -> None:
    assert [api.tool for api in ORDER_APIS if not lists_of_api(api)] == []
    assert len(ORDER_APIS) == 18


@pytest.mark.parametrize("order_list", EVERY_LIST, ids=IDS)
def test_a_list_uses_names_that_its_api_has(order_list: OrderList) -> None:
    found = api(order_list.tool)
    block = next(block for block in found.blocks if block.name == order_list.block)
    names = {field.name for field in block.fields}
    assert block.is_list
    assert {order_list.names.get(fact, fact) for fact in ALWAYS_READ} <= names
    assert set(order_list.names.values()) | set(order_list.taken_at) | set(order_list.cancelled_at) <= names
    assert {"start_date", "end_date"} <= {parameter.name for parameter in found.parameters} or not order_list.by_days
    if order_list.order_types_of:
        assert api(order_list.order_types_of).parameter("order_type")


def test_demo_reads_only_the_lists_that_it_has(kis: ListingKis) -> None:
    kis.environment = Environment.DEMO
    assert {order_list.tool for order_list in pick_available(kis, EVERY_LIST)} == {
        "domestic_stock_inquire_daily_ccld",
        "overseas_stock_inquire_ccnl",
        "domestic_fo_inquire_ccnl",
    }
    kis.accounts = {"stock": Account("12345678", "01")}
    assert "domestic_fo_inquire_ccnl" not in {order_list.tool for order_list in pick_available(kis, EVERY_LIST)}


@pytest.mark.parametrize("api", ORDER_APIS, ids=lambda api: api.tool)
async def test_a_lost_order_of_every_api_is_found(
    api: Api, kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    record = await unknown(journal, clock, api.tool)
    intent = record.intent
    order_list = lists_of(CATALOG, intent.tool, intent.arguments)[-1]
    row = listing_of(order_list, intent, clock)
    shows_by_effect = intent.order.action is not Action.NEW and not order_list.lists_changes
    if shows_by_effect:
        row |= {"reserved_order_id": intent.order.original_order_id, order_list.names["cancelled"]: "2026-03-03"}
        row |= dict(zip(order_list.cancelled_at, (f"{clock():%Y-%m-%d}", f"{clock():%H:%M:%S}"), strict=False))
    kis.lists[order_list.tool] = [row]
    settled = await Reconciler(kis, journal, clock=clock).settle(record)
    tells_nothing = shows_by_effect and not order_list.cancelled_at
    assert settled.status is (Status.NEEDLESS if tells_nothing else Status.ACCEPTED)
    assert settled.order_id == (None if shows_by_effect else "7")


@pytest.mark.parametrize("api", ORDER_APIS, ids=lambda api: api.tool)
async def test_an_order_that_no_list_shows_is_absent_only_from_lists_that_show_all(
    api: Api, kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    record = await unknown(journal, clock, api.tool)
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds())
    settled = await Reconciler(kis, journal, clock=clock).settle(record)
    lists = lists_of(CATALOG, record.intent.tool, record.intent.arguments)
    shows_by_effect = record.intent.order.action is not Action.NEW and not lists[0].lists_changes
    assert settled.status is (Status.UNKNOWN if shows_by_effect else Status.NOT_ACCEPTED)


async def test_an_order_of_the_night_session_is_found_under_the_next_business_day(
    kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(day=6, hour=22, minute=30)
    record = await unknown(journal, clock, "domestic_fo_order", session="night")
    night, _ = lists_of(CATALOG, "domestic_fo_order", {"session": "night"})
    row = listing_of(night, record.intent, clock)
    kis.lists[night.tool] = [row | {"order_date": "2026-03-09"}]
    clock.pass_by(hours=2)
    settled = await Reconciler(kis, journal, clock=clock).settle(record)
    assert (settled.status, settled.order_id) == (Status.ACCEPTED, "7")


async def test_a_night_order_that_no_list_shows_stays_unknown(
    kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    record = await unknown(journal, clock, "domestic_fo_order", session="night")
    clock.pass_by(hours=12)
    assert (await Reconciler(kis, journal, clock=clock).settle(record)).status is Status.UNKNOWN


async def test_a_bond_in_other_units_is_shown_as_a_candidate(
    kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    record = await unknown(journal, clock, "domestic_bond_buy")
    (bonds,) = lists_of(CATALOG, "domestic_bond_buy", {})
    short = (record.intent.order.symbol or "")[2:11]
    kis.lists[bonds.tool] = [listing_of(bonds, record.intent, clock, symbol=short, order_quantity=Decimal(10_000))]
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds())
    settled = await Reconciler(kis, journal, clock=clock).settle(record)
    assert settled.status is Status.UNKNOWN
    ((_, reconciliation),) = (await journal.findings([record.intent.id])).values()
    assert getattr(reconciliation, "candidates", None) == ("7",)


@pytest.mark.parametrize(
    ("last_day", "periods"),
    [
        (date(2026, 3, 18), [("03-12", "03-18"), ("03-05", "03-11"), ("03-02", "03-04")]),
        (date(2026, 3, 8), [("03-02", "03-08")]),
        (date(2026, 3, 2), [("03-02", "03-02")]),
    ],
)
async def test_bonds_are_asked_for_all_days_seven_at_a_time_as_kis_answers(
    kis: ListingKis, clock: FakeClock, last_day: date, periods: list[tuple[str, str]]
) -> None:
    (bonds,) = lists_of(CATALOG, "domestic_bond_buy", {})
    found = await orders_of_days(kis, bonds, date(2026, 3, 2), last_day)
    asked = [(f"{one['start_date']:%m-%d}", f"{one['end_date']:%m-%d}") for _, one in kis.asked]
    assert (asked, found.complete) == (periods, True)


async def test_bonds_of_a_year_are_read_from_its_end_and_what_is_not_read_is_said(kis: ListingKis) -> None:
    (bonds,) = lists_of(CATALOG, "domestic_bond_buy", {})
    found = await orders_of_days(kis, bonds, date(2025, 1, 1), date(2025, 12, 31))
    assert kis.asked[0][1]["end_date"] == date(2025, 12, 31)
    assert kis.asked[-1][1]["start_date"] == date(2025, 9, 25)
    assert "was not read before 2025-09-25" in found.gaps[0]
    assert not found.complete


async def test_a_changed_reservation_is_known_by_what_it_has_become(
    kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    change: dict[str, Any] = {"action": "modify", "symbol": "005930", "side": "buy", "quantity": 3, "price": 70000}
    record = await unknown(journal, clock, "domestic_stock_order_resv_rvsecncl", **change)
    (reserved,) = lists_of(CATALOG, record.intent.tool, {})
    before = listing_of(reserved, record.intent, clock, order_id=record.intent.order.original_order_id)
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds())
    kis.lists[reserved.tool] = [before | {"reserved_order_price": 69000}]
    reconciler = Reconciler(kis, journal, clock=clock)
    assert (await reconciler.settle(record)).status is Status.NOT_ACCEPTED
    again = await unknown(journal, clock, "domestic_stock_order_resv_rvsecncl", **change)
    kis.lists[reserved.tool] = [before]
    assert (await reconciler.settle(again)).status is Status.ACCEPTED


async def test_an_order_that_kis_sent_for_a_reservation_of_ours_is_not_shown_as_anothers(
    kis: ListingKis, journal: SqlJournal, clock: FakeClock
) -> None:
    record = await unknown(journal, clock, "domestic_stock_order_resv")
    (reserved,) = lists_of(CATALOG, record.intent.tool, {})
    reservation = listing_of(reserved, record.intent, clock) | {"order_id": "0000000555"}
    kis.lists[reserved.tool] = [reservation]
    await Reconciler(kis, journal, clock=clock).settle(record)
    kis.lists[KOREAN.tool] = [
        listing_of(KOREAN, record.intent, clock, order_id=order_id) for order_id in ("0000000555", "0000000556")
    ]
    today = clock().date()
    found = await order_history(journal, kis, today, today, clock(), catalog=CATALOG)
    assert [(order.is_ours, order.placed.order_id) for order in found.orders if order.placed] == [
        (True, "7"),
        (False, "0000000556"),
    ]


async def test_an_exchange_of_another_region_belongs_to_another_list(kis: ListingKis, clock: FakeClock) -> None:
    american, asian = lists_of(CATALOG, "overseas_stock_order_resv", {})
    row: dict[str, object] = {"reserved_order_id": "7", "symbol": "AAPL", "exchange": "nasdaq", "order_quantity": 1}
    kis.lists[american.tool] = [row]
    assert len((await orders_between(kis, american, clock(), clock())).orders) == 1
    assert (await orders_between(kis, asian, clock(), clock())).orders == ()
