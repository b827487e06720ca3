"""The tables of mandates, which can only be added to, and the view with the mandate that each intent is under."""

import sqlalchemy as sa
from alembic import op

revision = "mandates"
down_revision = "notices"

_ENTRIES = ("mandates", "mandate_decisions", "mandate_ends", "mandate_previews", "mandated_intents", "fills")
_TIME = sa.DateTime(timezone=True)
_WORD = sa.String(20)

_RECORDS = """
create view records as
select
    intents.*,
    mandated_intents.mandate_id,
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
left join mandated_intents on mandated_intents.intent_id = intents.id
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
"""As the first version made it, and the mandate."""

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
    op.create_table(
        "mandates",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("environment", _WORD, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
    )
    op.create_table(
        "mandate_decisions",
        _of_one_mandate(),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("verdict", _WORD, nullable=False),
        sa.Column("channel", _WORD, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "mandate_ends",
        _of_one_mandate(),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "mandate_previews",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("mandate_id", sa.Text, sa.ForeignKey("mandates.id"), nullable=False),
        sa.Column("shown_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
    )
    _create_tables_of_orders()
    op.create_table(
        "mandate_statuses",
        _of_one_mandate(),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("status", _WORD, nullable=False),
    )
    _create_indexes()
    op.execute("drop view records")
    op.execute(_RECORDS)
    for statement in _APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)


def _of_one_mandate() -> sa.Column[str]:
    return sa.Column("mandate_id", sa.Text, sa.ForeignKey("mandates.id"), primary_key=True)


def _create_tables_of_orders() -> None:
    op.create_table(
        "mandated_intents",
        sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), primary_key=True),
        sa.Column("mandate_id", sa.Text, sa.ForeignKey("mandates.id"), nullable=False),
    )
    op.create_table(
        "fills",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("worth", sa.Text, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
    )


def _create_indexes() -> None:
    op.create_index("mandates_by_strategy", "mandates", ["account_id", "strategy"])
    op.create_index("mandates_by_time", "mandates", ["proposed_at"])
    op.create_index("mandate_previews_by_mandate", "mandate_previews", ["mandate_id"])
    op.create_index("mandated_intents_by_mandate", "mandated_intents", ["mandate_id"])
    op.create_index("fills_once", "fills", ["intent_id", "quantity", "worth", "is_over"], unique=True)
    op.create_index("mandate_statuses_by_account", "mandate_statuses", ["account_id", "status"])
