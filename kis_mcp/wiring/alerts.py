"""Alerts, wired: the store of an environment, the channels that the operator set, and the process that keeps them."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from kis_mcp.clock import Clock
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.settings import Settings
from kis_mcp.wiring.brokerage import Brokerage

if TYPE_CHECKING:
    from kis_mcp.alerts import NoticeChannel, ReadPrice

LOCK = "alerts.lock"
LOOK_SECONDS = 2.0
"""How often a process looks whether another one that kept the alerts has ended."""

RETRY_SECONDS = 30.0

_log = logging.getLogger(__name__)


def channel_kinds(settings: Settings) -> list[str]:
    """The kinds of channel that are set."""
    found = {
        "desktop": settings.alert_desktop,
        "ntfy": settings.alert_ntfy_url,
        "telegram": settings.alert_telegram_token,
        "webhook": settings.alert_webhook_url,
    }
    return [kind for kind, is_set in found.items() if is_set]


def open_channels(settings: Settings) -> "list[NoticeChannel]":
    """The channels that are set."""
    from kis_mcp.notify import DesktopChannel, NtfyChannel, TelegramChannel, WebhookChannel

    channels: list[NoticeChannel] = []
    if settings.alert_desktop:
        channels.append(DesktopChannel())
    if settings.alert_ntfy_url is not None:
        channels.append(NtfyChannel(settings.alert_ntfy_url, settings.alert_ntfy_token))
    if settings.alert_telegram_token is not None and settings.alert_telegram_chat is not None:
        channels.append(TelegramChannel(settings.alert_telegram_token, settings.alert_telegram_chat))
    if settings.alert_webhook_url is not None:
        channels.append(WebhookChannel(settings.alert_webhook_url))
    return channels


async def keep_alerts(
    brokerage: Brokerage, machine_clock: Clock, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
) -> None:
    """Keep the alerts of an environment for as long as it is not cancelled: at once where no other process of the user
    does, else from when that one ends.

    Args:
        machine_clock: By which deliveries are tried again.
        sleep: Passes time between looks.
    """
    from kis_mcp.storage import LockedFile

    lock = LockedFile(brokerage.folder / LOCK)
    while True:
        try:
            while not lock.try_lock():
                await sleep(LOOK_SECONDS)
            await _keep(brokerage, machine_clock, sleep)
        except KisMcpError as error:
            _log.warning("Alerts cannot be kept: %s", error)
        except Exception:
            _log.exception("Alerts cannot be kept")
        finally:
            lock.close()
        await sleep(RETRY_SECONDS)


async def _keep(brokerage: Brokerage, machine_clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Keep and deliver alerts; the caller holds the lock."""
    from kis_mcp.alerts import Courier, Keeper
    from kis_mcp.language import say_in
    from kis_mcp.market import builtin_instruments
    from kis_mcp.streams import Watches

    watches: Watches | None = None

    async def open_watches() -> Watches:
        nonlocal watches
        if watches is None:  # of its own, so that no tool ends what a rule needs
            watches = Watches(await brokerage.streams(), brokerage.apis, clock=brokerage.clock)
        return watches

    def name_of(symbol: str) -> str | None:
        found = builtin_instruments().find(symbol)
        return found and (found.name_ko or found.name)

    channels = open_channels(brokerage.settings)
    store, kinds = brokerage.alerts(), [channel.kind for channel in channels]
    keeper = Keeper(store, open_watches, _prices(brokerage), name_of, kinds, clock=brokerage.clock, sleep=sleep)
    say = say_in(brokerage.settings.lang)
    courier = Courier(store, channels, environment=brokerage.environment, clock=machine_clock, say=say, sleep=sleep)
    async with anyio.create_task_group() as keeping:
        keeping.start_soon(keeper.run)
        keeping.start_soon(courier.run)


def _prices(brokerage: Brokerage) -> "ReadPrice":
    """Reads the present price of whatever has one, as if it had just traded."""
    from kis_mcp.market import Interest, Trade, read_present
    from kis_mcp.streams import Simple

    async def read(part: Simple) -> Trade | None:
        interest = Interest(part.symbol, "trade", part.market, part.exchange)
        try:
            event = await read_present(brokerage.apis, interest, brokerage.clock(), fresh=True)
        except BadArgument:
            return None
        except KisMcpError as error:
            _log.warning("The price of %s could not be read for its alert: %s", part.symbol, error)
            return None
        return event if isinstance(event, Trade) else None

    return read
