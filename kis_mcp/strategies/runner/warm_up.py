"""How far a run on single trades has warmed up: KIS keeps no trades, so all that it takes is heard."""

from datetime import datetime, timedelta
from typing import Final

from kis_mcp.strategies.runner.diary import Diary
from kis_mcp.strategies.runner.live_lane import LiveLane
from kis_mcp.strategies.runner.terms import RunTerms

_TOLD_EVERY: Final = timedelta(minutes=1)


class WarmUp:
    """Writes down how many trades a lane has heard of those that it takes."""

    def __init__(self, terms: RunTerms, diary: Diary) -> None:
        self._clock = terms.clock
        self._diary = diary
        self._told_at: dict[str, datetime] = {}

    async def begin(self, lane: LiveLane) -> None:
        """What was learnt of earlier trades is given up: some after them may be missing, or prices were adjusted."""
        is_first = lane.last_bar is None
        lane.begin_with([])
        self._told_at.pop(lane.symbol, None)
        if not is_first:
            await self._diary.say(
                lane, "warms_up_anew: trades were missed, or prices adjusted, and KIS keeps none to read"
            )

    async def tell(self, lane: LiveLane) -> None:
        """Say after a trade how many more it takes: at first, once a minute, and when it has all."""
        now, told_at = self._clock(), self._told_at.get(lane.symbol)
        if not lane.bars_missing:
            if told_at is not None:
                del self._told_at[lane.symbol]
                await self._diary.say(lane, f"warmed_up: it has heard {lane.warm_up} trades, and decides from now on")
        elif told_at is None or now - told_at >= _TOLD_EVERY:
            self._told_at[lane.symbol] = now
            heard = lane.warm_up - lane.bars_missing
            await self._diary.say(lane, f"warming_up: it has heard {heard} of the {lane.warm_up} trades that it takes")
