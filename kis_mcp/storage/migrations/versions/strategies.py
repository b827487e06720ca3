"""The tables of strategies: versions and states of runs can only be added to."""

import sqlalchemy as sa
from alembic import op

revision = "strategies"
down_revision = "notices"

_ENTRIES = ("strategy_versions", "strategy_changes")
_TIME = sa.DateTime(timezone=True)
_WORD = sa.String(20)

_APPEND_ONLY = {
    "sqlite": [
        f"""
        create trigger {table}_never_{verb} before {verb} on {table}
        begin select raise(abort, 'the journal is append-only'); end
        """
        for table in _ENTRIES
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"""
        create trigger {table}_never_change before update or delete or truncate on {table}
        for each statement execute function refuse_change()
        """
        for table in _ENTRIES
    ],
}


def upgrade() -> None:
    _create_documents()
    _create_runs()
    op.create_table(
        "bars",
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("interval", sa.Text, primary_key=True),
        sa.Column("ends_at", _TIME, primary_key=True),
        *(sa.Column(price, sa.Text, nullable=False) for price in ("open", "high", "low", "close")),
        sa.Column("volume", sa.BigInteger, nullable=False),
        sa.Column("source", _WORD, nullable=False),
    )
    op.create_index("bars_by_end", "bars", ["ends_at"])
    for statement in _APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)


def _create_documents() -> None:
    op.create_table(
        "strategies",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("deleted_at", _TIME),
    )
    op.create_table(
        "strategy_versions",
        sa.Column("strategy_id", sa.Text, sa.ForeignKey("strategies.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def _create_runs() -> None:
    op.create_table(
        "strategy_runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("strategy_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("mandate_id", sa.Text),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("symbols", sa.JSON, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.ForeignKeyConstraint(
            ["strategy_id", "version"], ["strategy_versions.strategy_id", "strategy_versions.version"]
        ),
    )
    op.create_table(
        "strategy_changes",
        sa.Column("number", sa.Integer, primary_key=True),
        _run(),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "strategy_signals",
        _run(primary_key=True),
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("decided_at", _TIME, primary_key=True),
        sa.Column("enters", sa.Boolean),
        sa.Column("exits", sa.Boolean),
        sa.Column("action", _WORD, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("compared", sa.JSON, nullable=False),
        sa.Column("intent_id", sa.Text),
    )
    op.create_table(
        "strategy_positions",
        _run(primary_key=True),
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("cost", sa.Text, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("bars", sa.Integer, nullable=False),
        sa.Column("highest", sa.Text, nullable=False),
    )
    active = sa.column("state") != "stopped"
    op.create_index("strategy_runs_by_account", "strategy_runs", ["account_id", "state"])
    op.create_index("strategy_runs_by_start", "strategy_runs", ["strategy_id", "started_at"])
    op.create_index(
        "strategy_runs_one_active",
        "strategy_runs",
        ["strategy_id"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    op.create_index("strategy_changes_by_run", "strategy_changes", ["run_id"])
    op.create_index("strategy_signals_by_time", "strategy_signals", ["decided_at"])
    op.create_index("strategy_signals_of_run", "strategy_signals", ["run_id", "decided_at"])


def _run(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("strategy_runs.id"), primary_key=primary_key, nullable=False)
