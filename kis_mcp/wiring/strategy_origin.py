"""The environment before another, from which a strategy is promoted: what is on record there."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.wiring.brokerage import JOURNAL
from kis_mcp.wiring.environments import Environments

if TYPE_CHECKING:
    from kis_mcp.strategies.records import StrategyRecords
    from kis_mcp.trading.journal import Journal

BEFORE: Final[Mapping[Environment, Environment]] = {
    Environment.DEMO: Environment.SIM,
    Environment.REAL: Environment.DEMO,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a strategy ran before.

    Attributes:
        history: The environment whose history its backtest is to be run on; None where there is none.
    """

    environment: Environment
    records: "StrategyRecords"
    journal: "Journal"
    history: Environment | None


@asynccontextmanager
async def open_origin(environments: Environments, target: Environment) -> AsyncGenerator[Origin]:
    """What is on record in the environment before ``target``: by way of this server where the operator allows it there,
    else from its files on this machine.

    Raises:
        BadArgument: There is no environment before it, or nothing of it on this machine.
        SettingsError, StorageError: It cannot be read.
    """
    source = BEFORE.get(target)
    if source is None:
        raise BadArgument(
            "Nothing comes before sim.",
            remedy="Start the strategy here; promote it in demo, then in real, with set_environment.",
            field="action",
        )
    if source in environments.settings.environments:
        brokerage = await environments.brokerage(source)
        yield Origin(source, await brokerage.strategy_records(), await brokerage.journal(), source)
        return
    path = environments.settings.data_dir / source.value / JOURNAL
    if not path.exists():
        raise BadArgument(
            f"Nothing ever ran in {source} on this machine.",
            remedy=f"Start the strategy in {source} first; only what has shown itself there is promoted.",
            field="strategy",
        )
    from kis_mcp.storage import SqlJournal, SqlStrategyRecords

    journal = await SqlJournal.open(path)
    try:
        # Demo and real trade the same market; a simulator's is its own.
        history = target if source is Environment.DEMO else None
        yield Origin(source, SqlStrategyRecords(journal.database), journal, history)
    finally:
        await journal.aclose()
