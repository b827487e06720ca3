"""Mandates, and the tokens of previews, as rows of the journal's tables, and back."""

from kis_mcp.storage.journal_tables import (
    FillRow,
    MandateDecisionRow,
    MandateEndRow,
    MandatePreviewRow,
    MandateRow,
    PreviewRow,
)
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import FillEntry, Preview
from kis_mcp.trading.mandate import Mandate, MandateEnd, MandateRecord


def mandate_row(mandate: Mandate) -> MandateRow:
    return MandateRow(
        id=mandate.id,
        proposed_at=mandate.at,
        environment=mandate.environment,
        account=mandate.account,
        account_id=mandate.account_id,
        strategy=mandate.strategy,
        document=mandate.document,
        until=mandate.until,
        terms=mandate,
    )


def mandate_record_of(
    row: MandateRow, decided: MandateDecisionRow | None, ended: MandateEndRow | None
) -> MandateRecord:
    decision = decided and Decision(verdict=decided.verdict, channel=decided.channel, reason=decided.reason)
    return MandateRecord(
        mandate=row.terms,
        decision=decision,
        decided_at=decided and decided.decided_at,
        end=ended and MandateEnd(mandate_id=ended.mandate_id, at=ended.ended_at, reason=ended.reason),
    )


def fill_row(entry: FillEntry) -> FillRow:
    fill = entry.fill
    return FillRow(
        intent_id=entry.intent_id,
        recorded_at=entry.at,
        quantity=fill.quantity,
        worth=fill.worth,
        is_over=fill.is_over,
    )


def preview_row(preview: Preview, *, is_of_mandate: bool) -> PreviewRow | MandatePreviewRow:
    make = MandatePreviewRow if is_of_mandate else PreviewRow
    return make(preview.subject, preview.at, preview.expires_at, preview.tool, preview.arguments)


def preview_of(row: PreviewRow | MandatePreviewRow) -> Preview:
    return Preview(
        subject=row.intent_id if isinstance(row, PreviewRow) else row.mandate_id,
        at=row.shown_at,
        expires_at=row.expires_at,
        tool=row.tool,
        arguments=row.arguments,
    )
