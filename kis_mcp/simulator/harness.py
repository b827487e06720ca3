"""A simulator for the tests of other people's KIS code."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from kis_mcp.clock import KST, WorldClock
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.engine.model import Fill, Order
from kis_mcp.simulator.gate.faults import Faults, LiveFaults
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.loopback import Simulator, simulate
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client of one host is set up with.

    Attributes:
        url, ws_url: Of REST, and of the websocket, which takes any path.
        hts_id: What notices of orders are registered with; any other does, too.
    """

    url: str
    ws_url: str
    app_key: str
    app_secret: str
    account: str = "50123456"
    product: str = "01"
    hts_id: str = "tester"


class Steering:
    """The world's clock. It stands still until it is told otherwise; a time without an offset is Korea's."""

    def __init__(self, kis: EmbeddedKis) -> None:
        self._kis = kis

    @property
    def now(self) -> datetime:
        return self._kis.clock()

    def set(self, at: datetime | str) -> None:
        """Stand at another time.

        Raises:
            WrongTime: An order is later, or the world is not there.
            ValueError: It is no time.
        """
        self._kis.set_clock(_in_korea(at))

    def step(self, **duration: float) -> None:
        """Let a duration pass at once: ``step(minutes=5)``, as for `datetime.timedelta`."""
        self._kis.set_clock(self.now + timedelta(**duration))

    def run(self, speed: float = 1) -> None:
        """Go on by itself, so many seconds for each real one."""
        self._kis.clock.run(speed)

    def pause(self) -> None:
        self._kis.clock.pause()


class KisSim:
    """KIS for one test: nobody else uses it, and nothing of it remains.

    Attributes:
        real, demo: Address, keys and account of each host.
        clock: What time it is there.
        faults: What shall go wrong: ``faults.add("error", "FHKST01010100", code="EGW00201", times=2)``.
        live_faults: The same of websockets: ``live_faults.add("drop")``.
        switches: How it behaves: ``switches.choose({"repeated_page": True})``.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._kis = simulator.kis
        self.real = Credentials(simulator.real_url, simulator.real_ws_url, "real-app-key", "real-app-secret")
        self.demo = Credentials(simulator.demo_url, simulator.demo_ws_url, "demo-app-key", "demo-app-secret")
        self.clock = Steering(simulator.kis)
        self.faults: Faults = simulator.faults
        self.live_faults: LiveFaults = simulator.live_faults
        self.switches: Switches = simulator.switches

    @property
    def orders(self) -> list[Order]:
        """Every order that KIS took, on both hosts, as it stands now; oldest first."""
        self._kis.catch_up()
        return self._kis.world.ledger.orders

    @property
    def fills(self) -> list[Fill]:
        """Every execution until now, oldest first."""
        self._kis.catch_up()
        return self._kis.world.ledger.fills

    @property
    def requests(self) -> list[Received]:
        """The latest requests on both hosts, oldest first."""
        return list(self._kis.received)

    def deposit(self, amount: Decimal | int, currency: str = "KRW", *, host: Literal["real", "demo"] = "real") -> None:
        """Put money into the account of a host. It opens with 100 million won and 100,000 dollars."""
        account = {"real": self.real, "demo": self.demo}[host]
        self._kis.deposit(f"{Host(host)}:{account.account}-{account.product}", currency, Decimal(amount))

    def cash(self, currency: str = "KRW", *, host: Literal["real", "demo"] = "real") -> Decimal | None:
        """What the account of a host has, unsettled trades included; None before its first use."""
        account = {"real": self.real, "demo": self.demo}[host]
        key = f"{Host(host)}:{account.account}-{account.product}"
        return next((each.cash[currency] for each in self._kis.accounts() if each.key == key), None)


@contextmanager
def open_kis_sim(
    *,
    seed: int = 1,
    clock: Literal["always", "market"] = "always",
    at: datetime | str | None = None,
    speed: float = 0,
    rate_limit: int = 0,
    rate_limit_demo: int = 0,
    token_interval: float = 0,
    switches: Mapping[str, bool] | None = None,
    replay: Sequence[Path] = (),
) -> Generator[KisSim]:
    """KIS on loopback ports while the context lasts.

    Args:
        seed: Decides every price.
        clock: Whether the market never closes, or each exchange keeps its hours and holidays.
        at: Where the clock stands at first; now, when left out.
        speed: How many seconds pass there for each real one.
        rate_limit, rate_limit_demo: Requests a second of one app key; 0 is no limit. KIS' own are 20 and 1.
        token_interval: Seconds between two tokens of one app key; KIS' own is 60.
        switches: Those that are not as at first.
        replay: Files with candles, or recordings, to play the market from.

    Raises:
        WrongReplay, UnknownSwitch, WrongTime: What was asked for makes no sense.
    """
    options = SimulatorOptions(
        seed=seed,
        clock=WorldClock(at=None if at is None else _in_korea(at), speed=speed),
        market_hours=clock == "market",
        real_rate=rate_limit,
        demo_rate=rate_limit_demo,
        token_interval_seconds=token_interval,
        switches=switches or {},
        replay_paths=tuple(replay),
    )
    with simulate(options) as running:
        yield KisSim(running)


def _in_korea(at: datetime | str) -> datetime:
    time = datetime.fromisoformat(at) if isinstance(at, str) else at
    return time if time.tzinfo else time.replace(tzinfo=KST)
