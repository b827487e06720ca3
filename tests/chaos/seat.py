"""A place for one server process after another."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.peer import Answerer, Peer, ServerDied, spawn
from tests.chaos.plan import incarnation

_MOST_STILLBORN = 10


class Seat:
    """Has a living server whenever one is asked for.

    Args:
        seed, number: Decide what its processes are like.
        variables: Of their environment.
        answerer: Who answers questions in the middle of a call.
        log: Where their stderr goes.

    Attributes:
        starts: How many processes it had.
        ends: How they ended.
    """

    def __init__(self, seed: int, number: int, variables: Mapping[str, str], answerer: Answerer, log: Path) -> None:
        self._seed = seed
        self._number = number
        self._variables = variables
        self._answerer = answerer
        self._log = log
        self._peer: Peer | None = None
        self._crash = ""
        self._starting = asyncio.Lock()
        self.starts = 0
        self.ends: Counter[str] = Counter()

    async def peer(self) -> Peer:
        async with self._starting:
            for _ in range(_MOST_STILLBORN):
                if self._peer is not None and self._peer.is_alive:
                    return self._peer
                await self.end("")
                await self._start()
            raise AssertionError(f"no server survives its start; see {self._log}")

    async def end(self, how: str) -> None:
        """End the process, by SIGKILL unless ``how`` is to hang up; a process that has ended by itself is counted."""
        peer, self._peer = self._peer, None
        if peer is None:
            return
        if peer.is_alive:
            self.ends[how] += 1
            await (peer.hang_up() if how == "hang_up" else peer.kill())
        else:
            await peer.kill()
            self.ends[f"SIGKILL {self._crash.rpartition(':')[0]}" if self._crash else "by itself"] += 1

    async def _start(self) -> None:
        kind = incarnation(self._seed, self._number, self.starts)
        self.starts += 1
        self._crash = kind.crash
        try:
            peer = await spawn(kind.era, {**self._variables, "CHAOS_CRASH": kind.crash}, log=self._log)
        except ServerDied:
            self.ends[f"SIGKILL {kind.crash.rpartition(':')[0]} (at the start)"] += 1
            return
        peer.answerer = self._answerer
        self._peer = peer
