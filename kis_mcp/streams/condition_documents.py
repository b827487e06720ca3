"""Conditions as a model or a file writes them in JSON → conditions, and back.

An order is looked for on every exchange: KIS may route it to another one than it names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias, cast

from kis_mcp.catalog import read_number, read_word
from kis_mcp.errors import BadArgument
from kis_mcp.streams.condition_tests import EVENT_KINDS, ORDER_STEPS, TESTS, Test
from kis_mcp.streams.conditions import JOINS, Compound, Condition, Simple, Value, simple_parts

MOST_TESTS = 20
MOST_LEVELS = 4
_SYMBOL, _EXCHANGE, _MARKET, _ORDER_ID = "symbol", "exchange", "market", "order_id"
_WHERE = (_SYMBOL, _EXCHANGE, _MARKET)
_EXAMPLE = '{"symbol": "005930", "price_above": 72500}'


class Listed(Protocol):
    """An instrument, found."""

    @property
    def symbol(self) -> str: ...
    @property
    def market(self) -> str: ...
    @property
    def exchange(self) -> str | None: ...


FindListing: TypeAlias = Callable[[str, str | None, str | None], Listed]
"""Symbol, exchange and market as the document has them → the instrument. Raises BadArgument."""


def read_condition(document: object, find: FindListing, *, path: str = "condition", bounded: bool = True) -> Condition:
    """The condition that a document writes.

    ``{"symbol": "005930", "price_above": 72500}`` is one test; several in one object have all to hold.
    ``{"any": [...]}`` and ``{"all": [...]}`` join others. Tests of orders need no symbol.

    Args:
        document: JSON, parsed.
        find: Finds the instrument of a symbol.
        path: Where the document stands, for errors.
        bounded: Whether numbers beyond all sense are refused; a rule that was kept before they were is read as it is.

    Raises:
        BadArgument: It is none; the field is the path of what is wrong in it.
    """
    condition = _read(document, _Reader(find, bounded), path, MOST_LEVELS)
    if sum(1 for _ in simple_parts(condition)) > MOST_TESTS:
        raise BadArgument(
            f"{path} has more than {MOST_TESTS} tests.", remedy="Divide it into several conditions.", field=path
        )
    return condition


def write_condition(condition: Condition) -> dict[str, object]:
    """The document of a condition, which reads as the same one."""
    if isinstance(condition, Compound):
        return {condition.join: [write_condition(part) for part in condition.parts]}
    where = {_SYMBOL: condition.symbol, _EXCHANGE: condition.exchange, _MARKET: condition.market}
    value = str(condition.value) if isinstance(condition.value, Decimal) else condition.value
    found = {**where, condition.test: value, _ORDER_ID: condition.order_id}
    return {name: each for name, each in found.items() if each != ""}


@dataclass(frozen=True, slots=True)
class _Reader:
    """How documents are read: the arguments of `read_condition`."""

    find: FindListing
    bounded: bool


def _read(document: object, reader: _Reader, path: str, levels: int) -> Condition:
    if not isinstance(document, Mapping) or not document:
        raise BadArgument(f"{path} is no condition.", remedy=f"Give an object such as {_EXAMPLE}.", field=path)
    parts = cast("Mapping[str, object]", document)
    joins = [name for name in JOINS if name in parts]
    if not joins:
        return _read_tests(parts, reader, path)
    if len(parts) > 1:
        others = ", ".join(str(name) for name in parts if name != joins[0])
        raise BadArgument(
            f"{path} has {others} beside {joins[0]}.",
            remedy=f"Put it into an object of its own within {joins[0]}.",
            field=path,
        )
    return _read_join(
        cast('Literal["any", "all"]', joins[0]), parts[joins[0]], reader, f"{path}.{joins[0]}", levels - 1
    )


def _read_join(join: Literal["any", "all"], items: object, reader: _Reader, path: str, levels: int) -> Condition:
    if not isinstance(items, list) or not items:
        raise BadArgument(f"{path} is no list of conditions.", remedy=f"Give [{_EXAMPLE}, …].", field=path)
    if levels < 1:
        raise BadArgument(
            f"{path} is too deep.", remedy=f"Use at most {MOST_LEVELS - 1} levels of any and all.", field=path
        )
    listed = cast("list[object]", items)
    return Compound(join, tuple(_read(item, reader, f"{path}[{n}]", levels) for n, item in enumerate(listed)))


def _read_tests(parts: Mapping[str, object], reader: _Reader, path: str) -> Condition:
    """An object without ``any`` and ``all``: its tests, all of which have to hold."""
    for name in parts:
        if name not in TESTS and name not in (*_WHERE, _ORDER_ID):
            raise _unknown(str(name), path)
    tests = [name for name in parts if name in TESTS]
    if not tests:
        raise BadArgument(
            f"{path} tests nothing.", remedy=f"Add one of {', '.join(TESTS)}, as in {_EXAMPLE}.", field=path
        )
    values = {name: _value(TESTS[name], parts[name], f"{path}.{name}") for name in tests}
    is_of_orders = all(name == "order" or values[name] == "order" for name in tests)
    order_id = _text(parts, _ORDER_ID, path)
    if order_id and not is_of_orders:
        raise BadArgument(
            f"{path}.order_id is of no use here: only order tests look at it.",
            remedy='Leave it out, or test the order: {"order": "filled", "order_id": "…"}.',
            field=f"{path}.{_ORDER_ID}",
        )
    if order_id and not order_id.strip("0").isdecimal():
        raise BadArgument(
            f"{path}.order_id {order_id[:20]!r} is no number of an order.",
            remedy='Give the order_id of place_order\'s answer, such as "0000000012".',
            field=f"{path}.{_ORDER_ID}",
        )
    symbol, market, exchange = _where(parts, reader, path, is_needed=not is_of_orders)
    for name in tests if reader.bounded else ():
        _require_sensible(TESTS[name], values[name], market, f"{path}.{name}")
    simple = tuple(Simple(name, values[name], symbol, market, exchange, order_id) for name in tests)
    simple = tuple(replace(each, exchange="") if each.kind == "order" else each for each in simple)
    return simple[0] if len(simple) == 1 else Compound("all", simple)


def _where(parts: Mapping[str, object], reader: _Reader, path: str, *, is_needed: bool) -> tuple[str, str, str]:
    """Symbol, market and exchange."""
    symbol, exchange, market = (_text(parts, name, path) for name in _WHERE)
    if not symbol:
        if is_needed:
            raise BadArgument(
                f"{path} names no symbol.", remedy=f"Add it, as in {_EXAMPLE}.", field=f"{path}.{_SYMBOL}"
            )
        return "", market, exchange
    try:
        listing = reader.find(symbol, exchange or None, market or None)
    except BadArgument as error:
        field = f"{path}.{error.field or _SYMBOL}"
        raise BadArgument(error.what, remedy=error.remedy, field=field) from error
    return listing.symbol, listing.market, listing.exchange or ""


def _value(test: Test, value: object, path: str) -> Value:
    match test.wants:
        case "number":
            return _number(value, path)
        case "flag":
            if not isinstance(value, bool):
                raise BadArgument(f"{path} is {value!r:.40}.", remedy="Give true or false.", field=path)
            return value
        case "step":
            return _word(value, ORDER_STEPS, path)
        case "kind":
            return _word(value, EVENT_KINDS, path)


def _require_sensible(test: Test, value: Value, market: str, path: str) -> None:
    """Refuse a number that no event reaches, or every one does."""
    bounds = test.bounds(market)
    if bounds and isinstance(value, Decimal) and value not in bounds:
        raise BadArgument(f"{path} is {value:,f}, which makes no sense.", remedy=f"Give {bounds}.", field=path)


def _number(value: object, path: str) -> Decimal:
    try:
        found = read_number(value)
        if isinstance(found, int | float | Decimal) and (number := Decimal(str(found))).is_finite():
            return number
    except ValueError:
        pass
    raise BadArgument(f"{path} is {value!r:.40}, which is no number.", remedy="Give a number.", field=path)


def _word(value: object, words: Sequence[str], path: str) -> str:
    word = read_word(value, words)
    if word not in words:
        raise BadArgument(f"{path} is {value!r:.40}.", remedy=f"Give one of {', '.join(words)}.", field=path)
    return cast("str", word)


def _text(parts: Mapping[str, object], name: str, path: str) -> str:
    value = parts.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadArgument(f"{path}.{name} is {value!r:.40}.", remedy="Give it as text.", field=f"{path}.{name}")
    return str(value).strip()


def _unknown(name: str, path: str) -> BadArgument:
    from difflib import get_close_matches

    near = get_close_matches(name, [*TESTS, *JOINS, *_WHERE, _ORDER_ID], n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Tests are {', '.join(TESTS)}; any and all join conditions."
    return BadArgument(f"{path} has {name[:40]!r}, which tests nothing.", remedy=remedy, field=f"{path}.{name[:40]}")
