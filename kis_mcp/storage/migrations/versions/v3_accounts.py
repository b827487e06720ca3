"""Accounts apart that look alike when masked, and which call an intent came from."""

from alembic import op

revision = "3"
down_revision = "2"

_STATEMENTS = (
    "alter table intents add column account_id text not null default ''",
    "alter table intents add column call text not null default ''",
    "drop index intents_by_key",
    "create unique index intents_by_key on intents (environment, account, account_id, idempotency_key)",
    "create table account_salt (salt text not null)",
    "insert into account_salt values (lower(hex(randomblob(16))))",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
