"""A client that speaks JSON-RPC by hand to a server process, so that it can do what no decent client does."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mcp_types import CONNECTION_CLOSED

Json: TypeAlias = dict[str, Any]
Era: TypeAlias = Literal["legacy", "modern"]

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 60.0
"""No answer may take longer: whoever waits so long has found a hang."""

_HANDSHAKE_VERSION = "2025-11-25"
_MODERN_VERSION = "2026-07-28"
_LINE_LIMIT = 16 * 1024 * 1024


class ServerDied(Exception):
    """The process ended, or was about to, while an answer was due."""


class RpcError(Exception):
    """The server answered with a protocol error."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked: the text, and the form to fill in."""

    message: str
    form: Mapping[str, Any]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Question":
        return cls(params["message"], params["requestedSchema"])


@dataclass(frozen=True, slots=True)
class AskedBack:
    """A call of the modern era that ended with the question: answer it by calling again with the state."""

    key: str
    question: Question
    state: str


Answerer: TypeAlias = Callable[[Question], Awaitable[Json]]
"""Gives the result of an elicitation."""


async def _nobody(question: Question) -> Json:
    return {"action": "cancel"}


class Peer:
    """One server process and its client.

    Attributes:
        answerer: Who answers questions that come in the middle of a call.
    """

    def __init__(self, process: asyncio.subprocess.Process, era: Era, *, elicits: bool = True) -> None:
        self.process = process
        self.era = era
        self.answerer: Answerer = _nobody
        self._capabilities: Json = {"elicitation": {"form": {}}} if elicits else {}
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._last_id = 0
        self._answering: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None and not self._reading.done()

    async def greet(self) -> None:
        """The handshake, where the era has one."""
        if self.era == "legacy":
            client = {"name": "chaos", "version": "1"}
            hello = {"protocolVersion": _HANDSHAKE_VERSION, "capabilities": self._capabilities, "clientInfo": client}
            await self.request("initialize", hello)
            self.notify("notifications/initialized", {})
        else:
            await self.request("tools/list", {})

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        state: str | None = None,
        answers: Mapping[str, Json] | None = None,
    ) -> Json | AskedBack:
        """Call a tool; ``state`` and ``answers`` repeat an earlier call.

        Raises:
            RpcError, ServerDied: There is no result.
        """
        params: Json = {"name": tool, "arguments": dict(arguments)}
        if state is not None:
            params["requestState"] = state
        if answers is not None:
            params["inputResponses"] = dict(answers)
        result = await self.request("tools/call", params)
        if result.get("resultType") != "input_required":
            return result
        ((key, asked),) = result["inputRequests"].items()
        return AskedBack(key, Question.of(asked["params"]), result["requestState"])

    async def request(self, method: str, params: Json) -> Json:
        """One request.

        Raises:
            RpcError, ServerDied, TimeoutError: There is no result.
        """
        self._last_id += 1
        own_id = self._last_id
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        if not self.is_alive:
            raise ServerDied
        self._waiting[own_id] = answer
        self._send({"id": own_id, "method": method, "params": self._stamped(params)})
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                message = await answer
        except asyncio.CancelledError:
            self.notify("notifications/cancelled", {"requestId": own_id})
            raise
        finally:
            self._waiting.pop(own_id, None)
        if error := message.get("error"):
            raise ServerDied if error["code"] == CONNECTION_CLOSED else RpcError(error["message"])
        return message["result"]

    def notify(self, method: str, params: Json) -> None:
        self._send({"method": method, "params": self._stamped(params)})

    async def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):  # Process.kill would steal the exit status from asyncio
                os.kill(self.process.pid, signal.SIGKILL)
        await self._ended()

    async def hang_up(self) -> None:
        """Close stdin, as a client does that goes away; the server ends by itself."""
        assert self.process.stdin
        self.process.stdin.close()
        await self._ended()

    async def _ended(self) -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            await self.process.wait()
            await self._reading
        for answering in self._answering:
            answering.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _stamped(self, params: Json) -> Json:
        if self.era == "legacy":
            return params
        prefix = "io.modelcontextprotocol/"
        stamp = {f"{prefix}protocolVersion": _MODERN_VERSION, f"{prefix}clientCapabilities": self._capabilities}
        return {**params, "_meta": stamp}

    def _send(self, message: Json) -> None:
        assert self.process.stdin
        if not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def _read(self) -> None:
        assert self.process.stdout
        try:
            while line := await self.process.stdout.readline():
                self._take(json.loads(line))
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ServerDied())

    def _take(self, message: Json) -> None:
        if message.get("method") == "elicitation/create":
            task = asyncio.create_task(self._answer(message["id"], Question.of(message["params"])))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif "method" not in message and (answer := self._waiting.get(message["id"])) and not answer.done():
            answer.set_result(message)

    async def _answer(self, question_id: int, question: Question) -> None:
        self._send({"id": question_id, "result": await self.answerer(question)})


async def spawn(
    era: Era, variables: Mapping[str, str], *, elicits: bool = True, log: Path | None = None, module: str = "server"
) -> Peer:
    """Start a server process and greet it.

    Args:
        variables: Its settings, and the other variables that it gets beside this process' own.
        log: Where its stderr goes, after what is there.

    Raises:
        ServerDied: It did not live that long.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("KIS_")}
    with (log or Path(os.devnull)).open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"tests.chaos.{module}",
            cwd=ROOT,
            env={**others, **variables},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            limit=_LINE_LIMIT,
        )
    peer = Peer(process, era, elicits=elicits)
    try:
        await peer.greet()
    except BaseException:
        await peer.kill()
        raise
    return peer


@asynccontextmanager
async def spawned(era: Era, variables: Mapping[str, str], **more: Any) -> AsyncGenerator[Peer]:
    """A server process for as long as the context lasts; killed at its end."""
    peer = await spawn(era, variables, **more)
    try:
        yield peer
    finally:
        await peer.kill()
