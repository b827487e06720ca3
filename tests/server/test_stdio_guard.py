"""Messages that cannot be written or read cost one call."""

import math
from typing import Any

import pytest
from mcp.shared._context_streams import create_context_streams
from mcp.shared.message import SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from kis_mcp.server.stdio_guard import GuardedInput, GuardedOutput

UNWRITABLE = {"text": "\ud800"}


def refused(line: str) -> ValidationError:
    """What the SDK hands on for a line that it cannot read."""
    with pytest.raises(ValidationError) as raised:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    return raised.value


async def written(*messages: Any) -> list[Any]:
    """What reaches the writer of the messages that are sent."""
    send, receive = create_context_streams[SessionMessage](math.inf)
    async with send, receive:
        guarded = GuardedOutput(send)
        for message in messages:
            await guarded.send(SessionMessage(message))
        await guarded.aclose()
        return [item.message async for item in receive]


async def test_an_answer_that_cannot_be_written_is_an_error_for_its_call() -> None:
    bad = JSONRPCResponse(jsonrpc="2.0", id=7, result=UNWRITABLE)
    good = JSONRPCResponse(jsonrpc="2.0", id=8, result={"text": "가"})
    notification = JSONRPCNotification(jsonrpc="2.0", method="notifications/progress", params=UNWRITABLE)
    error, then = await written(notification, bad, good)
    assert isinstance(error, JSONRPCError)
    assert (error.id, error.error.code) == (7, INTERNAL_ERROR)
    assert then == good


async def test_a_question_that_cannot_be_written_fails_its_asker() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        await written(JSONRPCRequest(jsonrpc="2.0", id=1, method="elicitation/create", params=UNWRITABLE))


async def read(*lines: str) -> tuple[list[Any], list[Any]]:
    """The messages that the server gets of these lines, and the errors that answer them."""
    send, receive = create_context_streams[SessionMessage | Exception](math.inf)
    answer, answers = create_context_streams[SessionMessage](math.inf)
    async with send, receive, answer, answers:
        for line in lines:
            await send.send(refused(line))
        await send.aclose()
        messages = [item.message async for item in GuardedInput(receive, answer) if isinstance(item, SessionMessage)]
        await answer.aclose()
        return messages, [item.message async for item in answers]


async def test_a_line_with_half_a_character_is_read_without_it() -> None:
    line = '{"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"a": "x\\ud800"}}'
    messages, answers = await read(line)
    assert messages == [JSONRPCRequest(jsonrpc="2.0", id=3, method="tools/call", params={"a": "x\ufffd"})]
    assert answers == []


async def test_an_error_that_the_client_sends_is_handed_on() -> None:
    (message,), answers = await read('{"jsonrpc": "2.0", "id": 3, "error": {"code": 1, "message": "\\ud800"}}')
    assert isinstance(message, JSONRPCError)
    assert answers == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('{"id": 4, "method": "x", "params": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}", (4, PARSE_ERROR)),
        ('{"id": "a", "method": "x", "params": ', ("a", PARSE_ERROR)),
        ("no JSON", (None, PARSE_ERROR)),
        ('{"id": 5, "method": "x"}', (5, INVALID_REQUEST)),
        ('{"jsonrpc": "2.0", "id": 5, "method": 6}', (5, INVALID_REQUEST)),
    ],
)
async def test_a_line_that_is_no_message_is_answered(line: str, answer: tuple[Any, int]) -> None:
    messages, (error,) = await read(line)
    assert messages == []
    assert (error.id, error.error.code) == answer


@pytest.mark.parametrize("line", ["", "[]", "7", '{"jsonrpc": "2.0", "id": 1}'])
async def test_a_line_that_asks_for_nothing_is_not_answered(line: str) -> None:
    assert await read(line) == ([], [])
