"""Names of strategies, for a shell that completes them: read from the journal's file alone, which is never made."""

from collections.abc import Mapping

from kis_mcp.settings import Settings
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.strategies.document import preset_names
from kis_mcp.wiring.brokerage import JOURNAL


async def read_strategy_names(settings: Settings) -> Mapping[str, str]:
    """What stands for a document in the configured environment → whether it is a ``preset``, ``saved``, ``running`` or
    ``paused``."""
    presets = dict.fromkeys(preset_names(), "preset")
    path = settings.data_dir / settings.environment.value / JOURNAL
    if not path.exists():
        return presets
    journal = await SqlJournal.open(path)
    try:
        records = SqlStrategyRecords(journal.database)
        saved = dict.fromkeys((stored.id for stored in await records.strategies()), "saved")
        return saved | {run.strategy: run.state for run in await records.active_runs()} | presets
    finally:
        await journal.aclose()
