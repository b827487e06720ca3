"""What is listed, kept up to date from KIS' files in the background."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc
import anyio.to_thread

from kis_mcp.clock import KST, Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.wiring.brokerage import import_all

if TYPE_CHECKING:
    from kis_mcp.market import IndexMembers, Kind, Listing
    from kis_mcp.storage import ListingFile

LISTINGS = "instruments.db"

_SLOW_TO_IMPORT = ("kis_mcp.kis.masters", "kis_mcp.market", "kis_mcp.storage.listings")
_RETRY_SECONDS = 600.0
_FIRST_SECONDS = 5.0
"""How long the first search waits for the first files."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought.

    Attributes:
        listings: The best match first.
        count: How many instruments were searched; 0 while nothing was fetched.
        read_at: When the oldest of KIS' files that were searched was fetched; None while there is none.
    """

    listings: "list[Listing]"
    count: int
    read_at: datetime | None


@dataclass(slots=True)
class Listings:
    """Everything that KIS lists, in a file that all processes of the user share.

    The first search of a day (in Korea) has the files fetched that are older, in the background, by one process at a
    time. A file that does not come, or not as it should be, is left as it was.

    Attributes:
        path: The file.
        url: The folder of KIS' files, without a slash at the end.
        background: Where the fetching runs.
        least: How many rows each of the files has if it is whole; None for as many as KIS' own have.
        first_seconds: How long the first search waits for the first files.
    """

    path: Path
    url: str
    user_agent: str
    clock: Clock
    background: anyio.abc.TaskGroup
    least: int | None = None
    first_seconds: float = _FIRST_SECONDS
    monotonic: Callable[[], float] = time.monotonic
    _file: "ListingFile | None" = None
    _tried_at: float | None = None
    _update: anyio.Event | None = None
    _opening: anyio.Lock = field(default_factory=anyio.Lock)

    async def search(
        self, query: str, most: int, *, markets: Collection[str] = (), kinds: "Collection[Kind]" = ()
    ) -> Found:
        """What a query names, by all that was fetched so far.

        Raises:
            StorageError: The file cannot be used.
        """
        from kis_mcp.market import search_listings

        file = await self._renewed()
        return await anyio.to_thread.run_sync(
            lambda: Found(
                search_listings(file, query, most, markets=markets, kinds=kinds),
                file.count(),
                min(file.read_at().values(), default=None),
            )
        )

    async def members(self, index: str) -> "IndexMembers":
        """What is in an index, by all that was fetched so far.

        Raises:
            StorageError: The file cannot be used.
        """
        from kis_mcp.market import IndexMembers

        file = await self._renewed()
        return await anyio.to_thread.run_sync(
            lambda: IndexMembers(index, file.members(index), min(file.read_at().values(), default=None), file.indices())
        )

    async def wait_for_update(self, seconds: float) -> None:
        """Wait until the update that runs, if there is one, is over."""
        if self._update is not None:
            with anyio.move_on_after(seconds):
                await self._update.wait()

    async def update(self) -> None:
        """Fetch what is older than the day in Korea, unless another process does.

        Raises:
            StorageError: The file cannot be used.
        """
        from kis_mcp.storage import LockedFile

        file = await self._open()
        lock = LockedFile(self.path.with_suffix(".lock"))
        try:
            if not lock.try_lock():
                return
            now = self.clock().astimezone(KST)
            read_at = await anyio.to_thread.run_sync(file.read_at)
            if read := await self._fetch(_due(read_at, now)):
                await anyio.to_thread.run_sync(file.replace, read, now, abandon_on_cancel=True)
        finally:
            lock.close()

    async def _renewed(self) -> "ListingFile":
        """The file. Where it is not of today it is being fetched again; only where it is empty that is waited for."""
        file = await self._open()
        read_at = await anyio.to_thread.run_sync(file.read_at)
        self._begin_update(read_at)
        if not read_at:
            await self.wait_for_update(self.first_seconds)
        return file

    async def _open(self) -> "ListingFile":
        async with self._opening:
            if self._file is None:
                await anyio.to_thread.run_sync(import_all, _SLOW_TO_IMPORT)
                from kis_mcp.storage import ListingFile

                self._file = await anyio.to_thread.run_sync(ListingFile, self.path)
            return self._file

    def _begin_update(self, read_at: Mapping[str, datetime]) -> None:
        is_fresh = not _due(read_at, self.clock().astimezone(KST))
        was_tried = self._tried_at is not None and self.monotonic() < self._tried_at + _RETRY_SECONDS
        if is_fresh or was_tried or self._is_updating:
            return
        self._tried_at = self.monotonic()
        self._update = anyio.Event()
        self.background.start_soon(self._run_update, self._update)

    @property
    def _is_updating(self) -> bool:
        return self._update is not None and not self._update.is_set()

    async def _run_update(self, done: anyio.Event) -> None:
        try:
            await self.update()
        except KisMcpError as error:
            _log.warning("KIS' lists of instruments were not renewed: %s", error)
        except Exception:
            _log.exception("KIS' lists of instruments were not renewed")
        finally:
            done.set()

    async def _fetch(self, files: Collection[str]) -> "dict[str, list[Listing]]":
        """Those of the files that came as they should be."""
        from kis_mcp.kis import MasterHost
        from kis_mcp.market import MasterChanged, read_master

        read: dict[str, list[Listing]] = {}
        host = MasterHost(self.url, user_agent=self.user_agent)
        try:
            for file in files:
                try:
                    content = await host.fetch(file)
                    read[file] = await anyio.to_thread.run_sync(
                        lambda file=file, content=content: read_master(file, content, least=self.least),
                        abandon_on_cancel=True,
                    )
                except (KisMcpError, MasterChanged) as error:
                    _log.info("An earlier list of %s stays, if there is one: %s", file, error)
        finally:
            with anyio.CancelScope(shield=True):
                await host.aclose()
        return read


def age_note(read_at: datetime, now: datetime) -> str:
    """A sentence that says how old KIS' lists are; empty while they are less than two days old."""
    age = now - read_at
    if age < timedelta(days=2):
        return ""
    return f"KIS' lists of instruments are of {read_at.astimezone(KST):%Y-%m-%d}, {age.days} days old."


def _due(read_at: Mapping[str, datetime], now: datetime) -> list[str]:
    """The files that were not read on the day, in Korea."""
    from kis_mcp.market import layouts

    return [name for name in layouts() if name not in read_at or read_at[name].astimezone(KST).date() != now.date()]
