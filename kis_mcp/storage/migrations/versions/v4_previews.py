"""Which previews were shown with a token that confirms them."""

from alembic import op

revision = "4"
down_revision = "3"

_STATEMENTS = (
    """
    create table previews (
        number integer primary key,
        intent_id text not null references intents (id),
        at text not null,
        expires_at text not null,
        tool text not null,
        arguments text not null
    )
    """,
    "create index previews_by_intent on previews (intent_id)",
    *(
        f"""
        create trigger previews_never_{verb} before {verb} on previews
        begin select raise(abort, 'the journal is append-only'); end
        """
        for verb in ("update", "delete")
    ),
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
