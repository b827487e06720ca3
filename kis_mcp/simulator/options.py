"""How a simulator is set up."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from kis_mcp.clock import Clock, system_clock


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """What can be chosen before a simulator starts.

    Attributes:
        seed: Decides every price, volume and figure of a company; None takes the one of the world in ``state_path``,
            or 1 for one that begins.
        real_rate, demo_rate: Requests a second that one app key may send to the real and the demo host; 0 is unlimited.
        clock: What time it is in the market and for tokens. A :class:`kis_mcp.clock.WorldClock` may be steered by
            others too.
        monotonic: Seconds for the rate limits, which follow real time whatever ``clock`` says.
        state_path: Where accounts, orders and tokens are kept (an SQLite file); None forgets them at the end.
        is_shared: Whether it stays, so that other processes of the same folder may use it beside its own.
        real_port, demo_port: Loopback ports of the two hosts; 0 is any free one.
        real_ws_port, demo_ws_port: The same of their websockets.
        pingpong_seconds: Between two PINGPONG of a websocket, in real time.
        token_interval_seconds: How long an app key waits between two token requests; 0 is no wait.
        market_hours: Whether markets keep their exchange's sessions and holidays, and KIS the hours of reservations;
            otherwise they never close.
        starting_krw, starting_usd: Cash of an account at its first use; that in other currencies is in
            ``resources/simulator/countries.csv``.
        record_path: Where requests and answers are written, a line of JSON each; None writes none.
        replay_paths: Recordings, or files with candles, whose symbols have them as their history.
        switches: Names of `kis_mcp.simulator.gate.switches`, to turn on or off from the start.
    """

    seed: int | None = None
    real_rate: int = 18
    demo_rate: int = 1
    clock: Clock = system_clock
    monotonic: Callable[[], float] = time.monotonic
    state_path: Path | None = None
    is_shared: bool = False
    real_port: int = 0
    demo_port: int = 0
    real_ws_port: int = 0
    demo_ws_port: int = 0
    pingpong_seconds: float = 10
    token_interval_seconds: float = 60
    market_hours: bool = False
    starting_krw: Decimal = Decimal(100_000_000)
    starting_usd: Decimal = Decimal(100_000)
    record_path: Path | None = None
    replay_paths: tuple[Path, ...] = ()
    switches: Mapping[str, bool] = field(default_factory=dict[str, bool])
