BEGIN TRANSACTION;
CREATE TABLE decisions (
            intent_id text primary key references intents (id),
            at text not null,
            verdict text not null,
            channel text not null,
            reason text not null
        );
INSERT INTO "decisions" VALUES('01JV0000000000000000000001','2026-03-02T01:02:00.000000+00:00','refused','guard','too much');
INSERT INTO "decisions" VALUES('01JV0000000000000000000002','2026-03-02T01:03:00.000000+00:00','accepted','never','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000003','2026-03-02T01:04:00.000000+00:00','declined','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000004','2026-03-02T01:05:00.000000+00:00','cancelled','elicitation','the call was cancelled');
INSERT INTO "decisions" VALUES('01JV0000000000000000000005','2026-03-02T01:06:00.000000+00:00','accepted','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000006','2026-03-02T01:07:00.000000+00:00','accepted','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000007','2026-03-02T01:08:00.000000+00:00','accepted','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000008','2026-03-02T01:09:00.000000+00:00','accepted','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000009','2026-03-02T01:10:00.000000+00:00','accepted','elicitation','');
INSERT INTO "decisions" VALUES('01JV0000000000000000000010','2026-03-02T01:11:00.000000+00:00','accepted','elicitation','');
CREATE TABLE intents (
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
        );
INSERT INTO "intents" VALUES('01JV0000000000000000000000','2026-03-02T01:00:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f0','key-proposed');
INSERT INTO "intents" VALUES('01JV0000000000000000000001','2026-03-02T01:01:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f1','key-refused');
INSERT INTO "intents" VALUES('01JV0000000000000000000002','2026-03-02T01:02:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f2','key-confirmed');
INSERT INTO "intents" VALUES('01JV0000000000000000000003','2026-03-02T01:03:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f3','key-declined');
INSERT INTO "intents" VALUES('01JV0000000000000000000004','2026-03-02T01:04:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f4','key-cancelled');
INSERT INTO "intents" VALUES('01JV0000000000000000000005','2026-03-02T01:05:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f5','key-sent');
INSERT INTO "intents" VALUES('01JV0000000000000000000006','2026-03-02T01:06:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f6','key-accepted');
INSERT INTO "intents" VALUES('01JV0000000000000000000007','2026-03-02T01:07:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f7','key-rejected');
INSERT INTO "intents" VALUES('01JV0000000000000000000008','2026-03-02T01:08:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f8','key-not_sent');
INSERT INTO "intents" VALUES('01JV0000000000000000000009','2026-03-02T01:09:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f9','key-unknown');
INSERT INTO "intents" VALUES('01JV0000000000000000000010','2026-03-02T01:10:00.000000+00:00','sim','12****78-01','domestic_stock_order_cash','005930','{"symbol": "005930", "price": "70000"}','{"action": "new", "market": "KR", "symbol": "005930", "name": "삼성전자", "side": "buy", "quantity": "10", "price": "70000", "order_type": "limit", "exchange": "krx", "currency": "KRW", "amount": "700000", "amount_krw": "700000"}','["주의"]','f10','key-not_accepted');
CREATE TABLE outcomes (
            number integer primary key,
            intent_id text not null references intents (id),
            at text not null,
            state text not null,
            order_id text,
            kis_code text,
            message text not null
        );
INSERT INTO "outcomes" VALUES(1,'01JV0000000000000000000006','2026-03-02T01:09:00.000000+00:00','accepted','0000000007',NULL,'');
INSERT INTO "outcomes" VALUES(2,'01JV0000000000000000000007','2026-03-02T01:10:00.000000+00:00','rejected',NULL,'APBK0919','KIS said no.');
INSERT INTO "outcomes" VALUES(3,'01JV0000000000000000000008','2026-03-02T01:11:00.000000+00:00','not_sent',NULL,NULL,'KIS could not be reached.');
INSERT INTO "outcomes" VALUES(4,'01JV0000000000000000000009','2026-03-02T01:12:00.000000+00:00','unknown',NULL,NULL,'The answer was lost.');
INSERT INTO "outcomes" VALUES(5,'01JV0000000000000000000010','2026-03-02T01:13:00.000000+00:00','unknown',NULL,NULL,'The answer was lost.');
CREATE TABLE reconciliations (
            number integer primary key,
            intent_id text not null references intents (id),
            at text not null,
            conclusion text not null,
            order_id text,
            message text not null
        );
INSERT INTO "reconciliations" VALUES(1,'01JV0000000000000000000009','2026-03-02T01:13:00.000000+00:00','unresolved',NULL,'It is not in the list of orders at KIS yet.');
INSERT INTO "reconciliations" VALUES(2,'01JV0000000000000000000010','2026-03-02T01:14:00.000000+00:00','not_accepted',NULL,'KIS lists no such order.');
CREATE TABLE schema_versions (version integer primary key, at text not null);
INSERT INTO "schema_versions" VALUES(1,'2026-03-02T00:59:00.000000+00:00');
CREATE TABLE sends (
            intent_id text primary key references intents (id),
            at text not null
        );
INSERT INTO "sends" VALUES('01JV0000000000000000000005','2026-03-02T01:07:00.000000+00:00');
INSERT INTO "sends" VALUES('01JV0000000000000000000006','2026-03-02T01:08:00.000000+00:00');
INSERT INTO "sends" VALUES('01JV0000000000000000000007','2026-03-02T01:09:00.000000+00:00');
INSERT INTO "sends" VALUES('01JV0000000000000000000008','2026-03-02T01:10:00.000000+00:00');
INSERT INTO "sends" VALUES('01JV0000000000000000000009','2026-03-02T01:11:00.000000+00:00');
INSERT INTO "sends" VALUES('01JV0000000000000000000010','2026-03-02T01:12:00.000000+00:00');
CREATE UNIQUE INDEX intents_by_key on intents (environment, account, idempotency_key);
CREATE INDEX intents_by_account on intents (account, at);
CREATE INDEX intents_by_symbol on intents (symbol, at);
CREATE INDEX intents_by_fingerprint on intents (fingerprint, at);
CREATE INDEX sends_by_time on sends (at);
CREATE INDEX outcomes_by_intent on outcomes (intent_id);
CREATE UNIQUE INDEX outcomes_one_definite on outcomes (intent_id) where state <> 'unknown';
CREATE INDEX reconciliations_by_intent on reconciliations (intent_id);
CREATE UNIQUE INDEX reconciliations_one_definite on reconciliations (intent_id)
            where conclusion <> 'unresolved'
        ;
CREATE TRIGGER intents_never_update before update on intents
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER intents_never_delete before delete on intents
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER decisions_never_update before update on decisions
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER decisions_never_delete before delete on decisions
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER sends_never_update before update on sends
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER sends_never_delete before delete on sends
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER outcomes_never_update before update on outcomes
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER outcomes_never_delete before delete on outcomes
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER reconciliations_never_update before update on reconciliations
            begin select raise(abort, 'the journal is append-only'); end;
CREATE TRIGGER reconciliations_never_delete before delete on reconciliations
            begin select raise(abort, 'the journal is append-only'); end;
CREATE VIEW records as
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
        );
COMMIT;
