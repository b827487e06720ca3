"""The journal's entries as rows of its tables, and back."""

from datetime import datetime

from kis_mcp.storage.journal_tables import (
    DecisionRow,
    IntentRow,
    NoticeRow,
    OutcomeRow,
    ReconciliationRow,
    RecordRow,
)
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import Intent, NoticeEntry, Outcome, Reconciliation, Record


def intent_row(intent: Intent, idempotency_key: str | None) -> IntentRow:
    """An intent that uses up this key, if any."""
    return IntentRow(
        id=intent.id,
        proposed_at=intent.at,
        environment=intent.environment,
        account=intent.account,
        account_id=intent.account_id,
        tool=intent.tool,
        symbol=intent.order.symbol,
        arguments=intent.arguments,
        order_terms=intent.order,
        warnings=intent.warnings,
        fingerprint=intent.fingerprint,
        idempotency_key=idempotency_key,
        call=intent.call,
    )


def decision_row(intent_id: str, decision: Decision, at: datetime) -> DecisionRow:
    return DecisionRow(
        intent_id=intent_id, decided_at=at, verdict=decision.verdict, channel=decision.channel, reason=decision.reason
    )


def finding_row(finding: Outcome | Reconciliation) -> OutcomeRow | ReconciliationRow:
    if isinstance(finding, Outcome):
        return OutcomeRow(
            intent_id=finding.intent_id,
            recorded_at=finding.at,
            state=finding.state,
            order_id=finding.order_id,
            order_branch=finding.order_branch,
            kis_code=finding.kis_code,
            message=finding.message,
        )
    return ReconciliationRow(
        intent_id=finding.intent_id,
        recorded_at=finding.at,
        conclusion=finding.conclusion,
        order_id=finding.order_id,
        message=finding.message,
        candidates=finding.candidates,
    )


def notice_row(entry: NoticeEntry) -> NoticeRow:
    notice = entry.notice
    return NoticeRow(
        intent_id=entry.intent_id,
        recorded_at=entry.at,
        order_id=notice.order_id,
        event=notice.event,
        digest=notice.digest,
        notice=notice,
    )


def record_of(row: RecordRow) -> Record:
    intent = Intent(
        id=row.id,
        at=row.proposed_at,
        environment=row.environment,
        account=row.account,
        account_id=row.account_id,
        tool=row.tool,
        arguments=row.arguments,
        order=row.order_terms,
        warnings=row.warnings,
        fingerprint=row.fingerprint,
        idempotency_key=row.idempotency_key,
        call=row.call,
        mandate_id=row.mandate_id,
    )
    return Record(
        intent=intent,
        status=row.status,
        decision=_decision(row),
        decided_at=row.decided_at,
        sent_at=row.sent_at,
        kis_sent_at=row.kis_sent_at,
        order_id=row.order_id,
        order_branch=row.order_branch,
        kis_code=row.kis_code,
        message=row.message,
    )


def finding_of(row: OutcomeRow | ReconciliationRow) -> Outcome | Reconciliation:
    if isinstance(row, OutcomeRow):
        return Outcome(
            intent_id=row.intent_id,
            at=row.recorded_at,
            state=row.state,
            order_id=row.order_id,
            order_branch=row.order_branch,
            kis_code=row.kis_code,
            message=row.message,
        )
    return Reconciliation(
        intent_id=row.intent_id,
        at=row.recorded_at,
        conclusion=row.conclusion,
        order_id=row.order_id,
        message=row.message,
        candidates=row.candidates,
    )


def _decision(row: RecordRow) -> Decision | None:
    if row.verdict is None or row.channel is None:
        return None
    return Decision(verdict=row.verdict, channel=row.channel, reason=row.reason or "")
