"""What a run's mandate has to be before the run orders by it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kis_mcp.errors import BadArgument, CredentialsError, KisMcpError, KisUnavailable
from kis_mcp.market import Instrument
from kis_mcp.storage import SqlJournal
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.strategies.runner import Wish
from kis_mcp.trading.journal import Status
from kis_mcp.trading.mandate import MandateBook, MandateEnd, MandateRecord
from kis_mcp.wiring.strategy_mandate import DeskOrders, open_mandate, why_not_in_force
from kis_mcp.wiring.strategy_orders import StrategyOrders
from tests.trading.desk.test_mandated import Strategy
from tests.trading.fakes import CATALOG, FakeClock, TellingKis
from tests.trading.mandates import NOW, agreed, filled, mandated, order

RECORD = agreed()
RUN = StrategyRun(
    id="run",
    strategy=RECORD.mandate.strategy,
    version=1,
    digest=RECORD.mandate.document,
    mandate_id=RECORD.mandate.id,
    account_id=RECORD.mandate.account_id,
    symbols=("005930",),
    state="running",
    reason="",
    started_at=NOW,
)


def brokerage(
    record: MandateRecord | None, account_id: str = "a", *, has_account: bool = True, earlier: int = 0
) -> Any:
    async def find(_: object) -> Any:
        return record

    async def account(_: object) -> str:
        return account_id

    async def book(mandate_id: str) -> MandateBook:
        own = mandated(order(), filled(10, 70_000), mandate_id=mandate_id)
        return MandateBook(mandate_id, (*[mandated(order(), filled(10, 60_000))] * earlier, own))

    async def journal() -> Any:
        return SimpleNamespace(find_mandate=find, account_id=account, mandate_book=book)

    async def desk() -> Any:
        return None

    accounts = {"stock": object()} if has_account else {}
    return SimpleNamespace(journal=journal, desk=desk, apis=SimpleNamespace(accounts=accounts))


@pytest.mark.parametrize(
    ("run", "has", "error"),
    [
        (RUN, brokerage(None), BadArgument),
        (replace(RUN, digest="e" * 64), brokerage(RECORD), BadArgument),
        (replace(RUN, strategy="another"), brokerage(RECORD), BadArgument),
        (RUN, brokerage(RECORD, "b"), CredentialsError),
        (RUN, brokerage(RECORD, has_account=False), CredentialsError),
    ],
)
async def test_a_run_orders_by_its_own_mandate_on_the_account_that_it_names_only(
    run: StrategyRun, has: Any, error: type[KisMcpError]
) -> None:
    with pytest.raises(error):
        await open_mandate(has, run, None)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (RECORD, ""),
        (None, "Its mandate is not in the journal."),
        (MandateRecord(mandate=RECORD.mandate), "Its mandate is proposed."),
        (
            replace(RECORD, end=MandateEnd(mandate_id=RECORD.mandate.id, at=NOW, reason="revoked")),
            "Its mandate was ended: revoked.",
        ),
    ],
)
async def test_a_keeper_stops_what_has_no_mandate_and_leaves_the_end_of_its_time_to_the_run(
    record: MandateRecord | None, why: str
) -> None:
    journal = await brokerage(record).journal()
    assert await why_not_in_force(journal, RECORD.mandate.id, NOW) == why
    assert await why_not_in_force(journal, RECORD.mandate.id, RECORD.mandate.until) == why


async def test_a_mandate_bounds_what_its_run_may_spend_and_lose() -> None:
    _, bounds = await open_mandate(brokerage(RECORD), RUN, None)
    mandate = RECORD.mandate
    assert (bounds.capital, bounds.most_loss, bounds.until) == (mandate.most_in_all, mandate.most_loss, mandate.until)


@pytest.mark.parametrize(("earlier", "capital"), [(2, 1_800_000), (6, 0)])
async def test_what_earlier_mandates_left_bound_is_not_spent_again(earlier: int, capital: int) -> None:
    _, bounds = await open_mandate(brokerage(RECORD, earlier=earlier), RUN, None)
    assert bounds.capital == capital


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.open(tmp_path / "journal.db")
    yield journal
    await journal.aclose()


def orders_of(strategy: Strategy, journal: SqlJournal) -> StrategyOrders:
    mandated = DeskOrders(strategy.desk, journal, strategy.orders, strategy.mandate.id)
    instruments = {"005930": Instrument("005930", "KR", "krx", kind="stock")}
    reads = SimpleNamespace(clock_error=None, catalog=CATALOG, rows=do_not_answer)
    return StrategyOrders("run", mandated, cast("Any", reads), instruments)


async def do_not_answer(*_: object, **__: object) -> None:
    raise KisUnavailable("KIS does not answer.", remedy="Wait.")


async def test_a_buy_that_kis_lists_only_after_it_seemed_not_to_have_arrived_is_held(journal: SqlJournal) -> None:
    async def lose_the_answer() -> None:
        raise TimeoutError

    clock = FakeClock()
    kis = TellingKis(clock, before=lose_the_answer)
    strategy = Strategy(kis, journal)
    await strategy.start()
    orders = orders_of(strategy, journal)
    answer = await orders.place(Wish(symbol="005930", side="buy", quantity=10, price=Decimal(68_000), key="run-1"))
    assert answer.kind == "unknown"
    assert answer.intent_id is not None

    clock.pass_by(minutes=30)
    absent = await orders.look_up(answer.intent_id)
    record = await journal.find(answer.intent_id)
    assert record is not None
    assert (record.status, absent.state) == (Status.NOT_ACCEPTED, "unknown")
    assert [each.state for each in await orders.orders()] == ["unknown"]

    kis.take({"symbol": "005930", "side": "buy", "quantity": 10, "price": 70_000})
    kis.listed[0]["order_time"] = "10:00:01"
    strategy.fill(0, 10, 69_000)
    assert await orders.look_up(answer.intent_id) == replace(absent, state="ended", filled=10, price=Decimal(69_000))
    assert (await journal.mandate_book(strategy.mandate.id)).bound == 690_000


async def test_what_a_run_has_lost_is_realised_and_open_with_fees_and_taxes(journal: SqlJournal) -> None:
    kis = TellingKis(FakeClock())
    strategy = Strategy(kis, journal)
    await strategy.start()
    orders = orders_of(strategy, journal)
    assert orders.loss({"005930": Decimal(1)}) == 0
    await orders.place(Wish(symbol="005930", side="buy", quantity=10, price=Decimal(68_000), key="run-1"))
    strategy.fill(0, 10, 69_000)
    await orders.place(Wish(symbol="005930", side="sell", quantity=4, price=Decimal(66_000), key="run-2"))
    strategy.fill(1, 4, 66_000)
    await orders.orders()
    commission, tax = Decimal("0.000140527"), Decimal("0.0020")
    fees = (10 * 69_000 + 4 * 66_000) * commission + 4 * 66_000 * tax
    assert orders.loss({"005930": Decimal(65_000)}) == 4 * 3_000 + 6 * 4_000 + fees


async def test_a_buy_that_kis_never_lists_is_given_up_after_a_day(journal: SqlJournal) -> None:
    async def lose_the_answer() -> None:
        raise TimeoutError

    clock = FakeClock()
    strategy = Strategy(TellingKis(clock, before=lose_the_answer), journal)
    await strategy.start()
    orders = orders_of(strategy, journal)
    answer = await orders.place(Wish(symbol="005930", side="buy", quantity=10, price=Decimal(68_000), key="run-1"))
    states = list[str]()
    for hours in (1, 22, 1):
        clock.pass_by(hours=hours)
        states.append((await orders.look_up(answer.intent_id or "")).state)
    assert states == ["unknown", "unknown", "ended"]
    assert (await journal.mandate_book(strategy.mandate.id)).bound == 0
