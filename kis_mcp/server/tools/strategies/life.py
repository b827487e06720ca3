"""How one tells that a run is alive: the bar that it took last, and when it looks again."""

from datetime import datetime

from kis_mcp.clock import KST
from kis_mcp.server.tools.call import Call
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.wiring import next_end_of_bar


async def sign_of_life(call: Call, records: StrategyRecords, run: StrategyRun) -> str:
    """In words. A bar counts that ended since the run began, of whichever of its instruments ended last."""
    stored = next((each for each in await records.versions(run.strategy) if each.version == run.version), None)
    if stored is None:
        return f"{run.strategy} is kept, and the document that it follows is not on record."
    interval = stored.document.interval
    if interval == "tick":
        return f"{run.strategy} is kept, and decides upon each trade that it hears."
    last = await records.last_bar(run.symbols, interval, run.started_at, call.now())
    following = next_end_of_bar(await call.brokerage(), await call.reads(), run.symbols[0], interval)
    looks = "" if following is None else f" It looks again when the next bar ends, at {moment_word(following)}."
    if last is None:
        return f"{run.strategy} is kept, and has taken no bar yet.{looks}"
    return f"{run.strategy} is kept, and took the bar that ended at {moment_word(last)} last.{looks}"


def moment_word(at: datetime) -> str:
    """In Korean time, to the second."""
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M:%S} KST"
