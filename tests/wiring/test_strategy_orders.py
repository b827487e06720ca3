"""A strategy's wishes as orders of the desk, and what became of them in its words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kis_mcp.catalog import CheckedArguments, catalog
from kis_mcp.clock import KST, WorldClock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable, OrderRefused, OrderRejected, OrderStateUnknown
from kis_mcp.market import Instrument
from kis_mcp.settings import Settings
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.strategies.runner import Answer, InAccount, OwnOrder, Wish
from kis_mcp.trading.desk import OrderOutcome
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.mandate import MandateSymbol
from kis_mcp.trading.order import Action, Order
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.strategy_mandate import open_mandate
from kis_mcp.wiring.strategy_orders import Filled, StrategyOrders
from kis_mcp.wiring.trials import wait_silently
from tests.trading.fakes import CATALOG
from tests.trading.mandates import YES, mandate

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
INSTRUMENTS = {"005930": Instrument("005930", "KR", "krx", kind="stock"), "AAPL": Instrument("AAPL", "US", "nasdaq")}
KEY = "run-005930-2026-03-03T10:00:00+09:00-enter"


class Outside(OrderRefused):
    """As the desk refuses what is outside a mandate."""


def record(status: Status, key: str = f"strategy s: {KEY}", *, is_sent: bool = True, side: Any = "buy") -> Record:
    order = Order(kis_title="", action=Action.NEW, market="KR", symbol="005930", side=side, quantity=Decimal(10))
    intent = Intent(
        id=f"intent-{status}",
        at=NOW,
        environment=Environment.SIM,
        account="",
        account_id="",
        tool="domestic_stock_order_cash",
        arguments={"symbol": "005930", "side": side, "quantity": 10, "order_type": "limit", "price": 71000},
        order=order,
        fingerprint="",
        idempotency_key=key,
    )
    return Record(intent=intent, status=status, sent_at=NOW if is_sent else None)


class FakeMandated:
    def __init__(
        self, *records: Record, error: Exception | None = None, fills: Mapping[str, Filled] | None = None
    ) -> None:
        self.records = list(records)
        self.error = error
        self.filled = fills or {}
        self.placed: list[tuple[str, Mapping[str, object], str]] = []
        self.reads_of_book = 0

    async def place(self, arguments: CheckedArguments, *, key: str) -> OrderOutcome:
        self.placed.append((arguments.api.tool, dict(arguments), key))
        if self.error is not None:
            raise self.error
        order = record(Status.ACCEPTED).intent.order
        return OrderOutcome(intent_id="i1", status=Status.ACCEPTED, order=order, order_id="1", message="")

    async def look_up(self, intent_id: str) -> Record:
        return next(each for each in self.records if each.intent.id == intent_id)

    async def orders(self) -> Sequence[Record]:
        return self.records

    async def fills(self) -> Mapping[str, Filled]:
        return self.filled

    def loss(self, prices: Mapping[tuple[str, str], Decimal]) -> Decimal:
        return sum(prices.values(), Decimal(0)) if set(prices) <= {("005930", "KR"), ("AAPL", "US")} else Decimal(-1)

    async def read_book(self) -> None:
        self.reads_of_book += 1

    async def journaled(self, reads: Any) -> Sequence[Any]:
        return []

    async def orders_left(self) -> int:
        return 7

    def is_outside(self, error: OrderRefused) -> bool:
        return isinstance(error, Outside)


def orders(mandated: FakeMandated, *, clock_error: timedelta | None = None) -> StrategyOrders:
    reads = SimpleNamespace(catalog=CATALOG, clock_error=clock_error)
    return StrategyOrders("run", mandated, cast("Any", reads), INSTRUMENTS)


@pytest.fixture(autouse=True)
def upper_limit(monkeypatch: pytest.MonkeyPatch) -> list[Decimal | None]:
    """What KIS tells of the day's highest price; that it does not answer, while the list is empty."""
    limits: list[Decimal | None] = [Decimal(91_000)]

    async def quote(reads: Any, instrument: Any) -> Any:
        if not limits:
            raise KisUnavailable("KIS does not answer.", remedy="Wait.")
        return SimpleNamespace(upper_limit_price=limits[0])

    monkeypatch.setattr("kis_mcp.wiring.strategy_orders.read_quote", quote)
    return limits


@pytest.mark.parametrize(("limits", "price"), [([71_000], 71_000), ([72_000], 72_000), ([], 72_200), ([None], 72_200)])
async def test_a_buy_is_not_above_the_days_highest_price(
    upper_limit: list[Decimal | None], limits: list[int | None], price: int
) -> None:
    upper_limit[:] = [None if each is None else Decimal(each) for each in limits]
    mandated = FakeMandated()
    await orders(mandated).place(wish())
    ((_, arguments, _),) = mandated.placed
    assert arguments["price"] == price


def wish(symbol: str = "005930", side: Any = "buy", price: str = "70100") -> Wish:
    return Wish(symbol=symbol, side=side, quantity=10, price=Decimal(price), key=KEY)


@pytest.mark.parametrize(
    ("wanted", "tool", "expected"),
    [
        (wish(), "domestic_stock_order_cash", {"order_type": "limit", "price": 72200, "side": "buy"}),
        (wish(side="sell"), "domestic_stock_order_cash", {"order_type": "market", "side": "sell"}),
        (wish("AAPL", price="200.05"), "overseas_stock_order", {"price": Decimal("206.05"), "side": "buy"}),
        (wish("AAPL", "sell", "200.05"), "overseas_stock_order", {"price": Decimal("194.05"), "side": "sell"}),
    ],
)
async def test_a_buy_pays_a_little_more_than_the_last_price_at_most(
    wanted: Wish, tool: str, expected: dict[str, object]
) -> None:
    mandated = FakeMandated()
    assert await orders(mandated).place(wanted) == Answer("accepted", "i1")
    ((placed, arguments, key),) = mandated.placed
    assert (placed, key) == (tool, KEY)
    assert {name: arguments.get(name) for name in expected} == expected
    assert arguments["quantity"] == 10


async def test_a_decision_that_was_proposed_and_not_sent_is_sent_as_it_was_proposed() -> None:
    mandated = FakeMandated(record(Status.PROPOSED, is_sent=False))
    assert await orders(mandated).place(wish(price="70500")) == Answer("accepted", "i1")
    ((_, arguments, key),) = mandated.placed
    assert (arguments["price"], key) == (Decimal(71000), KEY)


@pytest.mark.parametrize(
    ("error", "kind", "intent_id"),
    [
        (Outside("Too much.", remedy="Stop."), "outside", None),
        (OrderRefused("Halted.", remedy="Wait."), "refused", None),
        (OrderRejected("No.", remedy="Mend it."), "refused", None),
        (OrderStateUnknown("Lost.", remedy="Wait."), "unknown", "intent-unknown"),
    ],
)
async def test_every_answer_has_its_kind(error: Exception, kind: str, intent_id: str | None) -> None:
    mandated = FakeMandated(record(Status.UNKNOWN), error=error)
    assert await orders(mandated).place(wish()) == Answer(cast("Any", kind), intent_id, str(error))


@pytest.mark.parametrize(
    ("status", "filled", "state"),
    [
        (Status.ACCEPTED, None, "open"),
        (Status.ACCEPTED, Filled(Decimal(4), Decimal(400)), "open"),
        (Status.ACCEPTED, Filled(Decimal(10), Decimal(1000), is_over=True), "ended"),
        (Status.UNKNOWN, None, "unknown"),
        (Status.SENT, None, "unknown"),
        (Status.NOT_ACCEPTED, None, "unknown"),
        (Status.NOT_ACCEPTED, Filled(is_over=True), "ended"),
        (Status.REJECTED, None, "ended"),
        (Status.NOT_SENT, None, "ended"),
    ],
)
async def test_an_order_is_told_as_far_as_kis_tells_it(status: Status, filled: Filled | None, state: str) -> None:
    fills = {f"intent-{status}": filled} if filled else {}
    found = await orders(FakeMandated(record(status), fills=fills)).look_up(f"intent-{status}")
    quantity = int(filled.quantity) if filled else 0
    assert found == OwnOrder(
        intent_id=f"intent-{status}",
        key=KEY,
        at=NOW,
        symbol="005930",
        side="buy",
        quantity=10,
        state=cast("Any", state),
        filled=quantity,
        price=Decimal(100) if quantity else None,
    )


async def test_only_what_the_run_itself_sent_is_its_own() -> None:
    mandated = FakeMandated(
        record(Status.ACCEPTED),
        record(Status.REFUSED, is_sent=False),
        record(Status.SENT, "strategy s: another-005930-x-enter"),
    )
    assert [each.intent_id for each in await orders(mandated).orders()] == ["intent-accepted"]


async def test_orders_follow_each_other_as_they_were_sent_though_this_machines_clock_was_set_back() -> None:
    bought = replace(record(Status.ACCEPTED), sent_at=NOW + timedelta(minutes=4), kis_sent_at=NOW)
    sold_at = NOW + timedelta(minutes=3)
    sold = replace(record(Status.SENT, side="sell"), sent_at=sold_at, kis_sent_at=sold_at)
    told = await orders(FakeMandated(sold, bought)).orders()
    assert [(each.side, each.at) for each in told] == [("buy", NOW), ("sell", sold_at)]


async def test_the_seconds_by_which_kis_clock_is_not_known_do_not_turn_two_orders_round() -> None:
    bought = replace(record(Status.ACCEPTED), sent_at=NOW, kis_sent_at=NOW)
    sold_at = NOW + timedelta(seconds=1)
    sold = replace(record(Status.SENT, side="sell"), sent_at=sold_at, kis_sent_at=NOW - timedelta(seconds=3))
    first, second = await orders(FakeMandated(sold, bought)).orders()
    assert (first.side, second.side) == ("buy", "sell")
    assert second.at - first.at == timedelta(seconds=1)


async def test_the_time_of_an_order_is_told_by_this_machines_clock_as_it_is_set_now() -> None:
    sent = replace(record(Status.ACCEPTED), sent_at=NOW + timedelta(minutes=1), kis_sent_at=NOW)
    mandated = FakeMandated(sent)
    ahead = orders(mandated, clock_error=timedelta(minutes=-4))
    (told,) = await ahead.orders()
    assert told.at == NOW + timedelta(minutes=4)
    assert await ahead.look_up(sent.intent.id) == told


async def test_what_the_account_has_is_counted_over_all_its_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    lots = [
        SimpleNamespace(symbol="005930", quantity=Decimal(10), sellable_quantity=Decimal(4)),
        SimpleNamespace(symbol="005930", quantity=Decimal(5), sellable_quantity=None),
        SimpleNamespace(symbol="000660", quantity=Decimal(7), sellable_quantity=Decimal(7)),
    ]
    asked: list[tuple[str, bool]] = []

    async def holdings(reads: Any, market: str, *, fresh: bool) -> Sequence[Any]:
        asked.append((market, fresh))
        return lots

    monkeypatch.setattr("kis_mcp.wiring.strategy_orders.read_market_holdings", holdings)
    assert await orders(FakeMandated()).account("005930") == InAccount(held=15, sellable=4)
    assert asked == [("KR", True)]


def test_a_loss_is_counted_by_the_prices_of_instruments_of_their_markets() -> None:
    assert orders(FakeMandated()).loss({"005930": Decimal(3), "AAPL": Decimal(4)}) == 7


async def test_a_lost_order_that_the_journal_does_not_name_is_no_refusal() -> None:
    mandated = FakeMandated(error=OrderStateUnknown("Lost.", remedy="Wait."))
    with pytest.raises(OrderStateUnknown):
        await orders(mandated).place(wish())


async def test_a_cancel_that_was_sent_already_is_not_drafted_again() -> None:
    cancel = record(Status.ACCEPTED, f"{KEY}-cancel-1")
    arguments = {"order_id": "0000000001", "action": "cancel", "order_branch": "06010"}
    intent = replace(cancel.intent, id="c", tool="domestic_stock_order_rvsecncl", arguments=arguments)
    mandated = FakeMandated(record(Status.ACCEPTED), replace(cancel, intent=intent))
    await orders(mandated).cancel("intent-accepted", f"{KEY}-cancel-1")
    assert [(tool, key) for tool, _, key in mandated.placed] == [("domestic_stock_order_rvsecncl", f"{KEY}-cancel-1")]


@pytest.mark.parametrize(("symbol", "price"), [("005930", "50000"), ("AAPL", "100")])
async def test_an_order_that_stands_is_cancelled_under_its_mandate_and_counts_as_one_order_of_the_day(
    symbol: str, price: str
) -> None:
    """In the simulator, whose market is always open."""
    clock = WorldClock(at=NOW, speed=0)
    async with open_environments(Settings.load(), catalog(), clock) as environments:
        brokerage = await environments.brokerage(Environment.SIM)
        journal, instrument = await brokerage.journal(), INSTRUMENTS[symbol]
        agreed = mandate(
            symbols=(MandateSymbol(symbol, instrument.market, symbol),),
            currency="KRW" if instrument.market == "KR" else "USD",
            account_id=await journal.account_id(brokerage.apis.accounts["stock"]),
        )
        await journal.propose_mandate(agreed)
        await journal.decide_mandate(agreed.id, YES, NOW)
        run = StrategyRun(
            id="run",
            strategy=agreed.strategy,
            version=1,
            digest=agreed.document,
            mandate_id=agreed.id,
            account_id=agreed.account_id,
            symbols=(symbol,),
            state="running",
            reason="",
            started_at=NOW,
        )
        mandated, _ = await open_mandate(brokerage, run, None)
        own = StrategyOrders("run", mandated, Reads(brokerage, wait_silently), INSTRUMENTS)
        placed = await own.place(replace(wish(symbol, price=price), key="run-key"))
        assert placed.kind == "accepted", placed
        assert placed.intent_id is not None
        standing = await own.look_up(placed.intent_id)
        answers = [(await own.cancel(placed.intent_id, "run-key-cancel-1")).kind for _ in range(2)]
        ended = await own.look_up(placed.intent_id)
        assert (answers, await own.orders_left()) == (["accepted"] * 2, 4)
        assert [each.intent_id for each in await own.orders()] == [placed.intent_id]
    assert (standing.state, ended.state, ended.filled) == ("open", "ended", 0)
    assert standing.limit == Decimal(price) * Decimal("1.03")
