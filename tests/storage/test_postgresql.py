"""PostgreSQL is a dialect of the journal: all that is said to SQLite can be said to it too."""

from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.dml import Insert

from kis_mcp.account import Account
from kis_mcp.storage import SqlStrategyRecords
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.journal_tables import JournalRow
from kis_mcp.storage.migrations.versions import first, mandates, notices, strategies
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import FillEntry, Outcome, Preview, Reconciliation, Send
from kis_mcp.trading.mandate import Fill, MandateEnd
from tests.storage.test_journal import MINUTE_AGO, NOW, intent
from tests.storage.test_strategy_records import bar, decided, held, run_of, strategy
from tests.trading.mandates import mandate, mandated_intent

POSTGRESQL = postgresql.dialect()
YES = Decision(verdict="accepted", channel="elicitation")


def on_one_line(statement: str) -> str:
    return " ".join(statement.split())


class Inserting(SqliteDatabase):
    """Says PostgreSQL's own insert, which SQLite understands."""

    def insert(self, row: JournalRow) -> Insert:
        return postgresql.insert(type(row)).values(row.values()).on_conflict_do_nothing()


@pytest.fixture
async def database(tmp_path: Path) -> Inserting:
    return Inserting(tmp_path / "journal.db")


@pytest.fixture
async def journal(database: Inserting) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.on(database)
    yield journal
    await journal.aclose()


async def test_every_statement_compiles_for_it(journal: SqlJournal, database: Inserting) -> None:
    said = list[str]()

    def say(connection: Any, statement: Any, *_: object) -> None:
        said.append(str(statement.compile(dialect=POSTGRESQL)))

    event.listen(database.engine.sync_engine, "before_execute", say)
    account = Account("12345678", "01")
    one, other = intent(key="k"), intent(fingerprint="g")
    await journal.propose(one)
    await journal.propose(other, Decision(verdict="refused", channel="guard"))
    await journal.decide(one.id, YES, NOW)
    await journal.claim(Send(intent_id=one.id, at=NOW), same_since=MINUTE_AGO)
    await journal.conclude(Outcome(intent_id=one.id, at=NOW, state="unknown"))
    still_open = Reconciliation(intent_id=one.id, at=NOW, conclusion="unresolved", candidates=("7",))
    await journal.settle(one.id, since=MINUTE_AGO, conclude=lambda standing: still_open)
    await journal.find(one.id)
    await journal.find_by_key(account, "k")
    await journal.same_as("f")
    await journal.unresolved()
    await journal.accepted_since(MINUTE_AGO)
    await journal.history(since=MINUTE_AGO, until=NOW)
    await journal.findings([one.id])
    agreed = mandate()
    await journal.propose_mandate(agreed)
    await journal.decide_mandate(agreed.id, YES, NOW)
    under = mandated_intent(agreed.id)
    await journal.propose(under)
    await journal.decide(under.id, YES, NOW)
    await journal.claim(Send(intent_id=under.id, at=NOW), same_since=MINUTE_AGO)
    await journal.note_fill(FillEntry(intent_id=under.id, at=NOW, fill=Fill()))
    await journal.record_preview(Preview(subject=agreed.id, at=NOW, expires_at=NOW, tool="t", arguments={}))
    await journal.previews(agreed.id)
    await journal.mandates("sma-cross")
    await journal.intents_of_mandate(agreed.id)
    await journal.mandate_book(agreed.id)
    await journal.end_mandate(MandateEnd(mandate_id=agreed.id, at=NOW, reason="revoked"))
    written = {statement.split()[2] for statement in said if statement.startswith("INSERT")}
    of_mandates = {"mandate_decisions", "mandate_ends", "mandate_previews", "mandated_intents", "mandate_statuses"}
    of_orders = {"intents", "decisions", "sends", "outcomes", "reconciliations", "statuses"}
    assert written == of_orders | of_mandates | {"mandates", "fills"}
    assert all(" ON CONFLICT DO NOTHING" in statement for statement in said if statement.startswith("INSERT"))


async def test_every_statement_about_strategies_compiles_for_it(journal: SqlJournal, database: Inserting) -> None:
    said = list[str]()

    def say(connection: Any, statement: Any, *_: object) -> None:
        said.append(str(statement.compile(dialect=POSTGRESQL)))

    event.listen(database.engine.sync_engine, "before_execute", say)
    records = SqlStrategyRecords(journal.database)
    stored = await records.save(strategy(), at=NOW)
    await records.open_run(run_of(stored))
    await records.add_signals([decided()])
    await records.set_intent("R1", "005930", NOW, "I1")
    await records.put_position(held())
    await records.add_bars([bar()])
    await records.find("cross")
    await records.versions("cross")
    await records.strategies()
    await records.runs("cross")
    await records.active_runs()
    await records.changes("R1")
    await records.signals("R1", since=MINUTE_AGO)
    await records.positions("R1")
    await records.bars("005930", "1m", MINUTE_AGO, NOW)
    await records.set_run_state("R1", "stopped", "", NOW)
    await records.delete("cross", at=NOW)
    written = {statement.split()[2] for statement in said if statement.startswith("INSERT")}
    tables = {name for name in JournalRow.metadata.tables if name.startswith("strateg")}
    assert written == tables | {"bars"}


def test_its_tables_are_made_with_its_own_types() -> None:
    intents = str(CreateTable(JournalRow.metadata.tables["intents"]).compile(dialect=POSTGRESQL))
    assert "proposed_at TIMESTAMP WITH TIME ZONE NOT NULL" in intents
    assert "arguments JSON NOT NULL" in intents


def test_the_migrations_can_be_written_out_for_it() -> None:
    said = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": said, "literal_binds": True}
    )
    with Operations.context(context):
        first.upgrade()
        notices.upgrade()
        mandates.upgrade()
        strategies.upgrade()
    script = on_one_line(said.getvalue())
    for table in JournalRow.metadata.tables.values():
        assert on_one_line(str(CreateTable(table).compile(dialect=POSTGRESQL))) in script
    assert "outcomes_one_definite ON outcomes (intent_id) WHERE state != 'unknown'" in script
    assert "create view records" in script
    assert script.count("before update or delete or truncate on") == 15
    assert "INSERT INTO account_salt" in script
