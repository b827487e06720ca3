"""The embedded KIS: a request in, an answer out. It knows nothing of sockets."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import TypeAlias, TypeVar

from kis_mcp.catalog import Catalog
from kis_mcp.clock import KST, WorldClock
from kis_mcp.simulator.answers.answers import answer
from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.engine.model import Account, Order
from kis_mcp.simulator.gate.admission import Admission, hash_reply
from kis_mcp.simulator.gate.faults import Faults, LiveFaults
from kis_mcp.simulator.gate.oauth import Client, Clients
from kis_mcp.simulator.gate.oddities import odd_call, odd_reply
from kis_mcp.simulator.gate.rate import SlidingWindow
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.masters import master_file
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.recording import Recorder
from kis_mcp.simulator.repeated import RepeatedAnswers
from kis_mcp.simulator.replay import read_replays
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received, received_log
from kis_mcp.simulator.wire.replies import Refusal, Reply, gateway_refusal
from kis_mcp.simulator.wire.sources import as_in_examples, sources_of
from kis_mcp.simulator.world import Founding, World


class OtherSeed(Exception):
    """The world was made with another seed, and has orders at that seed's prices."""


class WrongTime(Exception):
    """The clock would stand before something that is on record, or where the world is not."""


T = TypeVar("T")

Listener: TypeAlias = Callable[[Sequence[OrderEvent]], None]
"""Told of what has become of orders once it is on disk, and, without any, that the clock was set. It is called in
whichever thread asked, and must not ask back."""

_YEARS = range(2019, 2100)
"""Those in which the world's clock may stand: the first has a year of candles behind it."""


class EmbeddedKis:
    """Both hosts of KIS over one market. One thing happens in it at a time, whichever thread asks.

    Args:
        options: How it is set up.
        table: The APIs that it offers.
        asleep: Whether its time stands where it was left, as of a world that is only looked at: its clock, hours and
            candles are known to whoever runs it.

    Attributes:
        clock: What time it is in the world: no earlier than its last order, even if it ran ahead before a restart.
        table: The APIs that it offers.
        listener: Told of what becomes of orders; None for nobody.

    Raises:
        WrongReplay: A file to play the market from makes no sense.
        UnknownSwitch: One of those that were chosen does not exist.
        StateInUse: Another simulator holds the state file.
        OtherSeed: The world in the state file has another seed.
        WrongTime: The clock stands where the world is not.
        OSError, sqlite3.Error: It cannot be used.
    """

    def __init__(self, options: SimulatorOptions, table: Catalog, *, asleep: bool = False) -> None:
        self.options = options
        self.table = table
        self.listener: Listener | None = None
        self._events: list[OrderEvent] = []
        self._asleep = asleep
        self.switches = Switches(options.switches)
        self._own = read_replays(options.replay_paths, table, keep_hours=options.market_hours)
        self._store = StateStore(options.state_path)
        self._turn = RLock()
        self.clock = options.clock if isinstance(options.clock, WorldClock) else WorldClock(options.clock)
        try:
            _check_year(self.clock())
            self.world = self._found(self._founding(options.seed))
            self.recorder = Recorder(options.record_path) if options.record_path else None
        except BaseException:
            self._store.close()
            raise
        last = self.world.ledger.last_at
        if last is not None and last > self.clock():
            self.clock.set(last)
        self._clients = Clients(self._store, options.token_interval_seconds, options.monotonic)
        rates = {Host.REAL: options.real_rate, Host.DEMO: options.demo_rate}
        windows = {host: SlidingWindow(rate, options.monotonic) for host, rate in rates.items()}
        self._admission = Admission(table, self._clients, windows, self.switches)
        self._repeated = RepeatedAnswers()
        self.faults = Faults()
        self.live_faults = LiveFaults(options.monotonic)
        self.received: deque[Received] = received_log()

    def answer(self, request: Received) -> Reply:
        """What KIS says to a request. Everything it changed is on disk before the answer is known."""
        with self._turn:
            if self.faults.take_expiry():
                self._clients.expire_tokens(request.at)
            try:
                return self._answer(request)
            except Refusal as refusal:
                return refusal.reply
            finally:
                self._save()

    def set_clock(self, at: datetime) -> None:
        """Let the world's clock stand at a time.

        Raises:
            WrongTime: Something on record is later, or the world is not there.
        """
        _check_year(at)
        with self._turn:
            last = self.world.ledger.last_at
            if last is not None and at < last:
                raise WrongTime(f"the world's clock cannot go back before {last:%Y-%m-%d %H:%M:%S}, its last order")
            self.clock.set(at)
            self._tell()

    def catch_up(self) -> None:
        """Let happen what the clock has passed: orders fill and expire. A request does so by itself."""
        if self._asleep:
            return
        with self._turn:
            self.world.broker.advance(self.clock())
            self._save()

    def accounts(self) -> list[Account]:
        """All accounts, with everything that has happened until now."""
        with self._turn:
            self.catch_up()
            return list(self.world.books.accounts.values())

    def deposit(self, key: str, currency: str, amount: Decimal) -> Account:
        """Put money into an account; it is on disk when this returns.

        Args:
            key: ``<host>:<CANO>-<ACNT_PRDT_CD>``; an account that is not there yet is opened.
        """
        with self._turn:
            account = self.world.books.deposit(key, currency, amount, self.clock())
            self._save()
            return account

    def read(self, reader: Callable[[World, datetime], T]) -> T:
        """Something of the world at its present time, while nothing else happens in it."""
        with self._turn:
            return reader(self.world, self.clock())

    def master_file(self, name: str) -> bytes | None:
        """The archive of one of KIS' files of instruments on the present day in Korea; None where there is none."""
        return self.read(lambda world, now: master_file(world.market, name, now.astimezone(KST).date()))

    def approved(self, host: Host, approval_key: str) -> str | None:
        """The digest of the app key that a websocket's approval key was given to; None where it is nobody's."""
        with self._turn:
            client = self._clients.approved(host, approval_key, self.clock())
            return client and client.key

    def reset(self, seed: int | None = None) -> None:
        """Begin the world anew, with its seed or another: without accounts and orders. App keys and tokens stay."""
        with self._turn:
            world = self.world
            founding = Founding(world.founding.seed if seed is None else seed, world.next_number)
            self._store.save([("world", founding)], keep=[Client])
            self.world = self._found(founding)
            self._repeated.clear()

    def close(self) -> None:
        with self._turn:
            self._store.close()
            if self.recorder is not None:
                self.recorder.close()

    def _found(self, founding: Founding) -> World:
        return World(founding, self.options, self._store, self._own, self._hear)

    def _hear(self, event: OrderEvent) -> None:
        if self.listener is not None:
            self._events.append(event)

    def _save(self) -> None:
        """Put what has changed on disk, then tell of it."""
        self.world.broker.save()
        if self._events:
            self._tell()

    def _tell(self) -> None:
        events, self._events = self._events, []
        if self.listener is not None:
            self.listener(events)

    def _work_out(self, call: Call) -> Reply:
        reply = answer(self.world, odd_call(self.switches, call))
        reply = odd_reply(self.switches, call, reply)
        return reply if self.switches["strict_elements"] else as_in_examples(sources_of(call.api.tool), reply)

    def _founding(self, seed: int | None) -> Founding:
        """What the world in the state file was made with, or is made with from now on."""
        kept = next(self._store.load(Founding), None)
        if kept is not None and seed in (None, kept.seed):
            return kept
        if kept is not None and any(self._store.load(Order)):
            raise OtherSeed(f"the world has orders at the prices of seed {kept.seed}")
        founding = replace(kept or Founding(), seed=1 if seed is None else seed)
        self._store.save([("world", founding)])
        return founding

    def _answer(self, request: Received) -> Reply:
        match request.method, request.path:
            case "POST", "/oauth2/tokenP":
                return self._clients.issue(request.host, request.elements, request.at)
            case "POST", "/oauth2/revokeP":
                return self._clients.revoke(request.host, request.elements)
            case "POST", "/oauth2/Approval":
                return self._clients.approve(request.host, request.elements, request.at)
            case "POST", "/uapi/hashkey":
                return hash_reply(request, self._clients)
            case _, path if path.startswith("/uapi/"):
                call = self._admission.admit(request)
                self.world.broker.advance(request.at)
                return self._repeated.get(call, self.switches.on, lambda: self._work_out(call))
            case _:
                raise gateway_refusal("EGW00203", status=404)


def _check_year(at: datetime) -> None:
    if at.year not in _YEARS:
        raise WrongTime(f"the simulated world lasts from {_YEARS[0]} to {_YEARS[-1]}, and {at:%Y-%m-%d} is not in it")
