"""The way to one environment's KIS: its REST host and its websocket, looked at without any key."""

import anyio

from kis_mcp.clock import Clock, system_clock
from kis_mcp.kis import Reach, look_at_rest, look_at_websocket
from kis_mcp.settings import Profile
from kis_mcp.wiring.brokerage import WS_PATH


async def look_at_way(profile: Profile, clock: Clock = system_clock) -> list[Reach]:
    """What came of a look at each address, REST first; both at the same time."""
    found: dict[int, Reach] = {}

    async def rest() -> None:
        found[0] = await look_at_rest(profile.rest_url, clock)

    async def websocket() -> None:
        found[1] = await look_at_websocket(f"{profile.ws_url}{WS_PATH}")

    async with anyio.create_task_group() as looks:
        looks.start_soon(rest)
        if profile.ws_url:
            looks.start_soon(websocket)
    return [found[number] for number in sorted(found)]
