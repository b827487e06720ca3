"""What an environment's gateway knows without asking KIS: its token, its rate limit and its clock."""

from dataclasses import asdict
from typing import Any

from kis_mcp.catalog import to_json
from kis_mcp.clock import system_clock
from kis_mcp.settings import Profile, Settings


async def gateway_status(settings: Settings, profile: Profile) -> dict[str, Any]:
    """Token, limiter and clock as plain JSON, without secrets; empty where the environment was never used."""
    folder = settings.data_dir / profile.environment.value
    if not folder.exists():
        return {}
    from kis_mcp.kis import Connection, HttpGateway
    from kis_mcp.storage import shared_files
    from kis_mcp.trading.blotter import clock_error_notes

    connection = Connection(
        profile.environment,
        rest_url=profile.rest_url or "http://127.0.0.1",
        app_key=profile.app_key,
        app_secret=profile.app_secret.get_secret_value(),
        requests_per_second=profile.requests_per_second,
    )
    gateway = HttpGateway(connection, shared_files(folder, connection.digest), clock=system_clock)
    try:
        facts = asdict(gateway.status())
    finally:
        await gateway.aclose()
    del facts["environment"]
    if notes := clock_error_notes(facts.pop("clock_error")):
        facts["clock"] = " ".join(notes)
    return {name: to_json(value) for name, value in facts.items()}
