"""Mandates in the journal: written once, ended once, and orders claimed only where they leave room."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kis_mcp.errors import MandateExceeded, OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import Claim, FillEntry, Intent, Outcome, Preview, Reconciliation, Send, Status
from kis_mcp.trading.mandate import Fill, Mandate, MandateEnd, MandateRecord, MandateStatus
from kis_mcp.trading.order import Action, Order, Side
from tests.trading.mandates import NOW, SAMSUNG, YES, mandate, mandated_intent, order

MINUTE_AGO = NOW - timedelta(minutes=1)
NO = Decision(verdict="declined", channel="page", reason="too much")


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.open(path)
    yield journal
    await journal.aclose()


async def agreed(journal: SqlJournal, **changes: object) -> Mandate:
    one = mandate(**changes)
    await journal.propose_mandate(one)
    await journal.decide_mandate(one.id, YES, NOW)
    return one


async def confirmed(journal: SqlJournal, mandate_id: str, one: Order | None = None, **changes: object) -> Intent:
    intent = mandated_intent(mandate_id, one, **changes)
    await journal.propose(intent)
    await journal.decide(intent.id, Decision(verdict="accepted", channel="mandate"), NOW)
    return intent


async def claim(journal: SqlJournal, intent: Intent) -> Claim:
    return await journal.claim(Send(intent_id=intent.id, at=NOW), same_since=MINUTE_AGO)


async def test_what_two_strategies_decide_at_once_are_two_orders(journal: SqlJournal) -> None:
    both = [await agreed(journal), await agreed(journal, strategy="rsi")]
    intents = [await confirmed(journal, one.id, fingerprint="f", idempotency_key=one.id) for one in both]
    sends = [Send(intent_id=intent.id, at=NOW + timedelta(seconds=1)) for intent in intents]
    assert [await journal.claim(send, same_since=MINUTE_AGO) for send in sends] == [Claim.WON] * 2


async def test_a_mandate_comes_back_as_it_was_written(journal: SqlJournal) -> None:
    one = mandate(results={"backtest": "+12.5 %"}, most_in_all=Decimal("3000000.50"))
    assert await journal.propose_mandate(one) == MandateRecord(mandate=one)
    decided = await journal.decide_mandate(one.id, YES, NOW)
    assert decided == MandateRecord(mandate=one, decision=YES, decided_at=NOW)
    assert await journal.find_mandate(one.id) == decided
    assert await journal.find_mandate("none") is None


async def test_the_first_verdict_and_the_first_end_count(journal: SqlJournal) -> None:
    one = mandate()
    await journal.propose_mandate(one)
    await journal.decide_mandate(one.id, NO, NOW)
    assert (await journal.decide_mandate(one.id, YES, NOW)).decision == NO
    other = await agreed(journal)
    first, second = (MandateEnd(mandate_id=other.id, at=NOW, reason=reason) for reason in ("revoked", "stopped"))
    assert (await journal.end_mandate(first)).end == first
    assert (await journal.end_mandate(second)).end == first
    assert (await journal.decide_mandate(other.id, YES, NOW)).status(NOW) is MandateStatus.ENDED


async def test_a_refused_mandate_is_kept_with_the_reason(journal: SqlJournal) -> None:
    refused = Decision(verdict="refused", channel="guard", reason="halted")
    record = await journal.propose_mandate(mandate(), refused)
    assert (record.status(NOW), record.decision) == (MandateStatus.REFUSED, refused)


async def test_a_yes_ends_the_other_mandates_of_the_strategy_and_account_and_no_more(journal: SqlJournal) -> None:
    earlier = await agreed(journal)
    other_strategy, other_account = await agreed(journal, strategy="rsi"), await agreed(journal, account_id="b")
    declined = mandate()
    await journal.propose_mandate(declined)
    await journal.decide_mandate(declined.id, NO, NOW)
    assert {one.mandate.id for one in await journal.agreed_mandates()} == {
        earlier.id,
        other_strategy.id,
        other_account.id,
    }
    later = await agreed(journal)
    assert {one.mandate.id for one in await journal.agreed_mandates()} == {
        later.id,
        other_strategy.id,
        other_account.id,
    }
    ended = await journal.find_mandate(earlier.id)
    assert ended is not None
    assert ended.end == MandateEnd(
        mandate_id=earlier.id, at=NOW, reason="another mandate of the strategy was agreed to"
    )
    await journal.decide_mandate(later.id, YES, NOW)
    assert (await journal.find_mandate(later.id) or ended).end is None


async def test_mandates_are_told_by_strategy_latest_first(journal: SqlJournal) -> None:
    first, second = await agreed(journal), await agreed(journal, at=NOW + timedelta(minutes=1))
    other = await agreed(journal, strategy="rsi", at=NOW + timedelta(minutes=2))
    assert [one.mandate.id for one in await journal.mandates("sma-cross")] == [second.id, first.id]
    assert [one.mandate.id for one in await journal.mandates(limit=2)] == [other.id, second.id]


async def test_an_intent_names_its_mandate_and_is_found_by_it(journal: SqlJournal) -> None:
    one = await agreed(journal)
    intent = await confirmed(journal, one.id)
    alone = replace(mandated_intent(one.id), mandate_id=None)
    await journal.propose(alone)
    assert [record.intent for record in await journal.intents_of_mandate(one.id)] == [intent]
    assert [record.intent for record in await journal.history() if record.intent.mandate_id is None] == [alone]


async def test_an_intent_cannot_name_a_mandate_that_is_not_there(journal: SqlJournal) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await journal.propose(mandated_intent("none"))
    assert await journal.history() == []


async def test_an_order_is_claimed_within_its_mandate_only(journal: SqlJournal) -> None:
    one = await agreed(journal)
    assert await claim(journal, await confirmed(journal, one.id)) is Claim.WON
    outside = await confirmed(journal, one.id, order(symbol="000660"))
    with pytest.raises(MandateExceeded, match="not among"):
        await claim(journal, outside)
    record = await journal.find(outside.id)
    assert record is not None
    assert (record.status, record.sent_at) == (Status.CONFIRMED, None)


@pytest.mark.parametrize("how", ["proposed", "declined", "ended", "expired"])
async def test_no_order_is_claimed_under_a_mandate_that_is_not_in_force(journal: SqlJournal, how: str) -> None:
    one = mandate(**({"until": NOW} if how == "expired" else {}))
    await journal.propose_mandate(one)
    if how != "proposed":
        await journal.decide_mandate(one.id, NO if how == "declined" else YES, MINUTE_AGO)
    intent = await confirmed(journal, one.id)
    if how == "ended":
        await journal.end_mandate(MandateEnd(mandate_id=one.id, at=NOW, reason="revoked"))
    with pytest.raises(MandateExceeded, match="not in force"):
        await claim(journal, intent)


@pytest.mark.parametrize(
    ("bound", "wins"), [({"orders_a_day": 4}, 3), ({"most_in_all": Decimal(1_500_000)}, 2)], ids=["a day", "in all"]
)
async def test_two_processes_that_race_for_the_last_room_do_not_exceed_it(
    journal: SqlJournal, path: Path, bound: dict[str, object], wins: int
) -> None:
    one = await agreed(journal, **bound)
    intents = [await confirmed(journal, one.id) for _ in range(8)]
    other = await SqlJournal.open(path)
    claims = [claim(each, intent) for intent, each in zip(intents, (journal, other) * 4, strict=True)]
    results = await asyncio.gather(*claims, return_exceptions=True)
    await other.aclose()
    assert sum(result is Claim.WON for result in results) == wins
    assert sum(isinstance(result, OrderRefused) for result in results) == 8 - wins


async def test_an_end_that_one_process_writes_stops_the_claims_of_another(journal: SqlJournal, path: Path) -> None:
    one = await agreed(journal)
    intent = await confirmed(journal, one.id)
    other = await SqlJournal.open(path)
    await other.end_mandate(MandateEnd(mandate_id=one.id, at=NOW, reason="revoked"))
    await other.aclose()
    with pytest.raises(MandateExceeded, match="revoked"):
        await claim(journal, intent)


@pytest.mark.parametrize(
    ("found", "binds", "counts"),
    [
        (None, True, 1),
        (Outcome(intent_id="", at=NOW, state="unknown"), True, 1),
        (Outcome(intent_id="", at=NOW, state="accepted", order_id="1"), True, 1),
        (Reconciliation(intent_id="", at=NOW, conclusion="not_accepted"), True, 1),
        (Outcome(intent_id="", at=NOW, state="rejected"), False, 1),
        (Outcome(intent_id="", at=NOW, state="not_sent"), False, 0),
        (Outcome(intent_id="", at=NOW, state="refused"), False, 0),
    ],
    ids=["sent", "unknown", "accepted", "not_accepted", "rejected", "not_sent", "refused"],
)
async def test_an_order_binds_its_worth_unless_kis_certainly_does_not_have_it_and_counts_where_it_may_have_left(
    journal: SqlJournal, found: Outcome | Reconciliation | None, binds: bool, counts: int
) -> None:
    one = await agreed(journal, most_in_all=Decimal(1_000_000))
    intent = await confirmed(journal, one.id)
    await claim(journal, intent)
    if found is not None:
        await journal.conclude(replace(found, intent_id=intent.id))
    book = await journal.mandate_book(one.id)
    assert book.bound == (700_000 if binds else 0)
    assert book.count_on(NOW.date()) == counts
    assert (await journal.mandate_book(one.id, without=intent.id)).orders == ()


async def test_the_furthest_fill_counts_whoever_told_it_last(journal: SqlJournal) -> None:
    one = await agreed(journal)
    intent = await confirmed(journal, one.id)
    await claim(journal, intent)
    for quantity, is_over in ((6, False), (4, False), (6, True), (5, False)):
        fill = Fill(quantity=Decimal(quantity), worth=Decimal(quantity * 69_000), is_over=is_over)
        await journal.note_fill(FillEntry(intent_id=intent.id, at=NOW, fill=fill))
    (found,) = (await journal.mandate_book(one.id)).orders
    assert found.fill == Fill(quantity=Decimal(6), worth=Decimal(414_000), is_over=True)
    sale = await confirmed(journal, one.id, order("sell", 6))
    assert await claim(journal, sale) is Claim.WON
    with pytest.raises(MandateExceeded, match="hold 0"):
        await claim(journal, await confirmed(journal, one.id, order("sell", 1)))


async def test_cancels_are_no_orders_of_the_book(journal: SqlJournal) -> None:
    one = await agreed(journal)
    bought = await confirmed(journal, one.id)
    await claim(journal, bought)
    await journal.conclude(Outcome(intent_id=bought.id, at=NOW, state="accepted", order_id="7"))
    wanted = order(action=Action.CANCEL, side=None, amount=None, original_order_id="7")
    cancel = await confirmed(journal, one.id, wanted, tool="domestic_stock_order_rvsecncl")
    assert await claim(journal, cancel) is Claim.WON
    assert (await journal.mandate_book(one.id)).count_on(NOW.date()) == 1


async def test_what_a_strategy_holds_is_counted_over_all_its_mandates_on_the_account(journal: SqlJournal) -> None:
    earlier = await agreed(journal)
    bought = await confirmed(journal, earlier.id)
    await claim(journal, bought)
    await journal.note_fill(
        FillEntry(intent_id=bought.id, at=NOW, fill=Fill(quantity=Decimal(10), worth=Decimal(700_000), is_over=True))
    )
    later, stranger = await agreed(journal), await agreed(journal, strategy="rsi")
    assert (await journal.mandate_book(later.id)).sellable((SAMSUNG.symbol, SAMSUNG.market)) == 10
    assert (await journal.mandate_book(stranger.id)).orders == ()


async def test_what_is_held_does_not_change_where_the_clock_of_this_machine_is_set_back(journal: SqlJournal) -> None:
    one = await agreed(journal)
    ways: list[tuple[Side, int]] = [("buy", 4), ("sell", 0)]
    for number, (side, ahead) in enumerate(ways):
        intent = await confirmed(journal, one.id, order(side), idempotency_key=side)
        at = NOW + timedelta(minutes=3 * number)
        send = Send(intent_id=intent.id, at=at + timedelta(minutes=ahead), kis_at=at)
        assert await journal.claim(send, same_since=MINUTE_AGO) is Claim.WON
        filled = Fill(quantity=Decimal(10), worth=Decimal(700_000), is_over=True)
        await journal.note_fill(FillEntry(intent_id=intent.id, at=NOW, fill=filled))
    book = await journal.mandate_book(one.id)
    assert [each.order.side for each in book.orders] == ["buy", "sell"]
    assert book.bound == 0


async def test_previews_of_mandates_come_back_in_order(journal: SqlJournal) -> None:
    one = mandate()
    await journal.propose_mandate(one)
    issued = [
        Preview(subject=one.id, at=NOW, expires_at=NOW + timedelta(minutes=minutes), tool="strategies", arguments={})
        for minutes in (5, 1)
    ]
    for preview in issued:
        await journal.record_preview(preview)
    assert await journal.previews(one.id) == issued


@pytest.mark.parametrize(
    "table", ["mandates", "mandate_decisions", "mandate_ends", "mandate_previews", "mandated_intents", "fills"]
)
async def test_entries_of_mandates_cannot_be_changed_or_removed(journal: SqlJournal, path: Path, table: str) -> None:
    one = await agreed(journal)
    intent = await confirmed(journal, one.id)
    await journal.note_fill(FillEntry(intent_id=intent.id, at=NOW, fill=Fill()))
    await journal.record_preview(Preview(subject=one.id, at=NOW, expires_at=NOW, tool="strategies", arguments={}))
    await journal.end_mandate(MandateEnd(mandate_id=one.id, at=NOW, reason="revoked"))
    with closing(sqlite3.connect(path)) as connection:
        (column, *_) = (name for (name,) in connection.execute(f"select name from pragma_table_info('{table}')"))
        for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
