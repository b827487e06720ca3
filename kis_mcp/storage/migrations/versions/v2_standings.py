"""Where each intent stands, by an index; when it was decided; and which orders an open one may be."""

from alembic import op

revision = "2"
down_revision = "1"

_STATEMENTS = (
    "drop table if exists schema_versions",
    "alter table reconciliations add column candidates text not null default '[]'",
    "drop view records",
    """
    create view records as
    select
        intents.*,
        decisions.verdict,
        decisions.channel,
        decisions.reason,
        decisions.at as decided_at,
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
    """
    create table standings (
        intent_id text primary key references intents (id),
        account text not null,
        status text not null
    ) without rowid
    """,
    "create index standings_by_account on standings (account, status)",
    "create index standings_by_status on standings (status)",
    "insert into standings select id, account, status from records",
    """
    create trigger intents_stand after insert on intents
    begin insert into standings values (new.id, new.account, 'proposed'); end
    """,
    *(
        f"""
        create trigger {table}_move_standing after insert on {table}
        begin
            update standings set status = (select status from records where id = new.intent_id)
            where intent_id = new.intent_id;
        end
        """  # noqa: S608  (names of this list only)
        for table in ("decisions", "sends", "outcomes", "reconciliations")
    ),
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
