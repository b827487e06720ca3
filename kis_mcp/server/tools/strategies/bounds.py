"""The bounds of a mandate: what the call says, and for the rest what follows from the strategy and today's prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any, Final, TypeVar, cast

from kis_mcp.catalog import MOST_DIGITS, has_too_many_digits
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, read_quote
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.earlier import Earlier, left_by_earlier_runs
from kis_mcp.server.tools.strategies.sizes import require_room_for_one_order
from kis_mcp.strategies.document import Strategy, resolve, rule_in_words
from kis_mcp.strategies.records import LONG_INTERVALS, StoredStrategy
from kis_mcp.trading.mandate import Mandate, MandateDraft, MandateSymbol
from kis_mcp.wiring import USUAL_CASH

T = TypeVar("T")

_ROOM: Final = Decimal("1.2")
"""A price may rise so far before an order for a fixed number of shares is outside its mandate."""

_ROOM_OF_AMOUNTS: Final = Decimal("1.05")
_SHARE_OF_LOSS: Final = Decimal("0.1")
_ORDERS_A_DAY: Final = {True: 4, False: 20}
"""Of one instrument, by whether bars are long."""

_LAST_BUT_ONE: Final = date.max - timedelta(days=1)
_REMEDY: Final = f"Give a number above 0, of {MOST_DIGITS} digits at most."
_MOST_SHOWN: Final = 40
_NO_PRICES: Final[Mapping[str, Decimal]] = {}
_NAMES: Final = ("most_per_order", "most_in_all", "most_loss", "orders_a_day", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBounds:
    """What a call says of a mandate's bounds; None where it says nothing."""

    most_per_order: Decimal | None = None
    most_in_all: Decimal | None = None
    most_loss: Decimal | None = None
    orders_a_day: int | None = None
    until: date | None = None


def given_bounds(call: Call) -> GivenBounds:
    """The bounds that a call names, in ``bounds`` or as arguments of their own.

    Raises:
        BadArgument: One has no such name, or no value that it can have.
    """
    values = call.values()
    told = cast("Mapping[str, object]", values.get("bounds") or {})
    if unknown := next((name for name in told if name not in _NAMES), None):
        raise BadArgument(
            f"There is no bound {unknown}.", remedy=f"Bounds are {', '.join(_NAMES)}.", field=f"bounds.{unknown}"
        )
    found: dict[str, Any] = {name: values[name] for name in _NAMES if name in values}
    found |= {name: _read(name, value) for name, value in told.items() if value is not None}
    if has_too_many_digits(found.get("orders_a_day") or 0):
        raise _no_bound("orders_a_day", found["orders_a_day"], "orders_a_day")
    return GivenBounds(**found)


async def draft_of(
    call: Call,
    stored: StoredStrategy,
    instruments: Sequence[Instrument],
    earlier: Mandate | None,
    results: Mapping[str, str],
) -> MandateDraft:
    """The mandate that a call wants.

    Args:
        earlier: The one that the call answers about: what the call leaves open is as it was shown there.

    Raises:
        BadArgument: What is left open cannot be derived.
        KisMcpError: A price that it takes cannot be read.
    """
    given, currency = given_bounds(call), instruments[0].currency
    until = None
    if given.until is not None:
        # No day follows the last one of the calendar, which is too far away for any mandate.
        until = datetime.combine(min(given.until, _LAST_BUT_ONE) + timedelta(days=1), time(), instruments[0].timezone)
    strategy = resolve(stored.document)
    if earlier:
        amounts, holds = _shown(given, earlier), earlier.holds
    else:
        left = await left_by_earlier_runs(call, stored.id, currency)
        amounts, holds = await _derived(call, strategy, instruments, given, left), left.text
    buys, sells = rule_in_words(strategy, currency)
    return MandateDraft(
        strategy=stored.id,
        buys=buys,
        sells=sells,
        holds=holds,
        document=stored.digest,
        symbols=tuple(MandateSymbol(each.symbol, each.market, each.name or "") for each in instruments),
        sides=frozenset({"buy", "sell"}),
        currency=currency,
        results=earlier.results if earlier else results,
        until=until,
        **amounts,
    )


def _shown(given: GivenBounds, earlier: Mandate) -> dict[str, Any]:
    names = ("most_per_order", "most_in_all", "most_loss", "orders_a_day")
    return {name: _given(getattr(given, name), getattr(earlier, name)) for name in names}


async def _derived(
    call: Call, strategy: Strategy, instruments: Sequence[Instrument], given: GivenBounds, left: Earlier
) -> dict[str, Any]:
    currency = instruments[0].currency
    positions = min(len(instruments), int(_number(strategy.limits.positions) or len(instruments)))
    prices = await _prices(call, instruments) if strategy.sizing.shares is not None else _NO_PRICES
    in_all, per_order = given.most_in_all, given.most_per_order
    if per_order is None:
        per_order = _one_order(strategy, prices, currency)
    if in_all is None:
        free = _usual_capital(call.environment, currency) if per_order is None else per_order * positions
        in_all = free + left.bound
    free = in_all - left.bound if in_all > left.bound else in_all
    if per_order is None or (given.most_per_order is None and per_order > free > 0):
        per_order = free
    require_room_for_one_order(
        strategy, prices, currency, most_per_order=per_order, most_in_all=in_all, bound=left.bound
    )
    entries = _number(strategy.limits.entries_a_day)
    usual = len(instruments) * _ORDERS_A_DAY[strategy.interval in LONG_INTERVALS]
    return {
        "most_per_order": per_order,
        "most_in_all": in_all,
        "most_loss": _given(given.most_loss, _rounded(free * _SHARE_OF_LOSS, currency)),
        "orders_a_day": _given(given.orders_a_day, int(2 * entries) + positions if entries else usual),
    }


async def _prices(call: Call, instruments: Sequence[Instrument]) -> Mapping[str, Decimal]:
    """The last price of each that KIS tells one of."""
    reads = await call.reads()
    found = [(each.symbol, (await read_quote(reads, each)).price) for each in instruments]
    return {symbol: price for symbol, price in found if price}


def _one_order(strategy: Strategy, prices: Mapping[str, Decimal], currency: str) -> Decimal | None:
    """What one order may be worth; None where that follows from what it may hold in all."""
    if amount := _number(strategy.sizing.amount):
        return _rounded(amount * _ROOM_OF_AMOUNTS, currency)
    shares = _number(strategy.sizing.shares)
    if not shares:
        return None
    if not prices:
        raise BadArgument(
            "KIS tells no price, so that it does not follow what an order may be worth.",
            remedy="Give most_per_order.",
            field="most_per_order",
        )
    return _rounded(shares * max(prices.values()) * _ROOM, currency)


def _usual_capital(environment: Environment, currency: str) -> Decimal:
    if environment is Environment.REAL:
        raise BadArgument(
            "The strategy buys for a share of its equity, and nobody said how much that may be.",
            remedy="Ask the person how much it may hold in all, and give most_in_all.",
            field="most_in_all",
        )
    return USUAL_CASH[currency]


def _given(value: T | None, otherwise: T) -> T:
    """A bound of 0 is one that somebody gave, and is refused."""
    return otherwise if value is None else value


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None


def _rounded(amount: Decimal, currency: str) -> Decimal:
    """Up to two digits that count, or a hundredth of a dollar."""
    step = max(Decimal(1).scaleb(amount.adjusted() - 1), Decimal(1) if currency == "KRW" else Decimal("0.01"))
    return (amount / step).to_integral_value(ROUND_CEILING) * step


def _read(name: str, value: object) -> object:
    """A bound of the object ``bounds``."""
    try:
        if name == "until":
            return date.fromisoformat(str(value))
        if isinstance(value, bool):
            raise ValueError(value)
        number = Decimal(str(value))
        if not number.is_finite() or has_too_many_digits(number):
            raise ValueError(value)
        if name == "orders_a_day":
            if number != int(number):
                raise ValueError(value)
            return int(number)
    except (ValueError, InvalidOperation):
        raise _no_bound(name, value, f"bounds.{name}") from None
    return number


def _no_bound(name: str, value: object, field: str) -> BadArgument:
    remedy = "Give a day such as 2026-12-31." if name == "until" else _REMEDY
    return BadArgument(f"{name} is {value!r:.{_MOST_SHOWN}}.", remedy=remedy, field=field)
