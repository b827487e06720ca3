"""Two hundred drops, silences and garbage frames while 41 streams are watched."""

import asyncio
import random

from kis_mcp.catalog.live import MOST_CHANNELS, Channel
from kis_mcp.kis.live.session import DEAD_AFTER_SECONDS, WATCH_SECONDS
from tests.kis.live.fake_live_kis import run_fake_live_kis
from tests.kis.live.test_session import World

FAULTS, SEED = 200, 20261128
CHANNELS = [Channel("H0STCNT0", f"{number:06}") for number in range(MOST_CHANNELS)]
REGISTRATIONS = [(channel.tr_id, channel.key) for channel in CHANNELS]
GARBAGE = ("", "0|", "0|H0STCNT0|000|x", "1|H0STCNT0|001|not base64", "{}", '{"header": 1}', b"\xff\xfe\x00", "[" * 999)


class Watch:
    """The session, with what was sent to it and what it told."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.sent: list[str] = []
        self.told: list[str] = []
        self.gaps = 0

    async def send_some(self) -> None:
        """Events that come while the link stands: each is told, once, in its order."""
        for _ in range(self.chance.randint(1, 3)):
            payload = f"{self.chance.choice(CHANNELS).key}^{len(self.sent)}"
            self.sent.append(payload)
            await self.world.kis.send(f"0|H0STCNT0|001|{payload}")
        while len(self.told) < len(self.sent):
            self.told.append((await self.world.receiver.next_frame()).payload)

    async def end_gap(self) -> None:
        gap = await asyncio.wait_for(self.world.receiver.gaps.get(), 20)
        self.gaps += 1
        assert gap.lost == ()
        assert self.world.kis.registered == set(REGISTRATIONS)

    async def drop(self) -> None:
        self.world.kis.cut()
        await self.end_gap()

    async def fall_silent(self) -> None:
        for _ in range(int(DEAD_AFTER_SECONDS / WATCH_SECONDS) + 1):
            await self.world.waits.pass_by(WATCH_SECONDS)
        await self.end_gap()

    async def send_garbage(self) -> None:
        await self.world.kis.send(self.chance.choice(GARBAGE))
        await self.send_some()


async def test_no_event_is_told_twice_and_none_is_lost_but_in_a_gap_that_is_told() -> None:
    async with run_fake_live_kis() as kis:
        chance = random.Random(SEED)
        watch = Watch(World(kis), chance)
        session = watch.world.session
        await asyncio.gather(*(session.register(channel) for channel in CHANNELS))
        links = 1
        for _ in range(FAULTS):
            await watch.send_some()
            fault = chance.choice((watch.drop, watch.fall_silent, watch.send_garbage, watch.send_garbage))
            await fault()
            links += fault != watch.send_garbage
        await watch.send_some()
        assert watch.told == watch.sent
        assert watch.world.receiver.frames.empty()
        assert (watch.gaps, kis.connections, kis.in_use) == (links - 1, links, 0)
        assert session.channels() == CHANNELS
        await session.aclose()
        await kis.until_cut()
