"""The tables of entries, which can only be added to, and the view that tells where each intent stands.

The tables are written out here, apart from `kis_mcp.storage.journal_tables`, because that file follows later versions.
"""

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None

_ENTRIES = ("intents", "decisions", "previews", "sends", "outcomes", "reconciliations")
_TIME = sa.DateTime(timezone=True)
_WORD = sa.String(20)

_RECORDS = """
create view records as
select
    intents.*,
    decisions.verdict,
    decisions.channel,
    decisions.reason,
    decisions.decided_at,
    sends.sent_at,
    sends.kis_sent_at,
    case
        when definite.state is not null then definite.state
        when settled.conclusion is not null then settled.conclusion
        when doubtful.intent_id is not null then 'unknown'
        when sends.intent_id is not null then 'sent'
        when decisions.verdict = 'accepted' then 'confirmed'
        else coalesce(decisions.verdict, 'proposed')
    end as status,
    coalesce(definite.order_id, settled.order_id) as order_id,
    definite.order_branch as order_branch,
    definite.kis_code as kis_code,
    coalesce(definite.message, settled.message, doubtful.message, decisions.reason, '') as message
from intents
left join decisions on decisions.intent_id = intents.id
left join sends on sends.intent_id = intents.id
left join outcomes definite on definite.intent_id = intents.id and definite.state <> 'unknown'
left join reconciliations settled
    on settled.number = (
        select max(number) from reconciliations where intent_id = intents.id and conclusion <> 'unresolved'
    )
left join outcomes doubtful on doubtful.number = (
    select max(number) from outcomes where intent_id = intents.id and state = 'unknown'
)
"""

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
        """
        create function refuse_change() returns trigger language plpgsql as
        $$ begin raise exception 'the journal is append-only'; end $$
        """,
        *(
            f"""
            create trigger {table}_never_change before update or delete or truncate on {table}
            for each statement execute function refuse_change()
            """
            for table in _ENTRIES
        ),
    ],
}
"""How each kind of database keeps entries from being changed and removed."""


def upgrade() -> None:
    op.create_table(
        "intents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("environment", _WORD, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("order_terms", sa.JSON, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("call", sa.Text, nullable=False),
    )
    op.create_table(
        "decisions",
        _of_one_intent(),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("verdict", _WORD, nullable=False),
        sa.Column("channel", _WORD, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "previews",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), nullable=False),
        sa.Column("shown_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
    )
    op.create_table(
        "sends",
        _of_one_intent(),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("kis_sent_at", _TIME),
    )
    op.create_table(
        "outcomes",
        *_of_many(),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("order_branch", sa.Text),
        sa.Column("kis_code", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "reconciliations",
        *_of_many(),
        sa.Column("conclusion", _WORD, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("candidates", sa.JSON, nullable=False),
    )
    op.create_table("statuses", _of_one_intent(), sa.Column("status", _WORD, nullable=False))
    _create_indexes()
    op.execute(_RECORDS)
    for statement in _APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)
    salt = op.create_table("account_salt", sa.Column("salt", sa.Text, primary_key=True))
    op.execute(salt.insert().values(salt=token_hex(16)))


def _of_one_intent() -> sa.Column[str]:
    return sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), primary_key=True)


def _of_many() -> tuple[sa.Column[int], sa.Column[str], sa.Column[object]]:
    return (
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
    )


def _create_indexes() -> None:
    op.create_index("intents_by_key", "intents", ["account_id", "idempotency_key"], unique=True)
    op.create_index("intents_by_time", "intents", ["proposed_at"])
    op.create_index("intents_by_fingerprint", "intents", ["fingerprint"])
    op.create_index("previews_by_intent", "previews", ["intent_id"])
    op.create_index("sends_by_time", "sends", ["sent_at"])
    op.create_index("outcomes_by_intent", "outcomes", ["intent_id"])
    op.create_index("reconciliations_by_intent", "reconciliations", ["intent_id"])
    op.create_index("statuses_by_status", "statuses", ["status"])
    for table, column, open_word, more in (
        ("outcomes", "state", "unknown", []),
        ("reconciliations", "conclusion", "unresolved", ["conclusion"]),
    ):
        definite = sa.column(column) != open_word
        op.create_index(
            f"{table}_one_definite",
            table,
            ["intent_id", *more],
            unique=True,
            sqlite_where=definite,
            postgresql_where=definite,
        )
