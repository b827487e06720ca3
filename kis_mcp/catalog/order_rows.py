"""What a row of the spec table says to trading: which orders its API takes, and where they show."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, cast, get_args

from kis_mcp.catalog.model import OrderRoute, OrderRow, OrderUse, Parameter, TradingSession
from kis_mcp.catalog.table import Table

_ORDER_KEYS = frozenset(field.name for field in fields(OrderRow))
_ROUTE_KEYS = frozenset(field.name for field in fields(OrderRoute))


def read_order_row(row: Table, parameters: Sequence[Parameter]) -> OrderRow:
    """The ``order`` table of a row whose API sends orders.

    Raises:
        SpecError: It is missing or cannot be right.
    """
    table = row.table("order")
    table.allow(_ORDER_KEYS)
    names = frozenset(parameter.name for parameter in parameters)
    described = cast("list[dict[str, Any]]", table.take("routes", list))
    routes = tuple(_route(Table(values, f"{table.place} routes"), names) for values in described)
    lists = table.words("lists")
    if not routes or not lists:
        raise table.error("lists" if routes else "routes", "is missing")
    return OrderRow(routes=routes, lists=lists, capacity=_capacity(table), venues=table.words("venues"))


def _route(table: Table, parameters: frozenset[str]) -> OrderRoute:
    table.allow(_ROUTE_KEYS)
    uses, markets = table.words("uses"), table.words("markets")
    if not uses or not markets:
        raise table.error("markets" if uses else "uses", "is missing")
    if unknown := set(uses) - set(get_args(OrderUse)):
        raise table.error("uses", f"{min(unknown)!r} is none of {', '.join(get_args(OrderUse))}")
    fixed, names = table.take("fixed", dict, cast(dict[str, Any], {})), table.texts("names")
    if unknown := {*fixed, *names.values()} - parameters:
        raise table.error("fixed" if unknown & fixed.keys() else "names", f"{min(unknown)!r} is no parameter")
    return OrderRoute(
        markets=markets,
        session=table.one_of("session", get_args(TradingSession)),
        uses=cast("tuple[OrderUse, ...]", uses),
        fixed=fixed,
        names=names,
        whole_only=table.take("whole_only", bool, False),
    )


def _capacity(table: Table) -> Mapping[str, str]:
    described = table.values.get("capacity", {})
    return {"": described} if isinstance(described, str) else table.texts("capacity")
