"""The tables of entries, which can only be added to, and the view that tells where each intent stands."""

from alembic import op

revision = "1"
down_revision = None

_STATEMENTS = (
    """
    create table intents (
        id text primary key,
        at text not null,
        environment text not null,
        account text not null,
        tool text not null,
        symbol text,
        arguments text not null,
        details text not null,
        warnings text not null,
        fingerprint text not null,
        idempotency_key text
    )
    """,
    "create unique index intents_by_key on intents (environment, account, idempotency_key)",
    "create index intents_by_account on intents (account, at)",
    "create index intents_by_symbol on intents (symbol, at)",
    "create index intents_by_fingerprint on intents (fingerprint, at)",
    """
    create table decisions (
        intent_id text primary key references intents (id),
        at text not null,
        verdict text not null,
        channel text not null,
        reason text not null
    )
    """,
    """
    create table sends (
        intent_id text primary key references intents (id),
        at text not null
    )
    """,
    "create index sends_by_time on sends (at)",
    """
    create table outcomes (
        number integer primary key,
        intent_id text not null references intents (id),
        at text not null,
        state text not null,
        order_id text,
        kis_code text,
        message text not null
    )
    """,
    "create index outcomes_by_intent on outcomes (intent_id)",
    "create unique index outcomes_one_definite on outcomes (intent_id) where state <> 'unknown'",
    """
    create table reconciliations (
        number integer primary key,
        intent_id text not null references intents (id),
        at text not null,
        conclusion text not null,
        order_id text,
        message text not null
    )
    """,
    "create index reconciliations_by_intent on reconciliations (intent_id)",
    """
    create unique index reconciliations_one_definite on reconciliations (intent_id)
        where conclusion <> 'unresolved'
    """,
    *(
        f"""
        create trigger {table}_never_{verb} before {verb} on {table}
        begin select raise(abort, 'the journal is append-only'); end
        """
        for table in ("intents", "decisions", "sends", "outcomes", "reconciliations")
        for verb in ("update", "delete")
    ),
    """
    create view records as
    select
        intents.*,
        decisions.verdict,
        decisions.channel,
        decisions.reason,
        sends.at as sent_at,
        case
            when definite.state is not null then definite.state
            when settled.conclusion is not null then settled.conclusion
            when doubtful.intent_id is not null then 'unknown'
            when sends.intent_id is not null then 'sent'
            when decisions.verdict = 'accepted' then 'confirmed'
            else coalesce(decisions.verdict, 'proposed')
        end as status,
        coalesce(definite.order_id, settled.order_id) as order_id,
        definite.kis_code as kis_code,
        coalesce(definite.message, settled.message, doubtful.message, decisions.reason, '') as message
    from intents
    left join decisions on decisions.intent_id = intents.id
    left join sends on sends.intent_id = intents.id
    left join outcomes definite on definite.intent_id = intents.id and definite.state <> 'unknown'
    left join reconciliations settled
        on settled.intent_id = intents.id and settled.conclusion <> 'unresolved'
    left join outcomes doubtful on doubtful.number = (
        select max(number) from outcomes where intent_id = intents.id and state = 'unknown'
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
