"""The composition root: one session per environment, each with a gateway, cache and journal of its own.

A session is built when a call first needs it, and its order desk when an order first does, so that a client which only
lists tools waits for nothing. Nothing is shared between environments, not even a folder.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc
import anyio.to_thread

from kis_mcp.catalog.loader import Catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, NotInEnvironment
from kis_mcp.settings import Profile, Settings

if TYPE_CHECKING:
    from kis_mcp.catalog.apis import KisApis
    from kis_mcp.kis.gateway import HttpGateway
    from kis_mcp.simulator.options import SimulatorOptions
    from kis_mcp.storage.cache import DiskReplyCache
    from kis_mcp.storage.journal import SqlJournal
    from kis_mcp.trading.desk import OrderDesk
    from kis_mcp.trading.market_facts import Instrument

JOURNAL = "journal.db"

_WIRE = ("kis_mcp.catalog.apis", "kis_mcp.kis.gateway", "kis_mcp.kis.transport", "kis_mcp.storage.disk")
_TRADING = ("kis_mcp.storage.journal", "kis_mcp.trading.desk")
"""What is slow to import, and wanted by the first read and the first order."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """One environment, wired.

    Attributes:
        profile: What it is reached with.
        apis: Every KIS API, by the spec table.
    """

    environment: Environment
    profile: Profile
    settings: Settings
    folder: Path
    apis: KisApis
    gateway: HttpGateway
    cache: DiskReplyCache
    clock: Clock
    _opened: tuple[OrderDesk, SqlJournal] | None = None
    _opening: anyio.Lock = field(default_factory=anyio.Lock)

    async def desk(self) -> OrderDesk:
        """The order desk, its journal opened and what an earlier process left unknown looked up."""
        desk, _ = await self._trading()
        return desk

    async def journal(self) -> SqlJournal:
        """The journal of orders."""
        _, journal = await self._trading()
        return journal

    async def aclose(self) -> None:
        if self._opened is not None:
            desk, journal = self._opened
            await desk.aclose()
            await journal.aclose()
        await self.gateway.aclose()
        self.cache.close()

    async def _trading(self) -> tuple[OrderDesk, SqlJournal]:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._open_trading()
            return self._opened

    async def _open_trading(self) -> tuple[OrderDesk, SqlJournal]:
        await anyio.to_thread.run_sync(_import_all, _TRADING)
        from kis_mcp.storage.journal import SqlJournal
        from kis_mcp.trading.desk import OrderDesk
        from kis_mcp.trading.guard import OrderLimits

        settings = self.settings
        journal = await SqlJournal.open(self.folder / JOURNAL)
        desk = OrderDesk(
            self.apis,
            journal,
            OrderLimits(
                max_notional=settings.max_order_notional,
                max_quantity=Decimal(settings.max_order_quantity) if settings.max_order_quantity else None,
                allow_real_orders=settings.allow_real_orders,
            ),
            environment=self.environment,
            clock=self.clock,
            describe=_describe,
        )
        try:
            for record in await desk.reconcile():
                _log.warning("Order intent %s of an earlier run is %s.", record.intent.id, record.status.value)
        except KisMcpError as error:
            _log.warning("Orders of an earlier run could not be looked up: %s", error)
        return desk, journal


class Environments:
    """Where calls go now, and the sessions that were needed so far.

    Args:
        settings: Which environments the operator allows, and how each is reached.
        catalog: The spec table.
        tasks: Runs the embedded simulator, and looks after orders that an earlier process left unknown.
    """

    def __init__(
        self, settings: Settings, catalog: Catalog, tasks: anyio.abc.TaskGroup, clock: Clock = system_clock
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.clock = clock
        self.current = settings.environment
        self._tasks = tasks
        self._sessions: dict[Environment, Session] = {}
        self._opening = anyio.Lock()

    async def session(self, environment: Environment | None = None) -> Session:
        """The session of an environment, by default the current one.

        Raises:
            NotInEnvironment: The operator did not allow it.
            SettingsError, BadArgument: Its keys or its folder cannot be used.
        """
        environment = environment or self.current
        self.require_allowed(environment)
        async with self._opening:
            if environment not in self._sessions:
                self._sessions[environment] = await self._open(environment)
            return self._sessions[environment]

    def require_allowed(self, environment: Environment) -> None:
        """Refuse an environment that the operator did not allow at start."""
        allowed = self.settings.environments
        if environment not in allowed:
            raise NotInEnvironment(
                f"The operator did not allow the {environment} environment.",
                remedy=f"Stay in {' or '.join(sorted(allowed))}; the operator can allow more with KIS_SWITCHABLE_ENVS.",
                field="environment",
            )

    async def settle_earlier_orders(self) -> None:
        """Look up orders that an earlier process left unknown, where there is a journal."""
        if not (self._folder(self.current) / JOURNAL).exists():
            return
        try:
            await (await self.session()).desk()
        except Exception:
            _log.exception("Orders of an earlier run could not be looked up")

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.aclose()

    async def _open(self, environment: Environment) -> Session:
        await anyio.to_thread.run_sync(_import_all, _WIRE)
        from kis_mcp.catalog.apis import KisApis
        from kis_mcp.kis.connection import Connection
        from kis_mcp.kis.gateway import HttpGateway
        from kis_mcp.storage.cache import DiskReplyCache
        from kis_mcp.storage.folders import private_folder

        profile = self.settings.profile(environment)
        folder = private_folder(self._folder(environment))
        rest_url = profile.rest_url
        if not rest_url:
            folder, rest_url = await self._start_simulator(folder)
        connection = Connection(
            environment,
            rest_url=rest_url,
            app_key=profile.app_key,
            app_secret=profile.app_secret.get_secret_value(),
            requests_per_second=profile.requests_per_second,
            token_interval_seconds=60 if profile.rest_url else 0,
            user_agent=self.settings.user_agent,
        )
        gateway = HttpGateway(connection, folder=folder, clock=self.clock)
        cache = DiskReplyCache(folder / "cache")
        apis = KisApis(
            self.catalog,
            gateway,
            cache,
            environment=environment,
            accounts=profile.accounts,
            hts_id=profile.hts_id,
            clock=self.clock,
        )
        return Session(environment, profile, self.settings, folder, apis, gateway, cache, self.clock)

    def _folder(self, environment: Environment) -> Path:
        return self.settings.data_dir / environment.value

    async def _start_simulator(self, folder: Path) -> tuple[Path, str]:
        """Start the embedded KIS for as long as the server runs.

        Its world, with accounts and orders, outlives the process. Servers that run at the same time get a world each.

        Returns:
            The folder that the world lies in, and the address.
        """
        from kis_mcp.simulator.options import SimulatorOptions
        from kis_mcp.simulator.state import StateInUse
        from kis_mcp.storage.folders import private_folder

        for number in count(2):
            options = SimulatorOptions(
                real_rate=self.settings.rate_limit_sim,
                clock=self.clock,
                state_path=folder / "simulator.db",
                token_interval_seconds=0,
            )
            try:
                return folder, await self._tasks.start(_run_simulator, options)
            except StateInUse:
                folder = private_folder(folder.with_name(f"{Environment.SIM.value}-{number}"))
        raise AssertionError("unreachable")


@asynccontextmanager
async def open_environments(
    settings: Settings, catalog: Catalog, clock: Clock = system_clock
) -> AsyncGenerator[Environments]:
    """The environments of one server, for as long as it runs."""
    async with anyio.create_task_group() as tasks:
        environments = Environments(settings, catalog, tasks, clock)
        tasks.start_soon(environments.settle_earlier_orders)
        try:
            yield environments
        finally:
            with anyio.CancelScope(shield=True):
                await environments.aclose()
            tasks.cancel_scope.cancel()


async def _run_simulator(options: SimulatorOptions, *, task_status: anyio.abc.TaskStatus[str]) -> None:
    from kis_mcp.simulator.server import run_simulator

    running = AsyncExitStack()
    simulator = await running.enter_async_context(run_simulator(options))
    try:
        task_status.started(simulator.real_url)
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await running.aclose()


def _describe(symbol: str) -> Instrument | None:
    """What the built-in list knows of a symbol."""
    from kis_mcp.market.instruments import builtin_instruments
    from kis_mcp.trading.market_facts import Instrument

    known = builtin_instruments().find(symbol)
    if known is None:
        return None
    return Instrument(name=known.name, kind="etf" if known.kind == "etf" else "stock")


def _import_all(modules: Sequence[str]) -> None:
    """Run in a thread, so that other calls go on meanwhile."""
    for module in modules:
        import_module(module)
