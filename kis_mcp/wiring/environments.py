"""The composition root: one brokerage per environment, each with a gateway, cache and journal of its own.

A brokerage is made when a call first needs it, so that a client which only lists tools waits for nothing.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc
import anyio.to_thread

from kis_mcp.catalog import Catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, NotInEnvironment
from kis_mcp.settings import Settings
from kis_mcp.wiring.brokerage import ALERTS, JOURNAL, Brokerage, import_all
from kis_mcp.wiring.open_watches import OpenWatches

if TYPE_CHECKING:
    from kis_mcp.catalog import CacheClass, KisApis
    from kis_mcp.confirm import Approvals
    from kis_mcp.wiring.listings import Listings

_ALERTS = ("kis_mcp.storage.alerts", "kis_mcp.wiring.alerts", "kis_mcp.notify")
_WIRE = ("kis_mcp.catalog.apis", "kis_mcp.kis.rest", "kis_mcp.kis.transport", "kis_mcp.storage.cache")

_LOOK_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Environments:
    """Where calls go now, and the brokerages that were needed so far.

    Args:
        settings: Which environments the operator allows, and how each is reached.
        catalog: The spec table.
        background: Runs the embedded simulator, and what is fetched beside the calls.
        clock: What time it is.

    Attributes:
        current: Where calls go, for every client of this server.
        switches: How often that was changed, so that a consent to one switch is none to the next.
        open_watches: What is watched, in any environment.
        keeps: Whether this process keeps alerts and strategies.
        stays: Whether it runs until it is stopped, so that commands may use its simulator.
    """

    def __init__(
        self, settings: Settings, catalog: Catalog, background: anyio.abc.TaskGroup, clock: Clock = system_clock
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.clock = clock
        self._world_clock = settings.world_clock(clock)
        self.current = settings.environment
        self.switches = 0
        self.keeps = self.stays = False
        self.open_watches = OpenWatches()
        self._background = background
        self._brokerages: dict[Environment, Brokerage] = {}
        self._listings: dict[Path, Listings] = {}
        self._opening = anyio.Lock()

    async def brokerage(self, environment: Environment) -> Brokerage:
        """The brokerage of an environment.

        Raises:
            NotInEnvironment: The operator did not allow it.
            SettingsError, StorageError: Its keys or its folder cannot be used.
        """
        self.require_allowed(environment)
        return await self._brokerage(environment)

    def clock_error(self, environment: Environment) -> timedelta | None:
        """KIS' clock less this machine's, where this server knows it without asking."""
        brokerage = self._brokerages.get(environment)
        return brokerage.apis.clock_error if brokerage else None

    def require_allowed(self, environment: Environment) -> None:
        """Refuse an environment that the operator did not allow at start."""
        allowed = self.settings.environments
        if environment not in allowed:
            raise NotInEnvironment(
                f"The operator did not allow the {environment} environment.",
                remedy=f"Stay in {' or '.join(sorted(allowed))}; the operator can allow more with KIS_SWITCHABLE_ENVS.",
                field="environment",
            )

    def switch(self, environment: Environment) -> None:
        """Let following calls go to another environment.

        Raises:
            NotInEnvironment: The operator did not allow it.
        """
        self.require_allowed(environment)
        self.current = environment
        self.switches += 1

    def clock_of(self, environment: Environment) -> Clock:
        """What time it is in an environment: in the simulator inside this process, its world's."""
        is_inside = environment is Environment.SIM and not self.settings.profile(environment).rest_url
        return self._world_clock if is_inside else self.clock

    def told(self, environment: Environment, moment: datetime) -> datetime:
        """A moment of this machine's clock, as the clock of an environment tells it."""
        return self._world_clock.at(moment) if self.clock_of(environment) is self._world_clock else moment

    @cached_property
    def approvals(self) -> "Approvals":
        """The pages on which a person approves what a client cannot ask about."""
        from kis_mcp.confirm import Approvals

        return Approvals(self.settings.data_dir, seconds=self.settings.approval_seconds, clock=self.clock)

    async def listings(self, environment: Environment) -> "Listings":
        """What is listed: in demo and real by KIS' own files, which they share; in a simulator by that one's.

        Raises:
            NotInEnvironment: The operator did not allow it.
            SettingsError, StorageError: The simulator cannot start.
        """
        from kis_mcp.kis import MASTERS_URL
        from kis_mcp.wiring.listings import LISTINGS, Listings

        self.require_allowed(environment)
        folder, url, least = self.settings.data_dir, MASTERS_URL, None
        if self.settings.profile(environment).is_simulated:
            brokerage = await self._brokerage(environment)
            folder, url, least = brokerage.folder, f"{brokerage.rest_url}/common/master", 1
        if folder not in self._listings:
            self._listings[folder] = Listings(
                folder / LISTINGS,
                url,
                self.settings.user_agent,
                self.clock_of(environment),
                self._background,
                least=least,
            )
        return self._listings[folder]

    async def settle_earlier_orders(self) -> None:
        """Look up orders that an earlier process left unknown, where there is a journal."""
        if not (self._folder(self.current) / JOURNAL).exists():
            return
        try:
            await (await self.brokerage(self.current)).desk()
        except Exception:
            _log.exception("Orders of an earlier run could not be looked up")

    async def keep_alerts(self, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        """Keep the alerts of each environment that calls go to, from when there are any."""
        async with anyio.create_task_group() as keeping:
            kept: set[Environment] = set()
            while True:
                current = self.current
                if current not in kept and await self._has_alerts(current):
                    kept.add(current)
                    keeping.start_soon(self._keep_alerts_of, current, sleep)
                await sleep(_LOOK_SECONDS)

    async def keep_strategies(self, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        """Keep the runs of strategies of each environment that calls go to, from when there are any."""
        async with anyio.create_task_group() as keeping:
            kept: set[Environment] = set()
            while True:
                current = self.current
                if current not in kept and await self._has_runs(current):
                    from kis_mcp.wiring.strategies import keep_strategies

                    kept.add(current)
                    brokerage = self._brokerages[current]
                    keeping.start_soon(partial(keep_strategies, brokerage, sleep, approvals=self.approvals))
                await sleep(_LOOK_SECONDS)

    async def aclose(self) -> None:
        for brokerage in self._brokerages.values():
            await brokerage.aclose()

    async def _has_alerts(self, environment: Environment) -> bool:
        """Whether there are any to keep; also where that cannot be read, which their keeper tells."""
        is_open = self._brokerages.get(environment)
        path = (is_open.folder if is_open else self._folder(environment)) / ALERTS
        if not path.exists():
            return False
        await anyio.to_thread.run_sync(import_all, _ALERTS)
        from kis_mcp.storage import SqliteAlerts
        from kis_mcp.wiring.alerts import channel_kinds

        try:
            return await SqliteAlerts(path).has_work(self.clock_of(environment)(), channel_kinds(self.settings))
        except KisMcpError:
            return True

    async def _has_runs(self, environment: Environment) -> bool:
        """Whether there are any to keep. Nothing is opened for the question: where a strategy was started, this process
        has opened the journal, or opens it for what an earlier one left unknown."""
        is_open = self._brokerages.get(environment)
        if is_open is None or not (is_open.folder / JOURNAL).exists():
            return False
        try:
            return bool(await (await is_open.strategy_records()).active_runs())
        except KisMcpError as error:
            _log.warning("Whether strategies of %s run cannot be read: %s", environment, error)
            return False

    async def _keep_alerts_of(self, environment: Environment, sleep: Callable[[float], Awaitable[None]]) -> None:
        from kis_mcp.wiring.alerts import RETRY_SECONDS, keep_alerts

        while True:
            try:
                brokerage = await self._brokerage(environment)
            except Exception:
                _log.exception("The alerts of %s cannot be kept yet", environment)
                await sleep(RETRY_SECONDS)
            else:
                return await keep_alerts(brokerage, self.clock, sleep)

    async def _brokerage(self, environment: Environment) -> Brokerage:
        async with self._opening:
            if environment not in self._brokerages:
                self._brokerages[environment] = await self._open(environment)
            return self._brokerages[environment]

    async def _real_quotes(self) -> "KisApis":
        """Real, for quotes only: whoever gets this gets no desk."""
        return (await self._brokerage(Environment.REAL)).apis

    async def _open(self, environment: Environment) -> Brokerage:
        await anyio.to_thread.run_sync(import_all, _WIRE)
        from kis_mcp.catalog import KisApis
        from kis_mcp.kis import Connection, HttpGateway
        from kis_mcp.storage import DiskReplyCache, private_folder, shared_files

        settings = self.settings
        profile = settings.profile(environment)
        folder = private_folder(self._folder(environment))
        rest_url, ws_url, clock = profile.rest_url, profile.ws_url, self.clock_of(environment)
        if not rest_url:
            from kis_mcp.wiring.simulated import start_simulator

            started = await start_simulator(
                self._background,
                folder,
                settings,
                self._world_clock,
                uses_others=not self.keeps,
                is_shared=self.stays,
            )
            folder, rest_url, ws_url = started.folder, started.rest_url, started.ws_url
        connection = Connection(
            environment,
            rest_url=rest_url,
            app_key=profile.app_key,
            app_secret=profile.app_secret.get_secret_value(),
            requests_per_second=profile.requests_per_second,
            token_interval_seconds=60 if profile.rest_url else 0,
            user_agent=settings.user_agent,
            account_numbers=tuple({account.number for account in profile.accounts.values()}),
        )
        gateway = HttpGateway(connection, shared_files(folder, connection.digest), clock=clock)
        cache = DiskReplyCache(folder / "cache")
        apis = KisApis(
            self.catalog,
            gateway,
            cache,
            environment=environment,
            accounts=profile.accounts,
            hts_id=profile.hts_id,
            clock=clock,
            lifetimes=_lifetimes(settings),
        )
        lends_quotes = environment is Environment.DEMO and settings.demo_quotes == "real"
        return Brokerage(
            environment,
            settings,
            folder,
            apis,
            gateway,
            cache,
            clock,
            real_quotes=self._real_quotes if lends_quotes else None,
            rest_url=rest_url,
            ws_url=ws_url,
            open_watches=self.open_watches,
        )

    def _folder(self, environment: Environment) -> Path:
        return self.settings.data_dir / environment.value


@asynccontextmanager
async def open_environments(
    settings: Settings,
    catalog: Catalog,
    clock: Clock = system_clock,
    *,
    keeps_alerts: bool = False,
    stays: bool = False,
) -> AsyncGenerator[Environments]:
    """The environments of one server, for as long as it runs. A KisMcpError of their user, or of what runs beside it,
    comes out as it is, not in a group.

    Args:
        keeps_alerts: Whether it keeps the alerts and strategies where no other process does.
        stays: As `Environments` has it; who keeps alerts does.
    """
    failure: KisMcpError | None = None
    try:
        async with anyio.create_task_group() as background:
            environments = Environments(settings, catalog, background, clock)
            environments.keeps, environments.stays = keeps_alerts, keeps_alerts or stays
            try:
                async with anyio.create_task_group() as chores:
                    chores.start_soon(environments.settle_earlier_orders)
                    if keeps_alerts:
                        chores.start_soon(environments.keep_alerts)
                        chores.start_soon(environments.keep_strategies)
                    try:
                        yield environments
                    except KisMcpError as error:
                        failure = error
                    finally:
                        chores.cancel_scope.cancel()
            finally:
                with anyio.CancelScope(shield=True):
                    await environments.aclose()
                background.cancel_scope.cancel()
    except* KisMcpError as failures:
        failure = failure or _first(failures)
    if failure is not None:
        raise failure


def _first(failures: ExceptionGroup[KisMcpError]) -> KisMcpError:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _lifetimes(settings: Settings) -> "Mapping[CacheClass, float]":
    from kis_mcp.catalog import CACHE_LIFETIMES

    return {**CACHE_LIFETIMES, "quote": settings.quote_cache_seconds, "account": settings.account_cache_seconds}
