"""Being told when resources change, by ``resources/subscribe`` of 2025 or ``subscriptions/listen`` of 2026."""

from contextlib import ExitStack
from typing import Any

from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    EmptyResult,
    NotificationParams,
    ReadResourceRequestParams,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from kis_mcp.server.resources import Resources
from kis_mcp.server.serving import Serving
from kis_mcp.server.subscriptions import Subscriber
from kis_mcp.server.task_methods import require_tasks

Context = ServerRequestContext[Serving, Any]

_SUBSCRIBER = "subscriber"
_TASK_IDS = "taskIds"
"""The tasks extension's part of a filter."""


class SubscriptionMethods:
    """The methods of one server.

    Args:
        resources: What can be subscribed to.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def welcome(self, context: Context, params: NotificationParams) -> None:  # noqa: ARG002
        """From now on the client of 2025 may be told things."""
        _subscriber(context)

    async def subscribe(self, context: Context, params: SubscribeRequestParams) -> EmptyResult:
        """Answers ``resources/subscribe``.

        Raises:
            MCPError: There is no such resource.
        """
        await self._resources.read_resource(context, ReadResourceRequestParams(uri=params.uri))
        _subscriber(context).subscribe(params.uri)
        return EmptyResult()

    async def unsubscribe(self, context: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        """Answers ``resources/unsubscribe``, also for what was not subscribed to."""
        _subscriber(context).unsubscribe(params.uri)
        return EmptyResult()

    async def listen(self, context: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """Answers ``subscriptions/listen``, once its stream ends.

        Only what can change here is acknowledged: the list of resources, and resources that there are.

        Raises:
            MCPError: It asks for tasks, and its client did not declare them.
        """
        asked, subscriptions = params.notifications, context.lifespan_context.subscriptions
        if (asked.model_extra or {}).get(_TASK_IDS):
            require_tasks(context)
        uris = [uri for uri in dict.fromkeys(asked.resource_subscriptions or ()) if await self._exists(context, uri)]
        honored = SubscriptionFilter(
            resources_list_changed=asked.resources_list_changed, resource_subscriptions=uris or None
        )
        with ExitStack() as following:
            for uri in uris:
                following.callback(subscriptions.follow(uri))
            return await subscriptions.listen_streams(context, params.model_copy(update={"notifications": honored}))

    async def _exists(self, context: Context, uri: str) -> bool:
        try:
            await self._resources.read_resource(context, ReadResourceRequestParams(uri=uri))
        except MCPError:
            return False
        return True


def _subscriber(context: Context) -> Subscriber:
    """The client's subscriber, which ends with its connection."""
    connection = _connection(context)
    if _SUBSCRIBER not in connection.state:
        subscriber = context.lifespan_context.subscriptions.welcome(context.session)
        connection.state[_SUBSCRIBER] = subscriber
        connection.exit_stack.callback(subscriber.close)
    return connection.state[_SUBSCRIBER]


def _connection(context: Context) -> Connection:
    """The SDK keeps a place for what ends with a connection, but gives handlers no other way to it."""
    return context.session._connection  # pyright: ignore[reportPrivateUsage]
