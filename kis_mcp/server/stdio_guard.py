"""What stands between the server and stdio: a message that cannot be read or written costs one call, not the server.

The SDK drops a line that its JSON reader refuses, so that its call would never be answered, and its writer ends at the
first message that has no UTF-8 form, so that no later call would be.
"""

import json
import logging
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from kis_mcp.catalog import encodable_all

S = TypeVar("S", bound=ReadStream[Any] | WriteStream[Any])

_ID = re.compile(r'"id"\s*:\s*(\d{1,15}|"[^"\\]{1,100}")')
_log = logging.getLogger(__name__)


class _Guard(Generic[S]):
    """A stream that is closed with the one inside it."""

    def __init__(self, inner: S) -> None:
        self._inner = inner

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return await self._inner.__aexit__(exc_type, exc_val, exc_tb)


class GuardedOutput(_Guard[WriteStream[SessionMessage]]):
    """The way out. An answer that cannot be written becomes an error for its call."""

    async def send(self, item: SessionMessage, /) -> None:
        message = item.message
        try:
            message.model_dump_json(by_alias=True, exclude_unset=True)
        except ValueError:
            if isinstance(message, JSONRPCRequest):
                raise
            _log.exception("A message could not be written")
            if isinstance(message, JSONRPCNotification):
                return
            item = _error(message.id, INTERNAL_ERROR, "The answer could not be written; the server's log says why.")
        await self._inner.send(item)


class GuardedInput(_Guard[ReadStream[SessionMessage | Exception]]):
    """The way in. A line that holds half a character is read without it, and any other line that is no message is
    answered with an error."""

    def __init__(self, inner: ReadStream[SessionMessage | Exception], answers: WriteStream[SessionMessage]) -> None:
        super().__init__(inner)
        self._answers = answers

    @property
    def last_context(self) -> Context | None:
        """The context of whoever sent the last message; the SDK runs its handler in it."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        while isinstance(item := await self._inner.receive(), ValidationError):
            try:
                return _message(item)
            except _NoMessage as refusal:
                if refusal.answer is not None:
                    await self._answers.send(refusal.answer)
        return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


@asynccontextmanager
async def guarded_stdio() -> AsyncGenerator[tuple[GuardedInput, GuardedOutput]]:
    """The SDK's stdin and stdout, guarded."""
    async with stdio_server() as (incoming, outgoing):
        answers = GuardedOutput(outgoing)
        yield GuardedInput(incoming, answers), answers


class _NoMessage(Exception):
    """A line that is no message, and the error that answers it; None where none is due."""

    def __init__(self, answer: SessionMessage | None) -> None:
        super().__init__("no JSON-RPC message")
        self.answer = answer


def _message(refused: ValidationError) -> SessionMessage:
    """The message in a line that the SDK refused to read.

    Raises:
        _NoMessage: There is none.
    """
    errors = refused.errors(include_url=False)
    content: object = next((error["input"] for error in errors if _asks(error["input"])), None)
    if errors[0]["type"] == "json_invalid":
        line = str(errors[0]["input"])
        try:
            content = encodable_all(json.loads(line))
            return SessionMessage(jsonrpc_message_adapter.validate_python(content, by_name=False))
        except RecursionError:
            raise _NoMessage(_error(_id_in(line), PARSE_ERROR, "The message is nested too deep.")) from None
        except ValidationError:
            pass
        except ValueError:
            answer = _error(_id_in(line), PARSE_ERROR, "The line is no JSON.") if line.strip() else None
            raise _NoMessage(answer) from None
    if not _asks(content):
        raise _NoMessage(None)
    given = cast(Mapping[str, object], content).get("id")
    own_id = given if isinstance(given, int | str) else None
    raise _NoMessage(_error(own_id, INVALID_REQUEST, "This is no JSON-RPC message."))


def _asks(content: object) -> bool:
    return isinstance(content, Mapping) and "method" in content


def _id_in(line: str) -> int | str | None:
    match = _ID.search(line)
    return None if match is None else json.loads(match[1])


def _error(request_id: int | str | None, code: int, message: str) -> SessionMessage:
    return SessionMessage(JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message)))
