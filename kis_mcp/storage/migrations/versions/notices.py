"""The table of what KIS notified of orders, which can only be added to."""

import sqlalchemy as sa
from alembic import op

revision = "notices"
down_revision = "first"

_APPEND_ONLY = {
    "sqlite": [
        f"""
        create trigger notices_never_{verb} before {verb} on notices
        begin select raise(abort, 'the journal is append-only'); end
        """
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """
        create trigger notices_never_change before update or delete or truncate on notices
        for each statement execute function refuse_change()
        """
    ],
}


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Text, sa.ForeignKey("intents.id"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("notice", sa.JSON, nullable=False),
    )
    op.create_index("notices_once", "notices", ["intent_id", "digest"], unique=True)
    for statement in _APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)
