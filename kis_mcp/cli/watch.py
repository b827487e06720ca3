"""``kis-mcp watch``: alerts kept in the foreground."""

import anyio
import typer

from kis_mcp.environment import Environment
from kis_mcp.wiring import follow_alerts, load_settings


def run(environment: Environment | None) -> int:
    """Keep the alerts and print what fires until Ctrl-C; the exit code."""
    settings = load_settings(**({"env": environment} if environment else {}))

    async def follow() -> None:
        await follow_alerts(settings, settings.environment, typer.echo)

    try:
        anyio.run(follow)
    except KeyboardInterrupt:
        typer.echo("Ended. Alerts are kept again by the next server or `kis-mcp watch`.")
    return 0
