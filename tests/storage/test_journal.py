import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from kis_mcp.account import Account
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import OrderNotice
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.journal_rows import record_of
from kis_mcp.storage.journal_tables import RecordRow
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import (
    Claim,
    Intent,
    NoticeEntry,
    Outcome,
    Preview,
    Reconciliation,
    Record,
    Send,
    Status,
)
from kis_mcp.trading.order import Action, Order

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=KST)
MINUTE_AGO = NOW - timedelta(minutes=1)


def intent(*, key: str | None = None, fingerprint: str = "f", **order: object) -> Intent:
    return Intent(
        id=new_ulid(NOW),
        at=NOW,
        environment=Environment.SIM,
        account="12****78-01",
        account_id="a",
        tool="domestic_stock_order_cash",
        arguments={"symbol": "005930", "price": "70000"},
        order=Order(
            kis_title="주식주문(현금)",
            action=Action.NEW,
            market="KR",
            symbol="005930",
            price=Decimal(70000),
            **order,  # pyright: ignore[reportArgumentType]
        ),
        warnings=("주의",),
        fingerprint=fingerprint,
        idempotency_key=key,
    )


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    return tmp_path / "journal-sim.sqlite3"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.open(path)
    yield journal
    await journal.aclose()


async def sent(journal: SqlJournal, *, account_id: str = "a", at: datetime = NOW, **options: str | None) -> Intent:
    one = replace(intent(**options), account_id=account_id)  # pyright: ignore[reportArgumentType]
    await journal.propose(one)
    await journal.decide(one.id, Decision(verdict="accepted", channel="elicitation"), NOW)
    await journal.claim(Send(intent_id=one.id, at=at), same_since=NOW)
    return one


async def test_previews_come_back_as_they_were_written_in_order(journal: SqlJournal) -> None:
    one, other = intent(fingerprint="one"), intent(fingerprint="other")
    issued = [
        Preview(
            subject=each.id,
            at=NOW,
            expires_at=NOW + timedelta(minutes=minutes),
            tool="place_order",
            arguments={"symbol": "005930", "quantity": "3"},
        )
        for each, minutes in ((one, 5), (other, 5), (one, 1))
    ]
    for each in (one, other):
        await journal.propose(each)
    for preview in issued:
        await journal.record_preview(preview)
    assert await journal.previews(one.id) == [issued[0], issued[2]]
    assert await journal.previews("none") == []


async def test_an_intent_comes_back_as_it_was_written(journal: SqlJournal) -> None:
    one = intent(key="k", side="buy", quantity=Decimal("10"), amount=Decimal("700000"))
    record = await journal.propose(one)
    assert record.intent == one
    assert record.status is Status.PROPOSED
    assert await journal.find(one.id) == record


async def test_a_time_without_zone_is_refused_and_any_zone_is_the_same_moment(journal: SqlJournal) -> None:
    one, earlier = intent(), replace(intent(), at=MINUTE_AGO.astimezone(UTC))
    with pytest.raises(StatementError, match="no time zone"):
        await journal.propose(replace(one, at=NOW.replace(tzinfo=None)))
    await journal.propose(one)
    await journal.propose(earlier)
    assert [record.intent.at for record in await journal.history()] == [NOW, MINUTE_AGO]
    assert [record.intent.id for record in await journal.history(until=NOW.astimezone(UTC))] == [earlier.id]


async def test_a_person_can_read_the_tables(journal: SqlJournal, path: Path) -> None:
    one = await sent(journal, key="k")
    query = "select proposed_at, environment, symbol, order_terms, warnings, status from records where id = ?"
    with closing(sqlite3.connect(path)) as connection:
        (*plain, terms, warnings, status) = connection.execute(query, (one.id,)).fetchone()
    assert plain == ["2026-03-02 01:00:00.000000", "sim", "005930"]
    assert (warnings, status) == ('["주의"]', "sent")
    assert '"kis_title": "주식주문(현금)", "action": "new"' in terms
    assert '"price": "70000"' in terms


async def test_a_cancelled_caller_waits_until_its_entry_is_written(journal: SqlJournal) -> None:
    one, other = intent(), intent()
    with anyio.CancelScope() as calling:
        calling.cancel()
        await journal.propose(one)
    proposing = asyncio.create_task(journal.propose(other))
    await asyncio.sleep(0)
    proposing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await proposing
    assert await journal.find(one.id) is not None
    assert await journal.find(other.id) is not None


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("accepted", Status.CONFIRMED),
        ("declined", Status.DECLINED),
        ("cancelled", Status.CANCELLED),
        ("refused", Status.REFUSED),
    ],
)
async def test_the_verdict_sets_the_status(journal: SqlJournal, verdict: str, status: Status) -> None:
    one = intent()
    await journal.propose(one)
    record = await journal.decide(one.id, Decision(verdict=verdict, channel="elicitation"), NOW)  # pyright: ignore[reportArgumentType]
    assert record.status is status


async def test_the_first_verdict_counts(journal: SqlJournal) -> None:
    one = intent()
    await journal.propose(one)
    await journal.decide(one.id, Decision(verdict="declined", channel="elicitation"), NOW)
    record = await journal.decide(one.id, Decision(verdict="accepted", channel="elicitation"), NOW)
    assert record.status is Status.DECLINED


async def test_an_idempotency_key_is_used_once(journal: SqlJournal) -> None:
    first, second = intent(key="k"), intent(key="k", fingerprint="other")
    await journal.propose(first)
    assert (await journal.propose(second)).intent == first
    assert await journal.find(second.id) is None


async def test_another_account_may_use_the_same_idempotency_key(journal: SqlJournal) -> None:
    account, other = Account("12345678", "01"), Account("12999978", "01")
    one = replace(intent(key="k"), account_id=await journal.account_id(account))
    two = replace(intent(key="k"), account_id=await journal.account_id(other))
    assert account.masked == other.masked
    assert [(await journal.propose(each)).intent for each in (one, two)] == [one, two]
    found = [await journal.find_by_key(each, "k") for each in (account, other)]
    assert [record and record.intent for record in found] == [one, two]


async def test_a_refused_intent_does_not_use_its_key_up(journal: SqlJournal) -> None:
    await journal.propose(intent(key="k"), Decision(verdict="refused", channel="guard", reason="too much"))
    second = intent(key="k")
    assert (await journal.propose(second)).intent == second


async def test_one_of_many_claims_wins(path: Path, journal: SqlJournal) -> None:
    other = await SqlJournal.open(path)
    one = intent()
    await journal.propose(one)
    send = Send(intent_id=one.id, at=NOW)
    claims = await asyncio.gather(*(desk.claim(send, same_since=NOW) for desk in [journal, other] * 8))
    assert sorted(claims) == [Claim.TAKEN] * 15 + [Claim.WON]
    await other.aclose()


async def test_of_two_equal_intents_only_one_is_claimed(journal: SqlJournal) -> None:
    first, second = intent(), intent()
    await journal.propose(first)
    await journal.propose(second)
    claims = await asyncio.gather(
        *(journal.claim(Send(intent_id=one.id, at=NOW), same_since=MINUTE_AGO) for one in (first, second))
    )
    assert sorted(claims) == [Claim.DUPLICATE, Claim.WON]


async def test_another_key_makes_it_another_order(journal: SqlJournal) -> None:
    await sent(journal, key="a")
    second = intent(key="b")
    await journal.propose(second)
    assert await journal.claim(Send(intent_id=second.id, at=NOW), same_since=MINUTE_AGO) is Claim.WON


async def test_a_claim_without_outcome_is_sent_and_unresolved(journal: SqlJournal) -> None:
    one = await sent(journal)
    (record,) = await journal.unresolved()
    assert (record.intent.id, record.status, record.sent_at) == (one.id, Status.SENT, NOW)


async def test_a_definite_outcome_follows_an_unknown_one_and_is_final(journal: SqlJournal) -> None:
    one = await sent(journal)
    unknown = Outcome(intent_id=one.id, at=NOW, state="unknown", message="timed out")
    assert (await journal.conclude(unknown)).status is Status.UNKNOWN
    accepted = Outcome(intent_id=one.id, at=NOW, state="accepted", order_id="7")
    record = await journal.conclude(accepted)
    assert (record.status, record.order_id) == (Status.ACCEPTED, "7")
    late = await journal.conclude(replace(accepted, state="rejected", order_id=None))
    assert late == record
    assert await journal.unresolved() == []
    assert [record.order_id for record in await journal.accepted_since(NOW)] == ["7"]
    assert await journal.accepted_since(NOW + timedelta(seconds=1)) == []


async def test_a_reconciliation_settles_an_unknown_intent(journal: SqlJournal) -> None:
    one = await sent(journal)
    found = Reconciliation(intent_id=one.id, at=NOW, conclusion="unresolved", message="not listed yet")
    assert (await journal.conclude(found)).status is Status.SENT
    record = await journal.conclude(replace(found, conclusion="not_accepted"))
    assert record.status is Status.NOT_ACCEPTED
    again = await journal.conclude(replace(found, conclusion="not_accepted", message="once more"))
    assert again == record
    late = await journal.conclude(replace(found, conclusion="accepted", order_id="8"))
    assert (late.status, late.order_id) == (Status.ACCEPTED, "8"), "KIS lists it after all"
    outcome = await journal.conclude(Outcome(intent_id=one.id, at=NOW, state="accepted", order_id="7"))
    assert outcome.status is Status.ACCEPTED, "KIS' own answer outweighs what was concluded from its list"


async def test_the_history_is_latest_first(journal: SqlJournal) -> None:
    old = replace(intent(), at=MINUTE_AGO)
    new = intent()
    await journal.propose(new)
    await journal.propose(old)
    assert [record.intent.id for record in await journal.history()] == [new.id, old.id]
    assert [record.intent.id for record in await journal.history(limit=1)] == [new.id]


async def test_the_history_is_of_a_period(journal: SqlJournal) -> None:
    old, new = replace(intent(), at=MINUTE_AGO), intent()
    await journal.propose(old)
    await journal.propose(new)
    assert [record.intent.id for record in await journal.history(since=NOW)] == [new.id]
    assert [record.intent.id for record in await journal.history(until=NOW)] == [old.id]


async def test_what_was_learnt_after_a_send_comes_back_in_order(journal: SqlJournal) -> None:
    one, other = await sent(journal), await sent(journal, fingerprint="other")
    unknown = Outcome(intent_id=one.id, at=NOW, state="unknown", kis_code="C", message="timed out")
    open_ = Reconciliation(intent_id=one.id, at=NOW + timedelta(seconds=1), conclusion="unresolved", candidates=("7",))
    settled = Reconciliation(intent_id=one.id, at=NOW + timedelta(seconds=9), conclusion="accepted", order_id="7")
    elsewhere = Outcome(intent_id=other.id, at=NOW, state="accepted", order_id="8")
    for entry in (unknown, elsewhere, open_, settled):
        await journal.conclude(entry)
    assert await journal.findings([one.id, other.id]) == {one.id: [unknown, open_, settled], other.id: [elsewhere]}


def fill(quantity: int, *, order_id: str = "7", at: datetime = NOW) -> OrderNotice:
    return OrderNotice(
        category="domestic_stock",
        accounts=(Account("12345678", "01"),),
        market="KR",
        order_id=order_id,
        event="filled",
        symbol="005930",
        side="buy",
        fill_quantity=Decimal(quantity),
        fill_price=Decimal("69900.5"),
        kis_time=time(9, 49, 41),
        received_at=at,
    )


async def test_a_notice_is_kept_once_without_its_account_and_comes_back_in_order(
    journal: SqlJournal, path: Path
) -> None:
    one, other = await sent(journal), await sent(journal, fingerprint="other")
    later = NOW + timedelta(hours=1)
    for intent_id, notice in [
        (one.id, fill(3)),
        (one.id, fill(2)),
        (one.id, fill(3, at=later)),
        (other.id, fill(3)),
    ]:
        await journal.note(NoticeEntry(intent_id=intent_id, at=notice.received_at, notice=notice))
    found = await journal.notices([one.id, other.id])
    assert found == {
        one.id: [replace(fill(3), accounts=()), replace(fill(2), accounts=())],
        other.id: [replace(fill(3), accounts=())],
    }
    assert found[one.id][0].received_at == NOW
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("select notice from notices").fetchall()
    assert len(kept) == 3
    assert "12345678" not in str(kept)


async def test_intents_are_found_by_status_time_and_content_through_an_index(journal: SqlJournal, path: Path) -> None:
    plans = {
        "select intent_id from statuses where status in ('sent', 'unknown')": "statuses_by_status",
        "select * from intents where proposed_at >= '2026' order by proposed_at desc": "intents_by_time",
        "select * from intents where fingerprint = 'f'": "intents_by_fingerprint",
        "select * from intents where account_id = 'a' and idempotency_key = 'k'": "intents_by_key",
    }
    with closing(sqlite3.connect(path)) as connection:
        for query, index in plans.items():
            ((*_, plan),) = connection.execute(f"explain query plan {query}")
            assert index in plan


@pytest.mark.parametrize(
    "table", ["intents", "decisions", "previews", "sends", "outcomes", "reconciliations", "notices"]
)
async def test_entries_cannot_be_changed_or_removed(journal: SqlJournal, path: Path, table: str) -> None:
    one = await sent(journal)
    await journal.conclude(Reconciliation(intent_id=one.id, at=NOW, conclusion="unresolved"))
    await journal.record_preview(Preview(subject=one.id, at=NOW, expires_at=NOW, tool="place_order", arguments={}))
    await journal.conclude(Outcome(intent_id=one.id, at=NOW, state="accepted", order_id="7"))
    await journal.note(NoticeEntry(intent_id=one.id, at=NOW, notice=fill(3)))
    key = "id" if table == "intents" else "intent_id"
    with closing(sqlite3.connect(path)) as connection:
        for statement in (f"update {table} set {key} = ''", f"delete from {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


async def test_it_is_synced_to_disk_and_private(journal: SqlJournal, path: Path) -> None:
    async with journal._database.reading() as session:
        assert (await session.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await session.execute(text("PRAGMA synchronous"))).scalar() == 2
    assert path.stat().st_mode & 0o077 == 0  # noqa: ASYNC240


async def test_it_reopens_with_what_it_held(journal: SqlJournal, path: Path) -> None:
    one = await sent(journal)
    again = await SqlJournal.open(path)
    assert [record.intent for record in await again.history()] == [one]
    await again.aclose()


async def test_what_stands_at_kis_is_read_and_settled_in_one_step(path: Path, journal: SqlJournal) -> None:
    one, two = await sent(journal, key="one"), await sent(journal, key="two")

    def takes_what_is_left(intent_id: str) -> Callable[[Sequence[Record]], Reconciliation]:
        def conclude(standing: Sequence[Record]) -> Reconciliation:
            assert {record.intent.id for record in standing} == {one.id, two.id}
            is_left = not any(record.order_id == "7" for record in standing)
            return Reconciliation(
                intent_id=intent_id,
                at=NOW,
                conclusion="accepted" if is_left else "unresolved",
                order_id="7" if is_left else None,
            )

        return conclude

    other = await SqlJournal.open(path)
    settled = await asyncio.gather(
        journal.settle(one.id, since=NOW, conclude=takes_what_is_left(one.id)),
        other.settle(two.id, since=NOW, conclude=takes_what_is_left(two.id)),
    )
    await other.aclose()
    assert sorted(record.order_id or "" for record in settled) == ["", "7"]
    (left,) = await journal.unresolved()
    assert left.order_id is None


async def test_an_intent_is_settled_beside_those_of_its_account_that_may_stand_since_then(journal: SqlJournal) -> None:
    one = await sent(journal, fingerprint="a")
    later = await sent(journal, fingerprint="b", at=NOW + timedelta(seconds=1))
    await sent(journal, fingerprint="c", account_id="another")
    await sent(journal, fingerprint="d", at=MINUTE_AGO)
    rejected = await sent(journal, fingerprint="e")
    await journal.conclude(Outcome(intent_id=rejected.id, at=NOW, state="rejected"))
    await journal.propose(intent(fingerprint="f"))
    seen = list[str]()

    def conclude(standing: Sequence[Record]) -> Reconciliation:
        seen.extend(record.intent.id for record in standing)
        return Reconciliation(intent_id=one.id, at=NOW, conclusion="unresolved")

    await journal.settle(one.id, since=NOW, conclude=conclude)
    assert seen == [one.id, later.id]


async def test_a_row_that_was_read_before_a_change_is_read_anew_after_it(
    journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await sent(journal)
    kept = list[RecordRow]()  # as a garbage collector that takes its time would

    def keep(row: RecordRow) -> Record:
        kept.append(row)
        return record_of(row)

    monkeypatch.setattr("kis_mcp.storage.journal_queries.record_of", keep)
    found = Reconciliation(intent_id=one.id, at=NOW, conclusion="not_accepted")
    record = await journal.settle(one.id, since=NOW, conclude=lambda standing: found)
    assert record.status is Status.NOT_ACCEPTED


async def test_an_intent_that_is_settled_stays_as_it_is(journal: SqlJournal) -> None:
    one = await sent(journal)
    await journal.conclude(Outcome(intent_id=one.id, at=NOW, state="accepted", order_id="7"))
    record = await journal.settle(one.id, since=NOW, conclude=lambda standing: pytest.fail("it was looked at again"))
    assert record.order_id == "7"
