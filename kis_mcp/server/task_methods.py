"""MCP's tasks extension: a call's answer may be a task, which ``tasks/get``, ``tasks/update`` and ``tasks/cancel`` are
about.

Shapes and rules: SEP-2663 (final), extension ``io.modelcontextprotocol/tasks``, for protocol 2026-07-28 and later only;
https://github.com/modelcontextprotocol/ext-tasks. A client declares the extension with each request. There are no
``notifications/tasks``, which are optional, and no task asks the person anything.
"""

from typing import Any, Literal

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    EmptyResult,
    MissingRequiredClientCapabilityErrorData,
    RequestParams,
    Result,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from kis_mcp.server.serving import Serving
from kis_mcp.server.tasks import Task

TASKS = "io.modelcontextprotocol/tasks"
_POLL_SECONDS = 2

Context = ServerRequestContext[Serving, Any]


class TaskParams(RequestParams):
    """Which task a request is about."""

    task_id: str


class UpdateTaskParams(TaskParams):
    """Answers to what a task asked; none of this server asks anything."""

    input_responses: dict[str, Any]


class TaskState(Result):
    """How a task stands: SEP-2663's Task with its variants, but that a tool's error is its result, so that none fails,
    and none asks anything. Times are ISO 8601, durations in milliseconds."""

    task_id: str
    status: Literal["working", "completed", "cancelled"]
    status_message: str | None = None
    created_at: str
    last_updated_at: str
    ttl_ms: int
    poll_interval_ms: int = _POLL_SECONDS * 1000
    result: dict[str, Any] | None = None
    result_type: Literal["task", "complete"]


def accepts_tasks(context: Context) -> bool:
    """Whether this request's client declared the extension, under a protocol that has it."""
    capabilities = context.session.client_capabilities
    declared = (capabilities.extensions if capabilities else None) or {}
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS and TASKS in declared


def task_state(task: Task, *, is_new: bool = False) -> TaskState:
    """What a client is told of a task: in answer to its call where it is new, else to ``tasks/get``."""
    return TaskState(
        task_id=task.id,
        status=task.status,
        status_message=task.message or None,
        created_at=task.created_at.isoformat(timespec="milliseconds"),
        last_updated_at=task.updated_at.isoformat(timespec="milliseconds"),
        ttl_ms=round(task.lifetime.total_seconds() * 1000),
        result=task.result.model_dump(by_alias=True, mode="json", exclude_none=True) if task.result else None,
        result_type="task" if is_new else "complete",
    )


async def get_task(context: Context, params: TaskParams) -> TaskState:
    """Answers ``tasks/get``."""
    return task_state(_task(context, params))


async def update_task(context: Context, params: UpdateTaskParams) -> EmptyResult:
    """Answers ``tasks/update``. Answers to what was not asked are ignored, as SEP-2663 says."""
    _task(context, params)
    return EmptyResult(result_type="complete")


async def cancel_task(context: Context, params: TaskParams) -> EmptyResult:
    """Answers ``tasks/cancel``, at once; ``tasks/get`` says when the call has ended."""
    _task(context, params).cancel()
    return EmptyResult(result_type="complete")


def require_tasks(context: Context) -> None:
    """Refuse a request about tasks of a client that did not declare the extension.

    Raises:
        MCPError: The protocol has no such method, or the client lacks the capability.
    """
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(METHOD_NOT_FOUND, "Method not found", context.method)
    if not accepts_tasks(context):
        needed = MissingRequiredClientCapabilityErrorData(
            required_capabilities=ClientCapabilities(extensions={TASKS: {}})
        )
        data = needed.model_dump(by_alias=True, mode="json", exclude_none=True)
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, f"Only for clients that declare {TASKS}.", data)


def _task(context: Context, params: TaskParams) -> Task:
    require_tasks(context)
    task = context.lifespan_context.tasks.find(params.task_id)
    if task is None:
        raise MCPError(INVALID_PARAMS, "There is no such task; its result may have expired. Call the tool again.")
    return task
