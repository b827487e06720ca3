"""Keeping alerts without a server, for a person at a terminal."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import anyio

from kis_mcp.alerts import WATCHED, Rule
from kis_mcp.catalog import catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.settings import Settings
from kis_mcp.wiring.alerts import channel_kinds, keep_alerts
from kis_mcp.wiring.environments import open_environments

_LOOK_SECONDS = 1.0
_MOST = 100


async def follow_alerts(
    settings: Settings,
    tell: Callable[[str], None],
    *,
    clock: Clock = system_clock,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Keep the alerts of the configured environment, or let the process go on that keeps them, and tell what fires from
    now on, and which alerts cannot be watched meanwhile, until cancelled.

    Raises:
        NotInEnvironment, SettingsError, StorageError: The environment cannot be opened.
    """
    async with open_environments(settings, catalog(), clock, stays=True) as environments:
        brokerage = await environments.brokerage(settings.environment)
        store = brokerage.alerts()
        active = [rule for rule in await store.rules() if rule.stage(brokerage.clock()) == "active"]
        channels = ", ".join(channel_kinds(settings)) or "nobody, for no channel is set"
        alerts = "1 alert" if len(active) == 1 else f"{len(active)} alerts"
        tell(f"{alerts} in {settings.environment}; what fires is shown here and goes out to {channels}. Ctrl-C ends.")
        number, troubles = await store.last_number(), frozenset[str]()
        async with anyio.create_task_group() as keeping:
            keeping.start_soon(keep_alerts, brokerage, clock, sleep)
            while True:
                for firing in await store.firings(number, _MOST):
                    tell(f"{firing.at:%Y-%m-%d %H:%M:%S %Z}  {firing.text}")
                    number = firing.number
                stand = _troubles(await store.rules(), brokerage.clock())
                for trouble in sorted(stand - troubles):
                    tell(trouble)
                if troubles and not stand:
                    tell("All alerts are watched again.")
                troubles = stand
                await sleep(_LOOK_SECONDS)


def _troubles(rules: Iterable[Rule], now: datetime) -> frozenset[str]:
    """Why active rules are not watched, each reason once; the reason of all that share it names none of them."""
    active = [rule for rule in rules if rule.stage(now) == "active" and rule.watching]
    by_standing: dict[str, list[str]] = {}
    for rule in active:
        by_standing.setdefault(rule.watching, []).append(rule.id)
    return frozenset(
        f"{', '.join(ids)} {standing}" if len(ids) < len(active) else f"Alerts {standing}"
        for standing, ids in by_standing.items()
        if standing != WATCHED
    )
