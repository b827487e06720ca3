"""The simulator's own paths beside KIS': what it does may be seen and changed while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kis_mcp.clock import KST
from kis_mcp.simulator.embedded import EmbeddedKis, WrongTime
from kis_mcp.simulator.gate.faults import LIVE_FAULTS, FaultKind, LiveFaultWord, When
from kis_mcp.simulator.gate.switches import SWITCHES, UnknownSwitch
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import Reply

PREFIX = "/simulator/"
FASTEST = 3600
"""The highest speed of a clock: an hour a second."""

_FLAGS = TypeAdapter(dict[str, bool])
_CURRENCIES = frozenset(home.currency for home in homes().values())


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _FaultWanted(_Wanted):
    """The arguments of :class:`kis_mcp.simulator.gate.faults.Fault`, or that all tokens expire."""

    kind: FaultKind | Literal["expire_tokens"]
    target: str = "*"
    when: When = "before"
    times: int = Field(1, ge=1)
    seconds: float = Field(0, ge=0, le=600)
    code: str = "EGW00201"
    status: int = Field(500, ge=200, le=599)


class _LiveFaultWanted(_Wanted):
    """The arguments of :class:`kis_mcp.simulator.gate.faults.LiveFault`."""

    kind: LiveFaultWord
    target: str = "*"
    times: int = Field(1, ge=1)
    seconds: float = Field(0, ge=0, le=600)
    count: int = Field(2, ge=1, le=1000)


class _ClockWanted(_Wanted):
    """Where the clock is set, how many seconds pass at once, and how fast it goes on; 0 stands still.

    A time without an offset is Korea's.
    """

    at: datetime | None = None
    step: float = Field(0, ge=0, le=366 * 86_400)
    speed: float | None = Field(None, ge=0, le=FASTEST)


def _known_currency(currency: str) -> str:
    if currency not in _CURRENCIES:
        raise ValueError(f"no account has {currency}; there are {', '.join(sorted(_CURRENCIES))}")
    return currency


class _DepositWanted(_Wanted):
    account: str = Field(pattern=r"^\d{8}-\d{2}$")
    amount: Decimal = Field(gt=0, le=10**15, decimal_places=4)
    currency: Annotated[str, AfterValidator(_known_currency)] = "KRW"


class _ResetWanted(_Wanted):
    seed: int | None = None


def administer(
    kis: EmbeddedKis, host: Host, method: str, path: str, headers: Mapping[str, str], sent: Mapping[str, object] | None
) -> Reply:
    """Answer what :data:`_PATHS` has.

    A page in a browser may not ask: it would say so with the header Origin.
    """
    if "origin" in headers:
        return Reply({"error": "Pages in a browser may not change the simulator."}, 403)
    work = _PATHS.get((method, path.removeprefix(PREFIX)))
    if work is None:
        return Reply({"error": f"There are {', '.join(f'{verb} {PREFIX}{name}' for verb, name in _PATHS)}."}, 404)
    if sent is None and method == "POST":
        return Reply({"error": "The body is no JSON object."}, 400)
    try:
        return Reply(work(_Request(kis, host, sent or {})))
    except (UnknownSwitch, WrongTime) as error:
        return Reply({"error": str(error)}, 400)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        return Reply({"error": "; ".join(faults)}, 400)


@dataclass(frozen=True, slots=True)
class _Request:
    kis: EmbeddedKis
    host: Host
    sent: Mapping[str, object]


_Body: TypeAlias = Mapping[str, object]


def _switches(request: _Request) -> _Body:
    switches = request.kis.switches
    return {name: {"on": switches[name], "says": switch.says} for name, switch in SWITCHES.items()}


def _choose_switches(request: _Request) -> _Body:
    request.kis.switches.choose(_FLAGS.validate_python(request.sent))
    return _switches(request)


def _add_fault(request: _Request) -> _Body:
    if str(request.sent.get("kind", "")).startswith("live_"):
        live = _LiveFaultWanted.model_validate(request.sent)
        arguments = live.model_dump(exclude={"kind", "target"})
        request.kis.live_faults.add(LIVE_FAULTS[live.kind], live.target, **arguments)
        return {}
    wanted = _FaultWanted.model_validate(request.sent)
    if wanted.kind == "expire_tokens":
        request.kis.faults.expire_tokens()
    else:
        arguments = wanted.model_dump(exclude={"kind", "target"})
        request.kis.faults.add(wanted.kind, wanted.target, **arguments)
    return {}


def _clear_faults(request: _Request) -> _Body:
    request.kis.faults.clear()
    request.kis.live_faults.clear()
    return {}


def _clock(request: _Request) -> _Body:
    kis = request.kis
    follows = "market" if kis.options.market_hours else "always"
    return {"at": kis.clock().astimezone(KST).isoformat(), "speed": kis.clock.speed, "clock": follows}


def _steer_clock(request: _Request) -> _Body:
    """Set first, then step, then go on at the speed."""
    kis, wanted = request.kis, _ClockWanted.model_validate(request.sent)
    if wanted.at is not None:
        kis.set_clock(wanted.at if wanted.at.tzinfo else wanted.at.replace(tzinfo=KST))
    if wanted.step:
        kis.set_clock(kis.clock() + timedelta(seconds=wanted.step))
    if wanted.speed is not None:
        kis.clock.run(wanted.speed)
    return _clock(request)


def _accounts(request: _Request) -> _Body:
    """Both hosts' accounts: cash, unsettled trades included, and what is held."""
    accounts = [
        {
            "host": account.host,
            "account": f"{account.number}-{account.product}",
            "cash": {currency: str(amount) for currency, amount in account.cash.items()},
            "positions": {symbol: held.quantity for symbol, held in account.positions.items() if held.quantity},
        }
        for account in request.kis.accounts()
    ]
    return {"accounts": accounts}


def _deposit(request: _Request) -> _Body:
    """Into an account of the host that is asked."""
    wanted = _DepositWanted.model_validate(request.sent)
    account = request.kis.deposit(f"{request.host}:{wanted.account}", wanted.currency, wanted.amount)
    return {"account": wanted.account, "currency": wanted.currency, "cash": str(account.cash[wanted.currency])}


def _reset(request: _Request) -> _Body:
    request.kis.reset(_ResetWanted.model_validate(request.sent).seed)
    return _world(request)


def _world(request: _Request) -> _Body:
    world = request.kis.world
    return {"seed": world.founding.seed, "accounts": len(world.books.accounts), "orders": len(world.ledger.orders)}


_PATHS: Mapping[tuple[str, str], Callable[[_Request], _Body]] = {
    ("GET", "switches"): _switches,
    ("POST", "switches"): _choose_switches,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _steer_clock,
    ("GET", "accounts"): _accounts,
    ("POST", "deposits"): _deposit,
    ("GET", "world"): _world,
    ("POST", "reset"): _reset,
}
"""What may be asked for, and what does it."""
