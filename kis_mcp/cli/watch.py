"""``kis-mcp watch``: alerts kept in the foreground."""

import anyio

from kis_mcp.cli.words import tell
from kis_mcp.environment import Environment
from kis_mcp.wiring import follow_alerts, load_settings


def run(environment: Environment | None) -> None:
    """Keep the alerts and print what fires until Ctrl-C."""
    settings = load_settings(**({"env": environment} if environment else {}))
    try:
        anyio.run(follow_alerts, settings, tell)
    except KeyboardInterrupt:
        tell("Ended. Alerts are kept again by the next server or `kis-mcp watch`.")
