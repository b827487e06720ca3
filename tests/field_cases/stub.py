"""A KIS that answers some paths as a case says, and leaves the others to the simulator behind it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx

from kis_mcp.simulator import Simulator
from tests.kis.fake_kis import Answered, Break, Seen, encoded, read_request

Stub: TypeAlias = Mapping[str, Any] | Answered | Break | Callable[[Seen], "Stub | None"]
"""A body, a whole answer, a broken connection, or what finds one of them by the request; None asks the simulator."""

OF_THE_CONNECTION = {"content-length", "transfer-encoding", "connection", "server"}


class StubbedKis:
    """One host of KIS.

    Attributes:
        stubs: Path → what is answered.
        seen: Every request, also those that the simulator answered.
        change: What becomes of the answers that the simulator gave.
        repeats: Whether the simulator is asked for the first page, whichever is asked for.
    """

    def __init__(self, behind: str, stubs: Mapping[str, Stub]) -> None:
        self.url = ""
        self.stubs = dict(stubs)
        self.seen: list[Seen] = []
        self.repeats = False
        self.change: Callable[[Seen, Answered], Answered] = lambda _, answer: answer
        self._behind = httpx.AsyncClient(base_url=behind)
        self._connections = set[asyncio.Task[Any]]()

    def sent_to(self, path: str) -> list[dict[str, Any]]:
        """The elements of each request to a path."""
        return [seen.body or seen.query for seen in self.seen if seen.path == path]

    async def _answer(self, request: Seen) -> Answered | Break:
        stub = self.stubs.get(request.path)
        while callable(stub):
            stub = stub(request)
        if stub is None:
            return self.change(request, await self._ask_simulator(request))
        return stub if isinstance(stub, Answered | Break) else Answered(stub)

    async def _ask_simulator(self, request: Seen) -> Answered:
        hidden = OF_THE_CONNECTION | {"host"} | ({"tr_cont"} if self.repeats else set())
        headers = {name: value for name, value in request.headers.items() if name not in hidden}
        query = {
            name: "" if self.repeats and name.startswith("CTX_AREA") else value for name, value in request.query.items()
        }
        answer = await self._behind.request(
            request.method, request.path, params=query or None, json=request.body or None, headers=headers
        )
        kept = {name: value for name, value in answer.headers.items() if name not in OF_THE_CONNECTION}
        return Answered(answer.content, answer.status_code, kept)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while request := await read_request(reader):
                self.seen.append(request)
                answer = await self._answer(request)
                if isinstance(answer, Break):
                    writer.transport.abort()
                else:
                    writer.write(encoded(answer))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def aclose(self) -> None:
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._behind.aclose()


@asynccontextmanager
async def stubbed(simulator: Simulator, stubs: Mapping[str, Stub], *, demo: bool = False) -> AsyncGenerator[StubbedKis]:
    """Such a host in front of one of the simulator's."""
    kis = StubbedKis(simulator.demo_url if demo else simulator.real_url, stubs)
    server = await asyncio.start_server(kis.serve, "127.0.0.1", 0)
    kis.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield kis
    finally:
        server.close()
        await kis.aclose()
