"""One environment, wired: KIS' APIs, and the order desk with its journal once an order needs them."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, SettingsError
from kis_mcp.settings import Settings
from kis_mcp.wiring.open_watches import OpenWatches

if TYPE_CHECKING:
    from kis_mcp.catalog import KisApis
    from kis_mcp.confirm import Previews
    from kis_mcp.kis import HttpGateway
    from kis_mcp.market import Instrument
    from kis_mcp.storage import DiskReplyCache, SqliteAlerts, SqlJournal, SqlStrategyRecords
    from kis_mcp.streams import LiveQuotes, Stream, Streams, Watches
    from kis_mcp.trading.desk import OrderDesk
    from kis_mcp.wiring.order_notices import LiveNotices

ALERTS = "alerts.db"
JOURNAL = "journal.db"

WS_PATH = "/tryitout"
_LIVE = ("kis_mcp.kis.live.shared_session", "kis_mcp.streams")
_TRADING = ("kis_mcp.storage.journal", "kis_mcp.trading.desk")
_STRATEGIES = ("kis_mcp.storage.journal", "kis_mcp.storage.strategy_records")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Brokerage:
    """One environment's objects. None of them, nor the folder, is shared with another environment.

    Attributes:
        folder: Where its journal lies.
        rest_url: Where its KIS is, the simulator's included.
        ws_url: Where its websocket is.
        apis: Every KIS API, by the spec table.
        live_quotes: Quotes of what is watched; None while nothing is.
        real_quotes: Where reads of markets go that this environment's KIS lacks; None where they go nowhere.
        open_watches: Where its watches are known to the rest of the server.
    """

    environment: Environment
    settings: Settings
    folder: Path
    apis: "KisApis"
    gateway: "HttpGateway"
    cache: "DiskReplyCache"
    clock: Clock
    real_quotes: "Callable[[], Awaitable[KisApis]] | None" = None
    rest_url: str = ""
    ws_url: str = ""
    open_watches: OpenWatches = field(default_factory=OpenWatches)
    live_quotes: "LiveQuotes | None" = None
    _journal: "SqlJournal | None" = None
    _desk: "OrderDesk | None" = None
    _streams: "Streams | None" = None
    _watches: "Watches | None" = None
    _is_settled: bool = False
    _opening: anyio.Lock = field(default_factory=anyio.Lock)

    async def journal(self) -> "SqlJournal":
        """The journal of orders."""
        await self.desk()
        assert self._journal is not None
        return self._journal

    async def previews(self) -> "Previews":
        """The previews of orders, and the tokens that confirm them."""
        from kis_mcp.confirm import Previews

        return Previews(self.folder, await self.journal())

    async def streams(self) -> "Streams":
        """Live data; KIS' websocket is opened when the first channel is subscribed to.

        Raises:
            SettingsError: KIS is a simulator here whose websocket is not known.
        """
        if not self.ws_url:
            variable = "KIS_URL_WS_PAPER" if self.environment is Environment.DEMO else "KIS_URL_WS"
            raise SettingsError(
                "There is no live data: KIS' REST address is on this machine, and no websocket beside it is set.",
                remedy=f"Set {variable} to what `kis-mcp sim` prints, then start again.",
                field=variable,
            )
        async with self._opening:
            if self._streams is None:
                await anyio.to_thread.run_sync(import_all, _LIVE)
                from kis_mcp.streams import Streams

                url, open_live = f"{self.ws_url}{WS_PATH}", self.gateway.open_live
                self._streams = Streams(
                    lambda receiver: open_live(url, receiver),
                    hide=tuple({account.number for account in self.apis.accounts.values()}),
                )
            return self._streams

    @property
    def open_streams(self) -> "Sequence[Stream]":
        """What is subscribed to, without opening anything for the question."""
        return self._streams.streams() if self._streams is not None else ()

    async def watches(self) -> "Watches":
        """What is watched live in the background."""
        streams = await self.streams()
        if self._watches is None:
            from kis_mcp.streams import LiveQuotes, Watches

            self._watches = Watches(streams, self.apis, clock=self.clock)
            self.open_watches.add(self.environment, self._watches)
            self.live_quotes = LiveQuotes(self._watches)
        return self._watches

    def alerts(self) -> "SqliteAlerts":
        """The rules of alerts, and what fired."""
        from kis_mcp.storage import SqliteAlerts

        return SqliteAlerts(self.folder / ALERTS)

    async def strategy_records(self) -> "SqlStrategyRecords":
        """Strategies, their runs and what belongs to them, in the journal's file. Nothing is asked of KIS."""
        await anyio.to_thread.run_sync(import_all, _STRATEGIES)
        from kis_mcp.storage import SqlStrategyRecords

        async with self._opening:
            return SqlStrategyRecords((await self._open_journal()).database)

    async def desk(self) -> "OrderDesk":
        """The order desk, after what an earlier process left unknown was looked up."""
        async with self._opening:
            if self._desk is None:
                self._desk = await self._open_desk()
            if not self._is_settled:
                await self._settle(self._desk)
                self._is_settled = True
            return self._desk

    async def aclose(self) -> None:
        """Finish what is being sent, and close files and connections."""
        if self._desk is not None:
            await self._desk.aclose()
        if self._streams is not None:
            await self._streams.aclose()
        if self._journal is not None:
            await self._journal.aclose()
        await self.gateway.aclose()
        self.cache.close()

    async def _open_desk(self) -> "OrderDesk":
        await anyio.to_thread.run_sync(import_all, _TRADING)
        from kis_mcp.trading.desk import OrderDesk, OrderSender, PreTradeChecks
        from kis_mcp.wiring.operator import kill_switch, order_limits

        apis, journal, environment, clock = self.apis, await self._open_journal(), self.environment, self.clock
        checks = PreTradeChecks(
            apis,
            journal,
            order_limits(self.settings, environment),
            environment=environment,
            find_instrument=find_instrument,
            halt_reason=kill_switch(self.settings.data_dir).reason,
        )
        sender = OrderSender(
            apis, apis, journal, checks, environment=environment, clock=clock, notice_source=self._notice_source()
        )
        return OrderDesk(apis, journal, checks, sender, environment=environment, clock=clock)

    async def _open_journal(self) -> "SqlJournal":
        """The journal, by itself; the caller holds the lock."""
        from kis_mcp.storage import SqlJournal

        if self._journal is None:
            with anyio.CancelScope(shield=True):
                self._journal = await SqlJournal.open(self.folder / JOURNAL)
        assert self._journal is not None
        return self._journal

    def _notice_source(self) -> "LiveNotices | None":
        """Where KIS' notices of orders come from; None without the HTS ID, and where there is no live data."""
        from kis_mcp.wiring.order_notices import LiveNotices

        has_id = self.settings.profile(self.environment).hts_id
        return LiveNotices(self.apis, self.streams) if self.ws_url and has_id else None

    async def _settle(self, desk: "OrderDesk") -> None:
        try:
            await desk.mandates.guard.end_where_halted(self.clock())
            for record in await desk.reconcile():
                _log.warning("Order intent %s of an earlier run is %s.", record.intent.id, record.status.value)
        except KisMcpError as error:
            _log.warning("Orders of an earlier run could not be looked up: %s", error)


def import_all(modules: Sequence[str]) -> None:
    """Import what is slow to import; run in a thread, so that other calls go on meanwhile.

    Args:
        modules: Of a package that imports its modules itself only the package: who imports one of them holds it and
            waits for the package, which the event loop may be importing just then, and waits for that module.
    """
    for module in modules:
        import_module(module)


def find_instrument(symbol: str, market: str) -> "Instrument | None":
    """The instrument with this symbol in a market, if the built-in list has it."""
    from kis_mcp.market import builtin_instruments

    found = builtin_instruments().find(symbol)
    return found if found is not None and found.market == market else None
