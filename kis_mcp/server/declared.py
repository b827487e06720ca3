"""What the server says it can do."""

from typing import Any

from mcp.server.lowlevel import NotificationOptions, Server
from mcp_types import PromptsCapability, ServerCapabilities, ToolsCapability

from kis_mcp.server.serving import Serving


class KisServer(Server[Serving]):
    """The SDK's server, which declares what is so in both eras: resources come and go, tools do not.

    Attributes:
        serving: What its handlers share, while it runs.
    """

    serving: Serving | None = None

    def end_streams(self) -> None:
        """End the streams on which clients are told of changes, and tell them that this is meant."""
        if self.serving is not None:
            self.serving.subscriptions.listen_streams.close()

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,  # noqa: ARG002
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> ServerCapabilities:
        """As the SDK derives it, with listChanged as it is."""
        options = NotificationOptions(resources_changed=True)
        found = super().get_capabilities(
            options, experimental_capabilities, extensions, protocol_version=protocol_version
        )
        fixed = {"tools": ToolsCapability(list_changed=False), "prompts": PromptsCapability(list_changed=False)}
        return found.model_copy(update=fixed)
